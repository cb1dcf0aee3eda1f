"""`counterfoil printer diagnose`: walk the tree from the money to the paper, with real probes, and write it down."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from counterfoil.cli import on_paper
from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.on_paper import address_of
from counterfoil.cli.printer_page import is_code, send_page
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.links.address import PrinterAddress
    from counterfoil.receipts.diagnosis import Diagnosis, PersonQuestion, PrinterFacts

EPILOG: Final = """\b
Examples:
  counterfoil printer diagnose
  counterfoil printer diagnose T0000001/000001/000002 --ticket --contact '13800000000, Ms Li'
  counterfoil printer diagnose --json --answer lamp=on --answer cable=yes
"""
WAITS: Final = Text("an answer is needed: --answer {name}=…  {text}", "需要回答：--answer {name}=…  {text}")
TICKET: Final = Text("maintenance ticket {number} is open with service", "已开维修工单 {number}，由维修跟进")
NO_SALE: Final = Text("no station knows this transaction", "各站点均无此交易的记录")
BAD_ANSWER: Final = Text(
    "--answer is NAME=WORD; {name} is one of: {choices}", "--answer 格式为“问题=值”；{name} 可为：{choices}"
)


@click.command(epilog=EPILOG)
@click.argument("ref", required=False)
@click.option("--printer", metavar="second|ADDRESS", help="Another printer than the terminal's.")
@click.option("--terminal", metavar="ID", help="Whose last sale, and printer [default: the first terminal's].")
@click.option("--answer", "given", multiple=True, metavar="NAME=WORD", help="What a person would be asked.")
@click.option("--ticket", is_flag=True, help="Open a maintenance ticket whatever comes out.")
@click.option("--contact", default="", help="Whom service calls back, for the ticket.")
@verb
def diagnose(
    session: Session,
    ref: str | None,
    printer: str | None,
    terminal: str | None,
    given: tuple[str, ...],
    ticket: bool,
    contact: str,
) -> int:
    """Why did no receipt come out? The money first, then the printer, then what only a person can see."""
    from counterfoil.verdict.names import VERDICTS

    answers = parsed(given)
    about, facts = money(session, ref, terminal)
    address = address_of(session, printer, about.partition("/")[0] or terminal)
    if not session.json and facts.verdict:
        print(f"{about}  {session.word(VERDICTS[facts.verdict])}\n{session.word(facts.sentence)}")
    facts, log = probed(session, facts, address)
    found = walked(session, facts, answers, address)
    record: dict[str, Any] = {
        "ref": about,
        "printer": str(address) if address else "",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "facts": msgspec.to_builtins(facts),
        "conversation": log,
        **told(found),
    }
    if found.outcome is not None and (ticket or found.outcome.service):
        record["ticket"] = opened(session, record, contact)
    record["record"] = str(written(session.data / "diagnoses", record))
    session.answer(record, lambda: show(session, found, record))
    return Exit.UNKNOWN if found.question is not None else Exit.OK


def parsed(given: tuple[str, ...]) -> dict[str, str]:
    """The --answer options; Failure for a name or a word that no question has."""
    from counterfoil.receipts.diagnosis import QUESTIONS

    answers = {}
    for one in given:
        name, _, word = one.partition("=")
        if name not in QUESTIONS:
            choices = ", ".join(QUESTIONS)
            raise Failure(Exit.USAGE, "usage", BAD_ANSWER.filled(name="NAME", choices=choices))
        if QUESTIONS[name].choices and word not in QUESTIONS[name].choices:
            choices = ", ".join(QUESTIONS[name].choices)
            raise Failure(Exit.USAGE, "usage", BAD_ANSWER.filled(name=name, choices=choices))
        answers[name] = word
    return answers


def money(session: Session, ref: str | None, terminal: str | None) -> tuple[str, PrinterFacts]:
    """Where the money of the sale is, before anybody talks to a printer; no sale is no answer, not a failure."""
    from counterfoil.cli.stack import first_terminal, layout_of, now, stores
    from counterfoil.cli.why import asked as question
    from counterfoil.cli.why import several
    from counterfoil.inquiry import finding, search
    from counterfoil.receipts.diagnosis import PrinterFacts
    from counterfoil.terminal import stubs

    asked = ref is not None
    if not layout_of(session).demo_key.exists() and not asked:
        return "", PrinterFacts()
    with stores(session) as opened:
        if ref is None:
            stub = stubs.last(opened.terminal, terminal or first_terminal(session)) if opened.terminal else None
            ref = stub.ref if stub is not None else ""
        candidates = search(opened, question((ref,))) if ref else []
        if not candidates and asked:
            raise Failure(Exit.NOT_FOUND, "not_found", NO_SALE)
        if len(candidates) > 1:
            raise several(session, candidates)
        if not candidates:
            return "", PrinterFacts()
        answer = finding(opened, candidates[0], now())
        stub = answer.evidence.terminal if not isinstance(answer.evidence.terminal, str) else None
        history = stub.history if stub is not None else ()
        return candidates[0].ref, PrinterFacts(
            verdict=answer.verdict.value,
            sentence=answer.sentence,
            asked=asked,
            prints=sum(line.what.startswith("print ") for line in history),
            receipt=stub.receipt if stub is not None else "",
        )


def probed(session: Session, facts: PrinterFacts, address: PrinterAddress | None) -> tuple[PrinterFacts, list[str]]:
    """What the printer says, and the conversation. One that prints for us just now is not asked: then it is what it has
    told there, or in use.
    """
    from counterfoil.inquiry.printers import SILENT

    if address is None:
        return msgspec.structs.replace(facts, way="file"), []
    health, use = found = on_paper.asked(session, address)
    live = use is not None and use.live
    known = {"way": address.way, "trouble": health.trouble, "in_order": health.in_order, "holds": found.holds}
    if live and health.trouble in SILENT:
        known["trouble"] = "ours"
    return msgspec.structs.replace(facts, **known), list(health.log)


def walked(session: Session, facts: PrinterFacts, answers: dict[str, str], address: PrinterAddress | None) -> Diagnosis:
    """The tree, with a person's answers from the options, the keyboard or nowhere."""
    from counterfoil.receipts.diagnosis import diagnose as walk

    typed = dict(answers)
    if "code" in typed:
        typed["code"] = "yes" if typed["code"] != "none" and is_code(session, typed["code"]) else "no"
    while (question := (found := walk(facts, typed)).question) is not None:
        if question.name == "code" and address is not None:
            send_page(session, address)
        word = asked(session, question)
        if word is None:
            break
        if question.name == "code":
            word = "yes" if word != "none" and is_code(session, word) else "no"
        typed[question.name] = word
    return found


