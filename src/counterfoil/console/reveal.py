"""The first six digits of a card beside its last four: for a reason, and in the audit log before anybody sees them."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from counterfoil.console.deeds import AuditedAct, AuditLog
from counterfoil.console.people import May, Person
from counterfoil.console.site import Site, Visit
from counterfoil.inquiry import Stores
from counterfoil.inquiry.past import first_six
from counterfoil.step import Instant
from counterfoil.transaction import AttemptKey
from counterfoil.words import Text

LONGEST: Final = 200
NO_REASON: Final = Text("Say why, in at most 200 characters.", "请说明理由，最多 200 个字符。")
NO_CARD: Final = Text("No station tells more of this card.", "各站点均无该卡的更多信息。")


def routes(site: Site) -> list[Route]:
    """The answer to the form on a payment's page."""
    return [site.route("/payments/{terminal}/{batch}/{stan}/card", May.REVEAL, reveal, ("POST",))]


async def reveal(site: Site, visit: Visit) -> Response:
    """Show it, once the reason is written down."""
    parts, reason = visit.request.path_params, visit.form.get("reason", "").strip()
    key = AttemptKey(parts["terminal"], parts["batch"], parts["stan"])
    if not 0 < len(reason) <= LONGEST:
        return site.page(visit, "refused.html", 422, text=NO_REASON)
    card = await site.read(lambda stores: card_of(stores, key, site.reach.now()))
    if not card:
        return site.page(visit, "refused.html", 404, text=NO_CARD)
    write_down(site.log, visit.person, key, reason, visit.origin)
    return site.page(visit, "card.html", ref=str(key), card=card, reason=reason)


def write_down(log: AuditLog, person: Person, key: AttemptKey, reason: str, origin: str) -> None:
    """The line of the audit log; on the disk when this returns, so that nothing is shown before."""
    log.did(AuditedAct(person.name, "card revealed", str(key), reason, origin))


def card_of(stores: Stores, key: AttemptKey, now: Instant) -> str:
    """The card of a payment, its first six and last four digits, as the switch keeps them; "" when it does not."""
    return first_six(stores, key, now)
