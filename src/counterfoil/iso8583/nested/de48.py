"""DE48 of the terminal link: totals of a settlement, items of a batch upload."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583.encoding import all_digits
from counterfoil.iso8583.nested.parts import digits, split, text


class Totals(NamedTuple):
    """Half of a settlement's DE48: amounts in minor units, counts, and the host's answer.

    `answer`: "1" balanced, "2" not balanced, "3" error, "0" in requests.
    """

    debit_minor: int
    debit_count: int
    credit_minor: int
    credit_count: int
    answer: str = "0"


_TOTALS: Final = (("debit", 12), ("debits", 3), ("credit", 12), ("credits", 3), ("answer", 1))


def de48_totals(value: str | None) -> tuple[Totals, Totals]:
    """The domestic and the foreign totals of a 0500 or 0510 (62 digits)."""
    whole = text("48", value)
    if len(whole) != 62:
        raise DecodeError("48", 0, "62 digits wanted")
    halves = []
    for path, half in (("48.1", whole[:31]), ("48.2", whole[31:])):
        debit, debits, credit, credits_, answer = split(path, half, _TOTALS).values()
        halves.append(Totals(int(debit), int(debits), int(credit), int(credits_), answer))
    return halves[0], halves[1]


def build_de48_totals(domestic: Totals, foreign: Totals) -> str:
    """DE48 of a settlement from its domestic and foreign totals."""
    built = ""
    for path, half in (("48.1", domestic), ("48.2", foreign)):
        for (name, size), part in zip(_TOTALS, half, strict=True):
            built += digits(f"{path}.{name}", str(part).rjust(size, "0"), size)
    return built


class Detail(NamedTuple):
    """Magnetic-stripe item of a batch upload: card class "00" domestic or "01" foreign, STAN, PAN, minor units."""

    card_class: str
    stan: str
    pan: str
    minor: int

    def __repr__(self) -> str:
        return f"<Detail STAN {self.stan}>"


def de48_details(value: str | None) -> list[Detail]:
    """The items of a 0320 with 60.3 = 201: a count of 2 digits, then at most 8 items of 40."""
    whole = text("48", value)
    if not all_digits(whole) or len(whole) < 2 or len(whole) != 2 + 40 * int(whole[:2]):
        raise DecodeError("48", 0, "the count does not count what follows")
    items = (whole[at : at + 40] for at in range(2, len(whole), 40))
    return [Detail(item[:2], item[2:8], item[8:28].lstrip("0"), int(item[28:])) for item in items]


def build_de48_details(details: Iterable[Detail]) -> str:
    """DE48 of a batch upload from its items; EncodeError for more than 8."""
    items = list(details)
    if len(items) > 8:
        raise EncodeError("48", "more than 8 items")
    built = f"{len(items):02d}"
    for index, item in enumerate(items, 1):
        text = f"{item.card_class}{item.stan}{item.pan.rjust(20, '0')}{str(item.minor).rjust(12, '0')}"
        built += digits(f"48.{index}", text, 40)
    return built
