"""`counterfoil sale`, and what every verb that asks a terminal for a kind shares with it."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import value_of
from counterfoil.cli.session import Session, verb
from counterfoil.kinds import PURCHASE, Kind, Needs
from counterfoil.money import AmbiguousError, parse, plain
from counterfoil.reasons import COMMA
from counterfoil.transaction import parse_ref
from counterfoil.words import Text

EPILOG: Final = """\b
Examples:
  counterfoil sale --amount 12.50 --card alice
  counterfoil sale --amount 12.50 --card alice --pin 1234 --key till-7-receipt-42 --json
  counterfoil sale --amount 12.50 --card carol --typed --terminal T0000011
  counterfoil sale --amount 12.50 --card bob --terminal T0000002 --retry-of T0000001/000001/000002
"""
PAUSE: Final = 0.3
CASHIER: Final = Text("Cashier: ", "收银员：")
NO_KEYBOARD: Final = Text(
    "this card has a PIN and nobody is at a keyboard: give --pin (--pin '' sells without one)",
    "该卡有密码而当前没有键盘：请用 --pin 给出密码（--pin '' 表示不输密码）",
)
NO_SUPERVISOR: Final = Text(
    "this needs the supervisor's password and nobody is at a keyboard: give --supervisor",
    "此操作需要主管密码而当前没有键盘：请用 --supervisor 给出密码",
)
NO_REF: Final = Text("REF is TERMINAL/BATCH/STAN", "REF 应为 终端编号/批次号/凭证号")
UNNAMED: Final = PURCHASE.name
"""What a terminal takes that is told no kind."""
NO_AMOUNT: Final = Text(
    "--amount is written in digits, as in {example} for {currency}, and at most 12 of them",
    "--amount 应为数字，例如 {currency} 为 {example}，最多 12 位",
)
OUTCOMES: Final = {
    "approved": Exit.OK,
    "declined": Exit.DECLINED,
    "unknown": Exit.UNKNOWN,
    "not_sent": Exit.UNREACHABLE,
}
# What the terminal answers instead of an outcome, and the exit code it deserves.
TURNED_DOWN: Final = {
    "unknown_terminal": Exit.NOT_FOUND,
    "unknown_sale": Exit.NOT_FOUND,
    "original_unknown": Exit.NOT_FOUND,
    "original_other_kind": Exit.USAGE,
    "amount_above_original": Exit.USAGE,
    "wrong_supervisor": Exit.USAGE,
    "bad_request": Exit.USAGE,
    "typed_not_allowed": Exit.USAGE,
    "key_reused": Exit.USAGE,
    "sms_refused": Exit.UNKNOWN,
}


OPTIONS: Final = {
    "required": click.option("--amount", required=True, metavar="12.50", help="How much, in the card's currency."),
    "amount": click.option("--amount", metavar="12.50", help="How much [default: what was set aside]."),
    "name": click.option(
        "--card", "name", required=True, metavar="NAME", help="A demo card (see `counterfoil cards`)."
    ),
    "pin": click.option(
        "--pin", metavar="PIN", help="For demo cards only; asked for when the card has one and this is absent."
    ),
    "typed": click.option(
        "--typed", is_flag=True, help="Type the card's number and expiry; only where the merchant may."
    ),
    "terminal": click.option("--terminal", metavar="ID", help="Which terminal [default: the first]."),
    "key": click.option("--key", metavar="K", help="The till's own key: the same key never sells twice."),
    "retry_of": click.option("--retry-of", metavar="REF", help="The attempt this one replaces."),
    "supervisor": click.option(
        "--supervisor", metavar="PASSWORD", help="The supervisor's password; asked for when this is absent."
    ),
    "on_paper": click.option("--print", "on_paper", is_flag=True, help="Print a slip of it too."),
}


def verb_of(kind: Kind, says: str, epilog: str) -> click.Command:
    """The verb that asks a terminal for a kind: its options are what the kind needs."""

    def command(session: Session, **given: Any) -> int:
        return take(session, kind, given)

    command.__doc__ = says
    refers, needs = kind.original is not None, kind.needs
    wanted = {
        "required": Needs.AMOUNT in needs and not refers,
        "amount": Needs.AMOUNT in needs and refers,
        "name": True,
        "pin": Needs.PIN in needs,
        "typed": True,
        "terminal": not refers,  # the reference names it
        "key": True,
        "retry_of": kind.takes and not refers,
        "supervisor": Needs.SUPERVISOR in needs,
        "on_paper": kind.balances,
    }
    made: Any = verb(command)
    for name in reversed([name for name, has in wanted.items() if has]):
        made = OPTIONS[name](made)
    if refers:
        made = click.argument("ref")(made)
    return click.command(epilog=epilog)(made)


def take(session: Session, kind: Kind, given: Mapping[str, Any]) -> int:
    """Ask the terminal, and say what came of it; `given` are the options of the verb."""
    from counterfoil.cli.stack import card_named, first_terminal
    from counterfoil.stack.selling import asked
    from counterfoil.terminal.request import SWIPED, TYPED

    ref, pin = given.get("ref") or "", given.get("pin")
    if ref and parse_ref(ref) is None:
        raise Failure(Exit.USAGE, "usage", NO_REF)
    card = card_named(session, given["name"])
    amount = given.get("amount")
    args = asked(
        card,
        ref.partition("/")[0] or given.get("terminal") or first_terminal(session),
        minor(amount, card.currency) if amount is not None else None,
        "" if ref else card.currency,  # the original's
        given["key"] or f"cli-{secrets.token_hex(8)}",
        "" if Needs.PIN not in kind.needs else pin if pin is not None else prompted(card.pin),
        given.get("retry_of") or "",
        TYPED if given["typed"] else SWIPED,
        kind=kind.name if kind.name != UNNAMED else "",
        original=ref,
        supervisor=password(given.get("supervisor")) if Needs.SUPERVISOR in kind.needs else "",
        print=bool(given.get("on_paper")),
    )
    reply = sell(session, args)
    if "error" in reply:
        raise turned_down(reply)
    session.answer(reply, lambda: tell(session, reply))
    return OUTCOMES[reply["outcome"]]


command: Final = verb_of(PURCHASE, "Take a card payment.", EPILOG)


def password(given: str | None) -> str:
    """The supervisor's password as it was given, else from the keyboard, hidden; Failure when nobody is at one."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise Failure(Exit.USAGE, "no_supervisor", NO_SUPERVISOR)
    return str(click.prompt("Supervisor", hide_input=True, err=True))


