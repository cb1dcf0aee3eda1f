"""The till: an amount, a card, a PIN, and one word that says what became of it. What is open comes first.

It asks the terminal as `counterfoil sale` does and decides nothing. The till's own key is in the form before it is
sent, so a second click or a page that is loaded again is the same sale.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console import consent, cookies, guard, swipe, till_sale
from counterfoil.console.counter import Counter
from counterfoil.console.deeds import NOT_CHARGED, AuditedAct, UnwritableError
from counterfoil.console.entry import local
from counterfoil.console.guard import Charge
from counterfoil.console.masks import repeated
from counterfoil.console.people import May
from counterfoil.console.sale import ended
from counterfoil.console.site import Site, Visit
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.inquiry import Stores, finding
from counterfoil.inquiry.search import candidate
from counterfoil.money import AmbiguousError, parse, plain
from counterfoil.receipts.copies import NEWS, CopyState
from counterfoil.receipts.document import Copy
from counterfoil.stack.demo import CURRENCY
from counterfoil.terminal import printed, stubs
from counterfoil.terminal.lane import Print
from counterfoil.terminal.request import KEY, PIN
from counterfoil.terminal.sentences import COPIES, ERRORS, STILL_OPEN, about, trouble_word
from counterfoil.transaction import TerminalStub, parse_ref
from counterfoil.verdict.finding import iso
from counterfoil.words import Text

LAST: Final = 5
SECONDS: Final = 60.0
NEVER: Final = 1 << 62
LONGEST_AMOUNT: Final = 13
LONGEST_KEY: Final = 64
LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
"""A key stands in addresses, and digits in a row would be taken for a card number there."""
BAD_AMOUNT: Final = Text("An amount is more than zero and looks like 12.50.", "金额须大于零，例如 12.50。")
COMMA_AMOUNT: Final = Text(
    "Decimals stand behind a point, commas group digits in threes: 1,234.50.",
    "小数点用“.”，逗号只作千位分隔：1,234.50。",
)
BAD_PIN: Final = Text("A PIN has four to twelve digits.", "密码为 4 至 12 位数字。")
KEY_USED: Final = Text(
    "This page was used for a sale of another amount or card, and nothing was sent now. Charge from this new one.",
    "本页面已用于另一金额或另一张卡的交易；本次未发出。请在此新页面重新收款。",
)
BAD_KEY: Final = Text("Load this page again and begin anew; nothing was sent.", "请重新打开本页；交易未发出。")
PRINT, OPEN = "print.", "open."
"""How `said` carries what became of a print, and which copies a person's word left open."""
DONE: Final = {
    "released": Text(
        "This attempt no longer stops the card. It stays open: what becomes of it is shown where it is.",
        "该笔交易不再阻止此卡付款；其本身仍未了结，处理结果见该笔交易页面。",
    ),
}
AWAY: Final = Text("The terminal cannot be reached: nothing was done.", "无法连接终端，操作未执行。")
UNSEEN: Final = Text(
    "The terminal did not answer: it may have been done. Look before you ask again.",
    "终端未应答，操作可能已执行，请先核实再重试。",
)
IN_FLIGHT: Final = Text(
    "A sale of this amount with this card is being decided just now.", "同一张卡、同一金额的交易正在处理中。"
)
ACTS: Final[dict[str, tuple[str, dict[str, str], str]]] = {
    "reprint": ("receipt", {"copy": "missing"}, "receipt printed again"),
    "reprint-second": ("receipt", {"copy": "missing", "printer": "second"}, "receipt printed again"),
    "reprint-merchant": ("receipt", {"copy": "merchant"}, "receipt printed again"),
    "attested": ("close_receipt", {"how": "attested"}, "receipt closed"),
    "declined": ("close_receipt", {"how": "declined"}, "receipt closed"),
    "e-delivered": ("close_receipt", {"how": "e_delivered"}, "receipt closed"),
    "handed-over": ("goods", {"answer": "handed_over"}, "goods handed_over"),
    "kept": ("goods", {"answer": "kept"}, "goods kept"),
    "cancel": ("cancel", {}, "sale cancelled"),
}
"""What a cashier can do about a sale: the terminal's command for it, and the line of the audit log."""


