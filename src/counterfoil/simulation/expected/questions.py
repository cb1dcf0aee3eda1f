"""What a terminal must answer to everything but a sale: the error, or the facts, by what is on its disk.

A step decides what arrived in its order, and the disk shows it as it is afterwards: what began or changed in the very
step in which somebody asks may stand in the answer, or not yet.
"""

from __future__ import annotations

from typing import Any, Final

from counterfoil.kinds import BY_NAME, Mode
from counterfoil.simulation.expected import paper
from counterfoil.simulation.node import Node
from counterfoil.simulation.world import must
from counterfoil.step import Command, Instant
from counterfoil.transaction import parse_ref

COPIES: Final = ("merchant", "cardholder", "bank")
TOLD: Final = ("attested", "e_delivered", "declined")
PAID: Final = ("approved", "closed")
STATE: Final = (
    "SELECT state, amount, currency, last4, updated_at, kind FROM attempt WHERE terminal = ? AND batch = ? AND stan = ?"
)
NEWEST: Final = (
    "SELECT terminal || '/' || batch || '/' || stan, started_at FROM attempt "
    "WHERE terminal = ? ORDER BY started_at DESC, place DESC"
)
# Each with how many of them were there before an instant.
BY_CARD: Final = (
    "SELECT count(*) FILTER (WHERE started_at < ?), count(*) "
    "FROM attempt WHERE last4 = ? AND amount = ifnull(?, amount)"
)
OPEN: Final = (
    "SELECT count(*) FILTER (WHERE updated_at < ?), count(*) FROM attempt "
    "WHERE (state = 'approved' OR updated_at >= ?) AND terminal = ?"
)


def check(node: Node, terminals: list[str], command: Command, body: dict[str, Any], now: Instant) -> None:
    """Compare the answer to a command, given in the step at `now`, with what it must be."""
    verb, args, error = command.verb, command.args, body.get("error")
    expected = refusal(node, terminals, verb, args)
    if expected in ("no_receipt", "no_key") and _row(node, args["ref"])[4] >= now:
        return
    if expected:
        must(error == expected, f"{verb} with {sorted(args)} is told {error}, where {expected} is due")
    elif verb == "find":
        _within(len(body["sales"]), node.disk.query(BY_CARD, (now, args["last4"], args.get("amount")))[0], "sales")
    elif verb == "list":
        listed = [one["terminal"] for one in body["terminals"]]
        must(sorted(listed) == sorted(terminals), f"{listed} are listed")
    elif verb == "open_receipts":
        _within(len(body["receipts"]), node.disk.query(OPEN, (now, now, args["terminal"]))[0], "open receipts")
    elif verb == "last" and error is None and not args.get("paid"):
        rows = node.disk.query(NEWEST, (args["terminal"],))
        before = max((began for _, began in rows if began < now), default=0)
        newest = [ref for ref, began in rows if began >= before]
        must(body["ref"] in newest, f"the last sale is said to be {body['ref']}, it is {newest[-1]}")
    elif verb == "receipt" and args.get("print") is False:
        state, amount, currency, last4, *_ = _row(node, args["ref"])
        words = [paper.plain(amount, currency), last4, args["ref"][:8], args["ref"][-6:]]
        missing = [word for word in words if word not in body["receipt"]]
        must(not missing, f"the slip of {args['ref']}, which is {state}, does not say {missing}")
        language = "金额" if args["lang"] == "zh" else "AMOUNT"
        must(language in body["receipt"], f"the slip of {args['ref']} is not in {args['lang']}")


def refusal(node: Node, terminals: list[str], verb: str, args: dict[str, Any]) -> str:
    """The error that is due whatever the terminal is doing; "" for none."""
    state, *_, kind = _row(node, args.get("ref"))
    printed = state in PAID and BY_NAME[kind].mode is not Mode.INQUIRY  # of an inquiry only what was asked for is
    if verb in ("cancel", "open_receipts", "last"):
        return "" if args["terminal"] in terminals else "unknown_terminal"
    if verb == "find":
        return "" if args.get("last4") else "bad_request"
    nonsense = {
        "receipt": args.get("copy", "cardholder") not in COPIES,
        "close_receipt": args.get("how") not in TOLD,
    }
    if nonsense.get(verb):
        return "bad_request"
    if verb in ("receipt", "close_receipt", "receipt_link"):
        wanted = "no_key" if verb == "receipt_link" else ""
        return "unknown_sale" if not state else wanted if printed else "no_receipt"
    if verb == "goods":
        return "unknown_sale" if not state else "" if args["answer"] in ("handed_over", "kept") else "bad_request"
    if verb == "escalate":
        return "unknown_sale" if not state else "" if args["operator"] and args["reason"] else "bad_request"
    return "" if verb in ("list", "status") else "unknown_verb"


def _within(told: int, bounds: tuple[int, int], what: str) -> None:
    least, most = bounds
    must(least <= told <= most, f"{told} {what} are told, {most} are there")


def _row(node: Node, ref: object) -> tuple[str, int, str, str, Instant, str]:
    key = parse_ref(ref) if isinstance(ref, str) else None
    rows = node.disk.query(STATE, tuple(key)) if key is not None else []
    return rows[0] if rows else ("", 0, "", "", 0, "")
