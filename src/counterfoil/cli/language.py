"""In which language this run speaks to people."""

from __future__ import annotations

import os
from typing import Literal, TypeAlias

Lang: TypeAlias = Literal["en", "zh"]


def language(chosen: str | None) -> Lang:
    """The language of this run: the flag, else COUNTERFOIL_LANG, else the locale, else English."""
    names = (chosen, *(os.environ.get(name) for name in ("COUNTERFOIL_LANG", "LC_ALL", "LC_MESSAGES", "LANG")))
    found = next((name for name in names if name), "en")
    return "zh" if found.lower().startswith("zh") else "en"
