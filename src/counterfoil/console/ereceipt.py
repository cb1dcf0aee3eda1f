"""The e-receipt: what a customer's telephone shows behind the QR code. No log-in; the address itself is the key to it.

It shows one signed receipt and nothing else of the shop. A sale that was reversed since has none: there the page says
what became of the money instead.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from counterfoil.console.deeds import AuditedAct, UnwritableError
from counterfoil.console.limits import RateLimits
from counterfoil.console.origin import place_of
from counterfoil.console.sale import ended
from counterfoil.console.site import HEADERS, Site, language_of, origin_of
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.inquiry import Stores
from counterfoil.inquiry.papers import EXPLANATION, NoPaper, paper
from counterfoil.receipts import proof
from counterfoil.receipts.document import Copy, Document
from counterfoil.receipts.ereceipt import PLACE, Addresses
from counterfoil.receipts.render import svg, text
from counterfoil.step import SECOND
from counterfoil.transaction import AttemptKey
from counterfoil.words import Text

SECONDS: Final = 5.0
WIDTH: Final = 32
# The address is a secret: it is told to nobody the page links to, and no search engine keeps it.
PRIVATE: Final = {**HEADERS, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
FORMS: Final = {"svg": "image/svg+xml", "text": "text/plain; charset=utf-8"}
GOT: Final = Text("Thank you. This receipt is yours now.", "谢谢。该签购单已确认交付给您。")
LATER: Final = Text(
    "This could not be noted just now. The receipt is valid all the same.", "暂时无法登记，但签购单仍然有效。"
)
WRONG_BURST, WRONG_EACH = 100, SECOND
"""Addresses of no receipt from one place: 100 at once, then one a second. A right one is shown all the same: nobody
guesses 120 bits, and customers stand behind one address with whoever tries."""
GOT_BURST, GOT_EACH = 5, 60 * SECOND
"""How often one receipt can be confirmed: five times at once, then once a minute."""
CUSTOMER: Final = "customer"
CLOSED_BEFORE: Final = "not_printing"


class EReceiptShown(NamedTuple):
    """What there is behind an address: the receipt, or what became of the payment when it has none any more."""

    key: AttemptKey
    document: Document
    stands: bool


class EReceiptPages:
    """What stands behind the addresses of one installation."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._wrong = RateLimits(WRONG_BURST, WRONG_EACH, site.reach.now)
        self._got = RateLimits(GOT_BURST, GOT_EACH, site.reach.now)

    def _seed(self) -> bytes:
        layout = self._site.reach.layout
        return layout.secret(layout.receipt_key, make=False)

    async def show(self, request: Request) -> Response:
        """The receipt, as a page or alone."""
        found, language = await self._found(request), _language(request)
        form = request.query_params.get("as", "")
        if form not in FORMS:
            return self._page(request, found)
        draw = svg.render if form == "svg" else text.render
        return Response(draw(found.document, language, WIDTH), media_type=FORMS[form], headers=PRIVATE)

    async def got(self, request: Request) -> Response:
        """The customer says that they have it. Saying it again changes nothing."""
        found = await self._found(request)
        if not found.stands:
            return self._page(request, found)
        if self._got.take(str(found.key)):  # each has its lines in the audit log
            return self._page(request, found, LATER, 429)
        args = {"ref": str(found.key), "how": "e_delivered", "copy": Copy.CARDHOLDER.value, "operator": CUSTOMER}
        act = AuditedAct(CUSTOMER, "receipt closed", str(found.key), "e-delivered", origin_of(request))
        try:
            with self._site.log.begin(act) as deed:
                reply = await self._site.reach.act(deed, "terminal", "close_receipt", args, SECONDS)
                deed.ends(*ended(reply))
        except UnwritableError:
            return self._page(request, found, LATER, 503)
        except (NothingSentError, OutcomeUnknown):
            return self._page(request, found, LATER)
        return self._page(request, found, GOT if reply.get("error") in (None, CLOSED_BEFORE) else LATER)

    async def key(self, _request: Request) -> Response:
        """What anyone can check a receipt with."""
        return PlainTextResponse(proof.pem(proof.public_key(self._seed())), headers=PRIVATE)

    async def _found(self, request: Request) -> EReceiptShown:
        seed = self._seed()
        key = Addresses(seed).meant(request.path_params["name"])
        if key is None:
            seconds = self._wrong.take(place_of(origin_of(request)))
            raise HTTPException(429, headers={"Retry-After": str(seconds)}) if seconds else HTTPException(404)
        now, seal = self._site.reach.now(), proof.sealer(seed)

        def look(stores: Stores) -> EReceiptShown:
            try:
                return EReceiptShown(
                    key, paper(stores, key, Copy.CARDHOLDER.value, now, seal, electronic=True), stands=True
                )
            except NoPaper as none:
                if none.code != "no_receipt":
                    raise HTTPException(503 if none.code == "unreadable" else 404) from None
            return EReceiptShown(key, paper(stores, key, EXPLANATION, now), stands=False)

        found: EReceiptShown = await self._site.read(look)
        return found

    def _page(self, request: Request, found: EReceiptShown, told: Text | None = None, status: int = 200) -> Response:
        language = _language(request)
        drawn = svg.render(found.document, language, WIDTH)
        values: dict[str, Any] = {"drawn": drawn, "stands": found.stands, "told": told, "path": request.url.path}
        return HTMLResponse(self._site.render("ereceipt.html", language, **values), status, headers=PRIVATE)


def routes(site: Site) -> list[Route]:
    """The e-receipt, its other forms, the customer's word that they have it, and the public key."""
    pages = EReceiptPages(site)
    return [
        Route(f"{PLACE}key.pem", pages.key),
        Route(f"{PLACE}{{name}}", pages.show),
        Route(f"{PLACE}{{name}}", pages.got, methods=["POST"]),
    ]


def _language(request: Request) -> text.Language:
    """The customer's: asked for in the address, else the browser's."""
    asked = request.query_params.get("lang", "")
    return "zh" if (asked or language_of(request)) == "zh" else "en"
