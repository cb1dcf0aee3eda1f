"""What the stations keep of one attempt, as they tell it to whoever asks: the facts, and the evidence line by line."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any, Final

from counterfoil.issuer.stubs import asked as asked_of_issuer
from counterfoil.security import mask
from counterfoil.simulation.expected.asks import APPROVALS, VouchedRequest
from counterfoil.simulation.expected.bank import Bank, key_of
from counterfoil.simulation.expected.deeds import LATE, TOMBSTONED
from counterfoil.simulation.expected.host import Host
from counterfoil.simulation.expected.spellings import amount_of, answer_to
from counterfoil.simulation.expected.till import Attempt, Till
from counterfoil.simulation.plant import MERCHANT
from counterfoil.simulation.world import must
from counterfoil.switch.stubs import stub as switch_stub
from counterfoil.terminal.stubs import stub as terminal_stub
from counterfoil.transaction import AttemptKey, Happened, SwitchStub

LOOKED_AT: Final = 12  # attempts of a world


class Files:
    """The stations of a world, and what each of them should have."""

    def __init__(self, banks: Sequence[Bank], host: Host, tills: Sequence[Till]) -> None:
        self.banks = {bank.name: bank for bank in banks}
        self.host = host
        self.tills = tills
        self.strange = host.node.world.faults.strange

    def look(self, choice: random.Random) -> None:
        """Look at some of them."""
        known = [
            key for key, ask in self.host.asks.items() if not (ask.tombstone or ask.doubt or key in self.host.burnt)
        ]
        for key in choice.sample(known, min(LOOKED_AT, len(known))):
            ask = self.host.asks[key]
            till = next((till for till in self.tills if str(key) in till.attempts), None)
            if till is not None and till.sure and not till.node.gone:
                self._at_terminal(key, till, till.attempts[str(key)])
            if self.host.sure:
                sent = self._at_switch(key, ask)
                if ask.answered and self.banks[ask.issuer].sure and not self._burnt(ask):
                    self._at_issuer(key, ask, sent)

    def _burnt(self, ask: VouchedRequest) -> bool:
        """Whether the issuer knows of it only what nobody vouched for, or its reversal alone: it was put back."""
        assert ask.forward is not None
        entry = self.banks[ask.issuer].entries.get(key_of(ask.forward))
        return entry is None or entry.message is None or entry.state in (TOMBSTONED, LATE)

    def _at_terminal(self, key: AttemptKey, till: Till, attempt: Attempt) -> None:
        told = terminal_stub(till.node.disk, key)
        must(told is not None, f"the terminal knows nothing of {key}")
        assert told is not None
        question = attempt.question
        kind, amount = question.kind, amount_of(attempt.request)
        asked, answered = kind.wire.mti, answer_to(kind.wire.mti)
        facts = (told.ref, told.merchant, told.amount, told.currency, told.last4, told.kind, told.original)
        due = (str(key), MERCHANT, amount, question.currency, question.pan[-4:], kind.name, question.original)
        must(facts == due, f"{key}: {facts}")
        lines = shown(told.history, amount, mask(question.pan), strange=self.strange)
        must("request sent" in lines.get(asked, []), f"the terminal has no evidence of its request {key}")
        if attempt.decided is not None:
            word = "approved" if attempt.decided.de39 in APPROVALS else "declined"
            must(word in lines.get(answered, []), f"the terminal has no evidence that {key} was {word}")
            must(told.auth_code == (attempt.decided.de38 or ""), f"the terminal keeps {key} as {told.auth_code}")
        if attempt.reversal is not None:
            must("reversal sent" in lines.get("0400", []), f"the terminal has no evidence of its reversal of {key}")
            must(told.reversal_reason == attempt.reversal.de39, f"{key} was reversed for {told.reversal_reason}")

    def _at_switch(self, key: AttemptKey, ask: VouchedRequest) -> SwitchStub:
        told = switch_stub(self.host.node.disk, key)
        must(told is not None, f"the switch knows nothing of {key}")
        assert told is not None
        amount = amount_of(ask.first)
        forwarded = ask.forward is not None and not ask.unsent
        facts: tuple[Any, ...] = (told.ref, told.merchant, told.amount, told.last4, told.issuer, told.forwarded)
        expected = (str(key), MERCHANT, amount, ask.card[-4:], ask.issuer if ask.routed else "", forwarded)
        must(facts == expected, f"the switch says of {key}: {facts}, expected is {expected}")
        lines = shown(told.history, amount, mask(ask.card) if ask.card else "", strange=self.strange)
        asked, answered = ask.first.mti, answer_to(ask.first.mti)
        if ask.kind is not None:
            original = str(ask.original.key) if ask.original is not None else told.original
            must((told.kind, told.original) == (ask.kind.name, original), f"the switch calls {key} a {told.kind}")
        must("asked" in lines.get(asked, []), f"the switch has no evidence that it was asked for {key}")
        if ask.forward is not None:
            must("forwarded" in lines.get(asked, []), f"the switch has no evidence that it asked for {key}")
            must((told.transmitted, told.stan) == (ask.forward.de7, ask.forward.de11), f"{key}: other numbers")
        if ask.answered:
            must("issuer_answered" in lines.get(answered, []), f"the switch has no evidence of the answer to {key}")
        if ask.advice[0]:
            must("reversal_sent" in lines.get("0420", []), f"the switch has no evidence of undoing {key}")
            must(told.reversal_reason == ask.reason, f"the switch undid {key} for {told.reversal_reason}")
        return told

    def _at_issuer(self, key: AttemptKey, ask: VouchedRequest, sent: SwitchStub) -> None:
        assert ask.forward is not None
        asked = (ask.forward.de7 or "", ask.forward.de11 or "")
        told = asked_of_issuer(self.banks[ask.issuer].node.disk, sent)
        must(told is not None, f"{ask.issuer} knows nothing of {key}")
        assert told is not None
        amount = amount_of(ask.forward)
        facts = (told.issuer, told.terminal, told.merchant, told.amount, told.last4, (told.transmitted, told.stan))
        must(facts == (ask.issuer, key.terminal, MERCHANT, amount, ask.pan[-4:], asked), f"{key}: {facts}")
        entry = self.banks[ask.issuer].entries[key_of(ask.forward)]
        assert entry.kind is not None
        must((told.kind, told.undone <= told.done) == (entry.kind.name, True), f"{key}: {told.undone} of {told.done}")
        back = told.returned_at not in (0, told.expired_at)  # what its time released is no news
        due = [bool(told.debited_at), back] if entry.kind.notices is not None else []
        must(len(told.notices) == sum(due), f"{key}: the notices are {told.notices}")
        lines, mti = [line.what for line in told.history], ask.forward.mti
        evident = f"{mti} received" in lines and f"{answer_to(mti)} answered" in lines
        must(evident, f"{ask.issuer} has no evidence of {key}: {lines}")
        shown(told.history, amount, mask(ask.pan), strange=self.strange)


def shown(history: Iterable[Happened], amount: int, card: str, *, strange: bool) -> dict[str, list[str]]:
    """What the lines of a history are, by the type of their message; each names this money and this card, masked, but
    in a `strange` world, where something else may have been said about it.
    """
    found: dict[str, list[str]] = {}
    for line in history:
        message: dict[str, Any] = line.message or {}
        if "4" in message and not strange:
            must(int(message["4"]) == amount, f"evidence of {amount} says {message['4']}: {line.what}")
        if "2" in message and card and not strange:  # of what is no card's number nobody can say how it is masked
            must(message["2"] == card, f"evidence of {card} says {message['2']}: {line.what}")
        found.setdefault(str(message.get("mti", "")), []).append(line.what)
    return found
