"""Chinese sentences are written as Chinese is: full-width punctuation between Han characters."""

from __future__ import annotations

import ast
import re
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "counterfoil"
HALF = re.compile(r"[\u4e00-\u9fff](?:[;:?!](?!//)|,(?! ))")
PRINTED = {"receipts/document", "receipts/render", "simulation/expected/paper"}
"""Paper, and what reads it: a slip's labels are set in columns of half-width cells."""
TYPED = re.compile(r"发卡行,交换中心,终端|控制台: $")
"""What is typed as it stands, and the line that is in two languages at once."""


def sentences(tree: ast.AST) -> list[tuple[int, str]]:
    """Every string with Chinese in it that is no docstring."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs]
    return [(one.lineno, one.value) for one in strings if isinstance(one.value, str)]


def test_chinese_sentences_use_full_width_punctuation() -> None:
    wrong: list[str] = []
    seen = 0
    for path in sorted(SRC.rglob("*.py")):
        where = path.relative_to(SRC).as_posix()
        if any(where.startswith(part) for part in PRINTED):
            continue
        for line, text in sentences(ast.parse(path.read_text(encoding="utf-8"))):
            seen += bool(re.search(r"[\u4e00-\u9fff]", text))
            wrong += [f"{where}:{line} {text}"] if HALF.search(TYPED.sub("", text)) else []
    assert not wrong, "\n".join(wrong)
    assert seen > 500
