"""Runs tests/tables/two_phase.txt: every line is one request and says at its end what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from counterfoil.errors import Refused
from counterfoil.ledger import Account, AccountKind, Book, Entry, Hold, Resolution, check, undo
from counterfoil.step import SECOND

TABLE = Path(__file__).parent.parent / "tables" / "two_phase.txt"


def stories() -> Iterator[tuple[str, list[tuple[int, str]]]]:
    title, lines = "", list[tuple[int, str]]()
    for number, text in enumerate(TABLE.read_text("utf-8").splitlines(), 1):
        if text.startswith("## "):
            if lines:
                yield title, lines
            title, lines = text[3:], []
        elif text.strip() and not text.startswith("#"):
            lines.append((number, text))
    yield title, lines


def named(name: str, words: tuple[str, ...]) -> str:
    """The value of NAME=VALUE among these words, "" for none."""
    return next((word.partition("=")[2] for word in words if word.startswith(f"{name}=")), "")


class Ledger:
    """A book that is never written down: what it made is what the invariants are asked of."""

    def __init__(self) -> None:
        self.now = 0
        self.accounts: dict[str, Account] = {"opening": Account("opening", AccountKind.SUSPENSE, "USD")}
        self.openings: list[Entry] = []
        self.book = Book(self.accounts.values())

    def account(self, account_id: str, kind: str, currency: str, *rest: str) -> None:
        balance = int(rest[0]) if rest else None
        floor = int(rest[1].removeprefix("floor=")) if len(rest) > 1 else None
        self.accounts[account_id] = Account(account_id, AccountKind(kind), currency, balance, floor)
        if balance:
            way = ("opening", account_id) if balance > 0 else (account_id, "opening")
            self.openings.append(Entry(f"opening:{account_id}", *way, abs(balance), currency, 0))
        self.book = Book(self.accounts.values())

    def time(self, seconds: str) -> None:
        self.now = int(seconds) * SECOND

    def burn(self, entry_id: str) -> None:
        self.book.burn(entry_id)

    def transfer(self, entry_id: str, debit: str, credit: str, amount: str, currency: str, *rest: str) -> Entry:
        against, forced = named("against", rest), "forced" in rest
        ref = "".join(word for word in rest if word != "forced" and "=" not in word)
        way = (debit, credit, int(amount), currency, self.now, ref)
        return self.book.transfer(entry_id, *way, original=against, forced=forced)

    def reverse(self, entry_id: str, original: str) -> Entry | str:
        entry = next(e for e in self.book.new_entries if e.id == original)
        return self.book.reverse(entry_id, entry, self.now) or "nothing"

    def hold(self, hold_id: str, debit: str, credit: str, amount: str, currency: str, *rest: str) -> Hold:
        ttl, first = int(named("ttl", rest) or 0) * SECOND, named("on", rest)
        ref = "".join(word for word in rest if "=" not in word)
        return self.book.hold(hold_id, debit, credit, int(amount), currency, self.now, ref, ttl=ttl, original=first)

    def post(self, entry_id: str, hold_id: str, *rest: str) -> Entry:
        amounts = [int(word) for word in rest if word.lstrip("-").isdigit()]
        amount, forced = amounts[0] if amounts else None, "forced" in rest
        return self.book.post(entry_id, hold_id, self.now, amount, named("ref", rest), forced=forced)

    def void(self, void_id: str, hold_id: str, amount: str = "0") -> Resolution:
        return self.book.void(void_id, hold_id, self.now, int(amount))

    def expire(self, hold_id: str) -> Resolution:
        return self.book.expire(hold_id, self.now)

    def again(self, hold_id: str, of: str) -> Hold:
        return self.book.again(hold_id, of, self.now)

    def undo(self, undo_id: str, *words: str) -> str:
        """Undo all that was made under these ids; "nothing" when that booked nothing."""
        book, before = self.book, self.made()
        ids = [word for word in words if word != "released"]
        records: list[Entry | Hold | Resolution] = [*book.new_entries, *book.new_holds, *book.new_resolutions]
        made: list[Entry | Hold | Resolution] = [
            next(record for record in records if record.id == name) for name in ids
        ]
        booked = undo(book, undo_id, made, self.now, holds_again="released" not in words)
        return "created" if self.made() > before else "exists" if booked else "nothing"

    @property
    def entries(self) -> list[Entry]:
        return self.openings + self.book.new_entries

    def balance(self, account_id: str) -> str:
        account = self.book.account(account_id)
        balance = account.balance
        if balance is None:
            balance = sum(e.amount * ((e.credit == account_id) - (e.debit == account_id)) for e in self.entries)
        return f"{balance} held {account.held}"

    def check(self) -> str:
        accounts = [self.book.account(account_id) for account_id in self.accounts]
        found = check(accounts, self.entries, self.book.new_holds, self.book.new_resolutions)
        return "; ".join(map(str, found)) or "sound"

    def made(self) -> int:
        return len(self.book.new_entries) + len(self.book.new_holds) + len(self.book.new_resolutions)

    def outcome(self, verb: str, words: list[str]) -> str:
        before = self.made()
        try:
            result = getattr(self, verb)(*words)
        except Refused as refused:
            assert self.made() == before, "a refusal changed the book"
            return str(refused)
        if isinstance(result, str):
            return result
        return "created" if self.made() > before else "exists"


@pytest.mark.parametrize(("title", "lines"), [pytest.param(*story, id=story[0]) for story in stories()])
def test_two_phase_table(title: str, lines: list[tuple[int, str]]) -> None:
    ledger = Ledger()
    for number, text in lines:
        request, arrow, expected = text.partition(" -> ")
        verb, *words = request.split()
        got = ledger.outcome(verb, words)
        if arrow:
            assert got == expected.strip(), f"{TABLE.name}:{number} {title}: {text}"
