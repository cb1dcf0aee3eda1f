"""Whoever is on a line and is no station: what he can do to messages, and that every kind of it happens."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import msgspec
import pytest

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message, framing, nested
from counterfoil.simulation import damage
from counterfoil.simulation.closer import Closer
from counterfoil.simulation.forger import Forger
from counterfoil.simulation.mixes import MIXES, Faults
from counterfoil.simulation.relay import Relay
from counterfoil.simulation.scene import Scene
from counterfoil.step import Frame, Send
from simulation.toys import Pair

SEED = 20_261


def sale(stan: str = "000007", terminal: str = "T0000001", mac: bytes = b"12345678") -> bytes:
    message = Message("0200", de3="000000", de4="000000001250", de11=stan, de25="00", de49="156", de64=mac)
    message.de41, message.de42 = terminal, "103441054110001"
    message.de60 = nested.build_de60("22", "000001", "000")
    return framing.join_cup(bytes.fromhex("6000030000"), bytes.fromhex("603200320000"), CUP_POS.encode(message))


def request() -> bytes:
    return ISO87_ASCII.encode(Message("0800", de7="0101000000", de11="000001", de70="301"))


def test_changes_that_cancel_each_other_out_under_the_mac_of_a_terminal_are_known() -> None:
    one = sale("000006")
    body = one[11:]
    stan = body.index(bytes.fromhex("000006")) + 2
    place = next(at for at in range(stan % 8, len(body) - 8, 8) if at != stan)
    changed = bytearray(body)
    changed[stan] ^= 3
    assert not damage.cancels(one, one[:11] + bytes(changed))
    changed[place] ^= 3
    assert damage.cancels(one, one[:11] + bytes(changed))
    assert not damage.cancels(one, one)
    assert not damage.cancels(request(), request()[:-1] + b"0")


# --- damage ----------------------------------------------------------------------------------------------------------


def differing(one: bytes, other: bytes) -> set[str]:
    first, second = damage.opened(one), damage.opened(other)
    assert first is not None
    if second is None:
        return {"unreadable"}
    numbers = {*first.message.present(), *second.message.present()}
    fields = {f"DE{n}" for n in numbers if first.message.get(n) != second.message.get(n)}
    around = {name for name in ("tpdu", "header") if getattr(first, name) != getattr(second, name)}
    return fields | around


@pytest.mark.parametrize("whole", [sale(), request()])
def test_aimed_damage_hits_one_element_and_names_it(whole: bytes) -> None:
    rng = random.Random(1)
    kinds = set()
    for _ in range(400):
        kind, pieces = damage.aimed(rng, whole)
        kinds.add(kind)
        if kind == "length":
            assert b"".join(pieces) == whole
            assert len(pieces) == 2
        else:
            assert differing(whole, pieces[0]) in ({kind}, {"unreadable"})
    expected = {"DE64", "DE60", "DE41", "DE42", "DE11", "DE4", "tpdu", "header", "length"}
    assert kinds >= (expected if whole == sale() else {"DE7", "DE11", "DE70"})


def test_what_is_no_message_is_damaged_anywhere() -> None:
    kinds = {damage.aimed(random.Random(n), b"no message at all")[0] for n in range(40)}
    assert kinds == {"flip", "truncate", "noise"}


# --- a relay ---------------------------------------------------------------------------------------------------------


def relayed(act: str, *packets: bytes, monkeypatch: pytest.MonkeyPatch, **faults: Any) -> tuple[Pair, list[bytes]]:
    monkeypatch.setattr("counterfoil.simulation.relay.ACTS", (act,))
    pair = Pair(relay=1000, **faults)
    Relay(pair.world).attend(pair.wire)
    for packet in packets:
        pair.say("client", Send("up", "lane", packet))
        pair.run(1)
    pair.run(50_000)
    return pair, pair.frames("server")


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("again", [sale("000001"), sale("000001"), sale("000002"), sale("000003")]),
        ("hold", [sale("000001"), sale("000002"), sale("000003")]),
        ("swap", [sale("000002"), sale("000001"), sale("000003")]),
    ],
)
def test_a_relay_repeats_holds_and_swaps(act: str, expected: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    packets = [sale(f"{n:06d}") for n in (1, 2, 3)]
    _, got = relayed(act, *packets, monkeypatch=monkeypatch, night=3 * 3600 * 1_000_000)
    assert set(got) == set(packets)
    if act == "again":
        assert len(got) == 6
    else:
        assert sorted(got) == sorted(expected)
    if act == "swap":
        assert got == expected


def test_a_relay_puts_parts_of_one_message_into_another(monkeypatch: pytest.MonkeyPatch) -> None:
    packets = [sale("000001"), sale("000002", "T0000002", b"abcdefgh")]
    _, got = relayed("splice", *packets, *packets, *packets, monkeypatch=monkeypatch)
    assert set(packets) < set(got)
    for mixed in set(got) - set(packets):
        assert differing(packets[0], mixed) <= {"DE11", "DE41", "DE64"}


def test_a_relay_asks_on_a_connection_of_his_own_and_hands_on_what_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("counterfoil.simulation.relay.ACTS", ("own line",))
    pair = Pair(relay=1000)
    Relay(pair.world).attend(pair.wire)
    pair.say("client", Send("up", "T0000001", sale()))
    pair.run(5)
    conns = {item.conn for item in pair.heard["server"] if isinstance(item, Frame)}
    assert len(conns) == 2
    stranger = max(int(conn) for conn in conns)
    pair.say("server", Send("down", stranger, sale("000099")))
    pair.run(1)
    assert pair.frames("client") == [sale("000099")]


# --- a forger --------------------------------------------------------------------------------------------------------


def test_a_forger_says_what_each_station_could_be_told() -> None:
    pair = Pair(forger=1000)
    Forger(pair.world).attend(pair.wire)
    packets = [sale(f"{n:06d}") for n in range(1, 200)]
    for packet in packets:
        pair.say("client", Send("up", "T0000001", packet))
        pair.run(1)
    pair.run(60)
    forged = [damage.opened(data) for data in pair.frames("server") if data not in packets]
    assert None not in forged
    said = {packet.message.mti for packet in forged if packet is not None}
    assert said >= {"0200", "0400", "0800", "0820", "0500", "0320"}
    macs = {packet.message.de64 for packet in forged if packet is not None and packet.message.mti == "0200"}
    assert None in macs
    assert b"12345678" in macs
    assert len(macs) > 3
    assert pair.world.counts["forged sign-on"] >= 20


# --- a peer that hangs up --------------------------------------------------------------------------------------------


def test_a_peer_hangs_up_upon_the_same_exchanges_each_time() -> None:
    pair = Pair(closer=300)
    closer = Closer(pair.world, "seed")
    packets = [sale(f"{n:06d}") for n in range(1, 60)]
    first = [closer.hangs_up(pair.wire, packet) for packet in packets]
    assert 5 < sum(first) < 40
    assert [closer.hangs_up(pair.wire, packet) for packet in packets] == first
    assert [Closer(pair.world, "other").hangs_up(pair.wire, packet) for packet in packets] != first
    assert not closer.hangs_up(pair.wire, request())  # a sign-on or an echo test is spared


# --- in a world ------------------------------------------------------------------------------------------------------


def test_rates_of_zero_draw_nothing() -> None:
    """What a world was before a kind of fault existed, it still is without it."""
    for name in ("calm", "loss", "garbled", "forged"):
        faults = Scene(SEED, name, 0, 5).world.faults
        default = Faults()
        later = ("each", "aimed", "stale", "relay", "closer", "forger", "night", "odd")
        assert [kind for kind in later if getattr(faults, kind) != getattr(default, kind)] == [], MIXES[name]


def test_at_night_the_shops_are_closed_and_the_machines_start_anew() -> None:
    hours = 3 * 3600 * 1_000_000
    outcome = Scene(SEED, "calm", 0, 20, partial(msgspec.structs.replace, night=hours)).play()
    assert (outcome.broken, outcome.transactions) == ("", 20)
    assert outcome.faults["crash restarted at night"] >= 2
    assert outcome.seconds > hours / 1_000_000
