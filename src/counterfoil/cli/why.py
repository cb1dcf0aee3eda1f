"""`counterfoil why`: where the money of one transaction is. Reads the stations' stores; works on stopped data too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.money import Money, written
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.inquiry import Candidate, Search

EPILOG: Final = """\b
REF is what you have in the hand:
  TERMINAL/BATCH/STAN      from the till or the slip
  RRN                      the 12-character reference from the slip or the bank
  APPROVAL CODE            the six characters from the slip
  LAST4 AMOUNT             the end of the card number and the amount
  DE32/DE7/DE11            a request as an issuer knows it

\b
Examples:
  counterfoil why T0000001/000001/000002
  counterfoil why 632623A1B2C3 --json
  counterfoil why 0015 12.50
"""
FINE: Final = "%Y-%m-%d %H:%M:%S.%f"
COLOUR: Final = {"PAID": "green", "NOT_CHARGED": "green", "RETURNED": "green", "EXCEPTION": "red"}


@click.command(epilog=EPILOG)
@click.argument("ref", nargs=-1, required=True, metavar="REF | LAST4 AMOUNT")
@click.option("--verbose", "-v", is_flag=True, help="Every line of every stub, with the masked messages.")
@verb
def command(session: Session, ref: tuple[str, ...], verbose: bool) -> int:
    """Where the money of one transaction is, and what happens next."""
    question = asked(ref)
    from counterfoil.cli.stack import now, stores
    from counterfoil.inquiry import finding, search

    with stores(session) as opened:
        found = search(opened, question)
        if not found:
            raise Failure(
                Exit.NOT_FOUND, "not_found", Text("no station knows this transaction", "各站点均无此交易的记录")
            )
        if len(found) > 1:
            raise several(session, found)
        answer = finding(opened, found[0], now()).to_json()
        archived = opened.archived()
    numbers = contradictions(session, found[0])
    value = {"ref": found[0].ref, **answer, "contradictions": numbers, **({"archived": archived} if archived else {})}
    session.answer(value, lambda: tell(session, found[0], value, verbose))
    return Exit.OK


def contradictions(session: Session, one: Candidate) -> list[dict[str, Any]]:
    """What the comparison of all stubs says of it, open or ended."""
    from counterfoil.cli.stack import layout_of
    from counterfoil.reconciliation import records
    from counterfoil.reconciliation.looking import name_of
    from counterfoil.stack.reading import found_by_comparison

    with found_by_comparison(layout_of(session)) as store:
        return [row.to_json() for row in records.of(store, name_of(one))] if store is not None else []


def asked(ref: tuple[str, ...]) -> Search:
    """The words of the command line as a question; Failure when they are none."""
    from counterfoil.inquiry import Nothing, parse_question

    if len(ref) > 2:
        raise Failure(Exit.USAGE, "usage", Text("one reference at a time", "一次只能查询一笔"))
    try:
        return parse_question(*ref)
    except Nothing as error:
        raise Failure(Exit.USAGE, "usage", Text(f"REF: {error}", f"REF 无法识别：{error.zh}")) from None


def several(session: Session, found: list[Candidate]) -> Failure:
    """More than one transaction fits: list them, so that the next call can name one."""
    from counterfoil.verdict.finding import iso

    rows = [{**one._asdict(), "started_at": iso(one.started_at)} for one in found]
    if not session.json:
        for one in found:
            amount = Money(one.amount, one.currency)
            name = one.ref or one.request or "–"
            print(f"{name:<24} {one.rrn or '–':<12}  {amount}  …{one.last4}  {session.clock.spoken(one.started_at)}")
    text = Text(f"{len(found)} transactions fit; name one of them", f"有 {len(found)} 笔交易符合，请指定其中一笔")
    return Failure(Exit.USAGE, "ambiguous", text, candidates=rows)


def tell(session: Session, one: Candidate, answer: dict[str, Any], verbose: bool) -> None:
    """The answer as a person reads it."""
    from rich.text import Text as Line

    from counterfoil.cli.screen import console, table
    from counterfoil.verdict.names import hop, kind_word

    screen = console(soft_wrap=True)
    verdict = answer["verdict"]
    title = (session.pick(answer["word"]), f"bold {COLOUR.get(verdict, 'yellow')}")
    screen.print(Line.assemble(title, f"  {Money(one.amount, one.currency)}  …{one.last4}  {one.ref}"))
    screen.print(session.pick(answer["sentence"]))
    grid = table()
    grid.add_row(label(session, "kind", "交易种类"), session.word(kind_word(answer["kind"])))
    if answer["original"]:
        grid.add_row(label(session, "original", "原交易"), answer["original"])
    for child in answer["against"]:
        grid.add_row(label(session, "against it", "其后续"), opposed(session, child, one.currency))
    if answer["next"]["owner"] != "cashier" or answer["next"]["action"] != answer["cashier"]:
        grid.add_row(label(session, "cashier", "收银员"), session.pick(answer["cashier"]))
    stop = answer["stopped_at"]
    if stop:
        leg = f"({stop['leg']}) " if stop["leg"] else ""
        grid.add_row(
            label(session, "stopped at", "停在"), f"{leg}{session.word(hop(stop['hop']))}: {session.pick(stop['what'])}"
        )
    for held in answer["money"]:
        amount = f"{written(held['amount'], held['currency'])} {held['currency']}"
        holder, owner = who(session, held["holder"]), who(session, held["owner"])
        grid.add_row(label(session, "money", "资金"), f"{amount} · {holder} · {owner}")
        grid.add_row("", session.pick(held["what"]))
    following = answer["next"]
    until = f" · {label(session, 'by', '最迟')} {session.clock.said(following['by'])}" if following["by"] else ""
    action = session.pick(following["action"])
    grid.add_row(label(session, "next", "下一步"), f"{who(session, following['owner'])}: {action}{until}")
    for case in answer["cases"]:
        grid.add_row(label(session, "case", "案件"), told_case(session, case))
    for row in answer["contradictions"]:
        what = f"{row['number']} · {session.pick(row['sentence'])} · {stands(session, row)}"
        grid.add_row(label(session, "contradiction", "记录矛盾"), what)
    for station, date in answer.get("archived", {}).items():
        text = Text(f"{who(session, station)}, of {date}", f"{who(session, station)}，{date}")
        grid.add_row(label(session, "archived", "已归档"), session.word(text))
    for station, stub in answer["evidence"].items():
        grid.add_row(who(session, station), summary(session, stub))
        for line in stub["history"] if verbose and isinstance(stub, dict) else ():
            grid.add_row("", f"{session.clock.said(line['at'], FINE)}  {told_line(session, line['what'])}")
            for field in fields(session, station, line["message"]):
                grid.add_row("", field)
    screen.print(grid)


def opposed(session: Session, child: dict[str, Any], currency: str) -> str:
    """What stands against a transaction, in one line."""
    from counterfoil.verdict.names import kind_word

    parts = [session.word(kind_word(child["kind"])), child["name"], str(Money(child["amount"], currency))]
    if not child["settled"]:
        parts.append(label(session, "not decided yet", "尚未确定"))
    return " · ".join(parts)


def told_case(session: Session, case: dict[str, Any]) -> str:
    """One case in one line: its number, what it is about, and how it stands."""
    from counterfoil.verdict.names import case_word

    return f"{case['number']} · {session.word(case_word(case['what']))} · {stands(session, case)}"


def stands(session: Session, row: dict[str, Any]) -> str:
    """Whether a numbered row is open, or when and how it ended."""
    from counterfoil.verdict.names import ENDS

    if not row["ended_at"]:
        return label(session, "open", "未结")
    how = session.word(ENDS.get(row["how"], Text(row["how"], row["how"])))
    return f"{label(session, 'ended', '已结')} {session.clock.said(row['ended_at'])}: {how}"


def who(session: Session, named: str) -> str:
    """A party in the reader's language."""
    from counterfoil.verdict.names import party

    return session.word(party(named))


def label(session: Session, en: str, zh: str) -> str:
    """A short label in the reader's language."""
    return session.word(Text(en, zh))


def fields(session: Session, station: str, message: Any) -> list[str]:
    """A masked message field by field, called as the payment page calls them."""
    from counterfoil.console.waterfall import named

    told = named(station, message) if isinstance(message, dict) else []
    return [f"    {number:<4} {session.word(name)}: {session.word(value)}" for number, name, value in told]


def told_line(session: Session, what: str) -> str:
    """A line of a stub's history: the station's own words, in Chinese what they mean."""
    from counterfoil.console import happened

    return session.word(Text(what, happened.line(what).zh))


def summary(session: Session, stub: Any) -> str:
    """One stub in one line."""
    from counterfoil.console import happened
    from counterfoil.verdict.names import absent

    if isinstance(stub, str):
        return session.word(absent(stub))
    parts = [
        session.word(Text(stub["state"], happened.state(stub["state"]).zh)),
        stub["response_code"],
        stub.get("issuer", ""),
        stub["rrn"],
        session.clock.said(stub["updated_at"]),
    ]
    return " · ".join(part for part in parts if part)
