"""What other processes read: the stub of an attempt by every reference, searches, what is owed, the cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.step import SECOND
from counterfoil.storage import migrations_of, open_store
from counterfoil.switch import PACKAGE, asked, find, pending, stub
from counterfoil.switch.stubs import BY_CARD, BY_KEY, BY_RRN, CASES_OF, HISTORY, OPEN_CASES, behind, key_checks
from counterfoil.transaction import AttemptKey
from switch.scene import ALICE, MERCHANT, TIMER, Scene, scene


def test_a_stub_is_found_by_key_by_reference_and_by_rrn() -> None:
    made = scene()
    request, answer = made.approved()
    key = AttemptKey("T0000001", "000001", request.de11 or "")
    found = stub(made.store, key)
    assert found is not None
    assert found == stub(made.store, str(key)) == stub(made.store, answer.de37 or "")
    assert (found.ref, found.merchant, found.amount, found.currency) == (str(key), MERCHANT, 1250, "CNY")
    assert (found.last4, found.issuer, found.auth_code, found.state) == (ALICE[-4:], "issuer-a", "123456", "approved")
    assert made.store.query("SELECT first6, last4 FROM attempt") == [(ALICE[:6], ALICE[-4:])]
    assert [line.what for line in found.history] == ["asked", "forwarded", "issuer_answered", "answered"]
    assert all(line.message is not None and "35" not in line.message for line in found.history)


def test_what_was_never_seen_has_no_stub() -> None:
    made = scene()
    assert stub(made.store, "T0000001/000001/000099") is None
    assert stub(made.store, "60730JUG5XZZ") is None


def test_the_check_values_of_the_keys_in_use_and_of_those_offered_with_their_time() -> None:
    made = scene()
    made.approved()
    taken, began = made.lines["T0000001"], made.now
    assert key_checks(made.store) == {"T0000001": {(taken.pik.kcv, taken.mak.kcv): began}, "T0000002": {}}
    made.now += 10 * SECOND
    made.sign_on()
    offered = made.lines["T0000001"]
    assert key_checks(made.store)["T0000001"] == {
        (taken.pik.kcv, taken.mak.kcv): began,
        (offered.pik.kcv, offered.mak.kcv): made.now,
    }
    made.approved()
    assert list(key_checks(made.store)["T0000001"]) == [(offered.pik.kcv, offered.mak.kcv)]


def test_the_next_purchase_of_the_terminal_proves_that_it_closed_this_one() -> None:
    made = scene()
    request, _ = made.approved()
    assert made.stub(request).followed_at == 0
    made.step(made.frame(request))  # a repeat proves nothing
    assert made.stub(request).followed_at == 0
    made.now += 5 * SECOND
    made.approved()
    assert made.stub(request).followed_at == made.now


def test_a_purchase_of_another_batch_or_with_an_earlier_stan_proves_nothing() -> None:
    """A wiped or replaced device starts another batch and knows nothing of this sale (simulator, swarm 100/24)."""
    made = scene()
    late = made.purchase()
    request, _ = made.approved()
    made.now += 5 * SECOND
    made.step(made.frame(late))
    assert made.stub(request).followed_at == 0
    made.now += 5 * SECOND
    made.sign_on(stan="000001", batch="000000")
    made.approved()
    assert made.stub(request).followed_at == 0


def test_due_is_the_deadline_then_the_next_try() -> None:
    made = scene()
    request, _ = made.asked()
    assert made.stub(request).due == made.now + TIMER
    made.step(after=TIMER)
    found = made.stub(request)
    assert (found.due, found.reversal_tries) == (made.now + TIMER, 1)
    made.acknowledge()
    assert made.stub(request).due == 0


def test_searching_by_card_and_amount() -> None:
    made = scene()
    refs = [made.stub(made.approved(amount=555)[0]).ref for _ in range(2)]
    made.approved(amount=556)
    assert [found.ref for found in find(made.store, last4=ALICE[-4:], amount=555)] == refs
    assert find(made.store, last4="9999", amount=555) == []


def test_the_attempts_behind_a_place_are_read_a_page_at_a_time() -> None:
    made = scene()
    requests = [made.approved(amount=amount)[0] for amount in (555, 556, 557)]
    stubs = [stub(made.store, made.stub(request).ref, history=False) for request in requests]
    assert behind(made.store, 0, 2) == [(1, stubs[0]), (2, stubs[1])]
    assert behind(made.store, 1, 9) == [(2, stubs[1]), (3, stubs[2])]
    assert behind(made.store, 3, 9) == []


def test_owed_reversals_and_open_intents_are_listed() -> None:
    made = scene()
    request, _ = made.approved()
    made.step(made.frame(made.reversal(request)))
    waiting, _ = made.asked()
    assert [found.ref for found in pending(made.store)] == [made.stub(request).ref]
    assert [found.ref for found in asked(made.store)] == [made.stub(waiting).ref]


def test_a_reader_sees_what_the_owner_committed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    made: Scene = scene(store=open_store(path, migrations_of(PACKAGE)))
    request, _ = made.approved()
    reader = open_store(path, migrations_of(PACKAGE), readonly=True)
    found = stub(reader, made.stub(request).ref)
    assert found is not None
    assert found.state == "approved"
    made.step(made.frame(made.reversal(request)))
    assert len(pending(reader)) == 1
    reader.close()
    made.store.close()


@pytest.mark.parametrize("sql", [BY_KEY, BY_RRN, BY_CARD, HISTORY, CASES_OF])
def test_a_search_reads_only_what_it_finds(sql: str) -> None:
    plan = [row[3] for row in scene().store.query("EXPLAIN QUERY PLAN " + sql.replace("?", "'x'"))]
    assert [what for what in plan if what.startswith("SCAN") and what != "SCAN parts"] == []
    assert any("attempt_card (part=? AND last4=?" in what for what in plan) is (sql == BY_CARD)


def test_what_is_open_is_found_without_looking_at_what_has_ended() -> None:
    plan, *_ = [row[3] for row in scene().store.query("EXPLAIN QUERY PLAN " + OPEN_CASES, (1,))]
    assert plan.startswith("SCAN exception_case USING INDEX exception_case_open")
