"""The switch's store is put back alone: the issuers say what it has forgotten, and refuse those cards."""

from __future__ import annotations

from counterfoil.issuer.refusal import Refusal
from forgotten.town import Town


def put_back(count: int = 3) -> tuple[Town, list[str], list[str]]:
    """A sale, a backup of the switch, more sales of another card elsewhere, and the backup put back: before, since."""
    town = Town()
    before = town.refs(2)
    image = town.image("switch")
    since = town.refs(count, card="good-2")
    town.put_back({"switch": image})
    return town, before, since


def test_what_the_issuer_decided_and_the_switch_does_not_know_is_a_row_at_both() -> None:
    town, before, since = put_back()
    assert {(row.station, row.terminal, row.amount) for row in town.rows("issuer-a")} == {("switch", "T0000001", 1250)}
    assert {(row.station, row.terminal) for row in town.rows("switch")} == {("switch", "T0000001")}
    assert len(town.rows("issuer-a")) == len(town.rows("switch")) == 3
    assert [town.why(ref) for ref in before] == ["PAID", "PAID"]
    assert [town.why(ref) for ref in since] == ["EXCEPTION"] * 3
    assert town.alarms("issuer-a") == town.alarms("switch") == ["forgotten"]


def test_the_cards_and_the_terminal_concerned_are_refused_and_the_others_go_on() -> None:
    town, *_ = put_back()
    assert town.sell("good-1")["response_code"] == "96", "its terminal"
    refused = town.sell("good-2", terminal="T0000003")
    assert (refused["outcome"], refused["response_code"]) == ("declined", "96")
    assert town.sell("good-1", terminal="T0000003")["outcome"] == "approved"
    assert town.sell("good-2", terminal="T0000003", issuer="issuer-b")["outcome"] == "approved"
    codes = town.node("issuer-a").disk.query("SELECT refusal FROM txn WHERE code = '96'")
    assert codes == [(Refusal.FORGOTTEN.value,)]


def test_a_person_ends_it_at_both() -> None:
    town, *_ = put_back(40)
    for name in ("switch", "issuer-a"):
        assert len(town.end(name, town.rows(name))["ended"]) == 40
        assert town.rows(name) == []
    assert town.sell("good-2")["outcome"] == "approved"
    town.put_back({"switch": town.image("switch")})
    town.put_back({"issuer-a": town.image("issuer-a")})
    assert town.rows("switch") == town.rows("issuer-a") == []


def test_nothing_is_found_where_nothing_is_forgotten() -> None:
    """Restarts, a full restore of one moment, and stations put back as they were."""
    town = Town()
    town.refs(30)
    names = ["switch", "issuer-a", "issuer-b", "tills-1", "tills-2"]
    moment = {name: town.image(name) for name in names}
    for name in names:
        town.put_back({name: town.image(name)})
    town.refs(2, terminal="T0000002")
    town.put_back(moment)
    town.refs(2, terminal="T0000002")
    for name in ("switch", "issuer-a", "issuer-b"):
        assert town.rows(name) == []
        assert town.alarms(name) == []


def test_requests_without_a_valid_mac_are_nobodys_to_know() -> None:
    """A damaged copy burns a key at the issuer that the switch never made."""
    town = Town()
    town.refs(1)
    issuer = town.node("issuer-a").disk
    with issuer.transaction():
        issuer.execute("UPDATE txn SET refusal = 'mac_wrong', state = 'declined', key = '10344/0101000000/000001'")
        issuer.commit()
    town.put_back({"switch": town.image("switch")})
    assert {row.station for row in town.rows("switch")} == {"issuer-a"}
