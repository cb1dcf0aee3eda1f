"""A case is listed because it is a case, and nothing is found by a number that another party can say."""

from __future__ import annotations

import pytest

from counterfoil.inquiry import Candidate, Search, evidence, finding, search
from counterfoil.inquiry.items import open_items
from counterfoil.iso8583 import Message
from counterfoil.issuer.stubs import cases as issuer_cases
from counterfoil.issuer.stubs import request_of
from counterfoil.step import SECOND
from counterfoil.switch.stubs import cases as switch_cases
from counterfoil.transaction import IssuerStub
from counterfoil.verdict import Verdict
from inquiry.world import World
from issuer.bank import Bank
from switch.scene import Scene, scene

LATER = 60 * SECOND


def both() -> tuple[Scene, Bank, Message, Message]:
    """A sale that the switch and the issuer approved: the terminal's request, and what went upstream."""
    made, bank = scene(), Bank()
    request, _ = made.approved()
    sent = next(made.read(send) for send in made.to_issuers() if made.read(send).mti == "0200")
    named = {name: getattr(sent, name) for name in ("de7", "de11", "de32", "de37", "de41", "de42")}
    bank.ask(bank.purchase(**named))
    return made, bank, request, sent


def listed(world: World, now: int) -> dict[str, Verdict]:
    return {item.one.ref or item.one.request: item.finding.verdict for item in open_items(world, now)}


@pytest.mark.parametrize("other", [{"de4": "000000000001"}, {"de49": "840"}], ids=["amount", "currency"])
def test_a_reversal_of_another_sale_is_on_the_list_although_all_stations_say_approved(other: dict[str, str]) -> None:
    made, bank, request, _ = both()
    world = World(None, made.store, {"issuer-a": bank.store})
    ref = made.stub(request).ref
    assert listed(world, made.now) == {}
    made.codes(made.frame(made.reversal(request, **other)))
    assert listed(world, made.now) == {ref: Verdict.EXCEPTION}
    (one,) = search(world, Search(key=None, rrn=made.stub(request).rrn))
    told = finding(world, one, made.now)
    (case,) = told.cases
    assert case.number == switch_cases(made.store)[0].number
    assert case.number in told.sentence.en
    assert told.next.owner == "acquirer"


def test_the_case_is_over_for_the_list_when_the_issuer_has_given_the_money_back() -> None:
    made, bank, request, sent = both()
    world = World(None, made.store, {"issuer-a": bank.store})
    made.codes(made.frame(made.reversal(request, de4="000000000001")))
    made.codes(made.frame(made.reversal(request)))
    (advice,) = made.advices()
    bank.ask(bank.advice(sent, de7=advice.de7, de11=advice.de11, de41=sent.de41, de42=sent.de42))
    assert set(listed(world, made.now).values()) == {Verdict.EXCEPTION}
    made.acknowledge()
    assert listed(world, made.now) == {}
    (one,) = search(world, Search(rrn=sent.de37 or ""))
    told = finding(world, one, made.now)
    assert (told.verdict, [(case.ended_at, case.how) for case in told.cases]) == (
        Verdict.RETURNED,
        [(made.now, "acknowledged")],
    )


def test_a_case_of_an_issuer_is_on_the_list_too() -> None:
    made, bank, request, sent = both()
    world = World(None, made.store, {"issuer-a": bank.store})
    place = {"de41": sent.de41, "de42": sent.de42}
    bank.ask(bank.advice(sent, de4="000000000001", **place))
    assert listed(world, made.now) == {made.stub(request).ref: Verdict.EXCEPTION}
    assert len(issuer_cases(bank.store)) == 1


def test_a_case_of_an_issuer_that_nobody_asked_is_on_the_list_under_its_request() -> None:
    made, bank = scene(), Bank()
    foreign = bank.purchase(de32="00099999")
    bank.ask(foreign, bank.advice(foreign, de4="000000000001"))
    world = World(None, made.store, {"issuer-a": bank.store})
    assert listed(world, made.now) == {bank.key(foreign): Verdict.EXCEPTION}


def twice() -> tuple[Scene, Bank, Message, Message]:
    """The number of a sale of ours, said before by another acquirer, whose purchase was booked."""
    made, _, request, sent = both()
    older = Bank()
    older.ask(older.purchase("bob", amount=990, de32="00099999", de7="0101000000", de11="000001", de37=sent.de37))
    older.now += LATER
    named = {name: getattr(sent, name) for name in ("de7", "de11", "de32", "de37", "de41", "de42")}
    older.ask(older.purchase(**named))
    return made, older, request, sent


def test_two_debits_under_one_number_are_two_transactions_and_each_is_told_by_its_own_stubs() -> None:
    made, bank, request, sent = twice()
    world = World(None, made.store, {"issuer-a": bank.store})
    ours = made.stub(request)
    found = search(world, Search(rrn=sent.de37 or ""))
    assert {one.ref or one.request for one in found} == {ours.ref, "99999/0101000000/000001"}
    issuers = {one.ref: evidence(world, one).issuer for one in found}
    mine, other = issuers[ours.ref], issuers[""]
    assert isinstance(mine, IssuerStub)
    assert isinstance(other, IssuerStub)
    assert (mine.request, mine.amount) == (request_of(ours), 1250)
    assert (other.acquirer, other.amount) == ("99999", 990)
    (named,) = search(world, Search(request=other.request))
    assert finding(world, named, made.now).evidence.switch is None


def test_the_sale_of_a_terminal_is_never_told_by_another_purchase_that_says_its_number() -> None:
    """The issuer of the switch's stub is asked, and it has no such request: unknown, whatever others say."""
    made, bank = scene(), Bank()
    request, _ = made.approved()
    ours = made.stub(request)
    bank.ask(bank.purchase("bob", amount=990, de32="00099999", de37=ours.rrn))
    for issuers in ({"issuer-a": bank.store}, {"issuer-a": None, "issuer-b": bank.store}):
        world = World(None, made.store, issuers)
        one = Candidate(ours.ref, "", ours.terminal, "", ours.amount, "CNY", ours.last4, ours.started_at)
        assert evidence(world, one).issuer is None


def test_without_the_switch_a_purchase_must_fit_in_all_that_both_know() -> None:
    made, bank, request, _ = twice()
    ours = made.stub(request)
    world = World(None, None, {"issuer-a": bank.store})
    assert {one.request for one in search(world, Search(rrn=ours.rrn))} == {
        request_of(ours),
        "99999/0101000000/000001",
    }


def test_a_damaged_copy_of_a_request_is_no_transaction_of_its_own() -> None:
    made, bank, request, sent = both()
    damaged = bank.sealed(bank.purchase("bob", de11="000777", de37=sent.de37))[:-1] + b"X"
    assert [answer.de39 for answer in bank.ask(damaged)] == ["63"]
    world = World(None, made.store, {"issuer-a": bank.store})
    assert [one.ref for one in search(world, Search(rrn=sent.de37 or ""))] == [made.stub(request).ref]
