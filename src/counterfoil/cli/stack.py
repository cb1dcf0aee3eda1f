"""How the verbs reach the stack of a data directory: control channels, stores, demo data."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from counterfoil.cli import standing
from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session
from counterfoil.errors import NothingSentError, OutcomeUnknown, PaymentError
from counterfoil.stack import selling
from counterfoil.stack.demo import Demo, DemoCard
from counterfoil.stack.layout import SUPERVISOR, Layout, Running
from counterfoil.step import Instant
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.inquiry import Stores
    from counterfoil.receipts.proof import Seal

NO_STACK: Final = Text(
    "no stack is running on {data}: start it with `{up}`",
    "{data} 上没有运行的系统：请先执行 `{up}`",
)
NO_DATA: Final = Text("{data} holds no demo data: start with `{up}`", "{data} 没有演示数据：请先执行 `{up}`")
NO_ANSWER: Final = Text("{station} did not answer in time: the outcome is unknown", "{station} 未及时应答：结果未知")
AWAY: Final = Text("{station} cannot be reached just now", "目前无法连接 {station}")


def now() -> Instant:
    """The present instant."""
    return time.time_ns() // 1000


def layout_of(session: Session) -> Layout:
    """The paths of this data directory."""
    return Layout(session.data)


def running(session: Session, station: str) -> Running:
    """How to reach a process; Failure when nothing runs on this data."""
    found = layout_of(session).find(station)
    if found is None:
        up = layout_of(session).find(SUPERVISOR)
        text = AWAY.filled(station=station) if up else NO_STACK.filled(data=session.data, up=session.typed("up"))
        raise Failure(Exit.UNREACHABLE, "unreachable", text)
    return found


def ask(session: Session, station: str, verb: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
    """One request on a control channel; Failure 6 when nothing was sent, 3 when no answer came."""
    from counterfoil.links.control import ask as ask_channel

    at = running(session, station)
    before = session.may_stand(lambda: standing.of(verb, args, session.line, lambda: sold(session, args)))
    try:
        reply = ask_channel(at.host, at.port, at.token, verb, args, seconds)
        if "error" in reply:  # a plain no: nothing was done
            session.may_stand(before)
        return reply
    except NothingSentError:
        session.may_stand(before)
        raise Failure(Exit.UNREACHABLE, "unreachable", AWAY.filled(station=station)) from None
    except OutcomeUnknown:
        raise Failure(Exit.UNKNOWN, "outcome_unknown", NO_ANSWER.filled(station=station)) from None


def sold(session: Session, args: dict[str, Any]) -> str:
    """The reference of the sale that uses the till's key up; "" while the terminal has none."""
    from counterfoil.terminal.stubs import keyed

    try:
        with stores(session) as opened:
            stub = keyed(opened.terminal, str(args.get("key", ""))) if opened.terminal is not None else None
    except (PaymentError, Failure, OSError):
        return ""
    return stub.ref if stub is not None else ""


def data_of(session: Session) -> Layout:
    """Where a stack keeps its data; Failure when this is no data directory."""
    layout = layout_of(session)
    if not layout.demo_key.exists():
        raise Failure(Exit.UNREACHABLE, "no_data", NO_DATA.filled(data=session.data, up=session.typed("up")))
    return layout


def stores(session: Session) -> Stores:
    """Every station's store, for reading, running or not; Failure when this is no data directory."""
    from counterfoil.stack.reading import stores_of

    return stores_of(data_of(session))


def terminal_seconds(session: Session) -> float:
    """The terminals' timer of the running stack, in seconds; Failure when there is none."""
    running(session, SUPERVISOR)
    return selling.terminal_seconds(layout_of(session))


def patience(session: Session) -> float:
    """Seconds a sale may take; Failure when nothing runs."""
    running(session, SUPERVISOR)
    return selling.patience(layout_of(session))


# --- demo data --------------------------------------------------------------------------------------------------------


def demo(session: Session) -> Demo:
    """The demo of this data directory; Failure when it holds none."""
    return Demo.of(data_of(session))


def cards(session: Session) -> list[dict[str, Any]]:
    """The demo cards with their balances in minor units; None for a card no issuer knows."""
    from counterfoil.issuer import stubs as issuers

    known = demo(session).cards()
    with stores(session) as opened:
        balances = {
            (name, card["name"]): card["balance"]
            for name, store in opened.each_issuer()
            for card in issuers.cards(store)
        }
    return [
        {
            "name": card.name,
            "pan": card.pan,
            "expiry": card.expiry,
            "track2": card.track2,
            "pin": card.pin,
            "issuer": card.issuer,
            "balance": balances.get((card.issuer, card.name)),
            "currency": card.currency,
        }
        for card in known
    ]


def card_named(session: Session, name: str) -> DemoCard:
    """One demo card; Failure when there is none of that name."""
    found = demo(session).card(name)
    if found is None:
        text = Text("no demo card has this name (see `{cards}`)", "没有这个名称的演示卡（见 `{cards}`）")
        text = text.filled(cards=session.typed("cards"))
        raise Failure(Exit.NOT_FOUND, "unknown_card", text)
    return found


def terminals(session: Session) -> list[dict[str, Any]]:
    """The seeded terminals, the one that is not ours last."""
    found = demo(session).terminals()
    return [{"terminal": one.terminal, "merchant": one.merchant, "ours": one.ours} for one in found]


def first_terminal(session: Session) -> str:
    """The terminal a sale goes to when none is named."""
    return demo(session).terminals()[0].terminal


def exported(session: Session, terminal: str) -> dict[str, Any]:
    """What a vendor needs to put a demo terminal on the line; Failure for any other terminal."""
    found = demo(session).terminal(terminal)
    if found is None:
        text = Text("only a terminal that was seeded as demo can be exported", "只能导出演示终端")
        raise Failure(Exit.NOT_FOUND, "unknown_terminal", text)
    at = running(session, SUPERVISOR).extra["terminals"]
    return {
        "terminal": found.terminal,
        "merchant": found.merchant,
        "tmk": found.tmk.upper(),
        "tpdu": found.tpdu,
        "header": found.header,
        "batch": host_batch(session, terminal),
        "host": at["host"],
        "port": at["port"],
        "tls": at["tls"],
    }


def host_batch(session: Session, terminal: str) -> str:
    """The batch number the switch has issued to a terminal."""
    from counterfoil.switch.records import Records

    with stores(session) as opened:
        known = Records(opened.switch).terminals([terminal]) if opened.switch is not None else {}
    if terminal not in known:
        raise Failure(Exit.NOT_FOUND, "unknown_terminal", Text("the switch does not know it", "交换中心不认识该终端"))
    return known[terminal].batch


# --- the key of the receipts ------------------------------------------------------------------------------------------


def receipt_seed(session: Session) -> bytes | None:
    """What this installation signs its receipts with; None when it was never started."""
    return layout_of(session).receipt_seed()


def seal(session: Session) -> Seal | None:
    """What puts the signed code on a receipt; None where there is no key."""
    from counterfoil.receipts.proof import sealer

    seed = receipt_seed(session)
    return sealer(seed) if seed is not None else None
