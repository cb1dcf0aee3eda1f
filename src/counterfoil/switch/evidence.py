"""What the switch said, kept as what it adds to what it heard: most of a message repeats another.

An addition stands in the row of what was heard. It says which elements are as they are there (SAME), and for an answer
which are as in the request it answers (ASKED), heard at OF; the rest it holds as every line does, masked. It has no
message type, which is that of what was heard; a message that was kept whole has one, as every line has that was written
before there were additions. How they are written is in additions.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from counterfoil.step import Instant

SAME: Final = "="
ASKED: Final = "of="
OF: Final = "of"
FORWARDED: Final = "forwarded"


def whole(
    what: str, said: Mapping[str, Any], heard: Mapping[str, Any], requests: Mapping[Instant, Mapping[str, Any]]
) -> dict[str, Any]:
    """All that is kept of a message: `said` is what is written of it, `heard` the message in the same row, `requests`
    are those of the terminal by when they were heard.
    """
    if "mti" in said:
        return dict(said)
    if SAME not in said:
        return _of_a_purchase(what, said, heard, requests)
    told = {number: text for number, text in said.items() if number.isdecimal()}
    told |= _picked(heard, said[SAME].split()) | _picked(requests.get(said.get(OF, 0), {}), said.get(ASKED, "").split())
    return _in_order(heard.get("mti", ""), told)


def _of_a_purchase(
    what: str, said: Mapping[str, Any], heard: Mapping[str, Any], requests: Mapping[Instant, Mapping[str, Any]]
) -> dict[str, Any]:
    """An addition of format 11 and before, which do not say what is repeated: they were all of purchases."""
    told = {number: text for number, text in said.items() if number != OF}
    if what == FORWARDED:
        return _in_order(heard.get("mti", ""), told | _picked(heard, ("3", "4", "22", "25", "41", "42", "49")))
    asked = _picked(requests.get(said[OF], {}), ("3", "4", "11", "14", "25", "41", "42", "49", "60"))
    return _in_order(heard.get("mti", ""), told | asked | _picked(heard, ("2", "38", "39")))


def _in_order(mti: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"mti": mti, **dict(sorted(told.items(), key=lambda item: int(item[0])))}


def _picked(message: Mapping[str, Any], numbers: Iterable[str]) -> dict[str, Any]:
    return {number: message[number] for number in numbers if number in message}
