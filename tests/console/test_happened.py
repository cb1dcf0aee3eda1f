"""What the stubs say is said in Chinese too: every line a station can write is found in its source and looked up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterfoil.console import happened
from counterfoil.issuer.lifecycle import State as IssuerState
from counterfoil.receipts.copies import CopyState
from counterfoil.switch.lifecycle import State as SwitchState
from counterfoil.terminal.lifecycle import State as TerminalState
from counterfoil.terminal.sentences import COPIES, TROUBLES, trouble

SRC = Path(happened.__file__).parents[1]
HAN = re.compile("[\u4e00-\u9fff]")
NO_PAYMENT = {
    "enrolled",
    "enrolled again",
    "sign-on sent",
    "sign-on answered",
    "sign-on keys refused",
    "unexpected message",
    "06 more messages that nothing waited for",
}
OF_COPIES = ("held up", "goes to the second printer", *CopyState)
COPY_NOTES = [
    (f"{copy} copy {news}{why}", copy, why)
    for copy in COPIES
    for news in OF_COPIES
    for why in ("", ": refused", ": jam", ": no such word")
]


def sample(node: ast.expr) -> list[str]:
    """The lines an expression can be; a piece that is filled in stands for itself as 06."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return sample(node.body) + sample(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "06" for part in node.values)]
    return []


def written() -> Iterator[str]:
    """Every line the terminal and the switch write about a payment."""
    for station, verb, place in (("terminal", "note", 1), ("switch", "saw", 0), ("switch", "said", 0)):
        for path in sorted((SRC / station).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == verb:
                    yield from sample(node.args[place])
                elif isinstance(node, ast.keyword) and node.arg == "what":
                    yield from sample(node.value)


def told() -> set[str]:
    """Every note about a copy in the transcripts of the terminal."""
    note = re.compile(rf"what=((?:{'|'.join(COPIES)}) copy .*?)(?: message=.*)?$", re.MULTILINE)
    texts = [path.read_text("utf-8") for path in sorted((Path(__file__).parents[1] / "terminal/told").glob("*.txt"))]
    return {found[1] for text in texts for found in note.finditer(text)}


LINES = sorted(set(written()) - NO_PAYMENT)


def test_the_lines_were_found() -> None:
    assert {"merchant copy goes to the second printer: cutter", "merchant copy held up: paper_out"} <= told()
    assert {"request sent", "reversal sent", "issuer_answered", "forwarded", "reversal_acknowledged"} <= set(LINES)


@pytest.mark.parametrize("what", LINES)
def test_a_line_of_a_stub_is_said_in_chinese(what: str) -> None:
    filled = what.replace("06 copy 06", "cardholder copy printed").replace("06 copy", "merchant copy")
    filled = filled.replace("goods 06", "goods kept").replace("SMS 0606", "SMS taken")
    assert HAN.search(happened.line(filled).zh), what


@pytest.mark.parametrize(("what", "copy", "why"), COPY_NOTES)
def test_a_note_about_a_copy_says_which_what_and_why(what: str, copy: str, why: str) -> None:
    said = happened.line(what)
    assert said.en.startswith(f"{COPIES[copy].en}: ")
    assert said.zh.startswith(f"{COPIES[copy].zh}：")
    assert not re.search("[A-Za-z]", said.zh)
    assert ("second printer" in said.en) == ("第二台打印机" in said.zh) == ("second" in what)
    if why:
        assert trouble(why[2:]).en in said.en
        assert trouble(why[2:]).zh in said.zh


@pytest.mark.parametrize("what", sorted(told()))
def test_what_a_transcript_keeps_of_a_copy_is_said(what: str) -> None:
    assert not re.search("[A-Za-z]", happened.line(what).zh), what


@pytest.mark.parametrize("word", sorted(TROUBLES))
@pytest.mark.parametrize("came", ["taken", "refused"])
def test_a_text_message_is_told_with_why(came: str, word: str) -> None:
    assert TROUBLES[word].zh in happened.line(f"SMS {came}: {word}").zh
    assert TROUBLES[word].en in happened.line(f"SMS {came}: {word}").en
    assert not re.search("[A-Za-z]", happened.line(f"SMS {came}").zh)


@pytest.mark.parametrize("state", sorted({*TerminalState, *SwitchState, *IssuerState} - {TerminalState.KEYED}))
def test_a_state_is_said_in_chinese(state: str) -> None:
    assert HAN.search(happened.state(str(state)).zh), state


@pytest.mark.parametrize("state", list(CopyState))
def test_what_is_known_of_a_copy_is_said_in_chinese(state: CopyState) -> None:
    assert HAN.search(happened.copy(state.value).zh), state


def test_a_line_that_is_not_known_is_shown_as_it_is() -> None:
    assert happened.line("something new") == ("something new", "something new")
