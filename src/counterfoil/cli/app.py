"""The group of verbs. A verb's file is imported only when the verb is called: start-up stays quick."""

from __future__ import annotations

import errno
import importlib
import re
import sys
from collections.abc import Sequence
from typing import Final

import click

from counterfoil import __version__, accelerator
from counterfoil.cli.failure import Complaint, Exit
from counterfoil.cli.session import DATA_OPTION, LANG_OPTION
from counterfoil.errors import InputError, PaymentError
from counterfoil.words import Text

# verb -> (module, what `counterfoil --help` says of it)
VERBS: Final[dict[str, tuple[str, str]]] = {
    "up": ("up", "Run the whole loop: terminals, switch, two issuers."),
    "sale": ("sale", "Take a card payment."),
    "void": ("void", "Give a payment back before its batch is settled."),
    "preauth": ("preauth", "Set an amount aside on a card."),
    "complete": ("complete", "Take what is owed of a pre-authorisation."),
    "preauth-void": ("preauth_void", "Release what a pre-authorisation has set aside."),
    "balance": ("balance", "Ask what a card has left."),
    "why": ("why", "Where the money of one transaction is, and what happens next."),
    "reconcile": ("reconcile", "Compare the stubs of all stations now, and list every contradiction."),
    "terminal": ("terminal", "The terminals: list, status, last sale, goods, export, register."),
    "cards": ("cards", "The demo cards."),
    "accounts": ("accounts", "The issuers' accounts and the sum of the ledger."),
    "kinds": ("kinds", "The kinds of transactions: how each is spelt, what it moves, what undoes it."),
    "printer": ("printer", "The receipt printer: status, test page, why nothing came out."),
    "receipt": ("receipt", "Receipts: show, print again, hand over another way, list what is open, verify."),
    "audit": ("audit", "What people did in the console, and whether that log was altered."),
    "people": ("people", "Give an administrator of the console who lost the password a new one."),
    "archive": ("archive", "Closed business dates out of the stores, into Parquet files; list and verify them."),
    "backup": ("backup", "Copy the whole data directory as it is at one instant, running or not; verified."),
    "restore": ("restore", "Put a backup in the place of the data directory, all of it or nothing."),
    "forgotten": ("forgotten", "What a station that was put back does not know any more, and how a person ends it."),
    "decode": ("decode", "Read an ISO 8583 packet (needs no stack)."),
    "fault": ("fault", "Break a leg of the loop, kill a station, heal."),
    "day": ("day", "A day of real shop baskets through the running stack, with faults."),
    "simulate": ("simulate", "Prove it: the same stations in simulated worlds full of faults (needs no stack)."),
}

NO_DESCRIPTOR: Final = (errno.EMFILE, errno.ENFILE)
NO_FILE: Final = Text(
    "no more files can be opened here: raise the limit (ulimit -n)", "已无法打开更多文件：请提高上限（ulimit -n）"
)
NO_TEXT: Final = Text("the command line holds bytes that are no text in UTF-8", "命令行中含有不是 UTF-8 文本的字节")
UNWRITTEN: Final = Text("the answer could not be written: {}", "无法写出结果：{}")
REFUSED: Final = Text("the system refused: {}", "系统拒绝：{}")
FULL: Final = (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EBADF, errno.EDQUOT)
SURROGATES: Final = re.compile("[\ud800-\udfff\0]")
"""As Python hands on such bytes, and the byte no path holds; nothing that is sent or written can hold them."""

EPILOG: Final = """\b
Exit codes: 0 ok · 1 failed · 2 usage or ambiguous · 3 outcome unknown · 4 declined ·
            5 not found · 6 unreachable or not sent · 7 breaks found

\b
Examples:
  counterfoil up --lab
  counterfoil sale --amount 12.50 --card alice
  counterfoil why T0000001/000001/000002
  counterfoil fault set 3 drop --times 1
"""


class Verbs(click.Group):
    """A group that knows its verbs by name and imports one when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The verbs in the order a newcomer needs them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb's command, from its own file; None when there is no such verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"counterfoil.cli.{VERBS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of verbs without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


@click.group(cls=Verbs, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message=f"%(prog)s %(version)s, {accelerator.told()}")
@DATA_OPTION
@LANG_OPTION
def command(data: str | None, lang: str | None) -> None:
    """A card sale walks a loop: terminal, switch, issuer and back. Counterfoil says where the money is."""


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. Every complaint is one sentence on stderr, and JSON with --json."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    complaint = Complaint(arguments)
    if any(map(SURROGATES.search, arguments)):
        return complaint.say("usage", NO_TEXT, Exit.USAGE)
    try:
        return int(command.main(args=arguments, prog_name="counterfoil", standalone_mode=False) or 0)
    except click.ClickException as error:
        return complaint.about(error)
    except (click.Abort, KeyboardInterrupt):
        return complaint.say("interrupted", Text("interrupted", "已中断"), Exit.INTERRUPTED)
    except OSError as error:
        return unwritten(complaint, error, Exit.FAILED)
    except InputError as error:
        return complaint.say("usage", Text(str(error), error.zh), Exit.USAGE)
    except PaymentError as error:
        return complaint.say("failed", Text(str(error), error.zh), Exit.FAILED)


def unwritten(complaint: Complaint, error: OSError, status: int) -> int:
    """A file, or the answer's own stream, that the system refuses; a reader that has gone away is told nothing."""
    if error.errno == errno.EPIPE:
        return status or Exit.FAILED
    if error.errno in NO_DESCRIPTOR:
        return complaint.say("failed", NO_FILE, Exit.FAILED)
    from counterfoil.reasons import reason

    why = reason(error)
    name = str(error.filename) if error.filename else ""
    what = UNWRITTEN if error.errno in FULL else REFUSED
    text = Text(f"{name}: {why.en}", f"{name}：{why.zh}") if name else Text(*map(str.format, what, why))
    return complaint.say("failed", text, status or Exit.FAILED)