def routes(site: Site) -> list[Route]:
    """The till's pages."""
    counter = Counter(site.reach)

    async def sell(site: Site, visit: Visit) -> Response:
        return await _sell(site, visit, counter)

    async def sale(site: Site, visit: Visit) -> Response:
        values = await _sale(site, visit, counter)
        html, seen = site.heart(visit, "till_heart.html", **values)
        return site.page(visit, "till_sale.html", heart=html, seen=seen, said=said_of(visit), **values)

    async def live(site: Site, visit: Visit) -> Response:
        return site.beat(visit, "till_heart.html", **await _sale(site, visit, counter))

    return [
        site.route("/till", May.SELL, till),
        site.route("/till/open", May.SELL, still_open),
        site.route("/till/terminal", May.SELL, choose, ("POST",)),
        site.route("/till/sale", May.SELL, sell, ("POST",)),
        site.route("/till/sale/{key}", May.SELL, sale),
        site.route("/till/sale/{key}/live", May.SELL, live),
        site.route("/till/release", May.DECIDE, release, ("POST",)),
        site.route("/till/act", May.SELL, act, ("POST",)),
    ]


# --- the first page ---------------------------------------------------------------------------------------------------


async def till(site: Site, visit: Visit, *, status: int = 409, **more: Any) -> Response:
    """What is open first, then a new sale, then the last five. `status` is of a sale that was not begun."""
    terminal = await chosen(site, visit)
    query = visit.request.query_params
    known = await site.read(lambda stores: _terminals(stores))
    last = await site.read(lambda stores: _last(stores, terminal, site.reach.now()))
    heart, seen = site.heart(visit, "till_open.html", **await _open(site, terminal))
    values = {
        "terminal": terminal,
        "terminals": known,
        "name": next((name for one, name in known if one == terminal), ""),
        "last": last,
        "cards": swipe.offered(site.reach.demo),
        "key": f"till-{secrets.token_hex(12).translate(LETTERS)}",
        "currency": CURRENCY,
        "amount": repeated(query.get("amount", ""), LONGEST_AMOUNT),
        "retry_of": query.get("retry_of", "") if parse_ref(query.get("retry_of", "")) else "",
        "wrong": None,
        "stop": None,
        "said": said_of(visit),
        **more,
    }
    return site.page(visit, "till.html", status if more else 200, heart=heart, seen=seen, **values)


async def still_open(site: Site, visit: Visit) -> Response:
    """What is open at this terminal, again."""
    return site.beat(visit, "till_open.html", done=False, **await _open(site, await chosen(site, visit)))


async def choose(site: Site, visit: Visit) -> Response:
    """Another terminal for this browser."""
    answer = RedirectResponse("/till", 303)
    wanted = visit.form.get("terminal", "")
    if wanted in [terminal for terminal, _ in await site.read(_terminals)]:
        cookies.keep(visit.request, answer, cookies.TERMINAL, wanted)
    return answer


async def chosen(site: Site, visit: Visit) -> str:
    """The terminal of this browser, else the first one."""
    known = [terminal for terminal, _ in await site.read(_terminals)]
    wanted = visit.request.cookies.get(cookies.TERMINAL, "")
    return wanted if wanted in known else (known[0] if known else "")


def _terminals(stores: Stores) -> list[tuple[str, str]]:
    store = stores.terminal
    return stubs.named(store) if store is not None else []


def _last(stores: Stores, terminal: str, now: int) -> list[dict[str, Any]]:
    found = stubs.recent(stores.terminal, terminal, NEVER, LAST) if stores.terminal is not None else []
    return [_row(stores, stub, now) for stub in found]


def _row(stores: Stores, stub: TerminalStub, now: int) -> dict[str, Any]:
    one = candidate(stub.ref, stub)
    told = finding(stores, one, now)
    return {
        "one": one,
        "verdict": told.verdict.value,
        "word": till_sale.word_of(told),
        "sentence": told.sentence,
        "cashier": told.cashier,
        "at": iso(stub.started_at),
    }


async def _open(site: Site, terminal: str) -> dict[str, Any]:
    """What is not at rest at a terminal, and the question it may be asking."""

    def look(stores: Stores) -> list[dict[str, Any]]:
        found = stubs.open_items(stores.terminal) if stores.terminal is not None else []
        mine = [stub for stub in found if stub.terminal == terminal]
        return [{**_row(stores, stub, site.reach.now()), "receipt": stub.receipt} for stub in mine]

    rows = await site.read(look)
    lane = await till_sale.lane_of(site.reach, terminal)
    asks = lane["sale"]["ref"] if lane and lane["phase"] == "open_sale" and lane["sale"] else ""
    return {"rows": rows, "lane": lane, "asks": asks}


