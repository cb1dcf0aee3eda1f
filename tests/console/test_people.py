"""Who may log in, how often somebody may be wrong, and that a line of the audit log cannot be changed unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import argon2
import pytest

from counterfoil.console import audit
from counterfoil.console.deeds import AuditedAct
from counterfoil.console.guesses import PATIENCE, PAUSE
from counterfoil.console.limits import MOST_KEYS, RateLimits
from counterfoil.console.people import IDLE, LONGEST, May, NotAllowed, People, Person, Role, of_nobody
from counterfoil.step import SECOND
from counterfoil.storage import migrations_of, open_store

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RIGHT, WRONG = "a right password", "a wrong password"


class House:
    """The people of a console whose clock is ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = 10**15
        self.store = open_store(path, migrations_of("counterfoil.console"))
        self.people = People(self.store, lambda: self.at, QUICK)

    def enter(self, name: str, password: str, origin: str = "192.0.2.1") -> str:
        return asyncio.run(self.people.enter(name, password, origin))[0]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "store.db")
    with closing(made.store):
        made.people.add("lin", Role.CASHIER, RIGHT, by="test")
        made.people.add("ada", Role.ADMIN, RIGHT, by="test")
        yield made


def test_the_first_password_is_made_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    house = House(tmp_path / "new.db")
    with closing(house.store):
        password = house.people.first_password()
        assert len(password) >= 16
        assert house.people.first_password() == ""
        assert house.enter("admin", password)
    assert password.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def idle(house: House, _token: str) -> None:
    house.at += IDLE + 1


