"""What a step must load: read off everything that arrived, before anything is decided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

from counterfoil.step import Closed, Command, Frame, Inbound, NotSent
from counterfoil.switch import control, wire
from counterfoil.switch.memory import Memory
from counterfoil.switch.records import Records
from counterfoil.switch.settings import TERMINALS
from counterfoil.switch.upstream import REVERSAL_ANSWER, IssuerMessage, read
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work
from counterfoil.transaction import AttemptKey

Item: TypeAlias = Inbound | Request | IssuerMessage
"""Something that arrived: as it came, or as a request of a terminal or a message of an issuer that was read."""


class Loading:
    """The rows a step looks at: terminals by id, attempts by key or RRN, advices by RRN. `requests` are the message
    types that ask for a transaction.
    """

    def __init__(self, memory: Memory, due: Sequence[str], requests: Collection[str]) -> None:
        self._memory = memory
        self._requests = requests
        self.terminals: list[str] = []
        self.rrns: list[str] = list(due)
        self.advices: list[str] = []

    def read(self, item: Inbound) -> Item:
        """Note what an item needs; a message that can be read comes back read."""
        if isinstance(item, Frame):
            return self._request(item) if item.link == TERMINALS else self._answer(item)
        if isinstance(item, NotSent):
            self._not_sent(item)
        elif isinstance(item, Closed) and item.link in self._memory.outboxes:
            flying = list(self._memory.outboxes[item.link].flying)
            self.advices += flying
            self.rrns += [*flying, *self._memory.waiting]
        elif isinstance(item, Command) and item.verb == control.REGISTER:
            self.terminals += control.named(item.args)
        return item

    def load(self, records: Records, work: Work, items: list[Item]) -> None:
        """Load all of it, a few SELECTs for the whole step; requests get their terminal, and are read in its dialect.

        What a request refers to comes with what stands against that.
        """
        work.terminals = terminals = records.terminals(self.terminals)
        keys: list[AttemptKey] = []
        originals: dict[AttemptKey, None] = {}
        for item in items:
            if isinstance(item, Request):
                wire.settle(item, terminals)
                key = item.key
                if key is not None and records.perhaps_known(key):
                    keys.append(key)
                message = item.message
                if message.de61 is not None and message.mti in self._requests:
                    original = wire.original_of(message)
                    if original is not None:
                        originals[original] = None
        keys += originals
        for attempt in records.attempts(keys, self.rrns):
            work.load(attempt)
        for attempt in records.children([str(key) for key in originals]):
            work.load(attempt)
        work.archived = records.archived([key for key in keys if key not in work.attempts])
        work.advices = records.advices(self.advices)

    def _request(self, frame: Frame) -> Inbound | Request:
        ask = wire.read(frame)
        if ask is None:
            return frame
        name = ask.message.de41
        if name is not None:
            self.terminals.append(name)
        return ask

    def _answer(self, frame: Frame) -> IssuerMessage:
        heard = read(frame)
        rrn = heard.answer.de37
        if rrn is not None:
            self.rrns.append(rrn)
            if heard.mti == REVERSAL_ANSWER:
                self.advices.append(rrn)
        return heard

    def _not_sent(self, item: NotSent) -> None:
        """A request, or else an advice that was on its way."""
        rrn = self._memory.tokens.get(item.token)
        if rrn is not None:
            self.rrns.append(rrn)
        elif item.link in self._memory.outboxes:
            self.rrns.append(self._memory.outboxes[item.link].by_token(item.token))
