"""What a terminal must answer to everything but a sale: the error, or the facts, by what is on its disk."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.simulation.expected import paper
from counterfoil.simulation.node import Node
from counterfoil.simulation.world import must
from counterfoil.step import Command
from counterfoil.transaction import parse_ref

COPIES: Final = ("merchant", "cardholder", "bank")
TOLD: Final = ("attested", "e_delivered", "declined")
PAID: Final = ("approved", "closed")
STATE: Final = "SELECT state, amount, currency, last4 FROM attempt WHERE terminal = ? AND batch = ? AND stan = ?"
NEWEST: Final = (
    "SELECT terminal || '/' || batch || '/' || stan FROM attempt "
    "WHERE terminal = ? ORDER BY started_at DESC, place DESC"
)
BY_CARD: Final = "SELECT count(*) FROM attempt WHERE last4 = ? AND amount = ifnull(?, amount)"
OPEN: Final = "SELECT count(*) FROM attempt WHERE state = 'approved' AND terminal = ?"


def check(node: Node, terminals: list[str], command: Command, body: dict[str, Any]) -> None:
    """Compare the answer to a command with what it must be."""
    verb, args, error = command.verb, command.args, body.get("error")
    expected = refusal(node, terminals, verb, args)
    if expected:
        must(error == expected, f"{verb} with {sorted(args)} is told {error}, where {expected} is due")
    elif verb == "find":
        count = node.disk.query(BY_CARD, (args["last4"], args.get("amount")))[0][0]
        must(len(body["sales"]) == count, f"{len(body['sales'])} sales are found, {count} are there")
    elif verb == "list":
        listed = [one["terminal"] for one in body["terminals"]]
        must(sorted(listed) == sorted(terminals), f"{listed} are listed")
    elif verb == "open_receipts":
        count = node.disk.query(OPEN, (args["terminal"],))[0][0]
        must(len(body["receipts"]) == count, f"{len(body['receipts'])} receipts are open, {count} should be")
    elif verb == "last" and error is None and not args.get("paid"):
        ref = node.disk.query(NEWEST, (args["terminal"],))[0][0]
        must(body["ref"] == ref, f"the last sale is said to be {body['ref']}, it is {ref}")
    elif verb == "receipt" and args.get("print") is False:
        state, amount, currency, last4 = _row(node, args["ref"])
        words = [paper.plain(amount, currency), last4, args["ref"][:8], args["ref"][-6:]]
        missing = [word for word in words if word not in body["receipt"]]
        must(not missing, f"the slip of {args['ref']}, which is {state}, does not say {missing}")
        language = "金额" if args["lang"] == "zh" else "AMOUNT"
        must(language in body["receipt"], f"the slip of {args['ref']} is not in {args['lang']}")


def refusal(node: Node, terminals: list[str], verb: str, args: dict[str, Any]) -> str:
    """The error that is due whatever the terminal is doing; "" for none."""
    state = _row(node, args.get("ref"))[0]
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
        return "unknown_sale" if not state else wanted if state in PAID else "no_receipt"
    if verb == "goods":
        return "unknown_sale" if not state else "" if args["answer"] in ("handed_over", "kept") else "bad_request"
    if verb == "escalate":
        return "unknown_sale" if not state else "" if args["operator"] and args["reason"] else "bad_request"
    return "" if verb in ("list", "status") else "unknown_verb"


def _row(node: Node, ref: object) -> tuple[str, int, str, str]:
    key = parse_ref(ref) if isinstance(ref, str) else None
    rows = node.disk.query(STATE, tuple(key)) if key is not None else []
    return rows[0] if rows else ("", 0, "", "")
