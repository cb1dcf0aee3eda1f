"""The network and the processes of the simulator, each fault by itself."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.simulation.disk import Fate
from counterfoil.simulation.mixes import Cut
from counterfoil.step import SECOND, Closed, Command, Connected, Frame, Hangup, NotSent, Perform, Performed, Send
from simulation.toys import Pair, fated

PACKETS = [bytes([number]) * 20 for number in range(30)]


def sends(link: str = "up", conn: int | str = "lane") -> list[Send]:
    return [Send(link, conn, packet) for packet in PACKETS]


def test_a_lazy_lane_connects_for_its_first_message_and_keeps_the_order() -> None:
    pair = Pair()
    assert pair.kinds("server") == []
    pair.say("client", *sends())
    pair.run(5)
    assert pair.frames("server") == PACKETS
    assert isinstance(pair.heard["server"][0], Connected)
    frame = next(item for item in pair.heard["server"] if isinstance(item, Frame))
    pair.say("server", *sends("down", frame.conn))
    pair.run(5)
    assert pair.frames("client") == PACKETS


def test_an_eager_link_connects_by_itself_and_again_after_a_crash() -> None:
    pair = Pair(eager=True)
    assert pair.kinds("client") == ["Connected"]
    pair.server.crash("for the test")
    pair.run(60)
    assert pair.kinds("client") == ["Connected", "Closed", "Connected"]


@pytest.mark.parametrize(
    ("fault", "rate", "told"),
    [("drop", {"drop": 1000}, 0), ("duplicate", {"duplicate": 1000}, 60), ("nothing", {}, 30)],
)
def test_rates_are_per_mille_of_the_messages(fault: str, rate: dict[str, Any], told: int) -> None:
    pair = Pair(**rate)
    pair.say("client", *sends())
    pair.run(60)
    assert len(pair.frames("server")) == told
    assert pair.world.counts.get(fault, 0) == (30 if rate else 0)


def test_healing_ends_every_fault() -> None:
    pair = Pair(drop=1000, corrupt=1000, crash=1000)
    pair.world.healed = True
    pair.run(60)
    pair.say("client", *sends())
    pair.run(60)
    assert pair.frames("server") == PACKETS


def test_slow_messages_come_late_and_are_overtaken() -> None:
    pair = Pair(slow=500)
    pair.say("client", *sends())
    pair.run(2)
    early = pair.frames("server")
    assert 0 < len(early) < 30
    pair.run(100)
    late = pair.frames("server")
    assert sorted(late) == PACKETS
    assert late != PACKETS


def test_reordering_must_be_asked_for() -> None:
    pair = Pair(reorder=True, mean_delay=SECOND)
    pair.say("client", *sends())
    pair.run(60)
    assert sorted(pair.frames("server")) == PACKETS
    assert pair.frames("server") != PACKETS


def test_corruption_changes_shortens_or_replaces_a_message() -> None:
    pair = Pair(corrupt=1000)
    pair.say("client", *sends())
    pair.run(60)
    got = pair.frames("server")
    assert len(got) == 30
    assert not set(got) & set(PACKETS)
    assert set(pair.world.counts) == {"corrupt flip", "corrupt truncate", "corrupt noise"}


def test_a_partition_swallows_one_way_only() -> None:
    pair = Pair(eager=True, cuts=(Cut("server", "client", 2 * SECOND, 99 * SECOND),))
    pair.say("client", *sends(conn=""))
    pair.run(5)
    assert pair.frames("server") == PACKETS
    conn = next(item.conn for item in pair.heard["server"] if isinstance(item, Frame))
    pair.say("server", *sends("down", conn))
    pair.run(5)
    assert pair.frames("client") == []


@pytest.mark.parametrize("eager", [True, False])
def test_what_cannot_be_connected_is_not_sent(eager: bool) -> None:
    pair = Pair(eager=eager)
    pair.server.gone = True
    pair.server.crash("for good")
    pair.run(1)
    pair.say("client", Send("up", "" if eager else "lane", b"x", 7), Send("up", "" if eager else "lane", b"y"))
    pair.run(10)
    refused = [item for item in pair.heard["client"] if isinstance(item, NotSent)]
    assert [item.token for item in refused] == [7]  # nobody asked about the other one


def test_a_message_past_its_deadline_is_never_sent() -> None:
    pair = Pair(mean_delay=10 * SECOND, seed="3")
    pair.say("client", Send("up", "lane", b"x", 7, pair.world.now + 1))
    pair.run(100)
    assert pair.frames("server") == []
    assert "NotSent" in pair.kinds("client")


def test_hanging_up_is_heard_at_both_ends() -> None:
    pair = Pair(eager=True)
    pair.say("client", Hangup("up", ""))
    pair.run(0.05)
    assert isinstance(pair.heard["client"][-1], Closed)
    assert isinstance(pair.heard["server"][-1], Closed)


def test_after_a_silent_crash_the_survivor_hears_of_it_when_it_speaks() -> None:
    pair = Pair(eager=True, silent=1000)
    pair.server.crash("silently")
    pair.run(60)
    assert "Closed" not in pair.kinds("client")
    pair.say("client", Send("up", "", b"into the void"))
    pair.run(10)
    assert pair.kinds("client")[-2:] == ["Closed", "Connected"]
    assert pair.frames("server") == []


# --- processes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fate", "kept", "counted"),
    [
        (Fate.CRASH, 0, "crash before commit"),
        (Fate.FULL, 0, "crash disk full"),
        (Fate.LYING, 1, "crash error after commit"),
    ],
)
def test_a_commit_that_fails_ends_the_process(fate: Fate, kept: int, counted: str) -> None:
    pair = Pair()
    fated(pair.server, fate)
    pair.stations["server"].say.append(Perform("receipt", "never said", ""))
    pair.server.deliver(Command(1, "anything", {}))
    pair.run(0.01)
    assert not pair.server.up
    assert pair.commits("server") == kept
    assert pair.world.counts == {counted: 1}
    fated(pair.server, Fate.DURABLE)
    pair.run(60)
    assert pair.server.up
    assert pair.lives["server"] == 2
    assert "Performed" not in pair.kinds("server")


def test_a_crash_without_a_commit_says_nothing_either() -> None:
    pair = Pair()
    fated(pair.client, Fate.CRASH)
    pair.say("client", *sends())
    pair.run(10)
    assert pair.frames("server") == []
    assert pair.world.counts["crash without a commit"] >= 1


def test_a_timer_wakes_the_process_at_its_time_by_its_own_clock() -> None:
    pair = Pair()
    pair.client.skew = 1000 * SECOND
    station = pair.stations["client"]
    station.wake = pair.client.clock() + 5 * SECOND
    pair.client.deliver(Command(1, "look", {}))
    pair.run(4)
    assert station.wake is not None
    pair.run(2)
    assert station.wake is None


def test_a_process_believes_its_own_clock_which_never_goes_back_while_it_lives() -> None:
    pair = Pair(skew=3600 * SECOND)
    seen = set()
    for _ in range(5):
        pair.server.crash("to start again")
        pair.run(60)
        seen.add(pair.server.skew)
        before = pair.server.clock()
        pair.run(1)
        assert pair.server.clock() >= before
    assert len(seen) > 1
    assert all(abs(skew) <= 3600 * SECOND for skew in seen)


def test_a_side_effect_is_reported_only_to_the_life_that_asked_for_it() -> None:
    pair = Pair()
    pair.say("client", Perform("receipt", "one", "text"))
    pair.run(60)
    assert pair.heard["client"] == [Performed("receipt", "one", True)]
    pair.say("client", Perform("receipt", "two", "text"))
    pair.run(0.01)
    pair.client.crash("while printing")
    pair.run(60)
    assert len(pair.heard["client"]) == 1


# --- each copy by itself ---------------------------------------------------------------------------------------------


def test_each_copy_has_a_fate_of_its_own() -> None:
    pair = Pair(each=True, duplicate=1000, corrupt=500, drop=200, slow=200)
    pair.say("client", *sends())
    pair.run(100)
    got = pair.frames("server")
    intact = {packet: got.count(packet) for packet in PACKETS}
    damaged = len(got) - sum(intact.values())
    assert 0 < damaged < len(got)
    assert {0, 1, 2} <= set(intact.values())  # of some all copies are hit, of some one, of some none
    assert pair.world.counts["duplicate"] == 60
    assert pair.world.counts["drop"] + len(got) == 90


def test_what_was_said_before_a_connection_closed_may_arrive_behind_what_is_said_on_the_next() -> None:
    pair = Pair(stale=1000, reset=300, slow=300)
    for send in sends():
        pair.say("client", send)
        pair.run(1)
    pair.run(200)
    got = pair.frames("server")
    assert pair.world.counts["stale connection"] == pair.world.counts["reset"] > 0
    conns = [item.conn for item in pair.heard["server"] if isinstance(item, Frame)]
    assert conns != sorted(conns, key=int)  # an older connection is heard after a newer one
    assert set(got) <= set(PACKETS)


def test_a_reader_hangs_up_on_one_message_each_time() -> None:
    pair = Pair(eager=True)
    pair.wire.hangs_up = lambda _, data: data == PACKETS[3]
    for _ in range(3):
        pair.say("client", *sends(conn="")[2:5])
        pair.run(5)
    assert PACKETS[3] not in pair.frames("server")
    assert pair.frames("server").count(PACKETS[2]) == 3
    assert pair.kinds("server").count("Closed") == 3
    pair.world.healed = True
    pair.say("client", *sends(conn=""))
    pair.run(5)
    assert PACKETS[3] in pair.frames("server")


def test_a_stranger_is_heard_and_answered_on_a_connection_of_his_own() -> None:
    pair = Pair()
    answers: list[bytes] = []
    connection = pair.wire.intrude(answers.append)
    assert connection is not None
    pair.wire.carry(connection, b"a claim", up=True)
    pair.run(1)
    assert pair.frames("server") == [b"a claim"]
    pair.say("server", Send("down", connection.number, b"an answer"))
    pair.client.crash("which is nothing to him")
    pair.run(1)
    assert answers == [b"an answer"]
    assert "Closed" not in pair.kinds("server")
    pair.wire.leave(connection)
    pair.run(0.1)
    assert pair.kinds("server")[-1] == "Closed"
