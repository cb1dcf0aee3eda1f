"""What a slip says: a small tree of lines, the same for every paper, screen and language."""

from counterfoil.receipts.document.nodes import (
    Cells,
    Code,
    Document,
    Heading,
    Node,
    Note,
    Row,
    Rule,
    Signature,
)
from counterfoil.receipts.document.notices import fault_slip, not_charged_slip, reversal_slip
from counterfoil.receipts.document.papers import Explained, declaration, detail_list, explanation
from counterfoil.receipts.document.sale import ELECTRONIC, SHOWN, FurtherCopy, sale_slip
from counterfoil.receipts.document.slip import KINDS, Copy, Slip, amount_text, card_of

__all__ = [
    "ELECTRONIC",
    "KINDS",
    "SHOWN",
    "Cells",
    "Code",
    "Copy",
    "Document",
    "Explained",
    "FurtherCopy",
    "Heading",
    "Node",
    "Note",
    "Row",
    "Rule",
    "Signature",
    "Slip",
    "amount_text",
    "card_of",
    "declaration",
    "detail_list",
    "explanation",
    "fault_slip",
    "not_charged_slip",
    "reversal_slip",
    "sale_slip",
]
