"""`counterfoil preauth-void`."""

from __future__ import annotations

from typing import Final

from counterfoil.cli.sale import verb_of
from counterfoil.kinds import BY_NAME

EPILOG: Final = """\b
Examples:
  counterfoil preauth-void T0000001/000001/000002 --card alice
  counterfoil preauth-void T0000001/000001/000002 --card alice --supervisor 123456 --json
"""

command: Final = verb_of(BY_NAME["preauth_void"], "Release what a pre-authorisation has set aside.", EPILOG)
