"""How many passwords are really looked at, however many are sent at once, and that no crowd locks anybody out."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from console.desk import QUICK
from counterfoil.console.guesses import PATIENCE, PATIENCE_NAME, PATIENCE_PLACE, PAUSE, QUEUE
from counterfoil.console.people import DEVICES, NOTED, NotAllowed, People, Person, Role, TooManyError
from counterfoil.step import SECOND
from counterfoil.storage import migrations_of, open_store

RIGHT, WRONG = "a right password", "a wrong password"
HERE = "192.0.2.1"


class Watched:
    """Counts the hashes that are made, and how many at once; holds them all while `gate` is shut."""

    def __init__(self, right: Callable[[str, str], bool]) -> None:
        self._right = right
        self.made = self.now = self.most = 0
        self.gate = threading.Event()
        self.gate.set()
        self._changed = threading.Condition()

    def __call__(self, kept: str, password: str) -> bool:
        with self._changed:
            self.made += 1
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
        self.gate.wait(30)
        try:
            return self._right(kept, password)
        finally:
            with self._changed:
                self.now -= 1

    def at_work(self, count: int) -> None:
        """Wait until so many hashes are being made."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.now == count, 30)


class House:
    """The people of a console whose clock is ours."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.runner = asyncio.Runner()
        self.at = 10**15
        self.store = open_store(path, migrations_of("counterfoil.console"))
        self.people = People(self.store, lambda: self.at, QUICK)
        self.hasher = Watched(self.people._right)
        patch.setattr(self.people, "_right", self.hasher)
        for name in ("lin", "ada"):
            self.people.add(name, Role.ADMIN, RIGHT, by="test")

    async def tried(self, name: str, origin: str, password: str = WRONG) -> str:
        """What became of one try."""
        try:
            await self.people.enter(name, password, origin)
        except TooManyError:
            return "too many"
        except NotAllowed:
            return "wrong"
        return "in"

    def tries(self, tries: Iterable[tuple[str, str]]) -> Counter[str]:
        """All of these (name, origin) at once, with a wrong password: how many were looked at, and how many not."""

        async def all_of_them() -> list[str]:
            return await asyncio.gather(*(self.tried(name, origin) for name, origin in tries))

        return Counter(self.runner.run(all_of_them()))

    def enter(self, name: str, origin: str = HERE, device: str = "", password: str = RIGHT) -> str:
        """Let in: what the browser is known by from then on."""
        return self.runner.run(self.people.enter(name, password, origin, device)).device


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = House(tmp_path / "store.db", monkeypatch)
    with closing(made.store), made.runner:
        yield made


def places(count: int) -> list[str]:
    return [f"198.51.{number // 250}.{number % 250}" for number in range(count)]


@pytest.mark.parametrize(
    ("tries", "looked_at"),
    [
        ([("lin", HERE)] * 240, PATIENCE),
        ([(f"name-{number}", HERE) for number in range(100)], PATIENCE_PLACE),
        ([("x" * number, HERE) for number in range(41, 141)], PATIENCE),
        ([("lin", f"2001:db8::{number:x}") for number in range(1, 100)], PATIENCE),
        ([("lin", f"::ffff:{HERE}"), *[("lin", HERE)] * 9], PATIENCE),
    ],
    ids=["one name from one address", "many names from one address", "no names at all", "one home in IPv6", "mapped"],
)
def test_so_many_passwords_are_looked_at_however_many_come(
    house: House, tries: list[tuple[str, str]], looked_at: int
) -> None:
    found = Counter[str]()
    for at in range(0, len(tries), QUEUE):
        found += house.tries(tries[at : at + QUEUE])
    assert (house.hasher.made, found["wrong"]) == (looked_at, looked_at)
    house.hasher.made = 0
    assert house.tries(tries[:QUEUE])["wrong"] == house.hasher.made == 0
    assert house.enter("ada", "203.0.113.9"), "another address is locked out by this one"
    assert house.enter("lin", "203.0.113.9"), "the owner is locked out by this address"


def test_all_of_them_at_once_are_no_more(house: House) -> None:
    found = house.tries([("lin", HERE)] * 240)
    assert (found["wrong"], found["too many"], house.hasher.made) == (PATIENCE, 240 - PATIENCE, PATIENCE)


def test_a_try_comes_back_with_time_and_the_right_one_forgives(house: House) -> None:
    house.tries([("lin", HERE)] * 9)
    house.at += PAUSE // PATIENCE
    assert house.tries([("lin", HERE)] * 2) == {"wrong": 1, "too many": 1}
    house.at += PAUSE // PATIENCE
    assert house.enter("lin")
    assert house.tries([("lin", HERE)] * 9)["wrong"] == PATIENCE


def test_guesses_from_everywhere_are_slowed_and_the_owner_comes_in_by_a_browser_that_is_known(house: House) -> None:
    device = house.enter("lin", "203.0.113.1")
    crowd = [("lin", place) for place in places(300)]
    found = Counter[str]()
    for at in range(0, len(crowd), QUEUE):
        found += house.tries(crowd[at : at + QUEUE])
    assert found["wrong"] == PATIENCE_NAME
    with pytest.raises(TooManyError) as refused:
        house.enter("lin", "203.0.113.2")
    assert refused.value.seconds == PAUSE // PATIENCE // SECOND
    assert house.enter("lin", "203.0.113.3", device) == device
    assert house.enter("ada", "203.0.113.3")
    house.at += PAUSE // PATIENCE
    assert house.enter("lin", "203.0.113.2"), "for ever"


def test_a_browser_is_known_to_whom_it_let_in_and_has_a_patience_of_its_own(house: House) -> None:
    device = house.enter("lin")
    assert house.enter("ada", device=device) == device, "one browser, two people"
    for _ in range(PATIENCE):
        with pytest.raises(NotAllowed, match="wrong"):
            house.enter("lin", device=device, password=WRONG)
    with pytest.raises(TooManyError):
        house.enter("lin", device=device)
    assert house.enter("lin", device="") != device
    assert house.enter("ada", device=device) == device
    house.people.new_password("ada", RIGHT, by="lin")
    assert house.enter("ada", device=device) == device, "it is still known to lin"
    house.people.new_password("lin", RIGHT, by="ada")
    house.people.new_password("ada", RIGHT, by="lin")
    assert house.enter("ada", device=device) != device, "a new password makes every browser a stranger"


def test_one_person_is_known_in_so_many_browsers(house: House) -> None:
    first = house.enter("lin")
    for _ in range(DEVICES):
        house.at += 1
        house.enter("lin")
    assert house.enter("lin", device=first) != first


def test_hashes_are_made_one_at_a_time_and_who_is_known_does_not_queue_with_strangers(house: House) -> None:
    device = house.enter("lin")
    house.hasher.most = 0
    assert house.tries([(f"name-{number}", place) for number, place in enumerate(places(QUEUE))])["wrong"] == QUEUE
    assert house.hasher.most == 1

    async def crowded() -> None:
        house.hasher.gate.clear()
        strangers = [asyncio.create_task(house.tried("ada", place)) for place in places(2 * QUEUE + 40)[QUEUE:]]
        await asyncio.to_thread(house.hasher.at_work, 1)
        owner = asyncio.create_task(house.people.enter("lin", RIGHT, HERE, device))
        await asyncio.to_thread(house.hasher.at_work, 2)
        waiting = [stranger for stranger in strangers if not stranger.done()]
        assert len(waiting) == QUEUE, "the others were told to come again at once"
        house.hasher.gate.set()
        assert (await owner).device == device
        assert Counter(await asyncio.gather(*strangers)) == {"wrong": QUEUE, "too many": 40}

    house.runner.run(crowded())
    assert house.hasher.most == 2


def test_the_own_password_is_guessed_no_quicker_in_a_session(house: House) -> None:
    lin = Person("lin", Role.ADMIN)

    async def guess(password: str) -> None:
        await house.people.own_password(lin, password, RIGHT, HERE)

    for _ in range(PATIENCE):
        with pytest.raises(NotAllowed, match="wrong"):
            house.runner.run(guess(WRONG))
    house.hasher.made = 0
    with pytest.raises(TooManyError):
        house.runner.run(guess(RIGHT))
    assert house.hasher.made == 0
    assert house.enter("lin", "203.0.113.1")


def test_who_guesses_without_end_fills_no_disk(house: House) -> None:
    for number, place in enumerate(places(NOTED + 50)):
        house.tries([(f"name-{number}", place)])
    lines = [one for _, one in house.people.log.history(1000) if one.what == "log-in refused"]
    assert len(lines) == NOTED
    house.at += 60 * SECOND
    house.tries([("lin", "203.0.113.1")])
    ((_, last),) = house.people.log.history(1)
    assert (last.who, last.why) == ("lin", "and 50 before it")
