"""A kind for programs and for people: what it is, how it is spelt, what it moves and what undoes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from counterfoil.kinds.kind import (
    AmountRule,
    Deed,
    Ended,
    Kind,
    Mode,
    Movement,
    Needs,
    Notices,
    Original,
    Party,
    Saying,
    Total,
    Words,
)
from counterfoil.kinds.undo import undo
from counterfoil.words import Text, Told

MODES: Final[dict[Mode, Text]] = {
    Mode.REQUEST: Text("request: without a usable answer it is reversed", "请求类：无有效应答即冲正"),
    Mode.INQUIRY: Text("inquiry: nothing moves, so nothing is owed", "查询类：不动账，无需冲正"),
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
AMOUNTS: Final[dict[AmountRule, Text]] = {
    AmountRule.EQUAL: Text("all of it", "全额"),
    AmountRule.AT_MOST_ABOVE: Text("at most a percentage above it (a setting)", "不超过其一定比例以上（可设置）"),
}
NEEDS: Final[dict[Needs, Text]] = {
    Needs.AMOUNT: Text("an amount", "金额"),
    Needs.CARD: Text("the card", "卡"),
    Needs.PIN: Text("its PIN", "密码"),
    Needs.SUPERVISOR: Text("the supervisor's password", "主管密码"),
    Needs.ORIGINAL: Text("the original transaction", "原交易"),
}
FORCED: Final = Text("{said}, whatever the account has left", "{said}（不论余额）")
ORIGINAL: Final = Text("{names}: {amount}{batch}", "{names}：{amount}{batch}")
SAME_BATCH: Final = Text(", before its batch is settled", "，须在同一批次内")
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


def listed(words: Iterable[Text]) -> Text:
    """Words one after the other."""
    said = list(words)
    return Text(", ".join(one.en for one in said), "、".join(one.zh for one in said)) if said else NOTHING


def original_text(original: Original) -> Text:
    """Which transaction a kind refers to, and how much of it it may be."""
    names = ", ".join(original.of)
    batch = SAME_BATCH if original.same_batch else Text("", "")
    return ORIGINAL.filled(names=names, amount=AMOUNTS[original.amount], batch=batch)


def described(kind: Kind) -> dict[str, Any]:
    """A kind as JSON carries it. `legs` are its movements, `undo` those of its reversal while all of it stands."""
    return {
        "name": kind.name,
        "says": kind.says.both(),
        "wire": kind.wire._asdict(),
        "mode": kind.mode.value,
        "legs": [movement._asdict() for movement in kind.movements],
        "undo": [movement._asdict() for movement in undo(kind.movements)],
        "needs": [need.name.lower() for need in Needs if need in kind.needs and need.name],
        "original": _original(kind.original) if kind.original is not None else None,
        "rules": list(kind.rules),
        "keeps_for": kind.keeps_for,
        "total": kind.total.value,
        "balances": kind.balances,
        "slip": kind.paper.title.both() if kind.paper is not None else None,
        "words": _words(kind.words),
        "expired": _ended(kind.expired) if kind.expired is not None else None,
        "notices": _notices(kind.notices) if kind.notices is not None else None,
    }


def _original(original: Original) -> dict[str, Any]:
    return {**original._asdict(), "amount": original.amount.value, "ended": _ended(original.ended)}


def _ended(ended: Ended) -> dict[str, Any]:
    return {"heading": ended.heading.both(), **ended.told.both()}


def _words(words: Words) -> dict[str, Any]:
    """Everything that is said of a kind: of a verdict one saying, or several by the state of the terminal."""
    found: dict[str, Any] = {}
    for name, said in words._asdict().items():
        if isinstance(said, Saying):
            found[name] = {when: told.both() for when, told in said._asdict().items() if told is not None}
        elif isinstance(said, Text | Told):
            found[name] = said.both()
        else:
            found[name] = {why: told.both() for why, told in said.items()}
    return found


def _notices(notices: Notices) -> dict[str, dict[str, str]]:
    return {name: text.both() for name, text in notices._asdict().items()}
