"""A kind for programs and for people: what it is, how it is spelt, what it moves and what undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from counterfoil.kinds.kind import Deed, Kind, Mode, Movement, Party, Total
from counterfoil.kinds.undo import undo
from counterfoil.words import Text

MODES: Final[dict[Mode, Text]] = {
    Mode.REQUEST: Text("request: without a usable answer it is reversed", "请求类：无有效应答即冲正"),
}
DEEDS: Final[dict[Deed, Text]] = {
    Deed.MOVE: Text("move {debit} → {credit}", "转移 {debit} → {credit}"),
    Deed.HOLD: Text("hold on {debit} for {credit}", "冻结 {debit}（用于 {credit}）"),
    Deed.POST: Text("post the hold {debit} → {credit}", "将冻结入账 {debit} → {credit}"),
    Deed.RELEASE: Text("release the hold on {debit} for {credit}", "解冻 {debit}（用于 {credit}）"),
}
PARTIES: Final[dict[Party, Text]] = {
    Party.CARD: Text("card", "持卡人账户"),
    Party.CLEARING: Text("clearing", "待清算"),
}
TOTALS: Final[dict[Total, Text]] = {
    Total.DEBIT: Text("debit", "借记"),
    Total.CREDIT: Text("credit", "贷记"),
    Total.NONE: Text("not counted", "不计入"),
}
FORCED: Final = Text("{said}, whatever the account has left", "{said}（不论余额）")
NOTHING: Final = Text("nothing", "无")


def movement_text(movement: Movement) -> Text:
    """One movement in words."""
    deed, debit, credit, forced = movement
    said = DEEDS[deed].filled(debit=PARTIES[debit], credit=PARTIES[credit])
    return FORCED.filled(said=said) if forced else said


def movements_text(movements: Sequence[Movement]) -> Text:
    """Movements in words, in their order."""
    said = [movement_text(movement) for movement in movements]
    return Text("; ".join(one.en for one in said), "；".join(one.zh for one in said)) if said else NOTHING


def described(kind: Kind) -> dict[str, Any]:
    """A kind as JSON carries it. `legs` are its movements, `undo` those of its reversal while all of it stands."""
    return {
        "name": kind.name,
        "says": kind.says.both(),
        "wire": kind.wire._asdict(),
        "mode": kind.mode.value,
        "legs": [movement._asdict() for movement in kind.movements],
        "undo": [movement._asdict() for movement in undo(kind.movements)],
        "rules": list(kind.rules),
        "total": kind.total.value,
        "notices": {name: text.both() for name, text in kind.notices._asdict().items()},
    }
