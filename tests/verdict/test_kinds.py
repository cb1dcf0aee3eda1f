"""What is said of each kind at each verdict, to the customer and to the cashier, and of what stands against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from counterfoil.kinds import BY_NAME, TABLE, Deed, Kind, Mode, Party, Saying
from counterfoil.step import HOUR, SECOND
from counterfoil.terminal import causes
from counterfoil.transaction import Against, IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import NOT_OURS, Finding, Verdict, judge
from counterfoil.verdict.finding import TerminalEvidence
from counterfoil.words import Told
from papers import contradictions, inside
from transcript import Transcript
from verdict.test_judge import REF, STARTED, common
from verdict.test_told import changed

FOLDER: Final = Path(__file__).parent
KINDS = pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
OTHER: Final = "T0000001/000001/000043"
AT_ISSUER: Final = "10344/1114221320/000043"
FIRST: Final = "T0000001/000001/000041"


class Stand(NamedTuple):
    """Where the three stations stand; "done" and "undone" at the issuer are what the kind does."""

    what: str
    terminal: str
    switch: str
    issuer: str
    age: int = 2 * SECOND


STANDS: Final = (
    Stand("it stands", "closed:rc=00", "approved:fwd,rc=00", "posted:done,rc=00"),
    Stand("its receipt is open", "approved:rc=00", "approved:fwd,rc=00", "posted:done,rc=00"),
    Stand("refused", "declined:rc=55", "declined:fwd,rc=55", "declined:rc=55"),
    Stand("refused, the original is unknown", "declined:rc=25", "declined:fwd,rc=25", "declined:rc=25"),
    Stand("never arrived, closed", "reversed", "tombstone:rr=98", "-"),
    Stand("never arrived, its reversal under way", "reversing", "tombstone:rr=98", "-"),
    Stand("repeated one that stands", "not_sent:cause=paid:" + OTHER, "-", "-"),
    *(Stand(f"not sent: {why}", f"not_sent:cause={why}", "-", "-") for why in sorted(causes.NOT_SENT)),
    Stand("goes back, the terminal is free", "reversed", "reversing:fwd,rc=00,rr=98", "posted:done,rc=00"),
    Stand("goes back, the terminal is busy", "reversing", "reversing:fwd,rc=00,rr=98", "posted:done,rc=00"),
    Stand("goes back, and has arrived", "reversed", "reversing:fwd,rc=00,rr=98", "reversed:undone,rc=00"),
    Stand(
        "goes back, it repeated one", "reversed:cause=paid:" + OTHER, "reversing:fwd,rc=00,rr=17", "posted:done,rc=00",
    ),
    Stand("undone, the terminal is free", "reversed", "reversed:fwd,rc=00,rr=98,rv=00", "reversed:undone,rc=00"),
    Stand("undone, the terminal is busy", "reversing", "reversed:fwd,rc=00,rr=98,rv=00", "reversed:undone,rc=00"),
    Stand(
        "undone, it repeated one", "reversed:cause=paid:" + OTHER, "reversed:fwd,rc=00,rr=17,rv=00",
        "reversed:undone,rc=00",
    ),
    Stand("not known yet, the terminal waits", "sent", "asked:fwd", "posted:done,rc=00"),
    Stand("not known yet, the terminal has closed it", "reversed", "reversed:fwd,rc=98,rv=00", "-"),
    Stand("a person decides", "escalated:case=T1", "approved:fwd,rc=00", "posted:done,rc=00"),
)  # fmt: skip
ASKING: Final = (
    Stand("told", "closed:rc=00", "approved:fwd,rc=00", "posted:rc=00"),
    Stand("told, its slip is open", "approved:rc=00", "approved:fwd,rc=00", "posted:rc=00"),
    Stand("refused", "declined:rc=55", "declined:fwd,rc=55", "declined:rc=55"),
    Stand("given up", "lapsed", "-", "-"),
    Stand("given up, told too late", "lapsed", "approved:fwd,rc=00", "posted:rc=00"),
    Stand("the issuer was silent", "declined:rc=98", "declined:fwd,rc=98", "-"),
    *(Stand(f"not sent: {why}", f"not_sent:cause={why}", "-", "-") for why in sorted(causes.NOT_SENT)),
    Stand("not known yet", "sent", "asked:fwd", "-"),
    Stand("off for a day", "sent", "asked:fwd", "-", 24 * HOUR),
    Stand("a person decides", "closed:rc=00", "approved:fwd,rc=00,case=S9", "posted:rc=00"),
)


def effect(kind: Kind, word: str) -> dict[str, Any]:
    """The amounts of an issuer's stub, told from the movements of its kind; of a completion 250 less than was held."""
    found: dict[str, Any] = {"debited_at": STARTED + SECOND}
    if word == "undone":
        found["returned_at"] = STARTED + 2 * SECOND
    for movement in kind.movements:
        names = {
            Deed.MOVE: ("debited", "returned") if movement.debit is Party.CARD else ("credited", "withdrawn"),
            Deed.HOLD: ("held", "released"),
            Deed.POST: ("debited", "returned"),
            Deed.RELEASE: ("freed", "held_again"),
        }[movement.deed]
        amounts = [(names, 1250)] + ([(("freed", "held_again"), 250)] if movement.deed is Deed.POST else [])
        for (done, undone), amount in amounts:
            found[done] = amount
            found[undone] = amount if word == "undone" else 0
    return found


