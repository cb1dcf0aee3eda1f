"""A refusal names the field that is wrong, in Chinese too: every field that can be refused has its word."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from counterfoil import fields
from counterfoil.issuer.control import Enrolment
from counterfoil.switch.control import Registration
from counterfoil.terminal.printer import NAMES

SRC = Path(fields.__file__).parent
HAN = re.compile("[\u4e00-\u9fff]")
SPELLED_ALIKE = {"tpdu"}


def named() -> set[str]:
    """The fields that the terminal can refuse, and those of what the switch and the issuers are given."""
    found = {*Registration.__struct_fields__, *Enrolment.__struct_fields__, *NAMES, "cards"}
    for path in sorted((SRC / "terminal").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            said = None
            if isinstance(node, ast.keyword) and node.arg == "detail":
                said = node.value
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueError" and node.args:
                said = node.args[0]
            if isinstance(said, ast.Constant) and re.fullmatch(r"[a-z0-9_.]+(, [a-z0-9_.]+)*", str(said.value)):
                found |= set(str(said.value).split(", "))
    return found


def test_the_fields_were_found() -> None:
    assert {"pin", "card.track2", "tpdu", "how", "last4", "mak_bytes", "pvv"} <= named()


@pytest.mark.parametrize("name", sorted(named() - SPELLED_ALIKE))
def test_a_field_has_its_chinese(name: str) -> None:
    assert HAN.search(fields.called(name).zh)


def test_several_fields_are_named_together() -> None:
    assert fields.called("how, copy, operator") == ("how, copy, operator", "交付方式、联别、操作员")
