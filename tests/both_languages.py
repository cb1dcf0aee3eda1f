"""Every sentence of the source in both languages, and the Latin words that a Chinese one may have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from counterfoil.kinds import TABLE

SRC: Final = Path(__file__).parents[1] / "src" / "counterfoil"

HAN: Final = re.compile(r"[\u4e00-\u9fff]")
PICKED: Final = re.compile(r"""\bt\(\s*(["'])(?P<en>.*?)\1\s*,\s*(["'])(?P<zh>.*?)\3\s*\)""")
"""A sentence in a template: t("English", "Chinese")."""


class Sentence(NamedTuple):
    """One sentence, and where it stands."""

    where: str
    en: str
    zh: str


@cache
def pairs() -> tuple[Sentence, ...]:
    """Every Text(en, zh) whose two sides are literal, and every t(en, zh) of the templates."""
    return (*_in_code(), *_in_templates())


def _in_code() -> Iterator[Sentence]:
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text":
                sides = [_literal(side) for side in (*node.args, *(keyword.value for keyword in node.keywords))]
                if len(sides) == 2 and sides[0] is not None and sides[1] is not None:
                    yield Sentence(f"{path.relative_to(SRC)}:{node.lineno}", sides[0], sides[1])


def _in_templates() -> Iterator[Sentence]:
    for path in sorted(SRC.rglob("*.html")):
        text = path.read_text("utf-8")
        for found in PICKED.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Sentence(f"{path.relative_to(SRC)}:{line}", found["en"], found["zh"])


def _literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


@cache
def chinese() -> tuple[tuple[str, str], ...]:
    """Every piece of source text with Chinese in it: where, and what. Docstrings are English."""
    return tuple(_pieces())


def _pieces() -> Iterator[tuple[str, str]]:
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and HAN.search(node.value):
                yield f"{path.relative_to(SRC)}:{node.lineno}", node.value
    for path in sorted([*SRC.rglob("*.html"), *SRC.rglob("*.js")]):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if HAN.search(line):
                yield f"{path.relative_to(SRC)}:{number}", line


# --- Latin words in Chinese -------------------------------------------------------------------------------------------

_NAMES: Final = """
Counterfoil counterfoil UnionPay Wireshark tshark tcpdump xxd text2pcap Parquet pyarrow SQLite pytest CUPS USB
python-escpos escpos-usb pip install apt-get docs loop.md counterfoil.toml ulimit Java Go
"""
NAMES: Final = frozenset(_NAMES.split())
"""Programs, files and their formats."""
_TERMS: Final = """
AAC AID API APN ARQC ATC BCD CSRF CVV ESC ETX F GAC HEX IC ID ISO JSON KiB LRC MAC MM MTI PEM PIK PIN POS QR
RMB RSA SAF SIGKILL SMS STX TC TCP TLS TMK TPDU CNY C S x sha256 MAK ms
TSI TVR UTC UTF-8 XDG YY YYYY-MM-DD YYMM base64 raw s PAN LMK
AC AIP EMV SVG PNG Ctrl-C Enter Esc j k English OK PID HTTP URL SHA-256 IP
"""
TERMS: Final = frozenset(_TERMS.split())
"""The field's own abbreviations, units, keys."""
_TYPED: Final = """
REF last type max prefix align pad charset override amount ref rrn last4 terminal baud flow name kept by
handed_over hosts links_ca links_name printer profile generic-80 typed tmk to
default none proxies receipt.png packet.hex
packet.pcap port archive timers printers lab escpos console currency original
fault.set fault.kill fault.pause fault.clear REVERSING ip HOST MODEL
"""
TYPED: Final = frozenset(_TYPED.split())
"""What is typed as it stands: settings, parts of a command, members of JSON, a state of docs/loop.md."""
FIELD: Final = re.compile(r"(?:DE|F)[0-9.]*|[0-9A-F]{2}|[A-Z]{2}[0-9]")
NO_WORDS: Final = re.compile(
    r"`[^`]*`|“[^”]*”|'[^']*'|\{[^}]*\}|(?<![\w-])--?[a-z-]+(?:[ =][A-Z]+)?|<[^>]*>|\w+://\S+|(?<![\w.])/[\w./-]+|\\n"
)
"""What is quoted, filled in, an option, or a path is no word."""
WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9]|[A-Za-z]")


def untranslated(text: str, *more: str) -> list[str]:
    """The Latin words of a Chinese sentence that are none of those above, nor one of `more`."""
    words = WORD.findall(NO_WORDS.sub(" ", text))
    known = NAMES | TERMS | TYPED | frozenset(more)
    return [word for word in words if word not in known and not FIELD.fullmatch(word)]


# --- data -------------------------------------------------------------------------------------------------------------

DATA: Final = re.compile(
    r"""
    \w+://\S+ | \b(?:tcp|serial|usb|escpos-usb|cups|file):\S*
    | [A-Z0-9]{8}/[0-9]{6}/[0-9]{6}             # a reference
    | [0-9]{6}[0-9A-Z]{6}\b                      # an RRN
    | \b[0-9A-F]{16,}\b | \b[0-9a-f]{16,}\b      # keys, bitmaps, hashes
    | (?:card|clearing|funding):[\w:]+           # accounts
    | \b(?:T[0-9]{7}|OUTSIDE1|issuer-[ab]|to-issuer-[ab]|shopper-[0-9]{3})\b
    | \b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z
    | \b[0-9,.]+\ ?(?:CNY|RMB)\b | \b(?:CNY|RMB)\ ?[0-9,.]+
    | UTC[+-][0-9:]+
    | Corner\ Grocery
    | [\w./-]*/[\w./-]+                          # a path
    | \b[A-Z2-7-]{9,}\b                        # the code of a receipt
    | [MSI]-[\w-]+                               # a number of a case, ticket or row
    """,
    re.VERBOSE,
)
CARDS: Final = re.compile(r"\b(?:alice|bob|carol|poor|limit|expired|lost|stolen|blocked|unknown|noroute)\b")
PEOPLE: Final = re.compile(r"\b(?:cashier|supervisor(?:-2)?|support|admin)\b")
STATIONS: Final = re.compile(r"\b(?:terminal|switch|terminals)\b")
KINDS: Final = re.compile(rf"\b(?:{'|'.join(name for kind in TABLE for name in (kind.name, *kind.rules))})\b")
"""What a kind of transaction, and a rule, is called in commands and JSON."""


def without_data(text: str) -> str:
    """What is shown, without what is the same in every language: references, numbers, dates, names."""
    for kind in (DATA, CARDS, PEOPLE, STATIONS, KINDS):
        text = kind.sub(" ", text)
    return text
