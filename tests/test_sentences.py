"""Chinese sentences are written as Chinese is: full-width punctuation between Han characters."""

from __future__ import annotations

import ast
import random
import re
from typing import Final

import pytest

from both_languages import HAN, SRC, chinese, pairs, untranslated
from counterfoil.console import alarms
from counterfoil.errors import OurError
from counterfoil.iso8583.chinese import told
from counterfoil.links.faults import KINDS
from counterfoil.simulation.customers import MANNERS, errand
from counterfoil.simulation.damage import AROUND
from counterfoil.simulation.disk import Fate
from counterfoil.simulation.relay import ACTS as RELAYED
from counterfoil.simulation.told import fault
from counterfoil.verdict.names import FAULTS

HALF = re.compile(r"[\u4e00-\u9fff](?:[;:?!](?!//)|,(?! ))|\}[;:?!](?=[\u4e00-\u9fff{])")
PRINTED = {"receipts/document", "receipts/render", "simulation/expected/paper"}
"""Paper, and what reads it: a slip's labels are set in columns of half-width cells."""
BRACKET: Final = re.compile(r"[\u4e00-\u9fff] ?\(|\) ?[\u4e00-\u9fff]|\([\u4e00-\u9fff]|[\u4e00-\u9fff]\)")
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


def test_no_half_width_bracket_stands_beside_a_chinese_character() -> None:
    wrong = [
        f"{where} {text}"
        for where, text in chinese()
        if BRACKET.search(text) and not any(where.startswith(part) for part in PRINTED)
    ]
    assert not wrong, "\n".join(wrong)


# --- the glossary -----------------------------------------------------------------------------------------------------


def glossary() -> list[tuple[str, str, list[str]]]:
    """The rows of docs/glossary.md: the English word, the Chinese one, and the words that are not used for it."""
    text = (SRC.parents[1] / "docs" / "glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \| ([^|]*) \|$", text, re.MULTILINE)
    return [(en, zh, [word.strip() for word in never.split(",") if word.strip()]) for en, zh, never in rows[1:]]


OTHERWISE: Final = {
    ("receipt", "打印"), ("receipt", "打出"), ("receipt", "出来"), ("receipt", "冲正或打印"), ("receipt", "receipt"),
    ("switch", "关机"), ("switch", "开关"), ("switch", "开机"),
    ("repair service", "报修"), ("cardholder copy", "持卡人联系"),
    ("customer", "客服"), ("customer", "持卡人"), ("case", "立案"), ("batch", "批上送"), ("RETURNED", "退回"),
    ("receipt", "交易凭证"), ("receipt", "凭证联"), ("supervisor", "管理进程"),
}  # fmt: skip
"""Where the English word means something else, or the Chinese sentence does without it: the word that is there."""


@pytest.mark.parametrize(("en", "zh", "never"), glossary(), ids=lambda value: str(value))
def test_a_thing_has_one_word(en: str, zh: str, never: list[str]) -> None:
    others = [other for of, other in OTHERWISE if of == en]
    meant = re.compile("|".join(map(re.escape, others)) or r"(?!)")
    wrong = [f"{where} {text}" for where, text in chinese() for word in never if word in meant.sub("", text)]
    assert not wrong, f"{en} is {zh}:\n" + "\n".join(wrong)
    exact = en.isupper()
    word = re.compile(rf"(?<![\w`{{-]){re.escape(en)}s?(?![\w`}}-])", 0 if exact else re.IGNORECASE)
    apart = [
        f"{one.where} {one.en} | {one.zh}"
        for one in pairs()
        if word.search(one.en) and zh not in one.zh and not any(other in one.zh for other in others)
    ]
    assert not apart, f"{en} is {zh}:\n" + "\n".join(apart)


def test_chinese_sentences_have_no_english_words() -> None:
    wrong = [f"{one.where} {words} in {one.zh}" for one in pairs() if (words := untranslated(one.zh))]
    assert not wrong, "\n".join(wrong)


SAME: Final = {
    "cli/labels.py", "cli/printer_tickets.py", "cli/why.py", "console/alarms.py", "console/happened.py",
    "console/lab/page.py", "console/lines.py",
    "console/waterfall.py", "inquiry/papers.py", "inspector/meaning.py", "inspector/names.py",
    "iso8583/chinese.py", "receipts/document/slip.py", "receipts/render/legible.py", "receipts/testpage.py",
    "reconciliation/kinds.py", "simulation/told.py", "verdict/names.py", "verdict/reasons.py", "terminal/sentences.py",
}  # fmt: skip
"""Where a value is the same in both languages: numbers, names and dates; or a word nobody knows, which other tests look
for in the tables beside it.
"""


