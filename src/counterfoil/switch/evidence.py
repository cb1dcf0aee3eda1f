"""What the switch said of a purchase, kept as what it adds to what it heard: most of a message repeats another.

An addition stands in the row of what was heard. It holds numbers of our own, the card number masked, and nothing else
of what a peer sent: that is in the lines it repeats, masked there. Its message type is that of what was heard, so it
has none itself; a message that was kept whole has one, as every line has that was written before there were additions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from counterfoil.iso8583 import CUP_POS, Message
from counterfoil.iso8583.show import hidden, pan
from counterfoil.step import Instant

FORWARDED: Final = "forwarded"
OF: Final = "of"  # when the request was heard that an answer repeats
ASKED: Final = ("3", "4", "22", "25", "41", "42", "49")  # what a forwarded request repeats of the one of the terminal,
ECHOED: Final = ("3", "4", "11", "14", "25", "41", "42", "49", "60")  # an answer of its request,
DECIDED: Final = ("2", "38", "39")  # and of what the issuer answered

_json: Final = msgspec.json.Encoder().encode


def of_request(fields: Mapping[str, Any]) -> str:
    """What the request to an issuer that was encoded from these fields adds to the terminal's.

    All that is taken of it is digits and letters, or it could not have been encoded: JSON has nothing to escape.
    """
    f = fields
    expiry = f',"14":"{hidden(f["de14"])}"' if "de14" in f else ""
    category = f',"18":"{f["de18"]}"' if "de18" in f else ""
    return (
        f'{{"2":"{pan(f["de2"])}","7":"{f["de7"]}","11":"{f["de11"]}","12":"{f["de12"]}","13":"{f["de13"]}"'
        f'{expiry}{category},"32":"{f["de32"]}","37":"{f["de37"]}"}}'
    )


def of_answer(fields: Mapping[str, Any], heard_at: Instant) -> str:
    """What the answer to a terminal that was encoded from these fields adds to its request, heard at that tick, and to
    the issuer's answer.
    """
    f = fields
    return (
        f'{{"{OF}":{heard_at},"12":"{f["de12"]}","13":"{f["de13"]}","15":"{f["de15"]}","32":"{f["de32"]}"'
        f',"37":"{f["de37"]}","44":{_institutions(f["de44"])}}}'
    )


@lru_cache(maxsize=64)
def _institutions(text: str) -> str:
    return _json(CUP_POS.kept(Message("", de44=text))["44"]).decode()


def whole(
    what: str, said: Mapping[str, Any], heard: Mapping[str, Any], requests: Mapping[Instant, Mapping[str, Any]]
) -> dict[str, Any]:
    """All that is kept of a message: `said` is what is written of it, `heard` the message in the same row, `requests`
    are those of the terminal by when they were heard.
    """
    if "mti" in said:
        return dict(said)
    told = {number: text for number, text in said.items() if number != OF}
    if what == FORWARDED:
        repeated = _picked(heard, ASKED)
    else:
        repeated = _picked(requests.get(said[OF], {}), ECHOED) | _picked(heard, DECIDED)
    return {"mti": heard.get("mti", ""), **dict(sorted((told | repeated).items(), key=lambda item: int(item[0])))}


def _picked(message: Mapping[str, Any], numbers: Iterable[str]) -> dict[str, Any]:
    return {number: message[number] for number in numbers if number in message}
