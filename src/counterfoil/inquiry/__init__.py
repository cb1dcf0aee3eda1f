"""Asking the stations' stores about one transaction, read-only, and handing the stubs to the verdict.

Receives from: the command line, the day's judge, later the console. Sends to: nobody. Records: nothing; every read is
one short transaction. If it dies here: nothing happened.
"""

from __future__ import annotations

from counterfoil.inquiry.search import Candidate, Nothing, Search, parse_question, parse_typed, search
from counterfoil.inquiry.stores import Stores
from counterfoil.inquiry.witness import evidence, finding

__all__ = [
    "Candidate",
    "Nothing",
    "Search",
    "Stores",
    "evidence",
    "finding",
    "parse_question",
    "parse_typed",
    "search",
]
