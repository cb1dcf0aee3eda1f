"""`counterfoil receipt open`, `link` and `send`: which receipts are in nobody's hand, and other ways than paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import copy_text, value_of
from counterfoil.cli.reprint import sale_of, told
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.terminal.rows import Attempt

OPEN_RECEIPTS: Final = Text("Sales that stand, their receipt in nobody's hand:", "交易成功、签购单未交付：")
UNDECIDED: Final = Text("Sales without a final state of the money (see `why`):", "资金尚无最终状态的交易（见 `why`）：")
NOTHING: Final = Text("Nothing is open.", "没有未结的签购单。")
SMS_SENT: Final = Text(
    "Sent. When the customer has it: {close}",
    "已发送。顾客确认收到后：{close}",
)
UNREADABLE: Final = Text("the terminals' store cannot be read", "无法读取终端的数据库")


@click.command("open", epilog="\b\nExample: counterfoil receipt open --terminal T0000001")
@click.option("--terminal", metavar="ID", help="Of one terminal only.")
@verb
def open_command(session: Session, terminal: str | None) -> int:
    """For the end of a shift: what is not handed over, and what is not decided. Works on stopped data too."""
    from counterfoil.cli.stack import stores
    from counterfoil.terminal.receipts import listed
    from counterfoil.terminal.stubs import unsettled

    with stores(session) as opened:
        if opened.terminal is None:
            raise Failure(Exit.UNREACHABLE, "unreadable", UNREADABLE)
        found: list[Attempt] = [one for one in unsettled(opened.terminal) if terminal in (None, one.terminal)]
    lists = listed(found)

    def people() -> None:
        for title, rows in ((OPEN_RECEIPTS, lists["receipts"]), (UNDECIDED, lists["undecided"])):
            if rows:
                print(session.word(title))
            for row in rows:
                print(f"  {line(session, row)}")
        if not found:
            print(session.word(NOTHING))

    session.answer(lists, people)
    return Exit.BREAKS if found else Exit.OK


def line(session: Session, row: dict[str, Any]) -> str:
    """One open sale as people read it: who, how much, which copies, what is wrong at the printer."""
    from counterfoil.receipts.document import amount_text
    from counterfoil.terminal.sentences import trouble

    copies = "  ".join(copy_text(session, copy, state) for copy, state in row["copies"].items() if state != "none")
    advice = session.word(trouble(row["receipt_trouble"])) if row["receipt_trouble"] else ""
    amount = amount_text(row["amount"], row["currency"])
    stands = copies or session.word(value_of("state", row["state"]))
    return f"{row['ref']}  {amount}  {row['card'][-4:]}  {stands}  {advice}".rstrip()


@click.command(epilog="\b\nExample: counterfoil receipt link last --png qr.png")
@click.argument("ref", metavar="last|REF")
@click.option("--terminal", metavar="ID", help="Whose last sale [default: the first terminal's].")
@click.option("--png", type=click.Path(dir_okay=False), help="Write the QR code into this file.")
@verb
def link(session: Session, ref: str, terminal: str | None, png: str | None) -> int:
    """The address of the e-receipt, and its QR code for the customer's telephone."""
    reply = told(session, "receipt_link", {"ref": sale_of(session, ref, terminal)})
    address = reply["address"]
    import segno

    code = segno.make_qr(address, error="m")
    if png is not None:
        from counterfoil.reasons import named

        try:
            code.save(png, scale=8, border=4)
        except OSError as error:
            raise Failure(Exit.FAILED, "failed", named(error, png)) from None

    def people() -> None:
        if png is None:
            code.terminal(compact=True)
        print(address)

    session.answer({**reply, "png": png}, people)
    return Exit.OK


@click.command(
    epilog="""\b
Example: counterfoil receipt send last --sms +8613800000000
Exit code 3: the message was not sent, or nobody knows
"""
)
@click.argument("ref", metavar="last|REF")
@click.option("--sms", "number", metavar="NUMBER", required=True, help="The customer's telephone.")
@click.option("--terminal", metavar="ID", help="Whose last sale [default: the first terminal's].")
@verb
def send(session: Session, ref: str, number: str, terminal: str | None) -> int:
    """The receipt's facts and the address of the e-receipt as a text message."""
    reply = told(session, "receipt_sms", {"ref": sale_of(session, ref, terminal), "to": number})
    close = session.typed(f"receipt close {reply['ref']} --copy cardholder --as e-delivered")
    session.answer(reply, lambda: print(session.word(SMS_SENT.filled(close=close))))
    return Exit.OK
