"""What a monitor scrapes. No card, no reference and no terminal is ever a label.

A scrape reads what is open and what began since the last one, never the history. Counters begin at zero when the
console does, as counters may.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from counterfoil import __version__
from counterfoil.inquiry import Stores
from counterfoil.step import SECOND, Instant
from counterfoil.storage import MOST_COUNTED, NumbersHeld, Store
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs
from counterfoil.transaction import AttemptKey, TerminalStub, parse_ref

OUTCOMES: Final = {
    "approved": "approved",
    "closed": "approved",
    "declined": "declined",
    "not_sent": "not_sent",
    "reversing": "unknown",
    "reversed": "unknown",
    "escalated": "unknown",
}
"""The outcome of a sale by the terminal's state: one that is or was reversed never became a yes or a no."""
BUCKETS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
AT_ONCE: Final = 1000  # new sales of one terminal that one scrape takes up


class ConsoleMetrics:
    """The numbers of one console. `since` is when it began: earlier sales are not counted."""

    def __init__(self, since: Instant) -> None:
        self._since = since
        self._seen: dict[str, Instant] = {}
        self._open: set[AttemptKey] = set()
        self._one_at_a_time = threading.Lock()
        self.registry = CollectorRegistry()

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"counterfoil_{name}", text, labels, registry=self.registry)

        self.payments = Counter(
            "counterfoil_payments", "Sales at our terminals, by outcome.", ("outcome",), registry=self.registry
        )
        for outcome in OUTCOMES.values():
            self.payments.labels(outcome)
        self.duration = Histogram(
            "counterfoil_payment_duration_seconds",
            "From the request to the outcome, at the terminal.",
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.unknown = gauge("unknown_open", "Sales whose answer a terminal waits for, or that it reverses.")
        self.oldest = gauge("unknown_oldest_seconds", "Age of the oldest of them; 0 without one.")
        self.pending = gauge("reversal_pending", "Reversals without an answer.", "station")
        self.receipts = gauge("receipt_open", "Approved sales whose receipt is not known to be in a hand.")
        self.cases = gauge("case_open", "Sales a supervisor handed to a person.")
        self.numbers = gauge(
            "card_numbers_held",
            f"Sealed card numbers in the station's store, counted up to {MOST_COUNTED}.",
            "station",
        )
        self.numbers_oldest = gauge(
            "card_numbers_oldest_seconds", "Age of the oldest sale whose card number is held; 0 without one.", "station"
        )
        self.depth = gauge("saf_depth", "Advices in the switch's outbox.", "issuer")
        self.stations = gauge("station_up", "Whether the station's process is up.", "station")
        self.links = gauge("link_up", "Whether a link is up, and signed on where it signs on.", "link")
        self.stores = gauge("store_readable", "Whether the station's store can be read.", "station")
        gauge("build_info", "The version that runs.", "version").labels(__version__).set(1)

    def text(self, stores: Stores, now: Instant, stations: Mapping[str, bool], links: Mapping[str, bool]) -> bytes:
        """Everything, in the text format of Prometheus."""
        with self._one_at_a_time:
            for name, up in stations.items():
                self.stations.labels(name).set(up)
                self.stores.labels(name).set(stores.of(name) is not None)
            for name, up in links.items():
                self.links.labels(name).set(up)
            if stores.terminal is not None:
                self._count(stores.terminal)
                self._terminal(stores.terminal, now)
                self._numbers("terminal", stubs.numbers_held(stores.terminal), now)
            if stores.switch is not None:
                self._numbers("switch", switches.numbers_held(stores.switch), now)
                owed = switches.owed(stores.switch)
                self.pending.labels("switch").set(sum(owed.values()))
                for issuer in stores.issuers:
                    self.depth.labels(issuer).set(owed.get(issuer, 0))
            return generate_latest(self.registry)

    def _numbers(self, station: str, held: NumbersHeld, now: Instant) -> None:
        self.numbers.labels(station).set(held.number)
        self.numbers_oldest.labels(station).set((now - held.oldest) / SECOND if held.oldest is not None else 0)

    def _terminal(self, store: Store, now: Instant) -> None:
        counts = stubs.open_counts(store)
        unknown = [counts[state] for state in ("sent", "reversing") if state in counts]
        self.unknown.set(sum(count for count, _ in unknown))
        self.oldest.set(max((now - oldest for _, oldest in unknown), default=0) / SECOND)
        self.pending.labels("terminal").set(counts.get("reversing", (0, 0))[0])
        self.receipts.set(counts.get("approved", (0, 0))[0])
        self.cases.set(counts.get("escalated", (0, 0))[0])

    def _count(self, store: Store) -> None:
        """Take up the sales that began since the last time, and count those whose outcome is known by now."""
        for terminal, _ in stubs.terminals(store):
            for stub in stubs.begun(store, terminal, self._seen.get(terminal, self._since), AT_ONCE):
                self._seen[terminal] = stub.started_at
                key = parse_ref(stub.ref)
                assert key is not None
                self._open.add(key)
        for key in tuple(self._open):
            found = stubs.stub(store, key, history=False)
            if found is None or found.state in OUTCOMES:
                self._open.discard(key)
            if found is not None and found.state in OUTCOMES:
                self.payments.labels(OUTCOMES[found.state]).inc()
                whole = stubs.stub(store, key)
                assert whole is not None
                self.duration.observe((decided_at(whole) - whole.started_at) / SECOND)


def decided_at(stub: TerminalStub) -> Instant:
    """When the outcome of a sale was known to the terminal."""
    for line in stub.history:
        if line.what in {"approved", "declined"} or line.what.startswith("reversal owed"):
            return line.at
    return stub.history[0].at if stub.history else stub.started_at
