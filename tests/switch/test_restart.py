"""What survives: a restart, a step that fails, a commit that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from counterfoil.iso8583 import Message
from counterfoil.step import SECOND, Command, CommitFailed, Connected, Frame, Inbound
from counterfoil.storage import migrations_of, open_store
from counterfoil.switch import PACKAGE, Settings, hear
from counterfoil.switch.memory import Memory
from counterfoil.switch.numbers import trace, transmitted
from switch.scene import BOB, TERMINALS, TIMER, Scene, scene


def test_after_a_restart_every_open_intent_has_expired() -> None:
    made = scene()
    request, forwarded = made.asked()
    after = made.restarted()
    assert after.switch.wakes_at() == 0
    assert after.told() == []
    found = after.stub(request)
    assert (found.state, found.reversal_reason, found.response_code) == ("reversing", "06", "98")
    after.comes_up()
    (advice,) = after.advices()
    assert (advice.mti, advice.de37, advice.de39) == ("0420", forwarded.de37, "06")
    assert after.codes(after.frame(request)) == ["98"]
    after.acknowledge("25")
    assert after.state(request) == "reversed"


def test_an_answer_that_comes_after_the_restart_is_evidence() -> None:
    made = scene()
    request, forwarded = made.asked()
    after = made.restarted()
    after.step()
    after.comes_up()
    assert after.told(after.reply(forwarded, "00")) == []
    assert after.state(request) == "reversing"


def test_after_a_restart_an_advice_that_was_sent_is_repeated_as_such() -> None:
    made = scene()
    request, _ = made.approved()
    made.step(made.frame(made.reversal(request)))
    after = made.restarted()
    assert after.step() == []
    after.comes_up()
    assert after.advices() == []  # its pause is not over: it was sent a moment ago
    after.step(after=TIMER)
    assert [advice.mti for advice in after.advices()] == ["0421"]
    assert after.stub(request).reversal_tries == 2
    assert after.advices()[0].copy(de128=None).de11 == made.advices()[0].de11


def test_after_a_restart_finished_attempts_and_tombstones_are_as_they_were() -> None:
    made = scene()
    approved, answer = made.approved()
    orphan = made.purchase()
    made.step(made.frame(made.reversal(orphan)))
    after = made.restarted()
    assert after.step() == []
    (again,) = after.told(after.frame(approved))
    assert again == answer
    assert after.codes(after.frame(orphan)) == ["12"]


def test_terminals_stay_signed_on_over_a_restart() -> None:
    after = scene().restarted()
    after.comes_up()
    after.asked()


@pytest.mark.parametrize("jump", [-3600 * SECOND, 0, 3600 * SECOND])
def test_numbers_go_on_above_the_old_ones_whatever_the_clock_says(jump: int) -> None:
    made = scene()
    request, _ = made.approved()
    after = made.restarted()
    after.now += jump
    after.comes_up()
    later, _ = after.approved()
    before, now = made.stub(request), after.stub(later)
    assert now.rrn > before.rrn
    assert (now.transmitted, now.stan) > (before.transmitted, before.stan)


def test_every_number_given_out_lies_below_the_last_tick_on_the_disk() -> None:
    made = scene()
    made.asked()
    made.approved()
    after = made.restarted()
    after.step()  # owes a reversal to an issuer that is not there yet
    last = after.records.reserved()
    given = after.store.query("SELECT transmitted, trace FROM attempt UNION SELECT transmitted, trace FROM outbox")
    assert len(given) == 3
    assert all((transmitted(last), trace(last)) > numbers for numbers in given)


def test_many_open_intents_expire_a_bounded_number_at_a_time() -> None:
    made = scene(settings=Settings(switch_timer=TIMER, timers_per_step=2))
    requests = [made.asked(amount=100 + number)[0] for number in range(5)]
    left = []
    made.now += TIMER
    for _ in range(3):
        made.step()
        left.append(sum(made.state(request) == "asked" for request in requests))
        assert made.switch.wakes_at() is not None
    assert left == [3, 1, 0]


def everything(made: Scene) -> list[Any]:
    tables = ("terminal", "attempt", "outbox", "trail", "alarm", "exception_case", "quarantine", "reserved")
    return [made.store.query(f"SELECT * FROM {table}") for table in tables]


def remembered(memory: Memory) -> tuple[Any, ...]:
    boxes = [(dict(box.owed), dict(box.flying), box.wakes_at()) for box in memory.outboxes.values()]
    return dict(memory.waiting), dict(memory.tokens), boxes, dict(memory.sessions)


def test_a_step_that_fails_leaves_no_trace_and_its_messages_can_be_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    request, forwarded = made.asked()
    made.sign_on(TERMINALS[1])
    made.approved(terminal=TERMINALS[1])
    fresh = made.purchase(777, terminal=TERMINALS[1])
    arrived: list[Inbound] = [
        made.reply(forwarded, "00"),
        made.frame(fresh, 2),
        made.frame(made.reversal(request)),
        Connected("issuer-b", ""),
        made.frame(made.purchase(888, terminal=TERMINALS[1]), 3),
    ]
    before, memory, wakes = everything(made), remembered(made.switch._memory), made.switch.wakes_at()

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(hear, "reversal", broken)
        with pytest.raises(RuntimeError):
            made.step(*arrived)
    assert everything(made) == before
    assert remembered(made.switch._memory) == memory
    assert made.switch.wakes_at() == wakes
    for item in arrived:
        made.step(item)
    assert made.state(request) == "reversing"
    assert made.state(fresh) == "asked"


def test_a_failed_commit_ends_it_and_nothing_was_said(tmp_path: Path) -> None:
    made = scene(store=open_store(tmp_path / "store.db", migrations_of(PACKAGE)))
    request = made.purchase()
    sent = len(made.sent)
    full = made.store.query("PRAGMA page_count")[0][0]
    made.store.execute(f"PRAGMA max_page_count = {full}")
    with pytest.raises(CommitFailed):
        made.step(*[made.frame(made.purchase(100 + number)) for number in range(300)])
    assert len(made.sent) == sent
    made.store.execute("PRAGMA max_page_count = 1000000")
    after = made.restarted()
    after.comes_up()
    after.step(after.frame(request))
    assert after.state(request) == "asked"
    made.store.close()


def test_the_offender_is_kept_masked_and_raises_an_alarm() -> None:
    made = scene()
    request = made.purchase(card=BOB)
    offenders: list[Inbound] = [
        made.frame(request),
        Frame("terminals", 1, b"garbage", made.now),
        made.from_issuer(Message("0210", de2=BOB, de11="000001")),
        Frame("issuer-a", "", b"garbage", made.now),
        Command(1, "register", {"tmk": "00" * 16}),
        Connected("issuer-a", ""),
    ]
    for offender in offenders:
        made.switch.quarantine(made.now, offender, "RuntimeError")
    rows = made.store.query("SELECT link, reason, message FROM quarantine ORDER BY tick")
    assert [link for link, _, _ in rows] == ["terminals", "terminals", "issuer-a", "issuer-a", "", "issuer-a"]
    assert {reason for _, reason, _ in rows} == {"RuntimeError"}
    assert made.alarms() == ["quarantine"] * len(offenders)
    kept = "".join(message for _, _, message in rows)
    assert BOB not in kept
    assert "3012" not in kept
    assert "tmk" not in kept


def test_the_store_is_reopened_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    made = scene(store=open_store(path, migrations_of(PACKAGE)))
    request, _ = made.asked()
    made.store.close()
    after = Scene(open_store(path, migrations_of(PACKAGE)), made.settings, up=False)
    after.now, after.lines, after.stans = made.now, made.lines, made.stans
    after.step()
    assert after.state(request) == "reversing"
    after.store.close()


def test_the_same_messages_give_the_same_journal() -> None:
    journals = []
    for _ in range(2):
        made = scene()
        made.approved()
        request, _ = made.asked()
        made.step(after=TIMER)
        made.step(made.frame(made.reversal(request)))
        journals.append(everything(made))
    assert journals[0] == journals[1]
