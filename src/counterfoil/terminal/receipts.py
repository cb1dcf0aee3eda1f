"""What the till can ask about receipts: again, on another printer, as an address, as a message, seen, which are open.

No answer here moves money. Every way a receipt is handed over by, or is not, is in the trail of its sale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

from counterfoil.receipts.copies import ATTESTABLE, CLOSED, CopyState
from counterfoil.receipts.document import Copy, Slip
from counterfoil.step import SECOND_PRINTER, Command
from counterfoil.terminal import outcome, printed, printer, printing, sentences, sms
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.lifecycle import PAID, RESTLESS, State
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.stubs import unsettled
from counterfoil.terminal.work import Work
from counterfoil.words import Told

HOW: Final = (CopyState.ATTESTED.value, CopyState.E_DELIVERED.value, CopyState.DECLINED.value)
MISSING: Final = "missing"
MOST: Final = 500
"""Lines of the list of open receipts; whoever has more than these has another problem."""


class Voucher(NamedTuple):
    """A sale that stands, with what its slips say."""

    lane: Lane
    attempt: Attempt
    slip: Slip


def _voucher(work: Work, command: Command) -> Voucher | None:
    """The sale a command is about; refused when there is none, or it has no receipt."""
    attempt = work.attempt(command.args.get("ref"))
    lane = work.lane(attempt.terminal) if attempt else None
    if attempt is None or lane is None:
        work.refuse((command.id,), "unknown_sale")
        return None
    slip = work.slip(attempt)
    if slip is None or attempt.state not in PAID:
        work.refuse((command.id,), "no_receipt", sale=outcome.brief(attempt))
        return None
    return Voucher(lane, attempt, slip)


def receipt(work: Work, command: Command) -> Lane | None:
    """A copy of a sale's slip again: the text now with `print` false, else on paper, as DUPLICATE if it was out.

    `printer`: another one than the usual, "second" or an address. `copy` MISSING is every copy of the first two that is
    in nobody's hand, the cardholder's when all are.
    """
    args = command.args
    wanted = args.get("copy", Copy.CARDHOLDER.value)
    try:
        copy = Copy.CARDHOLDER if wanted == MISSING else Copy(wanted)
        language = _language(args.get("lang", work.settings.language))
        to = _printer(args.get("printer", ""))
    except ValueError:
        work.refuse((command.id,), "bad_request", detail="copy, lang, printer")
        return None
    found = _voucher(work, command)
    if found is None:
        return None
    lane, attempt, _ = found
    if args.get("print", True) is False:
        duplicate = printing.duplicate_number(work, attempt, copy)
        text = printing.text_of(work, attempt, copy, language, duplicate)
        work.reply((command.id,), {**outcome.brief(attempt), "receipt": text})
        return None
    if lane.printing is not None or lane.exchange is not None or lane.asks:
        work.refuse((command.id,), "open_sale" if lane.asks else "busy")
        return None
    copies = (printing.missing(attempt) if wanted == MISSING else ()) or (copy,)
    printing.start(work, lane, attempt, (command.id,), "receipt", copies, to)
    return lane


def close_receipt(work: Work, command: Command) -> Lane | None:
    """A person says what became of a receipt: seen with own eyes, sent as e-receipt, or not wanted."""
    args = command.args
    how, by = args.get("how"), args.get("operator", "")
    chosen = args.get("copy", "")
    if how not in HOW or not isinstance(by, str) or chosen not in ("", *Copy):
        work.refuse((command.id,), "bad_request", detail="how, copy, operator")
        return None
    found = _voucher(work, command)
    if found is None:
        return None
    lane, attempt, _ = found
    if (lane.printing is not None and lane.printing.ref == attempt.ref) or not free(lane, attempt):
        work.refuse((command.id,), "busy")
        return None
    word = CopyState(how)
    meant = (Copy(chosen),) if chosen else printing.BOTH
    copies = tuple(copy for copy in meant if _sayable(attempt, copy, word))
    if not copies:
        work.refuse((command.id,), "not_printing", sale=outcome.brief(attempt))
        return None
    attempt = printing.told(work, lane, attempt, copies, word, by[:40])
    if lane.current is not None and lane.current.ref == attempt.ref and attempt.state is State.CLOSED:
        lane.current, lane.asks = None, False
    work.reply((command.id,), {**outcome.brief(attempt), **_noted(attempt, meant, copies, word)})
    return lane


def _noted(attempt: Attempt, meant: tuple[Copy, ...], copies: tuple[Copy, ...], word: CopyState) -> dict[str, Any]:
    """What a person's word has closed, of what was meant, and which copies are still open."""
    left = printing.missing(attempt)
    said = [
        sentences.about(sentences.CLOSED_NOW[word], copies),
        *([sentences.about(sentences.STILL_OPEN, left)] if left else []),
    ]
    done = all(attempt.copies(copy).state in CLOSED for copy in meant)
    noted = sentences.joined(said)
    return {
        "closed": [copy.value for copy in copies],
        "open": [copy.value for copy in left],
        "result": printed.DONE if done else printed.NOT_DONE,
        **Told(noted, noted).both(),
    }


