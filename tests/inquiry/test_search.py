"""What people have in the hand becomes a question, or one sentence why it cannot (R056, R077)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from counterfoil.inquiry import Nothing, Search, Stores, parse_question, parse_typed, search
from counterfoil.inquiry.search import Candidate
from counterfoil.inquiry.witness import evidence, finding
from counterfoil.issuer.records import PACKAGE
from counterfoil.storage import migrations_of, open_store
from counterfoil.terminal import records as terminals
from counterfoil.terminal import stubs as terminal_stubs
from counterfoil.transaction import AttemptKey
from counterfoil.verdict import NOT_OURS
from terminal.counter import T1, Counter


@pytest.mark.parametrize(
    ("words", "amount", "question"),
    [
        ("T0000001/000002/000003", None, Search(key=AttemptKey("T0000001", "000002", "000003"))),
        ("63270DFNZSG3", None, Search(rrn="63270DFNZSG3")),
        ("63270dfnzsg3", None, Search(rrn="63270DFNZSG3")),
        ("a16563", None, Search(auth_code="A16563")),
        ("1234", "12.50", Search(last4="1234", amount=1250)),
        ("1234+12.5", None, Search(last4="1234", amount=1250)),
    ],
)
def test_words_become_a_question(words: str, amount: str | None, question: Search) -> None:
    assert parse_question(words, amount) == question


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("T0000001/000002/000003", Search(key=AttemptKey("T0000001", "000002", "000003"))),
        (" T0000001 000002 000003 ", Search(key=AttemptKey("T0000001", "000002", "000003"))),
        ("T0000001 000003", Search(terminal="T0000001", stan="000003")),
        ("T0000001 STAN 000003", Search(terminal="T0000001", stan="000003")),
        ("RRN 63270dfnzsg3", Search(rrn="63270DFNZSG3")),
        ("1234 12.50", Search(last4="1234", amount=1250)),
        ("•••• 1234 12.50 CNY", Search(last4="1234", amount=1250)),
        ("**** **** **** 1234, 12.50", Search(last4="1234", amount=1250)),
        ("…1234，12", Search(last4="1234", amount=1200)),
        ("12.50 1234", Search(last4="1234", amount=1250)),
    ],
)
def test_a_search_box_reads_what_is_copied_from_a_slip_or_a_page(typed: str, question: Search) -> None:
    assert parse_typed(typed) == question


@pytest.mark.parametrize("typed", ["1234", "T0000001", "12.50", "4999992000000029", "•••• 1234"])
def test_a_search_box_says_when_it_is_too_little(typed: str) -> None:
    with pytest.raises(Nothing):
        parse_typed(typed)


@pytest.mark.parametrize("words", ["", "1234", "12345", "T0000001/1/2", "T0000001-000002-000003", "hello, it's me"])
def test_words_that_are_no_reference_say_what_one_is(words: str) -> None:
    with pytest.raises(Nothing):
        parse_question(words)


@pytest.mark.parametrize("amount", ["-1", "1.234", "much", "9999999999999"])
def test_an_amount_nobody_can_pay_is_refused(amount: str) -> None:
    with pytest.raises(Nothing, match=r"add the amount, in digits, as in 12\.50"):
        parse_question("1234", amount)


@pytest.mark.parametrize("typed", ["1234 1,50", "1,50 1234", "1234 1.234,50", "•••• 1234 12,5 CNY"])
def test_an_amount_with_a_comma_that_can_be_read_in_two_ways_is_refused_as_such(typed: str) -> None:
    with pytest.raises(Nothing, match="can be read in two ways"):
        parse_typed(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "1234 1,234.50",
        "1,234.50 1234",
        "•••• 1234, RMB 1,234.50",
        "1234，1,234.50",
        "1234 ¥1,234.50",
        "1234 １，２３４．５０ 元",
    ],
)
def test_an_amount_is_found_as_the_slip_and_the_page_write_it(typed: str) -> None:
    assert parse_typed(typed) == Search(last4="1234", amount=123450)


def made(path: Path, package: str) -> Path:
    open_store(path, migrations_of(package)).close()
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Stores:
    return Stores(
        made(tmp_path / "terminal.db", "counterfoil.terminal"),
        made(tmp_path / "switch.db", "counterfoil.switch"),
        {"issuer-a": made(tmp_path / "a.db", PACKAGE)},
    )


def test_empty_stores_know_nothing_and_say_so(empty: Stores) -> None:
    with empty as stores:
        for question in (Search(key=AttemptKey("T1", "000001", "000001")), Search(rrn="X" * 12)):
            assert search(stores, question) == []
        assert search(stores, Search(last4="1234", amount=1)) == []
        assert search(stores, Search(terminal="T0000001", stan="000001")) == []


def test_a_terminal_without_a_row_of_its_own_is_not_ours(empty: Stores) -> None:
    one = Candidate("T1/000001/000001", "", "T1", "M", 1, "CNY", "1234", 1)
    with empty as stores:
        assert evidence(stores, one) == (NOT_OURS, None, None)
        with pytest.raises(ValueError, match="no station"):
            finding(stores, one, 1)


def test_a_store_that_is_missing_or_no_store_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "switch.db").write_text("not a database at all, but long enough to be looked at" * 40)
    with Stores(tmp_path / "nothing.db", tmp_path / "switch.db", {"issuer-a": tmp_path / "gone.db"}) as stores:
        assert (stores.terminal, stores.switch, list(stores.each_issuer())) == (None, None, [])
        one = Candidate("T1/000001/000001", "", "T1", "M", 1, "CNY", "1234", 1)
        assert evidence(stores, one) == (None, None, None)


def test_an_approval_code_finds_the_sale_and_is_looked_up_by_its_index(tmp_path: Path) -> None:
    counter = Counter(str(tmp_path / "terminal.db"), terminals=(T1,)).open_for_business()
    counter.sale(key="till-1")
    counter.answer()
    counter.step(after=1)
    with closing(open_store(tmp_path / "terminal.db", terminals.migrations(), readonly=True)) as store:
        (known,) = terminal_stubs.recent(store, T1, 2**62, 1)
        assert known.auth_code
        assert [stub.ref for stub in terminal_stubs.approved_as(store, known.auth_code)] == [known.ref]
        assert terminal_stubs.approved_as(store, "") == []
        assert terminal_stubs.approved_as(store, "ZZZZZZ") == []
        plan = store.query(f"EXPLAIN QUERY PLAN {terminal_stubs.BY_APPROVAL}", (known.auth_code,))
        assert "attempt_auth_code" in plan[0][3]
