"""What the terminal keeps, lets go and shows to other processes, word for word; and what no such text can show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from counterfoil.money import MAX_MINOR
from counterfoil.step import DAY, SECOND, Closed, Command, Frame, NotSent, Performed
from counterfoil.storage import Store
from counterfoil.storage.archiving import digest, rows_of
from counterfoil.terminal import Settings, stubs
from counterfoil.terminal.archiving import SHAPE
from counterfoil.transaction import AttemptKey
from counterfoil.words import Text
from terminal.counter import MERCHANT, PAN, START, T1, T2, TMK, TRACK
from terminal.telling import REF, REF_TWO, SHA256, Telling, at_two, opened, plain, since

THIRD = f"{T1}/000001/000003"


def jump(counter: Telling, stan: int, terminal: str = T1) -> None:
    """As if that many numbers of the batch were used."""
    counter.mark(f"{terminal} has used {stan} numbers of its batch")
    counter.store.execute("UPDATE device SET stan = ? WHERE terminal = ?", (stan, terminal))
    counter.restart()
    counter.step(after=SECOND)


def test_numbers_that_run_out() -> None:
    counter = opened("numbers_that_run_out")
    jump(counter, 999_997)
    for _ in range(2):
        counter.answer(mti="0800")
    counter.mark("the last one, then none; the sale waits for another batch; the host gives the same, then another")
    counter.sale(key="a")
    counter.answer("51")
    counter.sale(key="b", amount=2)
    counter.tell("status", terminal=T1)
    asked = counter.request("0800")
    counter.receive(counter.host.sign_on(asked, same_batch=True))
    counter.sale(key="c", amount=3)
    counter.host.highest[T1] = 999_999
    counter.answer(mti="0800")
    counter.answer("51")
    counter.mark("nothing can be sent, and no batch is at hand")
    jump(counter, 999_999, T2)
    counter.line = [send for send in counter.line if send.conn == T2]
    at_two(counter, key="z")
    counter.refuse(T2)
    at_two(counter, key="z", amount=5)
    counter.tell("cancel", terminal=T2)
    counter.end(looks=False)


def test_numbers_of_cards_leave() -> None:
    counter = opened("numbers_of_cards_leave", numbers_kept_days=2)
    counter.printer = None
    counter.sale()
    counter.answer()
    counter.step(after=30 * SECOND)
    at_two(counter)
    counter.time_out()
    counter.tell("escalate", ref=REF_TWO, operator="Li Wei", reason="gone")
    counter.answer(mti="0400")
    counter.answer(mti="0800")
    counter.sale(amount=2)
    counter.hang_up()
    midnight = START + DAY // 2
    for day in range(4):
        counter.mark(f"the end of day {day} and the beginning of the next")
        for now in (midnight + day * DAY - 1, midnight + day * DAY):
            counter.step(after=now - counter.now)
            counter.line.clear()
            counter.tape.note("held", said(stubs.numbers_held(counter.store)))
    counter.end(looks=False)


def test_in_one_step() -> None:
    counter = opened("in_one_step")
    counter.sale(key="a")
    counter.answer()
    counter.mark("what is decided in a step sees what was decided before in it")
    card = {"track2": TRACK}
    one: dict[str, Any] = {"terminal": T1, "card": card, "amount": 2, "key": "b"}
    counter.step(
        Command(801, "sale", one),
        Command(802, "last", {"terminal": T1}),
        Command(803, "last", {"terminal": T1, "paid": True}),
        Command(804, "sale", one),
        Command(805, "sale", {**one, "amount": 3}),
        Command(806, "status", {"terminal": T1}),
        Command(807, "open_receipts", {}),
        Command(808, "cancel", {"terminal": T1}),
        Command(809, "open_receipts", {"terminal": T1}),
        Command(810, "archive", keys_of(counter, REF)),
        after=SECOND,
    )
    counter.mark(
        "a retry at another terminal while the first is asked: the chain is kept when the first is never answered"
    )
    counter.line = counter.line[-1:]
    done = counter.host.answer(counter.request("0400"))
    counter.step(Frame("switch", T1, done), Command(811, "open_receipts", {}))
    counter.tell("enrol", terminal="T0000003", merchant=MERCHANT, tmk=TMK.hex(), name="Kiosk")
    counter.answer(mti="0800")
    counter.sale(key="c", amount=4)
    counter.sale(key="d", amount=4, terminal="T0000003", retry_of=f"{T1}/000001/000004")
    counter.tell("status", terminal="T0000003")
    assert [counter.attempt(ref).root for ref in (f"{T1}/000001/000004", "T0000003/000001/000002")] == [
        f"{T1}/000001/000004"
    ] * 2
    counter.line.clear()
    counter.step(after=30 * SECOND)
    counter.end()


def keys_of(counter: Telling, *refs: str) -> dict[str, list[Any]]:
    """What an archive that holds these sales asks for."""
    keys = [tuple(ref.split("/")) for ref in refs]
    found = rows_of(counter.store, SHAPE, keys)
    return {"keys": keys, "digests": [digest(found[key]) if key in found else "none" for key in keys]}


def test_archived() -> None:
    counter = opened("archived")
    counter.sale(key="a")
    counter.answer("51")
    counter.sale(key="b")
    counter.refuse()
    at_two(counter, key="y")
    counter.tell("cancel", terminal=T2)
    counter.line = counter.line[-1:]
    counter.answer(mti="0400")
    counter.step(after=SECOND)
    counter.sale(key="c", amount=3)
    counter.answer()
    at_two(counter, key="z")
    counter.mark("what is no list of keys; one that changed; what is at rest, not there, the newest, in hand")
    wanted = keys_of(counter, REF, THIRD, REF_TWO, f"{T1}/000001/000099", f"{T1}/000001/000004", f"{T2}/000001/000003")
    for wrong in ({}, {"keys": [REF], "digests": ["x"]}, {**wanted, "digests": wanted["digests"][1:]}):
        counter.tell("archive", **wrong)
    counter.tell("archive", keys=wanted["keys"][:1], digests=wanted["digests"][1:2])
    counter.tell("archive", **wanted)
    counter.tell("archive", **wanted)
    counter.mark("a key of the archive is used up; one that never sold is free")
    counter.sale(key="a")
    counter.sale(key="b", amount=5)
    at_two(counter, key="y")
    counter.restart()
    counter.step(after=SECOND)
    counter.sale(key="a")
    counter.end(looks=False)


def test_quarantined() -> None:
    counter = opened("quarantined")
    counter.sale()
    asked = counter.request()
    yes = counter.host.answer(asked, de63="remark")
    long = {f"{'n' * 41}{number}": PAN for number in range(2)}
    for offender in (
        Command(1, "v" * 41, {"b": PAN, "a": 1, **long}),
        Performed("receipt", "a.b.1", True, "detail"),
        NotSent("switch", T1, 7),
        Closed("switch", T2),
        Frame("switch", "T0000009", yes),
        Frame("switch", 5, yes),
        Frame("switch", T1, b"rubbish"),
        Frame("switch", T1, yes[:60]),
        Frame("switch", T1, yes),
    ):
        counter.now += SECOND
        counter.station.quarantine(counter.now, offender, f"because {type(offender).__name__}")
    counter.restart()
    counter.station.quarantine(counter.now, Closed("switch", T1), "after a restart")
    counter.end(looks=False)


def sold(name: str) -> Telling:
    """A family of retries, two shops, one of every state, and a printer that does not always print."""
    counter = opened(name)
    counter.sale(key="a")
    at_two(counter, key="y")
    counter.step(after=30 * SECOND)
    counter.answer(mti="0200")
    counter.answer(mti="0200")
    counter.answer(mti="0400")
    counter.answer(mti="0400", de38=None)
    counter.sale(key="b", retry_of=REF)
    counter.step(after=SECOND)
    counter.answer(de37="607300000777", de38="777777")
    counter.printer = None
    counter.sale(key="c", amount=1250)
    counter.step(after=SECOND)
    counter.answer(de37="607300000777", de38="777777")
    counter.step(after=30 * SECOND)
    counter.sale(key="d", amount=300)
    counter.refuse()
    at_two(counter, key="z")
    counter.step(after=30 * SECOND)
    counter.tell("escalate", ref=f"{T2}/000001/000003", operator="Li Wei", reason="gone")
    counter.line.clear()
    counter.sale(key="e", amount=5)
    return counter


def test_what_others_read() -> None:
    counter = sold("what_others_read")
    store, note = counter.store, counter.tape.note
    refs = [stub.ref for stub in stubs.every(store)]
    keys = [AttemptKey(*ref.split("/")) for ref in refs]
    counter.mark("every sale, with its history")
    for key in keys:
        stub = stubs.stub(store, key)
        assert stub is not None
        note(said(stub))
        for happened in stub.history:
            note("   ", since(happened.at), happened.what, SHA256.sub("", plain(happened.message)))
        assert stubs.stub(store, key, history=False) == msgspec.structs.replace(stub, history=())
    readings: dict[str, Callable[[Store], Any]] = {
        "last of the first": lambda store: stubs.last(store, T1),
        "by 0013": lambda store: stubs.find(store, last4="0013"),
        "by 0013 and 1250": lambda store: stubs.find(store, last4="0013", amount=1250),
        "by 0013 and 0": lambda store: stubs.find(store, last4="0013", amount=0),
        "by reference number": lambda store: stubs.find(store, last4="0021", rrn="607300000777"),
        "by nothing": lambda store: stubs.find(store),
        "approved as 777777": lambda store: stubs.approved_as(store, "777777"),
        "approved as nothing": lambda store: stubs.approved_as(store, ""),
        "numbered 000003": lambda store: [stubs.numbered(store, terminal, "000003") for terminal in (T1, T2)],
        "recent": lambda store: stubs.recent(store, T1, START + 31 * SECOND, 2),
        "begun": lambda store: stubs.begun(store, T1, START, 2),
        "open counts": stubs.open_counts,
        "numbers held": lambda store: [stubs.numbers_held(store), stubs.numbers_held(store, 1)],
        "keyed": lambda store: [stubs.keyed(store, key) for key in ("a", "d", "", "nobody's")],
        "bound": lambda store: [stubs.bound(store, key) for key in ("a", "d", "", "nobody's")],
        "devices": lambda store: [stubs.device(store, terminal) is not None for terminal in (T1, T2, "T0000009")],
        "head": stubs.head,
        "batch": lambda store: [slip.voucher for slip in stubs.slips_of_batch(store, T1, "000001")],
        "batches of others": lambda store: [
            stubs.slips_of_batch(store, T1, "000002"),
            stubs.slips_of_batch(store, T2, "000001"),
        ],
        "terminals": stubs.terminals,
        "named": stubs.named,
        "open": stubs.open_items,
        "noted": lambda store: [
            since(stubs.noted_at(store, keys[0], what)) for what in ("request sent", "reversal sent")
        ],
        "never noted": lambda store: stubs.noted_at(store, keys[0], "approved"),
        "family": lambda store: [
            stubs.family(store, key) for key in (*keys[:2], keys[-1], AttemptKey(T1, "000001", "000099"))
        ],
        "key checks": lambda store: sorted(stubs.key_checks(store).items()),
        "behind": lambda store: [(place, stub.ref) for place, stub in stubs.behind(store, 2, 3)],
        "these": lambda store: stubs.these(store, [keys[0], AttemptKey(T1, "000001", "000099"), keys[-1]]),
        "placed": lambda store: [stubs.placed(store), stubs.placed(store, 7), stubs.placed(store, 8)],
        "said": lambda store: stubs.said(store, ["607300000777", ""]),
        "slips": lambda store: {ref: slip.rrn for ref, slip in stubs.slips(store, keys).items()},
    }
    for words, reading in readings.items():
        note(f"{words}:", said(reading(store)))
    counter.tell("find", last4="0021")
    counter.tell("find", last4="0013", amount=300)
    counter.tell("find", last4="0013", rrn="607300000777", amount=MAX_MINOR)
    counter.end()


def said(value: Any) -> str:
    """A value of the store's readers; a sale within others by its reference."""
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return "[" + ", ".join(map(briefly, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={briefly(one)}" for name, one in value.items()) + "}"
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__ if name != "history"}
        return " ".join(f"{name}={plain(msgspec.to_builtins(one))}" for name, one in fields.items())
    return plain(msgspec.to_builtins(value))


