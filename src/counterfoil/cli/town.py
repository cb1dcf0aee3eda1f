"""The running stack as the cashiers of a day see it."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.cli.session import Session
from counterfoil.cli.stack import demo, layout_of, now, running, stores, terminal_seconds
from counterfoil.day.effect import CardMoney
from counterfoil.day.town import ChannelAddress, Shopper, Town
from counterfoil.errors import NothingSentError
from counterfoil.issuer import stubs as issuers
from counterfoil.links.control import ask
from counterfoil.stack.layout import ISSUERS, STATIONS, SUPERVISOR
from counterfoil.stack.ports import TERMINALS, proxy_of

SHOPPER: Final = "shopper-"


def town(session: Session, supervisor: str) -> Town:
    """The running stack as the cashiers of a day see it; `supervisor` is the password of the shops' supervisors."""
    known = demo(session).cards()
    shoppers = [card for card in known if card.name.startswith(SHOPPER)]
    running(session, SUPERVISOR)  # says so when there is none

    def address(station: str) -> ChannelAddress:
        found = layout_of(session).find(station)
        if found is None:
            raise NothingSentError(f"{station} does not say where it is")
        return ChannelAddress(found.host, found.port, found.token)

    def faults(verb: str, args: dict[str, Any]) -> dict[str, Any]:
        at = address(SUPERVISOR)  # it may have been killed and started again
        return ask(at.host, at.port, at.token, verb, args, 15.0)

    def balances() -> dict[str, CardMoney]:
        issued = {(card.issuer, card.name) for card in shoppers}
        with stores(session) as opened:
            return {
                card["name"]: CardMoney(card["balance"], card["held"])
                for issuer, store in opened.each_issuer()
                for card in issuers.cards(store)
                if (issuer, card["name"]) in issued
            }

    return Town(
        terminals=[one.terminal for one in demo(session).terminals() if one.ours],
        shoppers=[Shopper(card.name, card.pan, card.expiry, card.track2, card.pin, card.currency) for card in shoppers],
        address=address,
        faults=faults,
        stores=lambda: stores(session),
        balances=balances,
        now=now,
        timer=terminal_seconds(session),
        stations=STATIONS,
        links=(TERMINALS, *map(proxy_of, ISSUERS)),
        receipts=layout_of(session).receipts,
        lab=bool(running(session, SUPERVISOR).extra.get("lab")),
        supervisor=supervisor,
    )
