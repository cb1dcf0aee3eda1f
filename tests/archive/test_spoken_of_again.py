"""An archived transaction is spoken of again: nothing is charged, and what is said does not contradict the past."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from bench.steps import KEY

from archive.shop import Shop
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message, framing
from counterfoil.issuer.wire import key_of
from counterfoil.security import KeyUsage, MacAlgorithm
from counterfoil.step import Frame, Send
from counterfoil.switch.lifecycle import State
from counterfoil.transaction import AttemptKey


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def asked_first(shop: Shop, station: str, mti: str = "0200") -> Frame:
    """The first message of this type a station got."""
    return next(frame for frame in shop.frames[station] if read(frame.link, frame.data).mti == mti)


def read(link: str, data: bytes) -> Message:
    return CUP_POS.decode(framing.split_cup(data).body) if link == "terminals" else ISO87_ASCII.decode(data)


def answered(shop: Shop, station: str, frame: Frame) -> list[Message]:
    name = "issuer-a" if station == "issuer" else station
    said = shop.step(name, msgspec.structs.replace(frame, at=shop.now))
    return [read(item.link, item.data) for item in said if isinstance(item, Send)]


def alarms(shop: Shop, station: str) -> list[str]:
    return [what for (what,) in shop.stores[station].query("SELECT what FROM alarm ORDER BY what")]


def balances(shop: Shop) -> list[tuple[object, ...]]:
    return shop.stores["issuer"].query("SELECT id, balance FROM account ORDER BY id")


@pytest.mark.parametrize("restarted", [False, True])
def test_the_issuer_books_nothing_for_a_request_that_comes_again(shop: Shop, restarted: bool) -> None:
    before, entries = balances(shop), shop.stores["issuer"].query("SELECT count(*) FROM entry")
    frame = asked_first(shop, "issuer")
    shop.archive()
    if restarted:
        shop.restart()
    (answer,) = answered(shop, "issuer", frame)
    assert answer.de39 == "94"
    assert (balances(shop), shop.stores["issuer"].query("SELECT count(*) FROM entry")) == (before, entries)
    assert alarms(shop, "issuer") == ["archived_repeated"]


def test_the_issuer_books_nothing_when_nothing_but_the_archive_knows_its_acquirer(shop: Shop) -> None:
    """No key of the acquirer is left in the store: what is above every key there is not new."""
    frame = asked_first(shop, "issuer")
    store = shop.stores["issuer"]
    shop.archive("issuer-a")
    with store.transaction():
        store.execute("DELETE FROM txn")
        store.commit()
    shop.restart()
    (answer,) = answered(shop, "issuer", frame)
    assert answer.de39 == "94"


def test_an_issuer_says_nothing_to_an_unauthenticated_repeat(shop: Shop) -> None:
    frame = asked_first(shop, "issuer")
    shop.archive()
    broken = frame.data[:-1] + bytes([frame.data[-1] ^ 1])
    assert answered(shop, "issuer", msgspec.structs.replace(frame, data=broken)) == []


@pytest.mark.parametrize("restarted", [False, True])
def test_the_switch_sends_nothing_upstream_for_a_request_that_comes_again(shop: Shop, restarted: bool) -> None:
    frame = asked_first(shop, "switch")
    shop.archive()
    if restarted:
        shop.restart()
    answers = [answer for answer in answered(shop, "switch", frame) if answer.mti == "0210"]
    assert [answer.de39 for answer in answers] == ["94"]
    assert "archived_repeated" in alarms(shop, "switch")
    assert all(answer.mti != "0200" for answer in answers)


def test_the_till_is_told_that_its_key_is_used_up(shop: Shop) -> None:
    shop.archive()
    pan = shop.pans[1]
    card = {"pan": pan, "expiry": "3112", "track2": f"{pan}=31122010000000000"}
    args = {"terminal": "T0000000", "amount": 101, "currency": "CNY", "key": "K1", "pin": "1234", "card": card}
    for _ in range(2):
        answer = shop.ask("terminal", "sale", args)
        assert answer["error"] == "archived"
        assert "archive" in answer["message"]["en"]
        shop.stations["terminal"] = shop.built("terminal")  # it is known after a restart as well
    assert shop.ask("terminal", "sale", {**args, "terminal": "T9999999"})["error"] == "unknown_terminal"


def test_a_wiped_terminal_gets_another_batch_though_its_attempts_left(shop: Shop) -> None:
    """The STANs it went up to are remembered by the keys that were left behind."""
    records = shop.inside("switch")._records
    before = records.highest_stan("T0000000", "000001")
    shop.archive("switch")
    store = shop.stores["switch"]
    with store.transaction():
        store.execute("DELETE FROM attempt")
        store.commit()
    shop.restart()
    after = shop.inside("switch")._records.highest_stan("T0000000", "000001")
    assert "" < after <= before


# --- reversals --------------------------------------------------------------------------------------------------------

REVERSALS = [("approved", "64", True), ("declined", "00", False), ("reversed", "00", False), ("tombstone", "25", False)]


@pytest.mark.parametrize(("state", "code", "case"), REVERSALS)
def test_the_switch_answers_a_reversal_of_what_was_archived(shop: Shop, state: str, code: str, case: bool) -> None:
    shop.archive("switch")
    key = AttemptKey("T0000000", "000001", "000002")
    assert shop.inside("switch")._records.archived([key]) == {key: State.APPROVED}
    store = shop.stores["switch"]
    with store.transaction():
        store.execute("UPDATE archived SET state = ? WHERE terminal = ? AND batch = ? AND stan = ?", (state, *key))
        store.commit()
    answers = [one for one in answered(shop, "switch", reversal(shop, key)) if one.mti == "0410"]
    assert [one.de39 for one in answers] == [code]
    assert store.query("SELECT count(*) FROM outbox") == [(0,)]
    assert bool(store.query("SELECT number FROM exception_case")) is case
    assert ("archived_reversal" in alarms(shop, "switch")) is case
    if case:
        again = [one for one in answered(shop, "switch", reversal(shop, key)) if one.mti == "0410"]
        assert [one.de39 for one in again] == [code]
        assert len(store.query("SELECT number FROM exception_case")) == 1


def reversal(shop: Shop, key: AttemptKey) -> Frame:
    """The 0400 of an attempt, as its terminal would send it."""
    frames = [frame for frame in shop.frames["switch"] if frame.link == "terminals"]
    frame = next(
        f for f in frames if (m := read(f.link, f.data)).mti == "0200" and (m.de41, m.de11) == (key[0], key[2])
    )
    parts, sale = framing.split_cup(frame.data), read(frame.link, frame.data)
    fields = {
        name: getattr(sale, name) for name in ("de3", "de4", "de11", "de22", "de25", "de41", "de42", "de49", "de60")
    }
    message = Message.of("0400", {**fields, "de39": "98", "de64": bytes(8)})
    body = CUP_POS.encode(message)
    terminal = shop.inside("switch")._records.terminals([key.terminal])[key.terminal]
    mac = shop.hsm.mac(terminal.mak, body[:-8], terminal.mac_algorithm, terminal.mac_raw)
    return msgspec.structs.replace(frame, data=framing.join_cup(parts.tpdu, parts.header, body[:-8] + mac))


ADVICES = [
    ("posted", "64", "archived", True),
    ("declined", "00", "nothing", False),
    ("reversed", "00", "already", False),
    ("tombstoned", "25", "orphan", False),
    ("late", "25", "orphan", False),
]


@pytest.mark.parametrize(("state", "code", "outcome", "case"), ADVICES)
def test_the_issuer_answers_an_advice_about_what_was_archived(
    shop: Shop, state: str, code: str, outcome: str, case: bool
) -> None:
    frame = asked_first(shop, "issuer")
    sale = read(frame.link, frame.data)
    before = balances(shop)
    shop.archive("issuer-a")
    store = shop.stores["issuer"]
    key = key_of(sale.de32 or "", sale.de7 or "", sale.de11 or "")
    with store.transaction():
        store.execute("UPDATE archived SET state = ? WHERE key = ?", (state, key))
        store.commit()
    for _ in range(2):  # the second time it is the advice that is known
        (answer,) = answered(shop, "issuer", advice(shop, sale))
        assert answer.de39 == code
    assert store.query("SELECT outcome FROM advice") == [(outcome,)]
    assert balances(shop) == before
    assert store.query("SELECT key FROM txn WHERE key = ?", (key,)) == []
    assert len(store.query("SELECT number FROM exception_case")) == int(case)


def advice(shop: Shop, sale: Message) -> Frame:
    """The 0420 that undoes a sale, as the switch would send it."""
    names = ("de2", "de3", "de4", "de32", "de37", "de41", "de42", "de49")
    fields = {name: getattr(sale, name) for name in names} | {"de7": "0401000000", "de11": "000777", "de39": "98"}
    fields |= {"de90": f"0200{sale.de11}{sale.de7}{(sale.de32 or ''):0>11}{'':0>11}", "de128": bytes(8)}
    body = ISO87_ASCII.encode(Message.of("0420", fields))[:-8]
    key = shop.hsm.import_clear(KeyUsage.MAC, KEY)
    return Frame("switch", 1, body + shop.hsm.mac(key, body, MacAlgorithm.AES_CMAC, raw=True), shop.now)


def test_a_key_that_left_is_gone_however_often_the_owner_is_asked(shop: Shop) -> None:
    shop.archive("switch")
    answer = shop.ask("switch", "archive", {"keys": [("T0000000", "000001", "000002")], "digests": ["x"]})
    assert answer == {"left": 0, "gone": 1, "kept": []}
