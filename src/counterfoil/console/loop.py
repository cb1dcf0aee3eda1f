"""The payment loop: search by any reference, and the page that says where the money of one payment is."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console import masks
from counterfoil.console.happened import copy, state
from counterfoil.console.hops import way
from counterfoil.console.numbered import about
from counterfoil.console.people import May
from counterfoil.console.reach import Reach
from counterfoil.console.site import Site, Visit
from counterfoil.console.waterfall import drawn
from counterfoil.inquiry import Candidate, Nothing, Search, Stores, finding, parse_typed, search
from counterfoil.inquiry.papers import EXPLANATION, NOT_CHARGED
from counterfoil.step import Instant
from counterfoil.terminal import stubs
from counterfoil.terminal.lifecycle import PAID
from counterfoil.transaction import AttemptKey, TerminalStub
from counterfoil.verdict import Finding, Verdict
from counterfoil.verdict.finding import iso
from counterfoil.verdict.names import EFFECTS
from counterfoil.words import Text

FINAL: Final = frozenset({"PAID", "NOT_CHARGED", "RETURNED"})
DIGITS: Final = 6
UNKNOWN_REF: Final = Text("No station knows this payment.", "各站点均无此笔交易的记录。")


def routes(site: Site) -> list[Route]:
    """Search and payment."""
    ref = "/payments/{terminal}/{batch}/{stan}"
    return [
        site.route("/search", May.LOOK, find),
        site.route(ref, May.LOOK, payment),
        site.route(f"{ref}/live", May.LOOK, live),
    ]


async def find(site: Site, visit: Visit) -> Response:
    """One box for everything: the payment itself when one fits, a list when several do."""
    words = visit.request.query_params.get("q", "").strip()
    if (short := masks.shortened(words)) != words:  # the page does so itself, before there is an address
        return RedirectResponse(f"/search?{urlencode({'q': short})}", 303)
    found: list[Candidate] = []
    wrong = False
    if words:
        try:
            question = parse_typed(words)
            found = await site.read(lambda stores: search(stores, question))
        except Nothing:
            wrong = True
    if len(found) == 1 and found[0].ref:
        return RedirectResponse(f"/payments/{found[0].ref}", 303)
    rows = [{**one._asdict(), "at": iso(one.started_at)} for one in found]
    return site.page(visit, "search.html", 404 if words and not found else 200, q=words, rows=rows, wrong=wrong)


def told(stores: Stores, key: AttemptKey, reach: Reach) -> dict[str, Any] | None:
    """Everything the page says of one payment; None when no station knows it."""
    contradictions = about(reach, str(key))
    found = search(stores, Search(key=key))
    if not found:
        return None
    one = found[0]
    judged = finding(stores, one, reach.now())
    answer = judged.to_json()
    answer["evidence"] = masks.hidden(answer["evidence"])
    linked = stubs.family(stores.terminal, key) if stores.terminal is not None else []
    return {
        "one": one,
        "archived": stores.archived(),
        "contradictions": contradictions,
        "answer": answer,
        "fall": drawn(one.ref, answer["evidence"]),
        "way": way(judged),
        "effects": EFFECTS,
        "rrn": one.rrn or rrn_of(judged),
        "started": iso(one.started_at),
        "linked": [(stub.ref, state(stub.state), stub.retry_of) for stub in linked if stub.ref != one.ref],
        "paper": _paper(judged),
        "receipt": receipt_of(judged),
        "states": state,
        "copies": copy,
    }


def line_of(stores: Stores, key: AttemptKey, now: Instant, station: str, number: str) -> dict[str, Any] | None:
    """A line of a station's stub of a payment, masked; None where there is none, or it is no number."""
    found = search(stores, Search(key=key))
    if not found:
        return None
    stub = masks.hidden(finding(stores, found[0], now).to_json()["evidence"]).get(station)
    history = stub["history"] if isinstance(stub, dict) else []
    at = int(number) if number.isascii() and number.isdecimal() and len(number) < DIGITS else len(history)
    line: dict[str, Any] | None = history[at] if at < len(history) else None
    return line


def _paper(judged: Finding) -> str:
    """The paper that belongs to the verdict: the receipt of a sale that stands, else the slip or the explanation."""
    terminal = judged.evidence.terminal
    if isinstance(terminal, TerminalStub) and terminal.state in PAID:
        return "cardholder"
    ours = isinstance(terminal, TerminalStub)
    return NOT_CHARGED if ours and judged.verdict is Verdict.NOT_CHARGED else EXPLANATION


def rrn_of(judged: Finding) -> str:
    """The retrieval reference, whoever knows it: a terminal that heard no answer does not."""
    known = (stub.rrn for stub in judged.evidence if stub is not None and not isinstance(stub, str))
    return next((rrn for rrn in known if rrn), "")


def receipt_of(judged: Finding) -> str:
    """What the terminal knows of its receipt, "" when it is not ours to ask."""
    terminal = judged.evidence.terminal
    return terminal.receipt if isinstance(terminal, TerminalStub) else ""


def key_of(visit: Visit) -> AttemptKey:
    """The payment the address names."""
    parts = visit.request.path_params
    return AttemptKey(parts["terminal"], parts["batch"], parts["stan"])


async def payment(site: Site, visit: Visit) -> Response:
    """The page: verdict, sentence, money, clock, next action, hops, stubs."""
    key = key_of(visit)
    values = await site.read(lambda stores: told(stores, key, site.reach))
    if values is None:
        return site.page(visit, "refused.html", 404, text=UNKNOWN_REF)
    heart, seen = site.heart(visit, "payment_heart.html", **values)
    return site.page(visit, "payment.html", heart=heart, seen=seen, live=not final(values), **values)


async def live(site: Site, visit: Visit) -> Response:
    """The changing part of the payment's page, when it has changed."""
    key = key_of(visit)
    values = await site.read(lambda stores: told(stores, key, site.reach))
    if values is None:
        return site.page(visit, "refused.html", 404, text=UNKNOWN_REF)
    return site.beat(visit, "payment_heart.html", done=final(values), **values)


def final(values: dict[str, Any]) -> bool:
    """Whether nothing will change any more."""
    return values["answer"]["verdict"] in FINAL
