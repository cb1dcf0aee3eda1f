"""Rows of late: a bounded memory beside the store."""

from __future__ import annotations

from counterfoil.storage import Recent


def test_what_was_kept_last_is_found_and_what_was_not_must_be_asked_for() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.keep("a", 1)
    recent.keep("b", 2)
    recent.keep("a", 3)
    assert recent.get("a") == 3
    assert recent.get("c") is None
    assert recent.split(["c", "a", "d", "c", "b"]) == ({"a": 3, "b": 2}, ["c", "d"])


def test_it_never_remembers_more_than_it_may() -> None:
    recent: Recent[int, int] = Recent(100)
    for number in range(1000):
        recent.keep(number, number)
        assert len(recent._young) + len(recent._old) <= 101
    assert recent.get(999) == 999
    assert recent.get(0) is None


def test_what_is_looked_at_again_and_again_stays() -> None:
    recent: Recent[int, int] = Recent(100)
    recent.keep(-1, 7)
    for number in range(1000):
        recent.keep(number, number)
        assert recent.get(-1) == 7


def test_an_older_value_never_comes_back() -> None:
    recent: Recent[str, int] = Recent(4)
    recent.keep("a", 1)
    recent.keep("b", 1)
    recent.keep("c", 1)  # "a" and "b" are old now
    recent.keep("a", 2)
    recent.keep("d", 1)
    recent.keep("e", 1)
    assert recent.get("a") in (2, None)


def test_many_are_kept_at_once_and_found_like_others_and_at_most_that_many_too_many() -> None:
    recent: Recent[int, int] = Recent(100)
    for number in range(0, 1000, 10):
        recent.keep_all({each: each for each in range(number, number + 10)})
        assert len(recent._young) + len(recent._old) <= 2 * (50 + 10)
    assert recent.split(range(980, 1002)) == ({each: each for each in range(980, 1000)}, [1000, 1001])
    assert recent.get(0) is None