def sell(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """The terminal's answer. When the channel breaks after the request left, the same key asks what became of it."""
    from counterfoil.cli.stack import ask, patience

    seconds = patience(session)
    ends = time.monotonic() + seconds
    broken: Failure | None = None
    while True:
        try:
            return ask(session, "terminal", "sale", args, seconds)
        except Failure as failure:
            if failure.status is Exit.UNKNOWN:
                broken = failure
            if broken is None or time.monotonic() >= ends:
                raise broken or failure from None
        time.sleep(PAUSE)


def minor(amount: str, currency: str) -> int:
    """The amount in minor units; Failure for anything a till would not take."""
    try:
        money = parse(amount, currency)
    except AmbiguousError:
        raise Failure(Exit.USAGE, "usage", COMMA.filled(typed=amount)) from None
    except ValueError:
        raise Failure(Exit.USAGE, "usage", NO_AMOUNT.filled(example=plain(1250, currency), currency=currency)) from None
    if money.minor == 0:
        raise Failure(Exit.USAGE, "usage", Text("--amount must be more than zero", "--amount 必须大于零"))
    return money.minor


def prompted(pin: str) -> str:
    """The PIN from the keyboard, hidden; "" for a card without one. Failure when nobody is at a keyboard: a sale
    without the PIN would be declined and would count as a wrong try.
    """
    if not pin:
        return ""
    if not sys.stdin.isatty():
        raise Failure(Exit.USAGE, "no_pin", NO_KEYBOARD)
    return str(click.prompt("PIN", hide_input=True, err=True))


def turned_down(reply: dict[str, Any]) -> Failure:
    """The terminal's reason why it did not even try."""
    message = reply["message"]
    rest = {name: value for name, value in reply.items() if name not in {"error", "message"}}
    status = TURNED_DOWN.get(reply["error"], Exit.FAILED)
    return Failure(status, reply["error"], Text(message["en"], message["zh"]), **rest)


def tell(session: Session, reply: dict[str, Any]) -> None:
    """The outcome as the cashier reads it."""
    for line in reply.get("display", ()):
        print(f"  {session.pick(line)}")
    code = f" {reply['response_code']}" if reply["response_code"] else ""
    print(f"{session.word(value_of('outcome', reply['outcome']))}{code}  {reply['ref']}  {reply['rrn']}".rstrip())
    print(session.pick(reply["sentence"]))
    print(f"{session.word(CASHIER)}{session.pick(reply['cashier'])}")
    if reply["outcome"] == "unknown":
        print(session.typed(f"why {reply['ref']}"))
