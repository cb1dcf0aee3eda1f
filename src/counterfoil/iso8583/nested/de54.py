"""DE54: balances and other additional amounts, on both links."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583.encoding import all_digits
from counterfoil.iso8583.nested.parts import digits, text


class Amount(NamedTuple):
    """Additional amount: account type, amount type ("02" available), numeric currency, signed minor units."""

    account: str
    type: str
    currency: str
    minor: int


def de54(value: str | None) -> list[Amount]:
    """Additional amounts of a DE54, 20 characters each."""
    whole = text("54", value)
    amounts = []
    for index, at in enumerate(range(0, len(whole), 20), 1):
        item = whole[at : at + 20]
        path = f"54.{index}"
        if len(item) != 20:
            raise DecodeError(path, at, f"20 characters wanted, {len(item)} left")
        if not all_digits(item[:4]) or not all_digits(item[8:]):
            raise DecodeError(path, at, "not a digit")
        if item[7] not in "CD":
            raise DecodeError(path, at + 7, "neither C nor D before the amount")
        minor = int(item[8:])
        amounts.append(Amount(item[:2], item[2:4], item[4:7], minor if item[7] == "C" else -minor))
    return amounts


def build_de54(amounts: Iterable[Amount]) -> str:
    """DE54 from its additional amounts."""
    built = ""
    for index, item in enumerate(amounts, 1):
        amount = str(abs(item.minor)).rjust(12, "0")
        head = digits(f"54.{index}", item.account + item.type, 4)
        if len(amount) > 12 or len(item.currency) != 3:
            raise EncodeError(f"54.{index}", "the amount or its currency does not fit")
        built += f"{head}{item.currency}{'D' if item.minor < 0 else 'C'}{amount}"
    return built