# --- a sale -----------------------------------------------------------------------------------------------------------


async def _sell(site: Site, visit: Visit, counter: Counter) -> Response:
    form = visit.form
    key, pin, retry_of = form.get("key", ""), form.get("pin", ""), form.get("retry_of", "")
    again: dict[str, Any] = {
        "amount": repeated(form.get("amount", ""), LONGEST_AMOUNT),
        "retry_of": retry_of if parse_ref(retry_of) else "",
    }
    terminal = await chosen(site, visit)
    try:
        wish, card = _wish(form, site, await site.read(lambda stores: _merchant(stores, terminal)))
    except swipe.Unusable as wrong:
        return await till(site, visit, wrong=wrong.text, **again)
    if not (KEY.fullmatch(key) and repeated(key, LONGEST_KEY)) or (pin and not PIN.fullmatch(pin)):
        return await till(site, visit, wrong=BAD_PIN if pin else BAD_KEY, **again)
    page = f"/till/sale/{quote(key)}"
    begun = counter.wish(key) or await site.read(lambda stores: _begun(stores, key))
    if begun is not None:
        return RedirectResponse(page, 303) if begun == wish else await till(site, visit, wrong=KEY_USED, **again)
    found: guard.Earlier | None = await site.read(_looking(site, wish))
    if found is not None and found.stops:
        site.log.did(AuditedAct(visit.person.name, "sale", found.one.ref, "guard", visit.origin), "stopped")
        return await till(site, visit, stop=found, **again)
    if counter.wish(key) is not None:  # another request with it came while this one looked
        return RedirectResponse(page, 303)
    if counter.wished(wish):
        return await till(site, visit, wrong=IN_FLIGHT, **again)
    if found is not None:
        again["retry_of"] = found.one.ref
    args = {"terminal": terminal, "amount": wish.amount, "currency": wish.currency, **card.args(), "key": key}
    args |= {name: value for name, value in (("pin", pin), ("retry_of", again["retry_of"])) if value}
    try:
        deed = visit.begin(site.log, "sale", f"{terminal} {key}")
    except UnwritableError:
        return await till(site, visit, status=503, wrong=NOT_CHARGED, **again)
    counter.begin(key, wish, args, deed)
    return RedirectResponse(page, 303)


def _looking(site: Site, wish: Charge) -> Callable[[Stores], guard.Earlier | None]:
    """What looks for an earlier attempt that stands in the way of this one."""
    now = site.reach.now()
    released = guard.released(site.people.store, now)
    return lambda stores: guard.earlier(stores, wish, released, now)


def _begun(stores: Stores, key: str) -> Charge | None:
    """What the sale under this key of the till was to charge; None when the terminal has not stored one."""
    stub = stubs.keyed(stores.terminal, key) if stores.terminal is not None else None
    return guard.wish_of(stub) if stub is not None else None


def _merchant(stores: Stores, terminal: str) -> str:
    device = stubs.device(stores.terminal, terminal) if stores.terminal is not None else None
    return device.merchant if device is not None else ""


def _wish(form: dict[str, str], site: Site, merchant: str) -> tuple[Charge, swipe.SwipedCard]:
    """What is to be charged, and to which card; Unusable with the sentence for the cashier."""
    try:
        money = parse(form.get("amount", ""), CURRENCY)
    except AmbiguousError:
        raise swipe.Unusable(COMMA_AMOUNT) from None
    except ValueError:
        raise swipe.Unusable(BAD_AMOUNT) from None
    if not money.minor:
        raise swipe.Unusable(BAD_AMOUNT)
    card = swipe.card_of(form, site.reach.demo)
    return Charge(merchant, money.minor, money.currency, card.last4), card