def stubs(kind: Kind, stand: Stand, **issuers: Any) -> tuple[TerminalEvidence, SwitchStub | None, IssuerStub | None]:
    more = {"kind": kind.name, "original": FIRST if kind.original is not None else ""}
    own = {"ref": REF, "forwarded": False, "rrn": "632600ABCDEF"}
    asked = TerminalStub(ref=REF, **{**common(stand.terminal), **more})
    sent = SwitchStub(**{**own, **common(stand.switch), **more}) if stand.switch != "-" else None
    if stand.issuer == "-":
        return asked, sent, None
    state, _, words = stand.issuer.partition(":")
    word, _, rest = words.partition(",")
    does = effect(kind, word) if word in {"done", "undone"} else {}
    known = common(f"{state}:{rest if does else words}")
    return asked, sent, IssuerStub(**{"issuer": "issuer-a", "rrn": own["rrn"], **known, **more, **does, **issuers})


def found(kind: Kind, stand: Stand) -> Finding:
    return judge(*stubs(kind, stand), STARTED + stand.age)


def stands(kind: Kind) -> tuple[Stand, ...]:
    return ASKING if kind.mode is Mode.INQUIRY else STANDS


def note(text: Transcript, what: str, told: Finding) -> None:
    """One answer: word, heading, both sentences, the money, and what happens next."""
    text.note(
        "  ", f"{what}: {told.verdict.value} | {told.word.en} {told.word.zh}", f"| {told.heading.en} {told.heading.zh}"
    )
    for said in (told.sentence, told.cashier):
        text.note("     ", said.en)
        text.note("     ", said.zh)
    for held in told.money:
        text.note("      money", held.owner, held.amount, f"{held.what.en} | {held.what.zh}")
    if told.next.action != told.cashier:
        text.note("      next", told.next.owner, told.next.action.en)


def test_every_verdict_of_every_kind_has_its_sentences() -> None:
    text = Transcript(FOLDER, "kinds")
    for kind in TABLE:
        text.note("==", kind.name)
        for stand in stands(kind):
            note(text, stand.what, found(kind, stand))
    text.compare()


def sayings(kind: Kind) -> Iterator[tuple[str, Told]]:
    """Everything that can be said of a kind, by its place."""
    for name, said in kind.words._asdict().items():
        if isinstance(said, Saying):
            yield from ((f"{name} {when}", told) for when, told in said._asdict().items() if told is not None)
        elif isinstance(said, Told):
            yield name, said
    yield from ((f"unsent {why}", told) for why, told in kind.words.unsent.items())


def says(template: str, said: str) -> bool:
    parts = re.split(r"\{\w+\}", template)
    return re.fullmatch(".*".join(map(re.escape, parts)), said) is not None


@KINDS
def test_each_sentence_of_a_kind_is_said_somewhere(kind: Kind) -> None:
    """What is said while it prints is the till's, which asks the kind itself."""
    answers = [found(kind, stand) for stand in stands(kind)]
    for name, told in sayings(kind):
        if name == "printing":
            continue
        for template, chosen in ((told.customer, "sentence"), (told.cashier, "cashier")):
            for language in ("en", "zh"):
                spoken = [getattr(getattr(answer, chosen), language) for answer in answers]
                assert any(says(getattr(template, language), said) for said in spoken), (name, language)


@KINDS
def test_what_is_said_is_whole_in_both_languages_and_no_operators_word_is_in_the_customers(kind: Kind) -> None:
    for stand in stands(kind):
        told = found(kind, stand)
        for text in (told.sentence, told.cashier, told.word, told.heading, *(held.what for held in told.money)):
            assert all(text), stand
            assert not re.search(r"[{}]|\s$|  |^\s", text.en + text.zh), (stand, text)
        for said in (*told.sentence, *told.heading):
            assert not inside(said), (stand, said)
        assert contradictions([told.sentence.en, told.heading.en]) == [], stand


@KINDS
def test_a_kind_reaches_every_verdict_it_can_have(kind: Kind) -> None:
    reached = {found(kind, stand).verdict for stand in stands(kind)}
    never = {Verdict.RETURNING, Verdict.RETURNED} if kind.mode is Mode.INQUIRY else set()
    assert reached == set(Verdict) - never


@KINDS
def test_only_a_kind_that_debits_says_you_have_paid_and_that_it_stands_only_where_it_does(kind: Kind) -> None:
    debits = any(Deed.POST is deed or (deed, debit) == (Deed.MOVE, Party.CARD) for deed, debit, *_ in kind.movements)
    for stand in stands(kind):
        told = found(kind, stand)
        standing = told.verdict in {Verdict.PAID, Verdict.PAID_RECEIPT_OPEN}
        assert ("You have paid" in told.sentence.en) == (debits and standing), stand
        assert (told.word.zh == "已付款") == (debits and told.verdict is Verdict.PAID), stand


