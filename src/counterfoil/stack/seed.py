"""How a station gets what the demo has for it: its keys straight into the records, the rest as commands of its own.

Doing it again changes nothing, so a seed that was interrupted is simply done again.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from counterfoil import issuer, switch, terminal
from counterfoil.receipts.ereceipt import Issue
from counterfoil.receipts.naming import Naming, as_text, on_paper
from counterfoil.receipts.profile import Profile
from counterfoil.security import Hsm, KeyUsage
from counterfoil.security.keeping import KEPT_DAYS
from counterfoil.stack.config import Config, ConfigError, Timers
from counterfoil.stack.demo import INSTITUTIONS, RANGES, Demo
from counterfoil.stack.layout import ISSUERS
from counterfoil.stack.printers import parse_printer
from counterfoil.step import NO_PRINTER, Station
from counterfoil.storage import Store
from counterfoil.switch.records import Records as SwitchRecords
from counterfoil.switch.rows import IssuerRow
from counterfoil.terminal.records import Records as TerminalRecords
from counterfoil.words import Text
from counterfoil.zone import DEFAULT

NO_TERMINAL: Final = Text(
    "printers: there is no terminal {terminal} here", "printers 设置无效：本系统没有终端 {terminal}"
)


class SeedPlan(NamedTuple):
    """A station ready to run, and the (verb, args) that seed it."""

    station: Station
    commands: list[tuple[str, dict[str, Any]]]


def plan(
    name: str,
    store: Store,
    hsm: Hsm,
    demo: Demo,
    timers: Timers,
    config: Config | None = None,
    issue: Issue | None = None,
) -> SeedPlan:
    """The station called `name` on its store; `issue` is what a terminal signs its receipts with. StoreError when the
    store belongs to another one.
    """
    if name == "terminal":
        return _terminal(store, hsm, demo, timers, config, issue)
    if name == "switch":
        return _switch(store, hsm, demo, timers, config)
    return _issuer(name, store, hsm, demo, timers, config)


def zone_of(config: Config | None) -> str:
    """The one zone of all stations."""
    return config.zone if config is not None else DEFAULT


def _issuer(name: str, store: Store, hsm: Hsm, demo: Demo, timers: Timers, config: Config | None) -> SeedPlan:
    records = issuer.Records(store)
    issuer.complete(store, "cvk", lambda: hsm.import_clear(KeyUsage.CVK, demo.card_verification_key(name)))
    if records.keys() is None:
        keys = issuer.IssuerKeys(
            mac=hsm.import_clear(KeyUsage.MAC, demo.zone_mac_key(name)),
            pin=hsm.import_clear(KeyUsage.PIN, demo.zone_pin_key(name)),
            pvk=hsm.import_clear(KeyUsage.PVK, demo.pin_verification_key(name)),
            cvk=hsm.import_clear(KeyUsage.CVK, demo.card_verification_key(name)),
            token=hsm.generate(KeyUsage.TOKEN, 32),
        )
        records.install(name, keys)
    cards = [
        {
            "pan": card.pan,
            "expiry": card.expiry,
            "name": card.name,
            "currency": card.currency,
            "balance": card.opening,
            "pin": card.pin,
            "status": card.status,
            "limit_each": card.limit_each,
        }
        for card in demo.cards()
        if card.issuer == name and card.enrolled
    ]
    typed = config is not None and name in config.typed_issuers
    settings = issuer.Settings(name=name, timer=timers.issuer, typed=typed, zone=zone_of(config))
    station = issuer.Issuer(records, hsm, settings, os.urandom)
    return SeedPlan(station, [("enrol", {"cards": cards})])


def _switch(store: Store, hsm: Hsm, demo: Demo, timers: Timers, config: Config | None) -> SeedPlan:
    records = SwitchRecords(store)
    known = records.issuers()
    for name in ISSUERS:
        if name not in known:
            pin = hsm.import_clear(KeyUsage.PIN, demo.zone_pin_key(name))
            mac = hsm.import_clear(KeyUsage.MAC, demo.zone_mac_key(name))
            records.connect(IssuerRow(name, INSTITUTIONS[name], pin, mac), [RANGES[name]])
    terminals = [{"terminal": each.terminal, "merchant": each.merchant, "tmk": each.tmk} for each in demo.terminals()]
    days = config.card_numbers_kept_days if config is not None else KEPT_DAYS
    typed = config.typed if config is not None else frozenset[str]()
    settings = switch.Settings(switch_timer=timers.switch, numbers_kept_days=days, typed=typed, zone=zone_of(config))
    station = switch.Switch(records, hsm, settings)
    return SeedPlan(station, [("register", {"terminals": terminals})])


def _terminal(
    store: Store, hsm: Hsm, demo: Demo, timers: Timers, config: Config | None, issue: Issue | None
) -> SeedPlan:
    commands: list[tuple[str, dict[str, Any]]] = [
        (
            "enrol",
            {
                "terminal": each.terminal,
                "merchant": each.merchant,
                "name": each.name,
                "tmk": each.tmk,
                "tpdu": each.tpdu,
                "header": each.header,
            },
        )
        for each in demo.terminals()
        if each.ours
    ]
    settings = terminal.Settings(timer=timers.terminal)
    naming: Naming = as_text
    if config is not None:
        naming = _naming(on_paper(_profiles(config)), {args["name"] for _, args in commands})
        strangers = sorted(set(config.printers) - {args["terminal"] for _, args in commands})
        if strangers:
            raise ConfigError(*NO_TERMINAL.filled(terminal=strangers[0]))
        settings = terminal.Settings(
            timer=timers.terminal,
            printer=config.printer is not None,
            printer2=config.printer2 is not None,
            printers=config.printers,
            paper=config.paper,
            language=config.language,
            numbers_kept_days=config.card_numbers_kept_days,
            typed=config.typed,
            zone=config.zone,
            supervisor=config.supervisor,
        )
    return SeedPlan(terminal.TerminalStation(TerminalRecords(store), hsm, settings, issue, naming), commands)


def _naming(others: Naming, ours: Collection[str]) -> Naming:
    """The demo's own names are taken whatever fonts there are: a stack starts, its papers spell out what lacks, and the
    operations page names it.
    """
    return lambda name: as_text(name) if name in ours else others(name)


def _profiles(config: Config) -> list[Profile]:
    """The models of every printer the settings name, for single terminals too."""
    named = [parse_printer(text) for own in config.printers.values() for text in own if text not in ("", NO_PRINTER)]
    return [one.profile for one in (*config.usual, *named) if one is not None]
