"""`counterfoil void`."""

from __future__ import annotations

from typing import Final

from counterfoil.cli.sale import verb_of
from counterfoil.kinds import BY_NAME

EPILOG: Final = """\b
Examples:
  counterfoil void T0000001/000001/000002 --card alice
  counterfoil void T0000001/000001/000002 --card alice --supervisor 123456 --key till-7-void-42 --json
"""

command: Final = verb_of(BY_NAME["void"], "Give a payment back before its batch is settled, all of it.", EPILOG)