def old(house: House, token: str) -> None:
    for _ in range(LONGEST // IDLE + 1):
        house.at += IDLE - 1
        house.people.of(token)


ENDS: dict[str, Callable[[House, str], None]] = {
    "idle": idle,
    "old": old,
    "left": lambda house, token: house.people.leave(token),
    "new password": lambda house, _: house.people.new_password("lin", RIGHT, by="ada"),
    "new role": lambda house, _: house.people.change("lin", Role.SUPPORT, by="ada"),
    "disabled": lambda house, _: house.people.disable("lin", by="ada", why="left"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_session_ends(house: House, end: str) -> None:
    token = house.enter("lin", RIGHT)
    assert house.people.of(token) is not None
    ENDS[end](house, token)
    assert house.people.of(token) is None


def test_a_page_that_keeps_itself_current_keeps_no_session_alive(house: House) -> None:
    token = house.enter("lin", RIGHT)
    for _ in range(3):
        house.at += IDLE // 2
        present = house.people.of(token, present=False)
    assert present is None


def test_somebody_who_was_disabled_does_not_come_in_again(house: House) -> None:
    house.people.disable("lin", by="ada", why="left")
    with pytest.raises(NotAllowed):
        house.enter("lin", RIGHT)


def test_who_is_wrong_too_often_waits_and_others_do_not(house: House) -> None:
    for _ in range(PATIENCE):
        with pytest.raises(NotAllowed, match="wrong"):
            house.enter("lin", WRONG)
    with pytest.raises(NotAllowed, match="Too many"):
        house.enter("lin", RIGHT)
    assert house.enter("lin", RIGHT, origin="192.0.2.2")
    assert house.enter("ada", RIGHT)
    house.at += PAUSE
    assert house.enter("lin", RIGHT)


def test_one_address_cannot_try_every_name(house: House) -> None:
    said = []
    for number in range(30):
        with pytest.raises(NotAllowed) as refused:
            house.enter(f"name-{number}", WRONG)
        said.append(str(refused.value))
    assert len([text for text in said if "Too many" in text]) == 10


@pytest.mark.parametrize("hasher", [QUICK, argon2.PasswordHasher()], ids=["quick", "as it is"])
def test_an_unknown_name_is_looked_at_as_a_known_one_is(hasher: argon2.PasswordHasher) -> None:
    assert argon2.extract_parameters(of_nobody(hasher)) == argon2.extract_parameters(hasher.hash(RIGHT))
    with pytest.raises(argon2.exceptions.VerifyMismatchError):  # computed to the end, and not refused for its form
        hasher.verify(of_nobody(hasher), RIGHT)


def test_what_was_typed_as_a_name_is_not_kept_when_it_is_nobodys(house: House) -> None:
    with pytest.raises(NotAllowed):
        house.enter("4999920000000029", RIGHT)
    assert "4999920000000029" not in str(house.people.log.history(5))
    house.people.log.did(AuditedAct("lin", "receipt closed", why="card 4999 9200 0000 0029 seen"))
    assert "9200" not in str(house.people.log.history(1))


def test_somebody_stays_administrator(house: House) -> None:
    with pytest.raises(NotAllowed, match="administrator"):
        house.people.disable("ada", by="ada", why="tired")
    with pytest.raises(NotAllowed, match="administrator"):
        house.people.change("ada", Role.CASHIER, by="ada")
    house.people.change("lin", Role.ADMIN, by="ada")
    house.people.disable("ada", by="lin", why="left")


def test_a_program_never_decides_whatever_its_role() -> None:
    for what in (May.PROPOSE, May.DECIDE, May.REVEAL, May.MANAGE):
        assert not any(Person("token x", role, program=True).may(what) for role in Role)
        assert any(Person("x", role).may(what) for role in Role)


# --- the audit log ---


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        ("UPDATE audit SET line = replace(line, 'lin', 'lia') WHERE seq = 4", 4),
        ("UPDATE audit SET line = replace(line, '192.0.2.1', '192.0.2.9') WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("UPDATE audit SET seq = 100 WHERE seq = 3", 3),
        ("UPDATE audit SET line = '' WHERE seq = 5", 5),
    ],
)
def test_a_line_that_was_altered_dropped_or_moved_is_named(house: House, damage: str, broken: int) -> None:
    for _ in range(4):
        house.enter("lin", RIGHT)
    assert audit.verify(house.path) is None
    with closing(apsw.Connection(str(house.path))) as other:
        other.execute(damage)
    assert audit.verify(house.path) == broken


def test_an_end_that_was_cut_off_is_seen_by_who_kept_the_newest_hash(house: House) -> None:
    kept = house.people.log.newest_hash()
    with closing(apsw.Connection(str(house.path))) as other:
        other.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    assert audit.verify(house.path) is None
    assert house.people.log.newest_hash() != kept


# --- limits ---


def test_a_bucket_of_tries_empties_and_fills_again_with_time() -> None:
    at = [0]
    limits = RateLimits(3, SECOND, lambda: at[0])
    assert [limits.take("a") for _ in range(5)] == [0, 0, 0, 1, 1]
    assert limits.take("b") == 0
    at[0] += SECOND
    assert [limits.take("a") for _ in range(2)] == [0, 1]
    at[0] += 100 * SECOND
    assert [limits.take("a") for _ in range(4)] == [0, 0, 0, 1]


def test_what_is_remembered_of_many_names_is_bounded_and_who_tried_most_is_forgotten_last() -> None:
    limits = RateLimits(3, SECOND, lambda: 0)
    for _ in range(3):
        limits.take("attacked")
    for number in range(2 * MOST_KEYS):
        assert limits.take(str(number)) == 0
    assert len(limits._free_at) <= MOST_KEYS
    assert limits.take("attacked") == 1


def test_one_name_more_than_are_remembered_makes_room_by_forgetting_who_tried_longest_ago() -> None:
    at = [0]
    limits = RateLimits(1, 10_000 * SECOND, lambda: at[0])
    for number in range(MOST_KEYS):
        at[0] = number
        limits.take(str(number))
    assert limits.wait("0") > 0
    limits.take("one more")
    assert limits.wait("0") == 0
    assert limits.wait(str(MOST_KEYS - 1)) > 0
    assert limits.wait("one more") > 0


def test_a_name_waits_until_its_time_has_come_and_not_a_microsecond_less() -> None:
    at = [0]
    limits = RateLimits(1, SECOND, lambda: at[0])
    limits.take("a")
    waits = []
    for at[0] in (0, 1, SECOND - 1, SECOND):
        waits.append(limits.wait("a"))
    assert waits == [1, 1, 1, 0]
    at[0] = SECOND - 1
    assert limits.take("a") == 1


def test_a_try_that_was_none_is_given_back() -> None:
    limits = RateLimits(2, SECOND, lambda: 0)
    limits.give_back("a")
    assert [limits.take("a") for _ in range(2)] == [0, 0]
    limits.give_back("a")
    assert [limits.take("a") for _ in range(2)] == [0, 1]
