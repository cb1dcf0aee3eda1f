"""What the switch itself objects to in a request: by its own rules, before any issuer is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from counterfoil.kinds import AmountRule, Kind, Needs
from counterfoil.security import SecurityError
from counterfoil.simulation.expected.asks import Offer, Place, VouchedRequest
from counterfoil.simulation.expected.spellings import amount_of, carries_amount
from counterfoil.transaction import AttemptKey

CURRENCIES: Final = frozenset({"156", "840", "978", "344", "392", "446"})
NEEDS: Final = (3, 11, 22, 25, 41, 42, 49, 60)
OF_ORIGINAL: Final = (61,)  # its batch and STAN
ABOVE: Final = 115  # percent of its original that a kind may be which may be more
AMOUNTS: Final[Mapping[AmountRule, Callable[[int, int], bool]]] = {
    AmountRule.EQUAL: lambda amount, whole: amount == whole,
    AmountRule.AT_MOST_ABOVE: lambda amount, whole: amount <= whole * ABOVE // 100,
}

Rule = tuple[bool, str]


class Circumstances(NamedTuple):
    """What the switch knows beside the request: `asks` are all it was asked, `late` is one that waited too long, `down`
    one whose issuer cannot be reached; `typed`: the merchant may type card numbers.
    """

    place: Place
    offer: Offer
    asks: Mapping[AttemptKey, VouchedRequest]
    typed: bool
    late: bool
    down: Callable[[str], bool]


def objection(ask: VouchedRequest, at: Circumstances) -> str:
    """The switch's own no, the first that applies; "" for none."""
    message, amount, place = ask.first, amount_of(ask.first), at.place
    code = ask.of_card()
    moves = ask.kind is not None and carries_amount(ask.kind)
    types = ask.kind is not None and Needs.AMOUNT in ask.kind.needs
    rules = (
        (ask.key.batch != at.offer.batch, "77"),
        (moves and amount == 0, "13"),
        (message.de49 not in CURRENCIES, "12"),
        (types and bool(place.limit) and amount > place.limit, "61"),  # of what is typed in: the rest was let pass
        ((message.de22 or "")[:2] == "01" and not at.typed, "58"),
        (bool(code), code),
        *of_original(ask, at),
        (at.late, "68"),
        (at.down(ask.issuer), "91"),
    )
    found = next((no for objects, no in rules if objects), "")
    if not found and message.de52 is not None:
        try:
            ask.block = place.keys.hsm.translate_pin(message.de52, ask.pan, at.offer.pik, place.zones[ask.issuer])
        except SecurityError:
            return "99"
    return found


def of_original(ask: VouchedRequest, at: Circumstances) -> Iterable[Rule]:
    """What is wrong with what it refers to: unknown, fallen or closed, out of time, or of another amount."""
    wanted = ask.kind.original if ask.kind is not None else None
    if wanted is None:
        return
    named = ask.first.de61 or ""
    original = at.asks.get(AttemptKey(ask.key.terminal, named[:6], named[6:12]))
    if original is None or original.kind is None:
        yield True, "25"
        return
    first, said = original.first, (ask.first.de38 or "").strip()
    yield original.card != ask.card or any(ask.first.get(n) != first.get(n) for n in (42, 49)), "25"
    yield said not in ("", original.auth), "25"
    ask.original = original
    yield original.kind.name not in wanted.of or not original.approved, "12"
    yield wanted.closes and any(child.stands for child in original.children), "12"
    yield wanted.same_batch and original.key.batch != at.place.batch, "22"
    yield not AMOUNTS[wanted.amount](amount_of(ask.first), amount_of(first)), "64"


def needed(kind: Kind) -> tuple[int, ...]:
    """What a terminal's request must have to be read."""
    amount = (4,) if carries_amount(kind) else ()
    return (*NEEDS, *amount, *(OF_ORIGINAL if kind.original is not None else ()))
