"""docs/kinds.md is drawn from the table: `PYTHONPATH=tests python -m kinds.test_docs` writes it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from counterfoil.kinds import TABLE, Kind, Needs
from counterfoil.kinds.described import MODES, NEEDS, TOTALS, listed, movements_text, original_text
from counterfoil.kinds.undo import undo

PAGE: Final = Path(__file__).parents[2] / "docs/kinds.md"
HEAD: Final = """# Kinds of transactions

Drawn from the table that every station interprets, [src/counterfoil/kinds](../src/counterfoil/kinds); the verb
`counterfoil kinds` prints it. A kind is data; no station compares its name. Terminal and switch look up its spelling,
the issuer asks its rules in their order and books its movements. What a reversal does follows from them: it undoes what
still stands, and is never refused.
"""


def drawn() -> str:
    """The page as the table says it."""
    return "\n".join([HEAD, *map(section, TABLE)])


def section(kind: Kind) -> str:
    """One kind."""
    wire = kind.wire
    rows = [
        ("leg 1", f"`{wire.mti}`, DE3 `{wire.processing}`, DE25 `{wire.condition}`, DE60.1 `{wire.type}`"),
        ("leg 2", f"`{wire.mti}`, DE3 `{wire.processing}`, DE25 `{wire.condition}`"),
        ("mode", MODES[kind.mode].en),
        ("moves", movements_text(kind.movements).en),
        ("its reversal", movements_text(undo(kind.movements)).en),
        ("needs", listed(NEEDS[need] for need in Needs if need in kind.needs).en),
        ("original", original_text(kind.original).en if kind.original is not None else "none"),
        ("rules after the PIN", ", ".join(f"`{rule}`" for rule in kind.rules) or "none"),
        ("in the totals", TOTALS[kind.total].en),
        *(("the cardholder is told", f"{told.en} {told.zh}") for told in kind.notices or ()),
    ]
    lines = [f"| {name} | {said} |" for name, said in rows]
    return "\n".join([f"## `{kind.name}` · {kind.says.en} · {kind.says.zh}\n", "| | |", "|---|---|", *lines, ""])


def test_the_page_is_as_the_table_says() -> None:
    assert PAGE.read_text("utf-8") == drawn()


if __name__ == "__main__":
    PAGE.write_text(drawn(), "utf-8")