def test_what_is_said_alike_in_both_languages_is_no_sentence() -> None:
    found = {
        path.relative_to(SRC).as_posix()
        for path in SRC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text" and len(node.args) == 2
        if ast.dump(node.args[0]) == ast.dump(node.args[1]) and not isinstance(node.args[0], ast.Constant)
    }
    assert found - SAME == set()


# --- tables of words that stations say in English ---------------------------------------------------------------------


def raised(folder: str, *names: str) -> list[str]:
    """The reasons given to these exceptions in a folder, with 7 for what is filled in."""
    found = []
    for path in sorted((SRC / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                found += [filled(one) for one in node.args if isinstance(one, ast.Constant | ast.JoinedStr)][-1:]
    return [reason for reason in found if " " in reason]


def filled(node: ast.Constant | ast.JoinedStr) -> str:
    """A literal, or an f-string with 7 for each value."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)


def test_every_reason_of_the_codec_has_its_chinese() -> None:
    reasons = [
        *raised("iso8583", "DecodeError", "EncodeError", "FramingError", "OurError", "Flaw"),
        *raised("inspector", "FramingError"),
        *(reason for reason in raised("inspector", "Span") if reason),
    ]
    assert len(reasons) > 60
    missing = [reason for reason in reasons if not HAN.search(told(OurError(reason)).zh)]
    assert missing == []


def test_every_alarm_of_the_switch_has_its_chinese() -> None:
    names, details = set(), set()
    for path in sorted((SRC / "switch").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "alarm":
                names |= {str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant)}
                details |= {filled(one) for one in node.args[2:3] if isinstance(one, ast.Constant | ast.JoinedStr)}
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("what", "detail"):
                values = [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
                names |= {str(one) for one in values if re.fullmatch(r"[a-z]+_[a-z_]+", str(one))}
    assert {"hangs_up", "unknown_terminal", "answer_wrong_mac"} <= names
    assert len(details) > 15
    assert [name for name in sorted(names) if not HAN.search(alarms.name(name).zh)] == []
    for one in sorted(details):
        text = one.replace("7 that counts", "0210 that counts").replace("a 7", "a 0200").replace("an 7", "an 0430")
        assert HAN.search(alarms.detail(text).zh) or re.fullmatch(r"an? \d{4}", text), text


def test_every_fault_of_a_simulated_world_has_its_chinese() -> None:
    counted = set()
    for path in sorted((SRC / "simulation").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "count":
                counted |= {filled(one) for one in node.args[:1] if isinstance(one, ast.Constant | ast.JoinedStr)}
    assert {"drop", "partition", "supervisor"} <= counted
    assert [kind for kind in sorted(counted) if not HAN.search(fault(kind).zh)] == []


WORDS_IN_FAULTS: Final = {
    "corrupt {}": [*AROUND, "flip", "truncate", "noise"],
    "relay: {}": RELAYED,
    "brought: {}": MANNERS,
    "crash {}": [fate.value for fate in Fate if fate is not Fate.DURABLE],
    "cashier: {}": ["cancel", "twice", "other", "elsewhere"],
    "errand: {}": sorted({errand(random.Random(seed), "T", "R", 1, "1234")[0] for seed in range(200)}),
    "{} put back": ["terminal", "switch", "issuer"],
}
"""What fills in the faults of simulated worlds."""


def test_what_fills_in_a_fault_has_its_chinese() -> None:
    crashes = {
        str(node.args[0].value)
        for path in sorted((SRC / "simulation").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "crash"
        if isinstance(node.args[0], ast.Constant)
    }
    assert "after commit" in crashes
    kinds = [form.format(word) for form, words in WORDS_IN_FAULTS.items() for word in words]
    kinds += [f"crash {how}" for how in crashes]
    assert [kind for kind in kinds if re.search("[A-Za-z]", fault(kind).zh.replace("TPDU", ""))] == []


def test_a_fault_of_a_leg_is_called_alike_wherever_it_is_counted() -> None:
    assert {kind: fault(kind) for kind in KINDS} == dict(FAULTS)