def briefly(value: Any) -> str:
    return str(value.ref) if isinstance(value, msgspec.Struct) and hasattr(value, "ref") else said(value)


# --- what no text shows -----------------------------------------------------------------------------------------------


def test_the_display_keeps_the_last_eight() -> None:
    counter = Telling("display", (T1,))
    lane = counter.station._lanes[T1]
    lane.display = ()
    texts = [Text(str(number), f"{number}号") for number in range(10)]
    for number, text in enumerate(texts, 1):
        lane.show(text)
        assert list(lane.display) == texts[max(0, number - 8) : number]


@pytest.mark.parametrize("wrong", [{"timer": 0}, {"tries": 0}, {"queue": 0}])
def test_limits_below_one_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^timer, tries and queue are at least 1$"):
        Settings(**wrong)
    least: dict[str, Any] = dict.fromkeys(wrong, 1)
    assert Settings(**least)


def test_a_94_closes_no_reversal() -> None:
    with pytest.raises(ValueError, match=r"^a 94 never clears a reversal$"):
        Settings(closing_codes=frozenset({"00", "94"}))


def test_pauses_follow_from_the_timer() -> None:
    told = [(one.pause_after_tries, one.pause_after_refusal) for one in (Settings(timer=12), Settings(timer=5))]
    assert told == [(24, 2), (10, 1)]
    assert (Settings(pause=7).pause_after_tries, Settings(redial=7).pause_after_refusal) == (7, 7)
