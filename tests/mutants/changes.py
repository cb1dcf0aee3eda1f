"""What can be changed in a source file, one place at a time: as a slip of the pen would, not as an attacker.

A change is named by its file, line, kind and number among those of its line, so that a name means the same until the
line is changed.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
}


class Change(NamedTuple):
    """One place, by its name."""

    path: str
    line: int
    kind: str
    number: int

    @property
    def name(self) -> str:
        """path:line:kind:number."""
        return f"{self.path}:{self.line}:{self.kind}:{self.number}"


class Place(NamedTuple):
    """A node of a file that can be changed: `apply` changes it where it stands."""

    node: ast.AST
    kind: str
    apply: Callable[[], None]


def changes(path: str, tree: ast.Module) -> list[Change]:
    """Everything that can be changed in a file."""
    seen: Counter[tuple[int, str]] = Counter()
    found = []
    for place in places(tree):
        key = (place.node.lineno, place.kind)  # type: ignore[attr-defined]
        found.append(Change(path, *key, seen[key]))
        seen[key] += 1
    return found


def mutated(source: str, change: Change) -> tuple[str, str]:
    """The source with the change, and the line before and after it."""
    tree = ast.parse(source)
    left = change.number
    for place in places(tree):
        if (place.node.lineno, place.kind) == (change.line, change.kind):  # type: ignore[attr-defined]
            if left == 0:
                before = ast.unparse(_line(tree, change.line))
                place.apply()
                ast.fix_missing_locations(tree)
                return ast.unparse(tree), f"{_short(before)}  →  {_short(ast.unparse(_line(tree, change.line)))}"
            left -= 1
    raise LookupError(change.name)


def _short(text: str) -> str:
    return " ".join(text.split())[:110]


def _line(tree: ast.Module, line: int) -> ast.AST:
    """The smallest statement that holds a line, without its body."""
    held = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or n.lineno)]
    smallest = min(held, key=lambda n: (n.end_lineno or n.lineno) - n.lineno)
    test = getattr(smallest, "test", None)
    return test if isinstance(test, ast.expr) else smallest


# --- places ----------------------------------------------------------------------------------------------------------


def places(tree: ast.Module) -> Iterator[Place]:
    """Every place, in a fixed order. What is no behaviour is left out: annotations, docstrings, assertions, errors."""
    for node in _walk(tree):
        yield from _expressions(node)
        yield from _statements(node)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_comment", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_no_behaviour(child):
                yield child
                yield from _walk(child)


def _is_no_behaviour(node: ast.AST) -> bool:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
        return node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id == "__all__"
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Assert | ast.Raise | ast.Import | ast.ImportFrom)


def _expressions(node: ast.AST) -> Iterator[Place]:
    if isinstance(node, ast.Compare):
        for index, op in enumerate(node.ops):
            yield Place(node, "compare", _setting(node.ops, index, COMPARED[type(op)]()))
    elif isinstance(node, ast.BoolOp):
        yield Place(node, "junction", _swap(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield Place(node, "not", _swap(node, "op", _Nothing()))
    elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED and not _is_text(node):
        yield Place(node, "count", _swap(node, "op", COUNTED[type(node.op)]()))
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.IfExp):
        yield Place(node, "either", _exchange(node))


class _Nothing(ast.Not):
    """`not` taken out: written as a double negation by `_swap`."""


def _constants(node: ast.Constant) -> Iterator[Place]:
    value = node.value
    if isinstance(value, bool):
        yield Place(node, "constant", _swap(node, "value", not value))
    elif isinstance(value, int):
        yield Place(node, "constant", _swap(node, "value", value + 1))
    elif isinstance(value, str) and value.isascii() and " " not in value and value:
        yield Place(node, "constant", _swap(node, "value", value[:-1] + ("1" if value[-1] == "0" else "0")))


def _statements(node: ast.AST) -> Iterator[Place]:
    for block in ("body", "orelse"):
        listed = getattr(node, block, None)
        if not isinstance(listed, list):
            continue
        for index, statement in enumerate(listed):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                yield Place(statement, "left out", _setting(listed, index, ast.Pass()))
            elif isinstance(statement, ast.If | ast.While):
                yield Place(statement, "branch", _negate(statement))
            elif isinstance(statement, ast.AugAssign) and type(statement.op) in COUNTED:
                yield Place(statement, "count", _swap(statement, "op", COUNTED[type(statement.op)]()))
            elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
                yield Place(statement, "left out", _setting(listed, index, ast.Pass()))


def _is_text(node: ast.BinOp) -> bool:
    return any(isinstance(side, ast.JoinedStr) or _text(side) for side in (node.left, node.right))


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _setting(listed: list[Any], index: int, new: Any) -> Callable[[], None]:
    def apply() -> None:
        if isinstance(new, ast.AST) and isinstance(listed[index], ast.stmt):
            ast.copy_location(new, listed[index])
        listed[index] = new

    return apply


def _swap(node: ast.AST, name: str, new: Any) -> Callable[[], None]:
    def apply() -> None:
        if isinstance(new, _Nothing) and isinstance(node, ast.UnaryOp):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        else:
            setattr(node, name, new)

    return apply


def _negate(node: ast.If | ast.While) -> Callable[[], None]:
    def apply() -> None:
        node.test = ast.UnaryOp(ast.Not(), node.test)

    return apply


def _exchange(node: ast.IfExp) -> Callable[[], None]:
    def apply() -> None:
        node.body, node.orelse = node.orelse, node.body

    return apply
