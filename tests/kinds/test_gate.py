"""The gate: how a kind is spelt, and which kind it is, is said in `kinds/` alone.

Elsewhere nobody writes a financial message type, a processing code or a DE60.1, and nobody compares a kind with one of
them: what differs from kind to kind is asked of its description.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

import counterfoil
from counterfoil import kinds
from counterfoil.kinds import BY_NAME, TABLE

SOURCE: Final = Path(counterfoil.__file__).parent
EXEMPT: Final = {
    "kinds": "this is where it is said",
    "iso8583": "bytes are bytes",
    "inspector": "it says what the bytes of any message mean",
    "simulation/expected": "a second opinion: it must not ask the table it is there to check",
}

FINANCIAL: Final = frozenset({"0100", "0110", "0200", "0201", "0210", "0220", "0221", "0230"})
QUOTED: Final = re.compile(rf"""['"]({"|".join(sorted(FINANCIAL))})['"]""")  # inside of SQL or JSON
PROCESSING: Final = re.compile(r"(0[1-3]|2[0-2]|3[0-3]|40|60)0000")
SPELLINGS: Final = frozenset(kind.wire.processing for kind in TABLE) - {"000000"}  # zeros stand for much else
SPELT: Final = {"de3": "DE3", "processing": "DE3", "de60": "DE60.1", "type": "DE60.1"}
MANAGEMENT: Final = "00"
"""DE60.1 of what is no transaction: sign-on, settlement."""
CONSTANTS: Final = frozenset(name for name, value in vars(kinds).items() if any(value is kind for kind in TABLE))


def broken(source: str) -> Iterator[tuple[int, str]]:
    """Line and rule of whatever is wrong with a source."""
    tree = ast.parse(source)
    prose = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            text = _text(node)
            if text in FINANCIAL or QUOTED.search(text):
                yield node.lineno, "a financial message type"
            elif text in SPELLINGS or PROCESSING.fullmatch(text):
                yield node.lineno, "a processing code"
        for name, value in _said_together(node):
            if (what := SPELT.get(_last(name))) and any(_spells(what, name, text) for text in _texts(value)):
                yield value.lineno, f"a {what}"
        if isinstance(node, ast.Call) and _last(node.func) == "build_de60" and set(_texts(node.args[0])) - {MANAGEMENT}:
            yield node.lineno, "a DE60.1"
        for kind, other in _compared(node):
            names = kinds_named(other)
            if names or (is_kind(kind) and BY_NAME.keys() & set(_texts(other))):
                yield other.lineno, "a comparison with a kind"
        if isinstance(node, ast.Dict) and _by_kind([key for key in node.keys if key is not None]):
            yield node.lineno, "a table by kind"


def _text(node: ast.Constant) -> str:
    if isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    return node.value if isinstance(node.value, str) else ""


def _texts(node: ast.expr | ast.pattern) -> list[str]:
    """The literals in an expression, also those of a set or a tuple in it; not those of a subscript or a call."""
    if isinstance(node, ast.Constant):
        return [_text(node)]
    if isinstance(node, ast.MatchValue):
        return _texts(node.value)
    if isinstance(node, ast.MatchOr):
        return [text for pattern in node.patterns for text in _texts(pattern)]
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return [text for element in node.elts for text in _texts(element)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _texts(value)]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    if isinstance(node, ast.Call) and _last(node.func) in ("frozenset", "set", "tuple"):
        return [text for argument in node.args for text in _texts(argument)]
    return []


def _last(node: ast.expr | str) -> str:
    """The name at the end of what names something: "de3" of `message.de3`, `fields["de3"]` and `de3=`."""
    if isinstance(node, str):
        return node.lower()
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return _text(node).lower()
    if isinstance(node, ast.Subscript):
        inner = node.slice
        return _text(inner).lower() if isinstance(inner, ast.Constant) and _text(inner) else _last(node.value)
    if isinstance(node, ast.BoolOp):
        return _last(node.values[0])
    return ""


