"""What a network message is about: DE70 between institutions, DE60.3 of a terminal's."""

from __future__ import annotations

from typing import Final

SIGN_ON: Final = "001"
"""A terminal's asks for keys of single length."""
SIGN_OFF: Final = "002"
SIGN_ON_DOUBLE: Final = "003"
"""For keys of double length."""
SIGN_ON_TRACK: Final = "004"
"""For keys of double length, and one for the stripe."""
ECHO: Final = "301"
