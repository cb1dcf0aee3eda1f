"""What an issuer's scenes do not show: what a bug of ours says, where lists end, what a broken ledger looks like."""

from __future__ import annotations

import pytest

from counterfoil.errors import OurError
from counterfoil.issuer import chart, stubs
from counterfoil.issuer.desk import approval_codes
from counterfoil.issuer.lifecycle import Event, State, moved
from counterfoil.issuer.records import Records
from counterfoil.issuer.rows import Alarm, Case
from counterfoil.issuer.stubs import Booked
from counterfoil.issuer.work import Work
from counterfoil.ledger import Account, AccountKind
from counterfoil.storage.sql import inserting
from issuer.bank import NOON, PANS, Bank, entropy, track


def test_accounts_are_what_their_names_say() -> None:
    assert chart.cardholder("card:1", "CNY", 5) == Account("card:1", AccountKind.CARDHOLDER, "CNY", 5, 0)
    assert chart.contra("clearing:1:USD") == Account("clearing:1:USD", AccountKind.CLEARING, "USD")
    assert chart.contra("funding:EUR") == Account("funding:EUR", AccountKind.FUNDING, "EUR")


def test_what_is_no_way_of_the_lifecycle_is_a_bug_that_says_which() -> None:
    with pytest.raises(OurError, match=r"^no way out of None by request$"):
        moved(None, Event.REQUEST)
    with pytest.raises(OurError, match=r"^no way out of posted by approve$"):
        moved(State.POSTED, Event.APPROVE)


def test_an_account_that_changes_without_its_card_is_a_bug_and_nothing_is_written() -> None:
    bank = Bank()
    ((token, account),) = bank.rows("card WHERE name = 'alice'", "token, account")
    with Work(Records(bank.store)) as step:
        step.load([], [], [token], ["clearing:1:CNY"])
        step.book.transfer("E", account, "clearing:1:CNY", 5, "CNY", NOON)
        step.alarm(Alarm(NOON, "", "what", ""))
        del step.cards[token]
        with pytest.raises(OurError, match=r"^an account changed whose card this step did not load$"):
            step.commit(NOON)
    assert (bank.balance("alice"), bank.rows("alarm")) == ("5000.00", [])


def test_approval_codes_are_drawn_many_at_a_time() -> None:
    drawn: list[int] = []
    seeded = entropy("codes")

    def draw(size: int) -> bytes:
        drawn.append(size)
        return seeded(size)

    codes = approval_codes(draw)
    first = [next(codes) for _ in range(64)]
    assert drawn == [256]
    assert next(codes) not in first
    assert drawn == [256, 256]
    assert {len(code) for code in first} == {6}
    assert next(approval_codes(lambda size: (999_999).to_bytes(4) + (1_000_000).to_bytes(4) * 63)) == "999999"
    assert next(approval_codes(lambda size: (2_000_007).to_bytes(4) * 64)) == "000007"


def test_a_list_of_cases_ends_after_a_thousand() -> None:
    bank = Bank(enrol=())
    rows = [Case(f"C{n:04d}", "1/2/3", "", NOON + n, "what", "", ended_at=NOON * (n % 2)) for n in range(2004)]
    with bank.store.transaction():
        bank.store.executemany(inserting("exception_case", Case._fields), rows)
        bank.store.commit()
    assert stubs.cases(bank.store) == rows[0:2000:2]
    assert stubs.ended_cases(bank.store, NOON) == rows[1:2000:2]
    assert stubs.ended_cases(bank.store, NOON + 1) == []
    assert len(bank.command("status")["open_cases"]) == 100


def test_a_ledger_that_is_broken_is_told_of() -> None:
    bank = Bank(enrol=("alice", "bob"))
    sold, back = bank.purchase(), bank.purchase("bob", 990)
    bank.ask(sold, back, bank.advice(back))
    assert (stubs.unbalanced(bank.store), stubs.violations(bank.store)) == ([], [])
    ((account,),) = bank.rows("card WHERE name = 'alice'", "account")
    key, other = bank.key(sold), bank.key(back)

    def tamper(sql: str, *values: object) -> None:
        with bank.store.transaction():
            bank.store.execute(sql, values)
            bank.store.commit()

    tamper("UPDATE account SET balance = balance + 3 WHERE id = ?", account)
    assert stubs.unbalanced(bank.store) == [account, "CNY"]
    wrong = ["sum_not_zero: CNY, expected 0, found 3", f"balance_differs: {account}, expected 498750, found 498753"]
    assert bank.command("check") == {"sound": False, "violations": wrong}
    tamper("UPDATE account SET balance = balance - 3 WHERE id = ?", account)
    assert stubs.booked(bank.store, [key, other]) == {key: Booked(1250, 0, "CNY"), other: Booked(990, 990, "CNY")}
    tamper("UPDATE entry SET reverses = 'another' WHERE id IN (?, ?)", key, f"{other}/reversal")
    assert stubs.booked(bank.store, [key, other]) == {other: Booked(990, 0, "CNY")}
    tamper("UPDATE entry SET reverses = '', debit = credit, credit = debit WHERE id = ?", key)
    assert stubs.booked(bank.store, [key]) == {key: Booked(currency="CNY", credited=1250)}
    tamper("DELETE FROM entry WHERE id = ?", other)
    tamper("UPDATE entry SET reverses = ? WHERE id = ?", other, f"{other}/reversal")
    assert stubs.booked(bank.store, [other]) == {other: Booked(0, 990, "CNY")}


@pytest.mark.parametrize("size", [17, 21, 24, 25, 26])
def test_a_stripe_that_ends_before_its_value_proves_nothing(size: int) -> None:
    bank = Bank()
    assert bank.code(bank.purchase(de35=track("alice")[:size], de14=None)) in {"59", "30"}
    assert bank.rows("txn", "refusal, last4") == [
        ("stripe_wrong" if bank.rows("txn", "code") == [("59",)] else "format", PANS["alice"][-4:])
    ]
