"""Papers about a payment on the screen: receipts and notices as SVG, and its address as a QR."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from starlette.responses import Response
from starlette.routing import Route

from counterfoil.console.people import May
from counterfoil.console.site import HEADERS, Site, Visit
from counterfoil.inquiry import Stores
from counterfoil.inquiry.papers import KINDS, NoPaper, paper
from counterfoil.receipts.document import Document
from counterfoil.receipts.ereceipt import Addresses
from counterfoil.receipts.render import svg
from counterfoil.receipts.render.raster import QUIET, code_modules
from counterfoil.stack.config import load
from counterfoil.transaction import AttemptKey
from counterfoil.words import Text

QR: Final = "qr"


def routes(site: Site) -> list[Route]:
    """Every paper of a payment."""
    return [site.route("/payments/{terminal}/{batch}/{stan}/paper/{kind}", May.LOOK, show)]


async def show(site: Site, visit: Visit) -> Response:
    """One paper as a picture, in the reader's language; `?lang=` asks for another."""
    parts = visit.request.path_params
    key = AttemptKey(parts["terminal"], parts["batch"], parts["stan"])
    kind = parts["kind"]
    if kind not in (*KINDS, QR):
        return site.page(visit, "refused.html", 404, text=Text("There is no such paper.", "没有此单据。"))

    def made(stores: Stores) -> Document:
        return paper(stores, key, "cardholder" if kind == QR else kind, site.reach.now(), site.reach.seal)

    try:
        document: Document = await site.read(made)
    except NoPaper as none:
        return site.page(visit, "refused.html", 404, text=Text(str(none), none.zh))
    if kind == QR:
        seed = site.reach.layout.receipt_seed()
        base = load(site.reach.layout.data).receipt_url or str(visit.request.base_url)
        drawn = code(Addresses(seed, base).of(str(key))) if seed else ""
    else:
        drawn = svg.render(document, visit.tongue)
    return Response(drawn, media_type="image/svg+xml", headers=HEADERS)


def code(payload: str) -> str:
    """A QR code large enough for a telephone."""
    rows = code_modules(payload)
    side = len(rows) + 2 * QUIET
    steps = "".join(
        f"M{QUIET + column} {QUIET + number}h1v1h-1z"
        for number, row in enumerate(rows)
        for column, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side * 6}" height="{side * 6}" viewBox="0 0 {side} {side}" '
        f'role="img" data-code={quoteattr(payload)}><rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path shape-rendering="crispEdges" d="{steps}"/></svg>'
    )
