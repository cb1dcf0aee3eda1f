"""Who holds whose money right now, from what the issuer booked and what stands against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from counterfoil.kinds import BY_NAME, Deed
from counterfoil.transaction import IssuerStub
from counterfoil.verdict.finding import Evidence, FamilyChild, Holding, Verdict
from counterfoil.verdict.position import I
from counterfoil.words import Text

FOR_THE_MERCHANT: Final = Text(
    "paid by the cardholder, owed to the merchant at settlement", "持卡人已付，清算时付给商户"
)
STANDS: Final = frozenset({Verdict.PAID, Verdict.PAID_RECEIPT_OPEN})


class Course(NamedTuple):
    """What is said of one effect on a card: that it stands, is being undone, is not decided yet, or was undone."""

    stands: Text
    going_back: Text
    undecided: Text
    undone: Text


DEBIT: Final = Course(
    FOR_THE_MERCHANT,
    Text("debited, on its way back to the card", "已扣款，正在退回卡内"),
    Text("debited; whether it stands is not decided yet", "已扣款，交易是否成立尚未确定"),
    Text("debited and returned to the card", "已扣款并已退回卡内"),
)
CREDIT: Final = Course(
    Text("given back to the card", "已退回卡内"),
    Text("given back to the card, being debited again", "已退回卡内，正在重新扣款"),
    Text("given back to the card; whether it stands is not decided yet", "已退回卡内，交易是否成立尚未确定"),
    Text("given back to the card and debited again", "已退回卡内并已重新扣款"),
)
HOLD: Final = Course(
    Text("set aside on the card, not debited", "已在卡内冻结，未扣款"),
    Text("set aside on the card, being released", "已在卡内冻结，正在解冻"),
    Text("set aside on the card; whether it stands is not decided yet", "已在卡内冻结，交易是否成立尚未确定"),
    Text("set aside on the card and released", "已在卡内冻结并已解冻"),
)
RELEASE: Final = Course(
    Text("released on the card", "已在卡内解冻"),
    Text("released on the card, being set aside again", "已在卡内解冻，正在重新冻结"),
    Text("released on the card; whether it stands is not decided yet", "已在卡内解冻，交易是否成立尚未确定"),
    Text("released on the card and set aside again", "已在卡内解冻并已重新冻结"),
)
EXPIRED: Final = Text("set aside on the card, and released when its time was over", "已在卡内冻结，到期已解冻")
GIVEN_BACK: Final = Text("debited, and given back to the card with {other}", "已扣款，已通过 {other} 退回卡内")
TAKEN: Final = Text(
    "set aside on the card, and taken with {other}: owed to the merchant at settlement",
    "已在卡内冻结，已通过 {other} 入账：清算时付给商户",
)
LEFT: Final = Text("set aside on the card, and released with {other}", "已在卡内冻结，已通过 {other} 解冻")
UNSETTLED: Final = Text("{what}; whether that stands is not decided yet", "{what}，是否成立尚未确定")


def holdings(
    verdict: Verdict, issuer: I, evidence: Evidence, against: Sequence[FamilyChild] = ()
) -> tuple[Holding, ...]:
    """What is where. Empty when no station says that money moved or was set aside."""
    stub = evidence.issuer
    if stub is None or not stub.done:
        return ()
    if verdict in STANDS and issuer is I.HOLDS and (against or stub.expired_at):
        return tuple(_of_family(stub, against))
    return tuple(_by_itself(stub, verdict, issuer))


def _by_itself(stub: IssuerStub, verdict: Verdict, issuer: I) -> Iterator[Holding]:
    """What a transaction did, while nothing stands against it."""
    card, merchant = f"cardholder …{stub.last4}", f"merchant {stub.merchant}"
    effects = (
        (DEBIT, stub.debited, stub.returned, merchant, card),
        (CREDIT, stub.credited, stub.withdrawn, card, merchant),
        (HOLD, stub.held, stub.released, card, card),
        (RELEASE, stub.freed, stub.held_again, card, card),
    )
    for course, done, undone, stands, back in effects:
        if not done:
            continue
        if issuer is I.RETURNED and undone:
            yield Holding(stub.issuer, back, undone, stub.currency, course.undone)
        elif done > undone:
            owner, what = back if course is not CREDIT else stands, course.undecided
            if verdict in STANDS or issuer is I.RETURNED:
                owner, what = stands, course.stands
            elif verdict is Verdict.RETURNING:
                what = course.going_back
            yield Holding(stub.issuer, owner, done - undone, stub.currency, what)


def _of_family(stub: IssuerStub, against: Sequence[FamilyChild]) -> Iterator[Holding]:
    """What is left of a transaction that stands, and what those against it took."""
    card, merchant = f"cardholder …{stub.last4}", f"merchant {stub.merchant}"
    left = stub.done - stub.undone
    for child in against:
        deeds = {movement.deed for movement in BY_NAME[child.kind].movements}
        taken = min(left, child.amount)
        if Deed.POST in deeds:
            yield Holding(stub.issuer, merchant, child.amount, stub.currency, _with(TAKEN, child))
        if deeds & {Deed.POST, Deed.RELEASE}:  # the whole hold ends
            rest = left - taken if Deed.POST in deeds else left
            if rest:
                yield Holding(stub.issuer, card, rest, stub.currency, _with(LEFT, child))
            left = 0
        else:
            yield Holding(stub.issuer, card, taken, stub.currency, _with(GIVEN_BACK, child))
            left -= taken
    if left and stub.expired_at:
        yield Holding(stub.issuer, card, left, stub.currency, EXPIRED)
    elif left:
        owner, course = (merchant, DEBIT) if stub.debited else (card, HOLD)
        yield Holding(stub.issuer, owner, left, stub.currency, course.stands)


def _with(what: Text, child: FamilyChild) -> Text:
    said = what.filled(other=child.name)
    return said if child.settled else UNSETTLED.filled(what=said)