async def _sale(site: Site, visit: Visit, counter: Counter) -> dict[str, Any]:
    key = str(visit.request.path_params["key"])
    waits = counter.waits(key)

    async def known() -> till_sale.StoredSale | None:
        found: till_sale.StoredSale | None = await site.read(
            lambda stores: till_sale.known(stores, key, site.reach.now())
        )
        return found

    sale = await known()
    lane = await till_sale.lane_of(site.reach, sale.stub.terminal if sale else await chosen(site, visit))
    sale = sale or await known()  # a terminal that no longer keeps it waiting has it on its disk
    if sale is None and counter.wish(key) is None and not repeated(key, LONGEST_KEY):
        raise HTTPException(404)  # nobody's key, and a page would repeat it
    values = till_sale.values(counter, key, sale, lane, site.reach.now(), waits=waits)
    if sale is not None and values["again"]:
        values["again"] = f"/till?amount={plain(sale.stub.amount, sale.stub.currency)}&retry_of={sale.stub.ref}"
    return values


async def release(site: Site, visit: Visit) -> Response:
    """A supervisor lets a card pay again although an attempt is unresolved, and says why."""
    ref, reason = visit.form.get("ref", ""), visit.form.get("reason", "").strip()
    if parse_ref(ref) is None:
        return await till(site, visit, wrong=ERRORS["unknown_sale"])
    if not 0 < len(reason) <= guard.LONGEST_REASON:
        return await till(site, visit, wrong=consent.NO_REASON)
    act = AuditedAct(visit.person.name, "retry guard released", ref, reason, visit.origin)
    guard.release(site.log, act, site.reach.now())
    amount = repeated(visit.form.get("amount", ""), LONGEST_AMOUNT)
    return RedirectResponse(f"/till?said=released&amount={quote(amount)}", 303)


async def act(site: Site, visit: Visit) -> Response:
    """One of ACTS about a sale; back to where it was asked for, with what the terminal said."""
    form = visit.form
    back, what, ref = local(form.get("back", "/till")).partition("?")[0], form.get("act", ""), form.get("ref", "")
    key = parse_ref(ref)
    if what not in ACTS or key is None:
        return RedirectResponse(f"{back}?said=bad_request", 303)
    verb, args, name = ACTS[what]
    more = {"terminal": key.terminal} if verb == "cancel" else {"ref": ref, "operator": visit.person.name}
    try:
        with visit.begin(site.log, name, ref, what) as deed:
            reply = await site.reach.act(deed, "terminal", verb, {**args, **more}, SECONDS)
            said = str(reply.get("error") or _came_of(reply))
            deed.ends(*ended(reply))
    except NothingSentError:
        said = "away"
    except OutcomeUnknown:
        said = "unknown"
    return RedirectResponse(f"{back}?said={quote(said)}", 303)


def _came_of(reply: dict[str, Any]) -> str:
    """What came of an action, as `said` carries it: of a print each copy's state and trouble, or what is open."""
    if "prints" in reply:
        return PRINT + ".".join(
            f"{copy}-{one['state']}-{_trouble(one['trouble'])}" for copy, one in reply["prints"].items()
        )
    return OPEN + ".".join(reply["open"]) if reply.get("result", "done") != "done" else "done"


def _trouble(word: str) -> str:
    return trouble_word(word) if word else ""


def _printed(said: str) -> tuple[str, Text] | None:
    """A print as `said` carries it; None for what no print can have said."""
    prints: dict[Copy, Print] = {}
    for one in said.removeprefix(PRINT).split("."):
        copy, _, rest = one.partition("-")
        state, _, wrong = rest.partition("-")
        if copy not in COPIES or state not in NEWS | {CopyState.SENDING}:
            return None
        prints[Copy(copy)] = Print("", CopyState(state), _trouble(wrong))
    return "ok" if printed.result(prints.values()) == printed.DONE else "failed", printed.sentence(prints)


def said_of(visit: Visit) -> tuple[str, Text] | None:
    """What became of the last thing the cashier asked for, with its colour; None when the page shows it."""
    said = visit.request.query_params.get("said", "done")
    if said == "done":
        return None
    if said in DONE:
        return "ok", DONE[said]
    if said.startswith(PRINT):
        return _printed(said)
    if said.startswith(OPEN):
        left = [copy for copy in COPIES if copy in said.removeprefix(OPEN).split(".")]
        return ("failed", about(STILL_OPEN, left)) if left else None
    if said == "unknown":
        return "failed", UNSEEN
    return "failed", (ERRORS[said].filled(detail="") if said in ERRORS else AWAY)
