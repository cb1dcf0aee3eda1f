"""Mutants of what an issuer does with kinds that refer to an original: to whom, how much, how long, and its undoing."""

from __future__ import annotations

from typing import Any

from counterfoil.issuer import decide, originals, rules, undo
from counterfoil.issuer.records import Records
from counterfoil.issuer.refusal import Refusal
from counterfoil.issuer.rules import Referred
from counterfoil.issuer.work import Work
from counterfoil.ledger import Book, Entry
from mutants.mutant import mutant
from mutants.seams import Seams

TABLE = "tests/issuer/test_kinds_table.py"
TOGETHER = "tests/issuer/test_kinds_together.py"
MONEY = "cardholder money"


@mutant("keys", MONEY, killed_by=TABLE)
def original_of_anybody(seams: Seams) -> None:
    """Whose a transaction is does not matter to who refers to it."""

    def make(original: Any) -> Any:
        def belongs(*args: Any) -> bool:
            if not original(*args):
                seams.hit()
            return True

        return belongs

    seams.function(originals, "belongs", make)


@mutant(MONEY, killed_by=TABLE)
def closed_original_referred_to(seams: Seams) -> None:
    """A void of what was voided, a completion of what was completed, gets as far as the ledger."""

    def make(original: Any) -> Any:
        def referred(step: Work, now: Any, wanted: Any, *rest: Any) -> Referred:
            found: Referred = original(step, now, wanted, *rest)
            if found.refusal is Refusal.ORIGINAL_CLOSED:
                seams.hit()
                return Referred(None, step.book.record(wanted.original), wanted.amount)
            return found

        return referred

    seams.function(originals, "referred", make)


@mutant(MONEY, killed_by=TABLE)
def any_amount_against_an_original(seams: Seams) -> None:
    """A void of another amount, a completion far above its hold."""

    class AnyAmount:
        @staticmethod
        def fits(*_: int) -> bool:
            seams.hit()
            return True

    def careless(kind: Any) -> Any:
        return kind._replace(original=kind.original._replace(amount=AnyAmount())) if kind.original else kind

    seams.constant(decide, "BY_NAME", lambda known: {name: careless(kind) for name, kind in known.items()})


@mutant(MONEY, killed_by=TABLE)
def hold_outlives_its_time(seams: Seams) -> None:
    """What is set aside stays so when its time is over."""

    def make(original: Any) -> Any:
        def expiring(*args: Any) -> list[str]:
            if original(*args):
                seams.hit()
            return []

        return expiring

    seams.method(Records, "expiring", make)


@mutant(MONEY, killed_by=TABLE)
def fallen_hold_stands_again(seams: Seams) -> None:
    """The reversal of a completion sets aside again what a pre-authorisation that was reversed had."""

    def make(original: Any) -> Any:
        def has_fallen(*args: Any) -> bool:
            if original(*args):
                seams.hit()
            return False

        return has_fallen

    seams.function(undo, "has_fallen", make)


@mutant(MONEY, killed_by=TABLE)
def reversal_of_a_completed_hold_without_a_case(seams: Seams) -> None:
    """Nobody is told that a reversal could undo nothing."""

    def make(original: Any) -> Any:
        def completed(*args: Any) -> bool:
            if original(*args):
                seams.hit()
            return False

        return completed

    seams.function(undo, "completed", make)


@mutant(MONEY, "duplicate, late or orphan reversal", killed_by=TABLE)
def voided_purchase_given_back_again(seams: Seams) -> None:
    """The reversal of a purchase gives it all back, beside the void that did."""

    def make(original: Any) -> Any:
        def standing(self: Book, entry: Entry) -> int:
            left: int = original(self, entry)
            if 0 < entry.amount != left:
                seams.hit()
            return entry.amount

        return standing

    seams.method(Book, "standing", make)


@mutant(MONEY, killed_by=TOGETHER)
def empty_undoing_forgotten(seams: Seams) -> None:
    """A reversal of which nothing was left to undo is forgotten, and its void is undone as if there had been none."""

    def make(original: Any) -> Any:
        def undone(*args: Any) -> list[str]:
            if original(*args):
                seams.hit()
            return []

        return undone

    seams.method(Work, "_undone", make)


@mutant(MONEY, killed_by=TABLE)
def completion_counts_as_a_use(seams: Seams) -> None:
    """What takes a hold uses up the day once more."""
    seams.constant(rules, "COUNTED", lambda _: frozenset(rules.RULES))
    seams.hit()


@mutant("keys", killed_by=TABLE)
def pin_asked_of_every_kind(seams: Seams) -> None:
    """A void without a PIN is refused for that."""
    seams.constant(rules, "WITHOUT_PIN", lambda _: frozenset())
    seams.hit()
