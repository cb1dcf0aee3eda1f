"""What has an original: which may be named, by whom, for how much, and with whose password."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.kinds import BY_NAME, TABLE, Kind, Needs
from counterfoil.step import SECOND
from counterfoil.storage.archiving import older
from counterfoil.terminal.archiving import SHAPE
from terminal.counter import T1, TRACK, Counter
from terminal.test_kinds import REF, WITH_ORIGINAL, prepared


@pytest.mark.parametrize("kind", WITH_ORIGINAL, ids=lambda kind: kind.name)
def test_what_is_known_of_the_original_is_said_before_anything_is_sent(kind: Kind) -> None:
    assert kind.original is not None
    counter = Counter().open_for_business()
    for ref in (None, "", "x", REF, f"{T1}/000001/000099", 5):
        assert counter.replies[counter.start(kind.name, original=ref)]["error"] == "original_unknown"
    other = next(one.name for one in TABLE if one.original is None and one.name not in kind.original.of)
    counter.start(other)
    counter.answer()
    told = counter.replies[counter.start(kind.name, original=REF)]
    assert told["error"] == "original_other_kind"
    assert BY_NAME[other].says.en in told["message"]["en"]
    counter.start(kind.original.of[0])
    counter.answer("51")
    refused = f"{T1}/000001/000003"
    assert counter.replies[counter.start(kind.name, original=refused)]["error"] == "original_fallen"
    assert counter.line == []


@pytest.mark.parametrize("kind", WITH_ORIGINAL, ids=lambda kind: kind.name)
def test_an_original_is_closed_once_and_open_again_when_that_was_reversed(kind: Kind) -> None:
    counter, original = prepared(kind)
    counter.start(kind.name, **original)
    counter.time_out()
    waiting = counter.start(kind.name, **original)  # it waits for the reversal of the first
    counter.answer(mti="0400")
    counter.answer()
    assert counter.replies[waiting]["outcome"] == "approved"
    told = counter.replies[counter.start(kind.name, **original)]
    assert told["error"] == "original_closed"
    assert counter.newest().ref in told["message"]["en"]
    (against,) = counter.stub(REF).against
    assert against == (kind.name, counter.newest().ref, 1250)


@pytest.mark.parametrize("kind", WITH_ORIGINAL, ids=lambda kind: kind.name)
def test_two_that_wait_for_one_original_are_not_both_sent(kind: Kind) -> None:
    counter, original = prepared(kind)
    counter.sale()
    first, second = counter.start(kind.name, **original), counter.start(kind.name, **original)
    counter.answer()
    counter.answer()
    assert counter.replies[first]["outcome"] == "approved"
    assert counter.replies[second]["error"] == "original_closed"
    assert counter.line == []


def test_a_void_is_for_the_open_batch() -> None:
    counter, original = prepared(BY_NAME["void"])
    counter.sale()
    counter.time_out()
    counter.line.clear()
    counter.ask("escalate", ref=counter.newest().ref, operator="07", reason="gone")
    counter.host.batch[T1] = 2
    counter.answer(mti="0800") if counter.line else counter.step(after=SECOND)
    while counter.line:
        counter.answer()
    assert counter.station._lanes[T1].device.batch != "000001"
    assert counter.replies[counter.start("void", **original)]["error"] == "original_other_batch"


def test_a_hold_that_ended_is_neither_completed_nor_voided() -> None:
    counter, original = prepared(BY_NAME["completion"])
    counter.step(after=BY_NAME["preauth"].keeps_for * SECOND)
    for kind in ("completion", "preauth_void"):
        assert counter.replies[counter.start(kind, **original)]["error"] == "original_expired"


@pytest.mark.parametrize(
    ("kind", "amount", "error"),
    [
        ("completion", 1, ""),
        ("completion", 1437, ""),  # 115 % of 12.50
        ("completion", 1438, "amount_above_original"),
        ("completion", None, ""),
        ("void", None, ""),
        ("void", 1250, ""),
        ("void", 1251, "amount_above_original"),
        ("void", 1249, "bad_request"),
        ("preauth_void", 1249, "bad_request"),
    ],
)
def test_an_amount_is_measured_against_the_original(kind: str, amount: int | None, error: str) -> None:
    counter, original = prepared(BY_NAME[kind])
    told = counter.replies.get(counter.start(kind, **original, amount=amount), {})
    assert told.get("error", "") == error
    assert [counter.host.read(send).de4 for send in counter.line] == ([] if error else [f"{amount or 1250:012d}"])


@pytest.mark.parametrize(
    ("kind", "changes", "detail"),
    [
        ("balance", {"amount": 5}, "amount"),
        ("preauth", {"amount": None}, "amount"),
        ("purchase", {"amount": 0}, "amount"),
        ("nothing", {}, "kind"),
        ("purchase", {"original": REF}, "original"),
        ("balance", {"original": REF}, "original"),
        ("void", {"original": REF, "pin": "1234"}, "pin"),
        ("void", {"original": REF, "currency": "USD"}, "currency"),
        ("void", {"original": REF, "retry_of": REF}, "retry_of"),
    ],
)
def test_what_a_kind_does_not_take_is_refused(kind: str, changes: dict[str, Any], detail: str) -> None:
    counter, _ = prepared(BY_NAME["void"])
    args = {"terminal": T1, "kind": kind, "amount": 1250 if kind in ("purchase", "preauth") else None}
    told = counter.replies[
        counter.tell("sale", **{**args, "card": {"track2": TRACK}, "supervisor": "123456", **changes})
    ]
    assert told["error"] == "bad_request"
    assert detail in told["message"]["en"]
    assert counter.line == []


@pytest.mark.parametrize("kind", WITH_ORIGINAL, ids=lambda kind: kind.name)
def test_a_key_stands_for_one_kind_and_one_original(kind: Kind) -> None:
    counter, original = prepared(kind)
    asked = counter.start(kind.name, **original, key="k")
    counter.answer()
    told = counter.replies[asked]
    again = counter.replies[counter.start(kind.name, **original, key="k")]
    assert (again["ref"], again["outcome"]) == (told["ref"], "approved")
    assert counter.replies[counter.sale(key="k", pin=None)]["error"] == "key_reused"
    assert counter.line == []


def test_the_reversal_of_a_voided_sale_is_nobodys_to_ask() -> None:
    counter = Counter().open_for_business()
    counter.printer = False
    counter.sale()
    counter.answer()
    counter.start("void", original=REF)
    counter.answer()
    assert counter.ask("goods", ref=REF, answer="kept")["error"] == "not_open"
    assert counter.attempt(REF).state == "approved"


# --- the supervisor ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in TABLE if Needs.SUPERVISOR in kind.needs], ids=lambda kind: kind.name)
@pytest.mark.parametrize("given", [None, "", "123457", 123456, "1234567"])
def test_without_the_supervisors_password_nothing_is_sent(kind: Kind, given: object) -> None:
    counter, original = prepared(kind)
    assert counter.replies[counter.start(kind.name, **original, supervisor=given)]["error"] == "wrong_supervisor"
    assert counter.line == []


def test_nobody_is_a_supervisor_where_no_password_is_set() -> None:
    counter, original = prepared(BY_NAME["void"], supervisor=None)
    assert counter.replies[counter.start("void", **original)]["error"] == "wrong_supervisor"


def test_five_wrong_passwords_in_an_hour_are_enough() -> None:
    counter, original = prepared(BY_NAME["void"])
    for _ in range(5):
        counter.step(after=SECOND)
        assert counter.replies[counter.start("void", **original, supervisor="0")]["error"] == "wrong_supervisor"
    told = counter.replies[counter.start("void", **original)]
    assert (told["error"], counter.line) == ("supervisor_locked", [])
    assert "13:00" in told["message"]["en"]
    lines = [what for (what,) in counter.store.query("SELECT what FROM trail WHERE what LIKE '%supervisor%'")]
    assert lines == ["wrong supervisor password"] * 5 + ["supervisor passwords refused for an hour"]
    counter.step(after=3600 * SECOND)
    counter.start("void", **original)
    assert counter.request().de61 == "000001000002"


def test_the_password_is_nowhere_in_the_store() -> None:
    counter, original = prepared(BY_NAME["void"], supervisor=None)
    counter.start("void", **original, supervisor="98765432")
    for (table,) in counter.store.query("SELECT name FROM sqlite_master WHERE type = 'table'"):
        assert "98765432" not in str(counter.store.query(f"SELECT * FROM {table}"))


def resting(counter: Counter) -> set[str]:
    """The transactions that may leave for an archive."""
    return {"/".join(one.key) for one in older(counter.store, SHAPE, 0, 100) if one.at_rest}


def test_what_may_still_be_referred_to_does_not_leave_for_an_archive() -> None:
    counter, original = prepared(BY_NAME["completion"])
    counter.sale()
    counter.answer()
    counter.step(after=SECOND)
    counter.sale()
    counter.answer("51")
    assert resting(counter) == {f"{T1}/000001/000003"}  # not the hold, and not the newest
    counter.step(after=SECOND)
    counter.start("completion", **original)
    counter.answer()
    counter.step(after=SECOND)
    counter.sale()
    counter.answer("51")
    assert resting(counter) == {f"{T1}/000001/00000{stan}" for stan in (2, 3, 4)}  # and not what closed it before it
    counter.store.execute("DELETE FROM attempt WHERE stan = '000002'")
    assert f"{T1}/000001/000005" in resting(counter)


def test_a_hold_whose_time_is_over_leaves() -> None:
    counter, _ = prepared(BY_NAME["completion"])
    counter.step(after=BY_NAME["preauth"].keeps_for * SECOND)
    counter.sale()
    counter.answer("51")
    assert resting(counter) == {REF}