def _said_together(node: ast.AST) -> Iterator[tuple[ast.expr | str, ast.expr]]:
    """Names and the values that are given to them, compared with them, or stand in for them."""
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            pairs = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            if pairs and isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=True)
            else:
                yield target, node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.Dict):
        yield from ((key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None)
    elif isinstance(node, ast.BoolOp):
        yield from ((node.values[0], value) for value in node.values[1:])
    else:
        yield from _compared(node)


def _compared(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Every two things that are compared with each other, both ways round."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, right in pairwise(sides):
            yield left, right
            yield right, left
    elif isinstance(node, ast.Match):
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                if isinstance(pattern, ast.MatchValue):
                    yield node.subject, pattern.value


def _spells(what: str, name: ast.expr | str, text: str) -> bool:
    """Whether this text, of something with such a name, is how a kind is spelt."""
    if what == "DE3":
        return re.fullmatch(r"[0-9]{2}|[0-9]{6}", text) is not None
    two = _last(name) == "type" or isinstance(name, ast.Subscript)
    digits = r"[0-9]{2}" if two else r"[0-9]{2}([0-9]{6,})?"
    return re.fullmatch(digits, text) is not None and text[:2] != MANAGEMENT


def _by_kind(keys: list[ast.expr]) -> bool:
    """Whether a dictionary has an entry for each of several kinds; one word alone may mean something else."""
    words = [text for key in keys for text in _texts(key)]
    return any(map(kinds_named, keys)) or (len(words) > 1 and BY_NAME.keys() >= set(words))


def is_kind(node: ast.expr) -> bool:
    """Whether this is a kind, or the name of one: `kind`, `attempt.kind`, `attempt.kind.name`."""
    if isinstance(node, ast.Attribute) and node.attr == "name":
        return is_kind(node.value)
    return _last(node) == "kind"


def kinds_named(node: ast.expr) -> set[str]:
    """The descriptions in an expression, by their constants: `PURCHASE`, `kinds.PURCHASE.name`, `{PURCHASE, VOID}`."""
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return {name for element in node.elts for name in kinds_named(element)}
    if isinstance(node, ast.Attribute) and node.attr == "name":
        return kinds_named(node.value)
    return {_last(node)} & CONSTANTS if isinstance(node, ast.Name | ast.Attribute) else set()


def sources() -> list[Path]:
    """Every file the gate is for."""
    files = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
    return [path for path in files if not any(path.is_relative_to(room) for room in EXEMPT)]


def test_only_kinds_say_how_a_kind_is_spelt_and_which_it_is() -> None:
    found = [
        f"{path}:{line}: {rule}" for path in sources() for line, rule in broken((SOURCE / path).read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


def test_the_gate_is_for_all_the_rest() -> None:
    rooms = {path.parts[0] for path in sources()}
    assert rooms >= {"terminal", "switch", "issuer", "verdict", "receipts", "console", "cli", "simulation"}
    assert not [room for room in EXEMPT if not (SOURCE / room).is_dir()]


BREAKS: Final = [
    ('if message.mti == "0200": pass', "a financial message type"),
    ('if data[:4] in (b"0210", b"0430"): pass', "a financial message type"),
    ('TYPES = {"leg-1": "0220"}', "a financial message type"),
    ('REPEAT = "0201"', "a financial message type"),
    ("""SQL = "SELECT 1 FROM trail WHERE mti = '0100'" """, "a financial message type"),
    ('Message("0110", de39=code)', "a financial message type"),
    ('VOID = "200000"', "a processing code"),
    ('Message(mti, de3="000000")', "a DE3"),
    ('fields = {"de3": "000000"}', "a DE3"),
    ('fields["de3"] = "000000"', "a DE3"),
    ('message.de3, message.de25 = "000000", "00"', "a DE3"),
    ('if attempt.processing[:2] == "20": pass', "a DE3"),
    ('processing = message.de3 or "000000"', "a DE3"),
    ('nested.build_de60("22", batch, "000")', "a DE60.1"),
    ('Message(mti, de60="22000001")', "a DE60.1"),
    ('if message.de60[:2] == "22": pass', "a DE60.1"),
    ('field = message.de60 or "22000001000"', "a DE60.1"),
    ('if attempt.kind == "purchase": pass', "a comparison with a kind"),
    ('if kind.name != "purchase": pass', "a comparison with a kind"),
    ('if "purchase" == attempt.kind: pass', "a comparison with a kind"),
    ('if attempt.kind in ("", "purchase"): pass', "a comparison with a kind"),
    ('match attempt.kind:\n    case "purchase" | "other": pass', "a comparison with a kind"),
    ("if kind is PURCHASE: pass", "a comparison with a kind"),
    ("if known.name == kinds.PURCHASE.name: pass", "a comparison with a kind"),
    ("if BY_NAME[attempt.kind] in {PURCHASE}: pass", "a comparison with a kind"),
    ("match kind:\n    case kinds.PURCHASE: pass", "a comparison with a kind"),
    ("DECIDE = {PURCHASE: purchase}", "a table by kind"),
    ("DECIDE = {PURCHASE.name: purchase, **others}", "a table by kind"),
    ('SAYS = {"purchase": paid, "void": voided}', "a table by kind"),
]
KEEPS: Final = [
    '"""0200"""',
    'def answered() -> None:\n    """0210"""',
    'text = "a 0200 that came late"',
    'if message.mti == "0800": pass',
    'batch = "000000"',
    'Message(mti, de3=kind.wire.processing, de4="000000001250", de38="000000")',
    'nested.build_de60("00", batch, "003")',
    "nested.build_de60(wire.type, batch, code)",
    'Message(mti, de60="00000001003")',
    'if (message.de60 or "00")[:2] == wire.type: pass',
    'if fault.kind in ("refuse", "hang"): pass',
    'if attempt.kind == "": pass',
    "if kind is None or kind.name != attempt.kind: pass",
    "if kind.mode is Mode.REQUEST: pass",
    "kind: str = PURCHASE.name",
    'body = {"balance": 5}',
    'body = {"balance": 5, "currency": "CNY"}',
    "Message(PURCHASE.wire.mti, de39=code)",
]


@pytest.mark.parametrize(("source", "rule"), BREAKS, ids=[source for source, _ in BREAKS])
def test_the_gate_holds_back(source: str, rule: str) -> None:
    assert rule in {found for _, found in broken(source)}


@pytest.mark.parametrize("source", KEEPS)
def test_the_gate_lets_through(source: str) -> None:
    assert not list(broken(source))
