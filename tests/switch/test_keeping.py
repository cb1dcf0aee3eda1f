"""Sealed card numbers leave the switch on a date, and what comes afterwards is answered as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.security.keeping import due_before
from counterfoil.step import DAY, SECOND, Instant
from counterfoil.storage import migrations_of, open_store
from counterfoil.switch import PACKAGE, Settings, keeping
from counterfoil.switch.stubs import numbers_held
from switch.scene import ALICE, TERMINALS, TIMER, Scene, pan, scene

DAYS = 7
LATER: Instant = (DAYS + 1) * DAY
HELD = "SELECT rrn FROM attempt WHERE length(pan) > 0 ORDER BY rrn"


def held(made: Scene) -> int:
    return len(made.store.query(HELD))


def settled(made: Scene) -> None:
    """As many steps as the station asks for now."""
    while (due := made.switch.wakes_at()) is not None and due <= made.now + keeping.PAUSE:
        made.step(after=max(0, due - made.now))


def test_a_number_stays_for_its_days_and_goes_with_the_first_step_after() -> None:
    made = scene()
    request, _ = made.approved()
    made.step(after=DAYS * DAY)
    assert held(made) == 1
    before = made.stub(request)
    assert made.switch.wakes_at() is not None
    made.step(after=DAY)
    assert held(made) == 0
    assert made.stub(request) == before  # nothing else changed: key, last digits, when it was touched last


def test_the_station_wakes_by_itself_when_a_number_is_due() -> None:
    made = Scene(up=False, settings=Settings(switch_timer=TIMER, numbers_kept_days=1))
    made.start()
    made.sign_on()
    made.approved()
    made.restarted()
    quiet = made.restarted()  # links are down: nothing else wakes it
    wakes = []
    while held(quiet):
        due = quiet.switch.wakes_at()
        assert due is not None
        quiet.step(after=max(0, due - quiet.now))
        wakes.append(quiet.now)
    assert len(wakes) <= 4
    assert due_before(wakes[-1], 1, quiet.settings.clock) > wakes[0]
    assert quiet.switch.wakes_at() is None


def test_what_is_open_keeps_its_number_and_loses_it_when_it_ends() -> None:
    made = scene()
    asked = made.approved()[0]
    made.step(made.frame(made.reversal(asked)))  # an advice is owed
    differs = made.approved()[0]
    made.step(made.frame(made.reversal(differs).copy(de4="000000000001")))  # a person decides
    made.sign_on(TERMINALS[1])
    declined, forwarded = made.asked(terminal=TERMINALS[1])
    made.step(made.reply(forwarded, "51"))
    assert held(made) == 3
    made.step(after=LATER)
    assert held(made) == 2
    assert made.state(declined) == "declined"
    made.comes_up()
    assert [message.de2 for message in made.advices()][-1] == ALICE
    made.acknowledge()
    assert (made.state(asked), held(made)) == ("reversed", 1)
    made.step(made.frame(made.reversal(differs)))
    made.acknowledge(since=0)
    assert (made.state(differs), held(made)) == ("reversed", 0)


@pytest.mark.parametrize("named", [True, False])
def test_a_reversal_after_the_date_is_answered_and_goes_on_with_what_it_brings(named: bool) -> None:
    made = scene()
    request, _ = made.approved()
    made.step(after=LATER)
    assert held(made) == 0
    made.comes_up()
    reversal = made.reversal(request) if named else made.reversal(request).copy(de2=None)
    assert made.codes(made.frame(reversal)) == ["00"]
    (advice,) = made.advices()
    assert advice.de2 == (ALICE if named else None)
    assert (advice.de90 or "")[:4] == "0200"
    alarms = made.store.query("SELECT subject, rrn FROM alarm WHERE what = 'number_gone'")
    assert alarms == ([] if named else [("issuer-a", made.stub(request).rrn)])
    made.acknowledge()
    assert (made.state(request), held(made)) == ("reversed", 0)
    assert made.codes(made.frame(reversal)) == ["00"]  # and again: one advice, one answer
    assert len(made.advices()) == 1


def test_another_card_s_number_is_never_taken_for_one_that_has_left() -> None:
    made = scene()
    request, _ = made.approved()
    made.step(after=LATER)
    assert made.codes(made.frame(made.reversal(request, card=pan("62999910", 2)))) == ["64"]
    assert held(made) == 0


def test_a_repeat_after_the_date_is_known_by_its_key_and_charges_nobody_again() -> None:
    made = scene()
    request, answer = made.approved()
    made.step(after=LATER)
    sent = len(made.sent)
    (again,) = made.told(made.frame(request))
    assert (again.de37, again.de38, again.de39) == (answer.de37, answer.de38, "00")
    assert made.codes(made.frame(request.copy(de4="000000009999"))) == ["94"]
    assert not [message for message in made.to_issuers(sent) if made.read(message).mti == "0200"]


def test_a_late_yes_to_what_was_declined_is_undone_though_the_number_has_left() -> None:
    made = scene()
    request, forwarded = made.asked()
    made.step(made.reply(forwarded, "51"))
    made.step(after=LATER)
    made.comes_up()
    made.step(made.reply(forwarded, "00"))
    assert [message.de2 for message in made.advices()] == [None]
    made.acknowledge()
    assert made.state(request) == "reversed"


def test_a_step_looks_at_so_many_and_a_restart_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 3)
    made = scene()
    for _ in range(8):
        made.approved()
    stays = made.approved()[0]
    made.step(made.frame(made.reversal(stays).copy(de4="000000000001")))
    assert held(made) == 9
    made.step(after=LATER)
    assert held(made) == 6
    after = made.restarted()
    after.step()
    assert held(after) == 3
    settled(after)
    assert held(after) == 1
    assert after.case_count() == 1


def test_a_sale_of_the_step_itself_is_left_for_another_day() -> None:
    made = scene()
    request, _ = made.approved()
    made.now += LATER
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert held(made) == 1
    made.comes_up()
    assert made.advices()[-1].de2 == ALICE


def test_how_many_numbers_are_held_and_since_when() -> None:
    made = scene()
    assert numbers_held(made.store) == (0, None)
    began = made.now
    for _ in range(3):
        made.approved()
        made.now += SECOND
    assert numbers_held(made.store) == (3, began)
    assert numbers_held(made.store, most=2) == (2, began)


def test_a_number_of_before_there_was_a_date_leaves_too() -> None:
    made = scene()
    made.approved()
    with made.store.transaction():
        made.store.execute("DROP INDEX attempt_number")
        made.store.execute("DELETE FROM migration WHERE number = 9")
        made.store.commit()
    (newest,) = [one for one in migrations_of(PACKAGE) if one.number == 9]
    made.store.execute(newest.sql)
    after = made.restarted()
    after.step(after=LATER)
    assert held(after) == 0


def test_no_sealed_number_remains_in_the_files_of_a_store(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db", migrations_of(PACKAGE))
    made = scene(store=store)
    for serial in range(40):
        made.approved(card=pan("62999910", serial + 1))
    sealed = [bytes(blob) for (blob,) in store.query("SELECT pan FROM attempt WHERE length(pan) > 0")]
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(sealed) == 40
    assert all(blob in on_disk for blob in sealed)
    made.now += LATER
    for _ in range(3):
        made.step(after=SECOND)
    made.sign_on(TERMINALS[1])
    store.close()
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [blob for blob in sealed if blob in on_disk]
