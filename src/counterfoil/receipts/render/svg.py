"""A document as SVG, and as a page around it for a screen. The words are text, so they can be searched and read aloud.

A column is 12 units wide whatever fonts the reader has: every piece of text says how long it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from counterfoil.receipts.document import Document, Heading
from counterfoil.receipts.render.clusters import columns, pieces
from counterfoil.receipts.render.lines import Line, Square, lay
from counterfoil.receipts.render.raster import COLUMN, GAP, HEIGHT, QUIET, code_modules, module_size
from counterfoil.receipts.render.text import Language, said

MARGIN: Final = 12
LETTER: Final = 20  # a monospaced letter is 0.6 of this wide: one column
BASELINE: Final = GAP + 19
WIDE: Final = 23  # a Chinese character fills its two columns, but for a hair
_WIDE: Final = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003ffff]+")
_WORDS: Final = re.compile(r"\S+(?: \S+)*")
_ALL: Final = re.compile(".+")
PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body{{margin:0;background:#eee;text-align:center}}
svg{{max-width:100%;height:auto;margin:16px auto;box-shadow:0 1px 6px #0004}}
@media print{{body{{background:none}}svg{{margin:0;box-shadow:none}}}}</style></head>
<body>
{svg}</body>
</html>
"""


def render(document: Document, language: Language, width: int = 32) -> str:
    """The slip as one SVG element on paper `width` columns wide."""
    across = width * COLUMN
    parts, y = [], MARGIN
    for block in lay(document, language, width):
        if isinstance(block, Square):
            drawn, height = _code(block.payload, across, y)
            parts.append(drawn)
        else:
            parts += _line(block, across, y)
            height = HEIGHT * block.tall + 2 * GAP
        y += height
    outer, down = across + 2 * MARGIN, y + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{outer}" height="{down}" viewBox="0 0 {outer} {down}" '
        f'role="img" aria-label={quoteattr(title(document, language))} xml:lang="{_lang(language)}">\n'
        f'<rect width="{outer}" height="{down}" fill="#fff"/>\n'
        f'<g transform="translate({MARGIN} 0)" font-family="monospace" font-size="{LETTER}" fill="#000">\n'
        + "".join(f"{part}\n" for part in parts)
        + "</g>\n</svg>\n"
    )


def page(document: Document, language: Language, width: int = 32) -> str:
    """A slip as a page of its own, with nothing in it from anywhere else."""
    return PAGE.format(
        lang=_lang(language), title=escape(title(document, language)), svg=render(document, language, width)
    )


def title(document: Document, language: Language) -> str:
    """What the slip calls itself."""
    return next((said(node.text, language) for node in document.nodes if isinstance(node, Heading)), "")


def _lang(language: Language) -> str:
    return "zh-CN" if language == "zh" else "en"


def _line(line: Line, across: int, y: int) -> Iterator[str]:
    if line.rule:
        middle = y + GAP + HEIGHT // 2
        yield f'<path d="M0 {middle}H{across}" stroke="#000" stroke-width="2" stroke-dasharray="8 4"/>'
        return
    scaled = f' transform="translate(0 {y}) scale({line.wide} {line.tall})"' if line.wide * line.tall > 1 else ""
    top = GAP if scaled else y + GAP
    for text, column, shaped in _parts(line.text):
        for words in (_ALL if shaped else _WORDS).finditer(text):
            start, length = (column + columns(text[: words.start()])) * COLUMN, columns(words[0]) * COLUMN
            if length:
                how = ' lengthAdjust="spacingAndGlyphs"' if shaped else ""
                yield (
                    f'<text x="{start}" y="{top - GAP + BASELINE}" textLength="{length}"{how}{scaled} '
                    f'xml:space="preserve">{_WIDE.sub(_wide, escape(words[0]))}</text>'
                )


def _parts(text: str) -> Iterator[tuple[str, int, bool]]:
    """A line in parts, each with its first column: what a reader may space out, and what has to stay joined."""
    rest, column = text, 0
    for piece in pieces(text):
        if piece.shaped:
            before, _, rest = rest.partition(piece.text)
            yield before, column, False
            yield piece.text, piece.start, True
            column = piece.start + piece.columns
    yield rest, column, False


def _wide(run: re.Match[str]) -> str:
    return f'<tspan font-size="{WIDE}">{run[0]}</tspan>'


def _code(payload: str, across: int, y: int) -> tuple[str, int]:
    """The code as one path, and how high it is."""
    rows = code_modules(payload)
    size = module_size(payload, across)
    side = (len(rows) + 2 * QUIET) * size
    left = (across - side) // 2
    steps = "".join(
        f"M{QUIET + run.start()} {QUIET + number}h{run.end() - run.start()}v1H{QUIET + run.start()}z"
        for number, row in enumerate(rows)
        for run in re.finditer(b"\x01+", row)
    )
    place = f'transform="translate({left} {y}) scale({size})"'
    return f'<path data-code={quoteattr(payload)} {place} shape-rendering="crispEdges" d="{steps}"/>', side
