"""The oracle can fail: stations with one rule taken out are caught, and a failure says how to see it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from counterfoil.issuer import card_accounts
from counterfoil.issuer import reversal_rules as issuer_reverse
from counterfoil.issuer import work as issuer_work
from counterfoil.issuer.card import Card
from counterfoil.issuer.lifecycle import State as IssuerState
from counterfoil.issuer.rows import Txn
from counterfoil.ledger import Account, Book, Entry
from counterfoil.simulation import WorldJob, jobs_of, oracle, replay, run, shrunk
from counterfoil.simulation.watch import BookWatch
from counterfoil.storage.forgotten import Forgotten
from counterfoil.switch import lifecycle as switch_lifecycle
from counterfoil.switch import undo as switch_reverse
from counterfoil.switch.lifecycle import Event as SwitchEvent
from counterfoil.switch.lifecycle import State as SwitchState
from counterfoil.terminal import lifecycle as terminal_lifecycle
from counterfoil.terminal.lifecycle import Event as TerminalEvent
from counterfoil.terminal.lifecycle import State as TerminalState
from counterfoil.transaction import parse_ref

Mutation = Callable[[pytest.MonkeyPatch], None]
SEED = 3
WORLDS = 8


def no_tombstone(patch: pytest.MonkeyPatch) -> None:
    put = issuer_work.Work.put

    def forgetful(self: issuer_work.Work, txn: Txn) -> None:
        if txn.state is not IssuerState.TOMBSTONED:
            put(self, txn)

    patch.setattr(issuer_work.Work, "put", forgetful)


def reversal_acknowledged_but_not_booked(patch: pytest.MonkeyPatch) -> None:
    nothing = {**issuer_reverse.BY_STATE, IssuerState.POSTED: issuer_reverse.ReversalOutcome.NOTHING}
    patch.setattr(issuer_reverse, "BY_STATE", nothing)


def late_issuer_passes(patch: pytest.MonkeyPatch) -> None:
    ways = {**switch_lifecycle.REQUEST[SwitchState.REVERSING], SwitchEvent.ISSUER_YES: SwitchState.APPROVED}
    patch.setitem(switch_lifecycle.REQUEST, SwitchState.REVERSING, ways)


def switch_owes_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(switch_reverse, "owe_reversal", lambda *_: None)


def terminal_forgets_on_reboot(patch: pytest.MonkeyPatch) -> None:
    ways = {**terminal_lifecycle.TRANSITIONS[TerminalState.SENT], TerminalEvent.RESTART: TerminalState.NOT_SENT}
    patch.setitem(terminal_lifecycle.TRANSITIONS, TerminalState.SENT, ways)


def money_comes_back_short(patch: pytest.MonkeyPatch) -> None:
    back = Entry.reversed

    def short(self: Entry, entry_id: str, at: int, amount: int | None = None) -> Entry:
        return msgspec.structs.replace(back(self, entry_id, at, amount), amount=max(1, self.amount - 1))

    patch.setattr(Entry, "reversed", short)


def purchase_leaves_a_hold(patch: pytest.MonkeyPatch) -> None:
    transfer = Book.transfer

    def holding(self: Book, entry_id: str, debit: str, credit: str, *rest: Any, **more: Any) -> Entry:
        if debit.startswith("card:"):
            self.hold(f"{entry_id}/hold", debit, credit, 1, "CNY", 1)
        return transfer(self, entry_id, debit, credit, *rest, **more)

    patch.setattr(Book, "transfer", holding)


def held_beside_no_hold(patch: pytest.MonkeyPatch) -> None:
    changed = card_accounts.changed

    def more(card: Card, account: Account, last_entry: str) -> tuple[Any, ...]:
        return changed(card, msgspec.structs.replace(account, held=account.held + 1), last_entry)

    patch.setattr(card_accounts, "changed", more)


def purchase_is_forced(patch: pytest.MonkeyPatch) -> None:
    transfer = Book.transfer

    def forced(self: Book, *way: Any, **_: Any) -> Entry:
        return transfer(self, *way, forced=True)

    patch.setattr(Book, "transfer", forced)


def reversal_takes_again(patch: pytest.MonkeyPatch) -> None:
    """What a reversal gives back goes to clearing again, forced: below zero it takes only cards that had spent it."""
    back = Entry.reversed

    def turned(self: Entry, entry_id: str, at: int, amount: int | None = None) -> Entry:
        entry = back(self, entry_id, at, amount)
        return msgspec.structs.replace(entry, debit=entry.credit, credit=entry.debit)

    patch.setattr(Entry, "reversed", turned)


def test_nobody_is_said_to_have_forgotten_anything_where_nothing_was_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = Forgotten("S-1", "T0000001", "T0000001", "1", "0101000000000001", "1", "T0000001", "", 100, "CNY", "0011", 1)
    monkeypatch.setattr(oracle, "every_row", lambda _store: [row])
    report = run(jobs_of(75, SEED, "calm", None))
    assert report.failure is not None
    assert report.failure["broken"] == "switch says that ['S-1'] are forgotten, and nothing was put back"


@pytest.mark.parametrize(
    ("mutation", "mix"),
    [
        (no_tombstone, "delay"),
        (reversal_acknowledged_but_not_booked, "loss"),
        (late_issuer_passes, "delay"),
        (switch_owes_nothing, "loss"),
        (terminal_forgets_on_reboot, "crash"),
        (money_comes_back_short, "loss"),
        (purchase_leaves_a_hold, "calm"),
        (held_beside_no_hold, "calm"),
        (purchase_is_forced, "calm"),
        (reversal_takes_again, "loss"),
    ],
)
def test_a_station_without_one_of_its_rules_is_caught(
    monkeypatch: pytest.MonkeyPatch, mutation: Mutation, mix: str
) -> None:
    mutation(monkeypatch)
    report = run(jobs_of(WORLDS * 75, SEED, mix, None))
    assert report.failure is not None
    assert report.failure["broken"]
    assert "TypeError" not in report.failure["broken"], "a rule that is taken out is asked as it was"
    assert 0 < len(report.failure["last_events"]) <= 40


def test_a_failure_says_how_to_see_it_again_and_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    switch_owes_nothing(monkeypatch)
    job = WorldJob(SEED, "loss", 0, 40)
    report = run([job])
    assert report.failure is not None
    assert report.failure["replay"] == "counterfoil simulate --seed 3 --mix loss --world 0 --transactions 40"
    smaller = shrunk(job)
    assert smaller.transactions < job.transactions
    assert "people" in smaller.without
    assert replay(smaller).endswith(f"--transactions {smaller.transactions} --without people")
    assert run([smaller]).failure is not None


def test_an_unexpected_error_is_told_by_its_type_and_place_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_: object) -> None:
        raise LookupError("6299991000000013")  # a card number must not come out this way

    monkeypatch.setattr(switch_reverse, "owe_reversal", burst)
    report = run(jobs_of(75, SEED, "loss", None))
    assert report.failure is not None
    assert report.failure["broken"].startswith("LookupError at ")
    assert "629999" not in report.failure["broken"]


@pytest.mark.parametrize("mix", ["lost-terminal", "garbled", "swarm"])
def test_what_is_read_at_once_is_what_is_told_of_each(monkeypatch: pytest.MonkeyPatch, mix: str) -> None:
    compared = oracle.compared
    alike: list[bool] = []

    def asked_one_by_one(court: oracle.Court, watches: list[BookWatch]) -> oracle.Judgement:
        everything = court.everything()
        keys = {ref: parse_ref(ref) for ref in everything.refs()}
        alike.extend(key is not None and everything.of(ref) == court.stubs(key) for ref, key in keys.items())
        return compared(court, watches)

    monkeypatch.setattr(oracle, "compared", asked_one_by_one)
    assert run(jobs_of(3 * 75, SEED, mix, None)).failure is None
    assert len(alike) > 100
    assert all(alike)
