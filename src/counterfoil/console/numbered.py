"""The numbered rows of the inbox: what the stations left to a person, and where they contradict one another.

Both never vanish. The open ones are shown, the oldest first, and those that ended in the last days.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from counterfoil.console.happened import position
from counterfoil.console.reach import Reach
from counterfoil.inquiry import Candidate, Stores
from counterfoil.inquiry.cases import CaseItem, cases
from counterfoil.inquiry.items import OpenItem, judged_items
from counterfoil.reconciliation import records
from counterfoil.reconciliation.kinds import KINDS, said
from counterfoil.reconciliation.rows import Contradiction, Pass
from counterfoil.step import SECOND, Instant
from counterfoil.verdict.finding import case_json, iso
from counterfoil.verdict.names import case_word

DAYS: Final = 7
MOST: Final = 200
ENDED: Final = 50


class OpenContradictions(NamedTuple):
    """What the comparison wrote down: what is open, what ended lately, how much is open in all, its passes."""

    open: tuple[Contradiction, ...] = ()
    ended: tuple[Contradiction, ...] = ()
    in_all: int = 0
    last: Pass | None = None
    whole: Pass | None = None

    @property
    def payments(self) -> list[Candidate]:
        """The payments about which stations contradict one another."""
        return [row.one for row in self.open]


class Numbered(NamedTuple):
    """What the page shows: rows, how many contradictions are open in all, and the newest pass and whole pass."""

    open: list[dict[str, Any]]
    ended: list[dict[str, Any]]
    contradictions: int
    passed: dict[str, Any] | None
    whole: dict[str, Any] | None


def since(now: Instant) -> Instant:
    """From when on rows that ended are shown."""
    return now - DAYS * 86_400 * SECOND


def found(reach: Reach) -> OpenContradictions:
    """Read before the stations' stores are opened: a page has no more files open than it must."""
    with reach.contradictions() as store:
        if store is None:
            return OpenContradictions()
        return OpenContradictions(
            tuple(records.opened(store, MOST)),
            tuple(records.ended(store, since(reach.now()), ENDED)),
            records.open_count(store),
            records.last_pass(store),
            records.last_whole(store),
        )


class Open(NamedTuple):
    """What is open: payments that a station has on its list, judged, and the numbered rows. Every page that counts
    them counts these.
    """

    judged: list[OpenItem]
    rows: Numbered


def opened(reach: Reach, stores: Stores, now: Instant) -> Open:
    """What is open now."""
    compared = found(reach)
    judged = judged_items(stores, now, MOST, compared.payments)
    return Open(judged, numbered(compared, stores, judged, now))


def numbered(compared: OpenContradictions, stores: Stores, judged: list[OpenItem], now: Instant) -> Numbered:
    """The rows as they stand."""
    rows = [case_row(item) for item in cases(stores, judged, since(now), MOST)]
    rows += [contradiction_row(row) for row in (*compared.open, *compared.ended)]
    opened = sorted((row for row in rows if not row["ended"]), key=by_beginning)
    ended = sorted((row for row in rows if row["ended"]), key=by_end, reverse=True)
    passed, whole = (one.to_json() if one else None for one in (compared.last, compared.whole))
    return Numbered(opened, ended[:ENDED], compared.in_all, passed, whole)


def by_beginning(row: dict[str, Any]) -> tuple[str, str]:
    """The oldest first."""
    return row["at"], row["number"]


def by_end(row: dict[str, Any]) -> tuple[str, str]:
    """By when it ended."""
    return row["ended"], row["number"]


def case_row(item: CaseItem) -> dict[str, Any]:
    """A case of a station."""
    case = item.case
    return {
        "number": case.number,
        "ref": item.ref,
        "link": item.ref.count("/") == 2 and len(item.ref.split("/")[1]) == 6,
        "station": item.station,
        "what": case_word(case.what),
        "detail": None,  # the station's own words: `why -v`, the API and its alarm have them
        "at": iso(case.at),
        "ended": iso(case.ended_at) if case.ended_at else "",
        "how": case.how,
        "positions": (),
    }


def contradiction_row(row: Contradiction) -> dict[str, Any]:
    """A contradiction between stations."""
    return {
        "number": row.number,
        "ref": row.ref or row.request,
        "link": bool(row.ref),
        "station": row.issuer,
        "what": KINDS[row.kind],
        "detail": said(row.detail) if row.detail else None,
        "at": iso(row.first_seen),
        "ended": iso(row.ended_at) if row.ended_at else "",
        "how": row.how,
        "positions": (
            ("terminal", position(row.at_terminal)),
            ("switch", position(row.at_switch)),
            ("issuer", position(row.at_issuer)),
        ),
    }


def about(reach: Reach, ref: str) -> list[dict[str, Any]]:
    """The contradictions of one payment, open or ended."""
    with reach.contradictions() as store:
        return [contradiction_row(row) for row in records.of(store, ref)] if store is not None else []


def both(compared: OpenContradictions, stores: Stores, judged: list[OpenItem], now: Instant) -> dict[str, Any]:
    """Cases and contradictions as the API shows them."""
    last, whole = (one.to_json() if one else None for one in (compared.last, compared.whole))
    return {
        "cases": [
            {"station": item.station, "ref": item.ref, **case_json(item.case)}
            for item in cases(stores, judged, since(now), MOST)
        ],
        "contradictions": [row.to_json() for row in (*compared.open, *compared.ended)],
        "open": compared.in_all,
        "last": last,
        "last_whole": whole,
    }
