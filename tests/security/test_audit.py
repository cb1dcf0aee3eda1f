"""The audit chain names the first line that was altered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.security import Sensitive
from counterfoil.security.audit import GENESIS, append, head_of, verify


def chain(*whats: str) -> list[str]:
    lines: list[str] = []
    head = GENESIS
    for number, what in enumerate(whats):
        lines.append(append(head, {"at": number, "who": "张三", "what": what, "result": "ok", "from": "console"}))
        head = head_of(lines[-1])
    return lines


FIVE = chain("reveal", "escalate", "sign-on", "refund\nwith a line break", "close")


def test_an_untouched_chain_holds_and_reads_as_json() -> None:
    assert verify(FIVE) is None
    assert verify(FIVE, head=head_of(FIVE[-1])) is None
    assert verify([]) is None
    assert [json.loads(line[65:])["at"] for line in FIVE] == [0, 1, 2, 3, 4]
    assert all("\n" not in line for line in FIVE)


@given(st.integers(0, len(FIVE) - 1), st.integers(min_value=0), st.integers(0, 20))
def test_one_changed_character_names_its_line(row: int, position: int, bit: int) -> None:
    lines = list(FIVE)
    at = position % len(lines[row])
    lines[row] = lines[row][:at] + chr(ord(lines[row][at]) ^ (1 << bit) & 0xFFFF or 1) + lines[row][at + 1 :]
    if lines != FIVE:
        assert verify(lines) == row


@pytest.mark.parametrize("row", range(4))
def test_a_dropped_line_is_noticed_where_it_is_missing(row: int) -> None:
    assert verify(FIVE[:row] + FIVE[row + 1 :]) == row


def test_a_cut_end_is_noticed_by_who_kept_the_head() -> None:
    assert verify(FIVE[:3]) is None
    assert verify(FIVE[:3], head=head_of(FIVE[-1])) == 3
    assert verify([], head=head_of(FIVE[-1])) == 0


@pytest.mark.parametrize(
    ("lines", "bad"),
    [
        ([FIVE[1], FIVE[0]], 0),
        ([FIVE[0], FIVE[0]], 1),
        ([FIVE[0], ""], 1),
        ([FIVE[0], "garbage"], 1),
        ([FIVE[0], "\udcff" * 80], 1),
    ],
)
def test_swapped_repeated_and_foreign_lines_are_named(lines: list[str], bad: int) -> None:
    assert verify(lines) == bad


@pytest.mark.parametrize("value", [b"bytes", object(), Sensitive("1234"), {1, 2}])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        append(GENESIS, {"what": value})
