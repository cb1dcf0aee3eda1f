"""An issuer's store is put back alone: the switch says which answers it has forgotten, and refuses just those cards."""

from __future__ import annotations

import pytest

from counterfoil.step import SECOND, Connected
from forgotten.town import Town


def put_back(count: int = 3) -> tuple[Town, list[str], list[str]]:
    """Two sales, a backup of issuer-a, more sales of another card, and the backup put back: before, since."""
    town = Town()
    before = town.refs(2)
    image = town.image("issuer-a")
    since = town.refs(count, card="good-2")
    town.put_back({"issuer-a": image})
    return town, before, since


def test_every_answer_it_has_forgotten_is_a_row_of_its_own_at_the_switch() -> None:
    town, before, since = put_back()
    rows = town.rows("switch")
    assert {(row.station, row.peer) for row in rows} == {("issuer-a", "issuer-a")}
    assert {(row.amount, row.currency, row.terminal) for row in rows} == {(1250, "CNY", "T0000001")}
    assert {row.last4 for row in rows} == {town.card("good-2").pan[-4:]}
    assert [town.why(ref) for ref in before] == ["PAID", "PAID"]
    assert [town.why(ref) for ref in since] == ["EXCEPTION"] * 3
    assert town.inbox() == set(since)
    assert town.alarms("switch") == ["forgotten"]
    assert len(town.rows("issuer-a")) == 3
    assert town.alarms("issuer-a") == ["forgotten"]


def test_the_cards_concerned_are_refused_with_96_and_the_others_go_on() -> None:
    town, *_ = put_back()
    booked = town.balance("good-2")
    refused = town.sell("good-2")
    assert (refused["outcome"], refused["response_code"]) == ("declined", "96")
    assert town.sell("good-2", terminal="T0000003")["response_code"] == "96"
    assert town.sell("good-1")["outcome"] == "approved"
    assert town.sell("good-2", issuer="issuer-b")["outcome"] == "approved"
    assert town.balance("good-2") == booked
    assert town.why(refused["ref"]) == "NOT_CHARGED"


def test_more_than_a_page_is_found() -> None:
    town, _, since = put_back(57)
    assert {town.why(ref) for ref in since} == {"EXCEPTION"}
    assert len(town.rows("switch")) == len(town.rows("issuer-a")) == 57
    assert {row.walked for row in town.rows("switch")} == {1}
    assert town.alarms("switch") == ["forgotten"]


@pytest.mark.parametrize("how", ["accepted", "imported"])
def test_a_person_ends_it_with_a_reason_and_the_cards_are_taken_again(how: str) -> None:
    town, _, since = put_back()
    rows = town.rows("switch")
    evidence = {row.number: {"switch": {"amount": row.amount}} for row in rows} if how == "imported" else {}
    answer = town.end("switch", rows, how=how, evidence=evidence)
    assert sorted(answer["ended"]) == sorted(row.number for row in rows)
    assert town.rows("switch") == []
    ended = town.rows("switch", ended=True)
    assert {(row.how, row.ended_by, row.reason) for row in ended} == {(how, "Lin", "looked at the slips")}
    assert all(row.ended_at for row in ended)
    assert town.sell("good-2")["outcome"] == "approved"
    assert {town.why(ref) for ref in since} == {"UNKNOWN"}, "what the stations hold is not made up"


def test_ended_rows_stay_ended_over_restarts_and_sign_ons() -> None:
    town, *_ = put_back(57)
    town.end("switch", town.rows("switch"))
    for name in ("switch", "issuer-a", "switch"):
        town.put_back({name: town.image(name)})
    assert town.rows("switch") == []
    assert town.sell("good-2")["outcome"] == "approved"
    assert town.alarms("switch") == ["forgotten"]


def test_what_is_refused_is_refused_after_a_restart_of_the_switch() -> None:
    town, *_ = put_back()
    town.put_back({"switch": town.image("switch")})
    assert town.sell("good-2")["response_code"] == "96"
    assert len(town.rows("switch")) == 3


def test_a_comparison_that_was_cut_off_is_begun_again_and_finds_the_rest() -> None:
    town = Town()
    image = town.image("issuer-a")
    since = town.refs(60, card="good-2")
    cut = iter((True, True, False))
    node = town.node("switch")
    whole = node.deliver

    def deliver(item: object) -> None:
        """The line breaks when the first page has been answered, twice."""
        whole(item)  # type: ignore[arg-type]
        if isinstance(item, Connected) and item.link == "issuer-a" and next(cut, False):
            town.world.after(SECOND // 5, lambda: node.crash("in the middle"))

    node.deliver = deliver  # type: ignore[method-assign]
    town.put_back({"issuer-a": image}, wait=60)
    assert len(town.rows("switch")) == 60
    assert {town.why(ref) for ref in since} == {"EXCEPTION"}
    assert town.world.counts["crash in the middle"] == 2
    assert {row.walked for row in town.rows("switch")} == {1}


def test_an_issuer_of_another_history_is_found_though_it_has_gone_on() -> None:
    """Two stacks on one copy: the store put back has newer rows than ours, and not the ones we told it of."""
    town, other = Town("town"), Town("town")
    for one in (town, other):
        one.refs(2)
    since = town.refs(2, card="good-2")
    other.wait(60)
    other.refs(5, card="good-3")
    town.put_back({"issuer-a": other.image("issuer-a")})
    assert {row.station for row in town.rows("switch")} == {"issuer-a", "switch"}
    assert [row.station for row in town.rows("switch")].count("issuer-a") == 2
    assert [row.station for row in town.rows("switch")].count("switch") == 5
    assert town.sell("good-2")["response_code"] == "96"
    assert town.sell("good-3")["response_code"] == "96"
    assert {town.why(ref) for ref in since} == {"EXCEPTION"}


def test_a_decline_and_a_reversal_are_answers_too() -> None:
    town = Town()
    image = town.image("issuer-a")
    assert town.sell("poor", 29_999)["outcome"] == "approved"
    assert town.sell("poor", 29_999)["outcome"] == "declined"
    town.put_back({"issuer-a": image})
    assert len(town.rows("switch")) == 2
    assert town.sell("poor", 1)["response_code"] == "96"
