"""Does a receipt say what its code says? A genuine code pasted under other words proves those words wrong."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from counterfoil.receipts.document import KINDS, amount_text
from counterfoil.receipts.proof import CodeFacts, CodeProblem, NotProven

_TAG: Final = re.compile(r"<[^>]*>")
_MARKUP: Final = re.compile(r"\s*<")


def compare(receipt: str, facts: CodeFacts) -> None:
    """NotProven, naming the fact, when a receipt (text, SVG or HTML) does not show each of them.

    What it compares are whole words: 9912.50 is not 12.50.
    """
    lines = _TAG.sub("\n", receipt) if _MARKUP.match(receipt) else receipt
    shown = f" {' '.join(unescape(lines).split())} "
    for name, texts in _shown(facts).items():
        if not any(f" {' '.join(text.split())} " in shown for text in texts):
            raise NotProven(CodeProblem.DIFFERS, what=name)
    # slips write the card in groups of four, wherever those fall
    if facts.last4.isdigit() and not re.search(r"\* ?" + " ?".join(facts.last4) + " ", shown):
        raise NotProven(CodeProblem.DIFFERS, what="last4")
    symbol = amount_text(facts.amount, facts.currency).partition(" ")[0]
    if len({one.replace(",", "") for one in re.findall(rf" {symbol} ([0-9.,]+)(?= )", shown)}) > 1:
        raise NotProven(CodeProblem.DIFFERS, what="amount")


def ungrouped(facts: CodeFacts) -> str:
    """The amount as slips of an earlier version print it: RMB 1234.50."""
    return amount_text(facts.amount, facts.currency).replace(",", "")


def _shown(facts: CodeFacts) -> dict[str, tuple[str, ...]]:
    """How slips write each fact, in either language; facts a sale does not have are not looked for."""
    kind = KINDS.get(facts.kind)
    written: dict[str, tuple[str, ...]] = {
        "kind": tuple(kind) if kind else (facts.kind.upper(),),
        "merchant": (facts.merchant,),
        "terminal": (facts.terminal,),
        "batch": (facts.batch,),
        "voucher": (facts.voucher,),
        "rrn": (facts.rrn,),
        "auth_code": (facts.auth_code,),
        "amount": (amount_text(facts.amount, facts.currency), ungrouped(facts)),
        "date": (facts.date,),
        "time": (facts.time,),
    }
    return {name: texts for name, texts in written.items() if all(texts)}
