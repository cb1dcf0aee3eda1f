"""Why a mutant that the sample drew was noticed by no test: read one by one, by its name as mutmut gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {}
