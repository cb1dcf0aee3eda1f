"""`counterfoil balance`."""

from __future__ import annotations

from typing import Final

from counterfoil.cli.sale import verb_of
from counterfoil.kinds import BY_NAME

EPILOG: Final = """\b
Examples:
  counterfoil balance --card alice
  counterfoil balance --card alice --pin 1234 --print --json
"""

command: Final = verb_of(BY_NAME["balance"], "Ask what a card has left.", EPILOG)
