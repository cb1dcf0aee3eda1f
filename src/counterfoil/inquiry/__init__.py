"""Reading the stations' stores: one transaction, a search, what is open; the verdict judges what is found.

Receives from: the command line, the console, the day's judge. Sends to: nobody. Records: nothing; every read is
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