def asked(session: Session, question: PersonQuestion) -> str | None:
    """One question at the keyboard, in the reader's language; None when nobody is there."""
    from counterfoil.receipts.diagnosis import WORDS

    if session.json or not sys.stdin.isatty():
        return None
    meant = {session.word(WORDS[choice]): choice for choice in question.choices or ("none",)}
    choices = click.Choice(list(meant)) if question.choices else None
    typed = str(click.prompt(session.word(question.text), type=choices)).strip()
    return meant.get(typed, typed)


def told(found: Diagnosis) -> dict[str, Any]:
    """The walk as JSON."""
    steps = [{"step": step.number, "what": step.what.both(), "found": step.found} for step in found.steps]
    said: dict[str, Any] = {"steps": steps}
    if found.outcome is not None:
        said |= {"cause": found.outcome.cause, "advice": found.outcome.advice.both(), "service": found.outcome.service}
    if found.question is not None:
        question = found.question
        said["question"] = {"name": question.name, "text": question.text.both(), "choices": list(question.choices)}
    return said


def opened(session: Session, record: dict[str, Any], contact: str) -> str:
    """A maintenance ticket for service; its number."""
    from counterfoil.cli.printer_tickets import FOLDER
    from counterfoil.inquiry.tickets import open_ticket

    ticket = open_ticket(
        session.data / FOLDER,
        opened_at=record["at"],
        contact=contact[:80],
        printer=record["printer"],
        ref=record["ref"],
        cause=record["cause"],
        advice=record["advice"],
        record=record,
    )
    return ticket.number


def written(folder: Path, record: dict[str, Any]) -> Path:
    """Keep every step of this diagnosis."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json"
    save(path, record)
    return path


def save(path: Path, value: dict[str, Any]) -> None:
    """One file, whole or not at all."""
    from counterfoil.links.performers import sync_directory, write_file

    write_file(path, msgspec.json.format(msgspec.json.encode(value)).decode())
    sync_directory(path.parent)


def finding_text(session: Session, found: str) -> str:
    """What a step found, in the reader's language; "2 × queued" is a count and a state."""
    from counterfoil.receipts.diagnosis import FOUND, WORDS
    from counterfoil.verdict.names import VERDICTS

    count, times, state = found.rpartition(" × ")
    word = (VERDICTS | FOUND | WORDS).get(state) if not times else FOUND.get(state)
    return f"{count}{times}{session.word(word) if word is not None else state}"


def show(session: Session, found: Diagnosis, record: dict[str, Any]) -> None:
    """The walk as people read it."""
    for step in found.steps:
        print(f"  {step.number:>2}  {session.word(step.what)}  {finding_text(session, step.found)}")
    if found.outcome is not None:
        print(session.word(found.outcome.advice))
    if found.question is not None:
        question = found.question
        print(session.word(WAITS.filled(name=question.name, text=session.word(question.text))))
    if "ticket" in record:
        print(session.word(TICKET.filled(number=record["ticket"])))
