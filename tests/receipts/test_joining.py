"""Slips of parts that are not built yet join with a list of nodes: no renderer knows what a slip is about."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from counterfoil.receipts import document as room
from counterfoil.receipts.document import Cells, Copy, Document, Heading, Note, Row, Rule, Signature, sale_slip
from counterfoil.receipts.document.sale import code_of
from counterfoil.receipts.document.slip import KINDS, same
from counterfoil.receipts.profile import GENERIC_58, PROFILES
from counterfoil.receipts.render import text
from counterfoil.receipts.render.clusters import columns
from counterfoil.words import Text
from receipts import test_escpos
from receipts.slips import CODE, DOCUMENTS, SLIP

SETTLEMENT: Final = Document(
    (
        Heading(Text("SETTLEMENT", "结算单"), big=True),
        Rule(),
        Row(Text("BATCH NO", "批次号"), same("000726")),
        Cells((Text("TYPE", "类型"), Text("COUNT", "笔数"), Text("AMOUNT", "金额")), (12, -8, -12)),
        Cells((Text("SALE", "消费"), same("12"), same("1840.50")), (12, -8, -12)),
        Cells((Text("REFUND", "退货"), same("1"), same("-99.00")), (12, -8, -12)),
        Rule(),
        Row(Text("NET", "净额"), same("RMB 1741.50"), big=True),
        Note(Text("Settled with the host, both sides agree.", "与主机结算完毕,双方账平。")),
    )
)
BARTER: Final = Document(
    (
        Heading(Text("BARTER AGREEMENT", "易货协议"), big=True),
        Rule(),
        Row(Text("GIVES", "换出"), Text("40 kg rice", "大米 40 公斤")),
        Row(Text("GETS", "换入"), Text("2 repaired bicycles", "修好的自行车 2 辆")),
        Row(Text("TRADE CREDIT HELD", "托管贸易信用"), same("RMB 320.00"), big=True),
        Note(Text("Released when both have confirmed delivery.", "双方确认收货后解付。")),
        Signature(Text("FIRST PARTY", "甲方")),
        Signature(Text("SECOND PARTY", "乙方")),
        code_of(CODE),
    )
)
JOINING: Final = {
    **{kind: sale_slip(replace(SLIP, kind=kind), Copy.MERCHANT, code=CODE) for kind in KINDS},
    "settlement": SETTLEMENT,
    "barter": BARTER,
}
LAID_OUT: Final = Path(room.__file__).parents[1] / "render"


@pytest.mark.parametrize("language", test_escpos.LANGUAGES)
@pytest.mark.parametrize("name", JOINING)
def test_a_slip_nobody_has_built_yet_is_on_every_paper(
    name: str, language: text.Language, font: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DOCUMENTS, name, JOINING[name])
    for profile in (GENERIC_58, PROFILES["chinese-80"]):
        test_escpos.test_every_line_is_on_the_paper_in_its_size(name, profile, language, font)
        lines = text.render(JOINING[name], language, profile.columns).splitlines()
        assert max(map(columns, lines)) <= profile.columns


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_transaction_is_a_word_on_its_slip(kind: str) -> None:
    assert KINDS[kind].en in text.render(JOINING[kind], "en")
    assert KINDS[kind].zh in text.render(JOINING[kind], "zh")


def test_no_renderer_knows_what_a_slip_is_about() -> None:
    nodes = {"Cells", "Code", "Document", "Heading", "Node", "Note", "Row", "Rule", "Signature", "SPAN"}
    for file in LAID_OUT.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("counterfoil.receipts.document"):
                assert {name.name for name in node.names} <= nodes, file.name
