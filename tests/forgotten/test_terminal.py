"""A machine's store is put back alone: a terminal proves that it stands before what it has done, and is refused."""

from __future__ import annotations

from forgotten.town import Town


def put_back(count: int = 3) -> tuple[Town, list[str], list[str]]:
    """Two sales, a backup of a machine, more sales, and the backup put back: before, since."""
    town = Town()
    before = town.refs(2)
    image = town.image("tills-1")
    since = town.refs(count)
    town.put_back({"tills-1": image})
    return town, before, since


def test_nothing_happens_before_the_terminal_proves_who_it_is() -> None:
    town, *_ = put_back()
    assert town.rows("switch") == []
    assert town.alarms("switch") == []


def test_a_terminal_that_was_put_back_is_refused_and_what_it_forgot_is_a_row_each() -> None:
    town, before, since = put_back()
    refused = town.sell()
    assert (refused["outcome"], refused["response_code"]) == ("declined", "96")
    rows = town.rows("switch")
    assert {(row.station, row.terminal, row.token) for row in rows} == {("T0000001", "T0000001", "")}
    assert len(rows) == 3
    assert [town.why(ref) for ref in before] == ["PAID", "PAID"]
    assert [town.why(ref) for ref in since] == ["EXCEPTION"] * 3
    assert town.inbox() == set(since)
    assert town.alarms("switch") == ["forgotten"]
    assert town.balance() == town.card("good-1").opening - 5 * 1250


def test_other_terminals_go_on_with_the_same_card() -> None:
    town, *_ = put_back()
    town.sell()
    assert town.sell(terminal="T0000002")["outcome"] == "approved", "it has forgotten nothing"
    assert town.sell(terminal="T0000003")["outcome"] == "approved"
    assert town.sell()["response_code"] == "96"


def test_a_person_ends_it_and_it_sells_under_numbers_of_another_batch() -> None:
    town, *_ = put_back()
    town.sell()
    assert len(town.end("switch", town.rows("switch"))["ended"]) == 3
    sold = town.sell()
    assert sold["outcome"] == "approved"
    assert sold["ref"].split("/")[1] == "000002"
    town.put_back({"switch": town.image("switch")})
    assert town.sell()["outcome"] == "approved"
    assert town.rows("switch") == []


def test_it_stays_refused_over_a_restart_of_the_switch() -> None:
    town, *_ = put_back()
    town.sell()
    town.put_back({"switch": town.image("switch")})
    assert town.sell()["response_code"] == "96"
    assert len(town.rows("switch")) == 3


def test_a_terminal_that_is_only_restarted_or_replaced_has_forgotten_nothing() -> None:
    town = Town()
    fresh = town.image("tills-2")
    town.refs(3, terminal="T0000003")
    for name in ("tills-1", "tills-2"):
        town.put_back({name: town.image(name)})
    town.refs(2, terminal="T0000003")
    town.node("tills-2").disk.execute("UPDATE device SET batch = '000000', stan = 0")
    town.put_back({"tills-2": town.image("tills-2")})
    assert town.sell(terminal="T0000003")["outcome"] == "approved"
    assert town.rows("switch") == []
    assert fresh