def free(lane: Lane, attempt: Attempt) -> bool:
    """Whether this terminal can take up an earlier sale again: nothing else is in hand or on its way."""
    if lane.exchange is not None or lane.printing is not None:
        return False
    return lane.current is None or lane.current.ref == attempt.ref


def _sayable(attempt: Attempt, copy: Copy, word: CopyState) -> bool:
    """Whether a person can say this of a copy: nobody can have seen what was never sent."""
    state = attempt.copies(copy).state
    return state in ATTESTABLE if word is CopyState.ATTESTED else state not in CLOSED


def _language(text: object) -> Literal["en", "zh"]:
    if text == "en":
        return "en"
    if text == "zh":
        return "zh"
    raise ValueError("a language is en or zh")


def _printer(text: object) -> str:
    return SECOND_PRINTER if text == SECOND_PRINTER else printer.named(text, "printer")


# --- other ways than paper -------------------------------------------------------------------------------------------


def receipt_link(work: Work, command: Command) -> Lane | None:
    """The address of the e-receipt, to be shown as a QR code on the screen."""
    found = _issued(work, command)
    if found is None or work.issue is None:
        return None
    work.note(found.lane, "e-receipt shown as QR", found.attempt)
    address = work.issue.address(found.attempt.ref)
    work.reply((command.id,), {**outcome.brief(found.attempt), "address": address})
    return found.lane


def receipt_sms(work: Work, command: Command) -> Lane | None:
    """The receipt's facts and its address to a telephone; answered when the message was taken, or was not."""
    number = command.args.get("to")
    if not isinstance(number, str) or not sms.NUMBER.fullmatch(number):
        work.refuse((command.id,), "bad_request", detail="to")
        return None
    found = _issued(work, command)
    if found is None:
        return None
    sms.send(work, found.lane, found.attempt, found.slip, number, command.id)
    return found.lane


def _issued(work: Work, command: Command) -> Voucher | None:
    """The voucher that is asked for; the command is refused where nothing signs receipts."""
    found = _voucher(work, command)
    if found is not None and (work.issue is None or not found.slip.amount):
        work.refuse((command.id,), "no_key" if work.issue is None else "no_receipt")
        return None
    return found


# --- what is open ----------------------------------------------------------------------------------------------------


def open_receipts(work: Work, command: Command) -> None:
    """For the end of a shift: sales that stand with a receipt in nobody's hand, and sales without a final state."""
    wanted = command.args.get("terminal")
    if wanted is not None and work.lane(wanted) is None:
        work.refuse((command.id,), "unknown_terminal")
        return
    found = {one.ref: one for one in unsettled(work.records.store)} | work.saved()
    rows = [one for one in found.values() if one.state in RESTLESS and wanted in (None, one.terminal)]
    work.reply((command.id,), listed(rows[:MOST]))


def listed(attempts: list[Attempt]) -> dict[str, Any]:
    """The two lists, oldest first."""
    return {
        "receipts": [outcome.brief(one) for one in attempts if one.state is State.APPROVED],
        "undecided": [outcome.brief(one) for one in attempts if one.state is not State.APPROVED],
    }


VERBS: Final[dict[str, Callable[[Work, Command], Lane | None]]] = {
    "receipt": receipt,
    "close_receipt": close_receipt,
    "receipt_link": receipt_link,
    "receipt_sms": receipt_sms,
}
LOOKS: Final[dict[str, Callable[[Work, Command], None]]] = {"open_receipts": open_receipts}
