"""What only a step with several messages can get wrong: whoever is decided later does not see who was decided before.

They are hunted in worlds at their rush hour, where a step has many messages to decide.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from counterfoil.issuer.card import Card
from counterfoil.issuer.lifecycle import State as Posting
from counterfoil.issuer.rows import EvidenceLine, Txn
from counterfoil.issuer.work import Work as IssuerWork
from counterfoil.step import Instant
from counterfoil.switch import undo
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import State
from counterfoil.switch.rows import Attempt
from counterfoil.switch.work import Work
from mutants.mutant import mutant
from mutants.seams import Seams


@mutant("cardholder money", mixes=("calm", "swarm"), rush=True)
def last_debit_of_a_step_wins(seams: Seams) -> None:
    """Each purchase of a step works out the balance from the one the step began with, and the last one is written."""

    def make(original: Any) -> Any:
        def commit(self: IssuerWork, now: Instant) -> None:
            moves = Counter(entry.debit for entry in self.book.new_entries)
            last = {entry.debit: entry.amount for entry in self.book.new_entries}
            for account_id, amount in last.items():
                account = self.book._accounts.get(account_id)
                if moves[account_id] > 1 and account is not None and account.balance is not None:
                    seams.hit()
                    spent = sum(entry.amount for entry in self.book.new_entries if entry.debit == account_id)
                    balance = account.balance + spent - amount
                    self.book._accounts[account_id] = msgspec.structs.replace(account, balance=balance)
            original(self, now)

        return commit

    seams.method(IssuerWork, "commit", make)


@mutant("leg 3 lost, or late", "duplicate, late or orphan reversal", mixes=("delay", "swarm"), rush=True)
def purchase_of_the_step_unseen(seams: Seams) -> None:
    """An advice does not see the purchase that was posted a moment before in its step: it leaves a tombstone."""

    def make(original: Any) -> Any:
        def put(self: IssuerWork, txn: Txn) -> None:
            if txn.key in self._new_txns:
                seams.hit()
            original(self, txn)

        return put

    def forgetting(original: Any) -> Any:
        def begin(self: IssuerWork, txn: Txn, line: EvidenceLine) -> None:
            if txn.key in self._new_txns:
                seams.hit()
            original(self, txn, line)
            if txn.state is Posting.POSTED:
                self.txns.pop(txn.key, None)

        return begin

    seams.method(IssuerWork, "put", make)
    seams.method(IssuerWork, "begin", forgetting)


@mutant("cardholder money", mixes=("calm", "swarm"), rush=True)
def second_count_of_a_step_lost(seams: Seams) -> None:
    """A card's counters are kept once a step: what a later message of the step counts is lost."""

    def make(original: Any) -> Any:
        def put_card(self: IssuerWork, card: Card) -> None:
            if card.token in self._changed_cards and self.cards[card.token] != card:
                seams.hit()
            else:
                original(self, card)

        return put_card

    seams.method(IssuerWork, "put_card", make)


@mutant("duplicate request", "keys", mixes=("duplicate", "swarm"), rush=True)
def repeat_in_the_same_step_unseen(seams: Seams) -> None:
    """A repeat that arrives together with its original is taken for a request of its own."""

    def make(original: Any) -> Any:
        def put(self: Work, attempt: Attempt) -> None:
            key = attempt.key
            if key in self._born and self._born[key] is not attempt:
                seams.hit()
            original(self, attempt)
            if key in self._born:
                self.attempts.pop(key, None)

        return put

    seams.method(Work, "put", make)


@mutant("L3", "leg 3 lost, or late", mixes=("delay", "swarm"), rush=True)
def expiry_does_not_see_the_answer_of_its_step(seams: Seams) -> None:
    """An answer and its deadline meet in one step: the approval goes out, and so does the reversal."""

    def make(original: Any) -> Any:
        def expire(desk: Desk, work: Work, rrn: str) -> None:
            attempt, waiting = work.by_rrn.get(rrn), work.waiting_for(rrn)
            if attempt is not None and waiting is not None and attempt.state is State.APPROVED:
                seams.hit()
                attempt.state = State.ASKED
            original(desk, work, rrn)

        return expire

    seams.function(undo, "expire", make)


@mutant("L4", "leg 4 lost (approval)", mixes=("loss", "swarm"), rush=True)
def one_reversal_a_step(seams: Seams) -> None:
    """Of several reversals that become owed in one step only the first goes into the outbox."""

    def make(original: Any) -> Any:
        def owe_reversal(desk: Desk, work: Work, attempt: Attempt, reason: str) -> Any:
            if work.owed:
                seams.hit()
                return None
            return original(desk, work, attempt, reason)

        return owe_reversal

    seams.function(undo, "owe_reversal", make)
