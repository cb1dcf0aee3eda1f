"""`counterfoil complete`."""

from __future__ import annotations

from typing import Final

from counterfoil.cli.sale import verb_of
from counterfoil.kinds import BY_NAME

EPILOG: Final = """\b
Examples:
  counterfoil complete T0000001/000001/000002 --card alice
  counterfoil complete T0000001/000001/000002 --card alice --amount 280.50 --json
"""

command: Final = verb_of(
    BY_NAME["completion"], "Take what is owed of a pre-authorisation, and release the rest.", EPILOG
)
