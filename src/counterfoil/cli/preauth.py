"""`counterfoil preauth`."""

from __future__ import annotations

from typing import Final

from counterfoil.cli.sale import verb_of
from counterfoil.kinds import BY_NAME

EPILOG: Final = """\b
Examples:
  counterfoil preauth --amount 300 --card alice
  counterfoil preauth --amount 300 --card alice --pin 1234 --terminal T0000002 --json
"""

command: Final = verb_of(BY_NAME["preauth"], "Set an amount aside on a card, to be completed or voided later.", EPILOG)