def test_why_nothing_was_sent_is_a_word_of_the_terminal() -> None:
    for kind in TABLE:
        assert set(kind.words.unsent) <= causes.NOT_SENT


# --- families ---------------------------------------------------------------------------------------------------------

WHOLE: Final = Stand("", "closed:rc=00", "approved:fwd,rc=00", "posted:done,rc=00")
FAMILIES: Final = (
    ("purchase", "void", 1250),
    ("preauth", "preauth_void", 1250),
    ("preauth", "completion", 1000),
    ("preauth", "completion", 1250),
    ("preauth", "completion", 1400),
)


def family(kind: str, child: str, amount: int, *, heard: str = "tsi", receipt: str = "closed") -> Finding:
    """A transaction that stands, with another against it of which the stations `heard` know."""
    named = {"t": OTHER, "s": OTHER, "i": AT_ISSUER}
    whole = stubs(BY_NAME[kind], WHOLE._replace(terminal=f"{receipt}:rc=00"))
    known: list[Any] = [
        changed(stub, against=(Against(child, named[station], amount),)) if station in heard else stub
        for station, stub in zip("tsi", whole, strict=True)
    ]
    return judge(known[0], known[1], known[2], STARTED + 2 * SECOND)


def test_a_transaction_says_what_stands_against_it_and_where_its_money_went() -> None:
    text = Transcript(FOLDER, "families")
    for kind, child, amount in FAMILIES:
        for heard in ("tsi", "i", "ti", "ts"):
            told = family(kind, child, amount, heard=heard)
            note(text, f"{kind}, {child} of {amount}, known at {heard}", told)
            for one in told.against:
                text.note("      against", one.kind, one.name, one.amount, one.settled)
        note(text, f"{kind}, {child} of {amount}, its receipt open", family(kind, child, amount, receipt="approved"))
    booked = stubs(BY_NAME["preauth"], WHOLE, expired_at=STARTED + 2 * SECOND)
    note(text, "preauth, its time is over", judge(*booked, STARTED + 3 * SECOND))
    text.compare()


@pytest.mark.parametrize(("kind", "child", "amount"), FAMILIES)
def test_the_word_stays_and_what_is_said_changes(kind: str, child: str, amount: int) -> None:
    told, alone = family(kind, child, amount), judge(*stubs(BY_NAME[kind], WHOLE), STARTED + 2 * SECOND)
    assert told.verdict is alone.verdict is Verdict.PAID
    assert told.sentence != alone.sentence
    assert told.word != alone.word
    assert OTHER in told.cashier.en
    assert OTHER in told.cashier.zh
    assert not inside(told.sentence.en)
    assert not inside(told.sentence.zh)


def test_a_void_on_its_way_does_not_say_yet_that_the_sale_was_voided() -> None:
    """Nor one that is being reversed: its terminal does not call it standing any more."""
    for heard in ("i", "si", "ts"):
        told = family("purchase", "void", 1250, heard=heard)
        assert told.sentence.en == "You have paid 12.50 CNY."
        assert told.word.en == "PAID"
    assert family("purchase", "void", 1250, heard="ts").against == ()


def test_of_a_family_no_money_is_told_twice() -> None:
    for kind, child, amount in FAMILIES:
        assert sum(held.amount for held in family(kind, child, amount).money) == max(1250, amount)


def test_a_terminal_that_is_not_ours_to_ask_leaves_the_name_to_the_others() -> None:
    _, sent, booked = stubs(BY_NAME["purchase"], WHOLE)
    sent = changed(sent, against=(Against("void", OTHER, 1250),))
    booked = changed(booked, against=(Against("void", AT_ISSUER, 1250),))
    told = judge(NOT_OURS, sent, booked, STARTED)
    assert [(one.name, one.settled) for one in told.against] == [(OTHER, True)]
    alone = judge(None, None, booked, STARTED)
    assert [(one.name, one.settled) for one in alone.against] == [(AT_ISSUER, True)]
    without = judge(NOT_OURS, sent, None, STARTED)
    assert [(one.name, one.settled) for one in without.against] == [(OTHER, True)]


def test_a_completion_is_undone_though_what_was_left_of_its_hold_stays_released() -> None:
    stand = Stand("", "reversed", "reversed:fwd,rc=00,rr=98,rv=00", "reversed:undone,rc=00")
    told = judge(*stubs(BY_NAME["completion"], stand, held_again=0), STARTED + 2 * SECOND)
    assert told.verdict is Verdict.RETURNED
    assert [(held.amount, held.what.en) for held in told.money] == [
        (1250, "debited and returned to the card"),
        (250, "released on the card"),
    ]


def test_a_child_names_its_original() -> None:
    told = judge(*stubs(BY_NAME["void"], WHOLE), STARTED)
    assert (told.kind, told.original) == ("void", FIRST)
    plain = told.to_json()
    assert (plain["kind"], plain["original"], plain["against"]) == ("void", FIRST, [])
