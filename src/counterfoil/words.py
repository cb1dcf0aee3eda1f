"""Sentences for people, always in both languages at once: whoever writes one writes the other beside it."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """One sentence in English and in simplified Chinese."""

    en: str
    zh: str

    def filled(self, **values: object) -> Text:
        """The sentence with its `{names}` filled in, the same values in both languages."""
        return Text(self.en.format(**values), self.zh.format(**values))

    def both(self) -> dict[str, str]:
        """As JSON carries it: {"en": …, "zh": …}."""
        return {"en": self.en, "zh": self.zh}
