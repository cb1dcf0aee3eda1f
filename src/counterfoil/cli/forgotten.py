"""`counterfoil forgotten`: what a station that was put back does not know any more, and how a person ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.inquiry import Stores
    from counterfoil.inquiry.lapses import Lapse

SECONDS: Final = 30.0
EPILOG: Final = """\b
A station whose store was put back alone, or lost its log, has forgotten what it
told the others; they say so. Until a person ends it the cards and terminals
concerned are refused (96), others go on, and nothing is booked.

\b
Examples:
  counterfoil forgotten list
  counterfoil forgotten import S-6333AAAA0001 --by Lin --reason 'slip and statement agree'
  counterfoil forgotten accept --all --station issuer-a --by Lin --reason 'drill'
"""
NOT_OPEN: Final = Text("nothing that is open has number {number}", "没有编号为 {number} 的未结记录")
NOTHING: Final = Text("nothing is forgotten", "没有遗忘的记录")
WHICH: Final = Text("name numbers, or say --all", "请给出编号，或使用 --all")
FORGOT: Final = Text("{station} does not know it any more", "{station} 已不再知道该笔交易")
ENDED: Final = Text("{count} ended", "已了结 {count} 笔")
LEFT: Final = Text("{count} are still open: a station did not take them", "{count} 笔仍未结：有站点未受理")


@click.group(name="forgotten", epilog=EPILOG)
def command() -> None:
    """What a station that was put back does not know any more: list it, and end it with a reason."""


@command.command(
    name="list", epilog="\b\nExample: counterfoil forgotten list --ended --json\n\nExit code 7: some are open."
)
@click.option("--ended", is_flag=True, help="Those that ended too, with who ended them and why.")
@verb
def list_command(session: Session, ended: bool) -> int:
    """Every transaction that a station has forgotten and nobody has ended yet."""
    from counterfoil.cli.stack import stores
    from counterfoil.inquiry.lapses import lapses

    with stores(session) as opened:
        found = lapses(opened, ended=ended)
    session.answer({"forgotten": [one.to_json() for one in found]}, lambda: tell(session, found))
    return Exit.BREAKS if any(one.open for one in found) else Exit.OK


def tell(session: Session, found: list[Lapse]) -> None:
    """A line each."""
    from counterfoil.money import written

    for one in found:
        amount = f"{written(one.amount, one.currency)} {one.currency}" if one.amount else ""
        card = f"…{one.last4}" if one.last4 else ""
        words = (one.number, one.ref or one.terminal, amount, card, session.word(FORGOT.filled(station=one.station)))
        print("  ".join(word for word in (session.clock.spoken(one.opened_at), *words) if word))
        for row in {(row.how, row.ended_by, row.reason) for row in one.rows.values() if row.ended_at}:
            print(f"    {': '.join(row)}")
    if not found:
        print(session.word(NOTHING))


def ending(name: str, told: str) -> Callable[[Callable[..., int]], click.Command]:
    """The arguments of the two ways to end something."""

    def decorate(function: Callable[..., int]) -> click.Command:
        options = (
            click.option(
                "--reason", required=True, metavar="TEXT", help="Why, in words that a later reader understands."
            ),
            click.option("--by", required=True, metavar="NAME", help="Who decides."),
            click.option("--station", metavar="NAME", help="With --all: only what this station has forgotten."),
            click.option("--all", "every", is_flag=True, help="Everything that is open."),
            click.argument("numbers", nargs=-1, metavar="NUMBER…"),
        )
        for option in options:
            function = option(function)
        words = f"counterfoil forgotten {name} --all --station issuer-a --by Lin --reason 'put back on purpose'"
        example = f"\b\nExample: {words}"
        made: click.Command = command.command(name=name, help=told, epilog=example)(function)
        return made

    return decorate


@ending("accept", "End rows: what was forgotten stays forgotten, and the cards and terminals are taken again.")
@verb
def accept(session: Session, numbers: tuple[str, ...], every: bool, station: str | None, by: str, reason: str) -> int:
    """A person takes it upon themselves."""
    return end(session, chosen(session, numbers, every, station), {"how": "accepted", "by": by, "reason": reason})


@ending("import", "End rows, and keep with each what the other stations know of it. Nothing is booked.")
@verb
def import_command(
    session: Session, numbers: tuple[str, ...], every: bool, station: str | None, by: str, reason: str
) -> int:
    """End rows and keep the stubs of the peers as evidence; nothing is booked."""
    return end(session, chosen(session, numbers, every, station), {"how": "imported", "by": by, "reason": reason})


def chosen(session: Session, numbers: tuple[str, ...], every: bool, station: str | None) -> list[Lapse]:
    """The open ones that are meant; Failure for a number that is none of theirs."""
    from counterfoil.cli.stack import stores
    from counterfoil.inquiry.lapses import lapses

    if bool(numbers) == every:
        raise Failure(Exit.USAGE, "usage", WHICH)
    with stores(session) as opened:
        found = lapses(opened)
    if every:
        return [one for one in found if station in (None, one.station)]
    by_number = {row.number: one for one in found for row in one.rows.values()}
    for number in numbers:
        if number not in by_number:
            raise Failure(Exit.NOT_FOUND, "not_open", NOT_OPEN.filled(number=number))
    return [by_number[number] for number in numbers]


def end(session: Session, found: list[Lapse], how: dict[str, Any]) -> int:
    """Have every station that keeps a row end it, so many in a commit that no sale waits."""
    from counterfoil.cli.stack import stores
    from counterfoil.inquiry.lapses import lapses

    with stores(session) as opened:
        evidence = {id(one): _evidence(opened, one, how["how"]) for one in found}
    for holder in sorted({holder for one in found for holder in one.rows}):
        mine = [(one.rows[holder].number, evidence[id(one)]) for one in found if holder in one.rows]
        _end_at(session, holder, mine, how)
    with stores(session) as opened:
        still = {row.number for one in lapses(opened) for row in one.rows.values()}
    left = [one.number for one in found if any(row.number in still for row in one.rows.values())]
    value = {"ended": [one.number for one in found if one.number not in left], "left": left}
    text = (LEFT if left else ENDED).filled(count=len(left) if left else len(found))
    session.answer(value, lambda: print(session.word(text)))
    return Exit.FAILED if left else Exit.OK


def _evidence(opened: Stores, one: Lapse, how: str) -> dict[str, Any]:
    from counterfoil.inquiry.lapses import known_of

    return known_of(opened, one) if how == "imported" else {}


def _end_at(session: Session, holder: str, rows: list[tuple[str, dict[str, Any]]], how: dict[str, Any]) -> None:
    from counterfoil.cli.stack import ask
    from counterfoil.storage.forgotten import AT_ONCE, VERB

    size = AT_ONCE if how["how"] == "accepted" else AT_ONCE // 10  # evidence makes a command ten times as long
    for start in range(0, len(rows), size):
        some = dict(rows[start : start + size])
        known = {number: told for number, told in some.items() if told}
        reply = ask(session, holder, VERB, {**how, "numbers": list(some), "evidence": known}, SECONDS)
        if "error" in reply:
            raise Failure(Exit.USAGE, reply["error"], Text(reply["message"]["en"], reply["message"]["zh"]))
