"""Sentences for people, always in both languages at once: whoever writes one writes the other beside it."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """One sentence in English and in simplified Chinese."""

    en: str
    zh: str

    def filled(self, **values: object) -> Text:
        """The sentence with its `{names}` filled in; a value that is a Text is in each language its own."""
        return Text(self.en.format(**_in(0, values)), self.zh.format(**_in(1, values)))

    def both(self) -> dict[str, str]:
        """As JSON carries it: {"en": …, "zh": …}."""
        return {"en": self.en, "zh": self.zh}


class Told(NamedTuple):
    """What is said of one thing to two people: the customer, in words that may be read aloud and printed, and the
    cashier, who is also told what to do.
    """

    customer: Text
    cashier: Text

    def filled(self, **values: object) -> Told:
        """Both with their `{names}` filled in."""
        return Told(self.customer.filled(**values), self.cashier.filled(**values))

    def both(self) -> dict[str, dict[str, str]]:
        """As JSON carries them: the customer's is the `sentence`, the cashier's `cashier`."""
        return {"sentence": self.customer.both(), "cashier": self.cashier.both()}


def _in(language: int, values: dict[str, object]) -> dict[str, object]:
    return {name: value[language] if isinstance(value, Text) else value for name, value in values.items()}
