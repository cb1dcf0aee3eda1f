"""The documents tell the truth about the code: their links lead somewhere, and the names beside them are there."""

import re
from pathlib import Path

import pytest

from counterfoil.cli.app import VERBS
from counterfoil.console.lines import CHINESE
from counterfoil.iso8583.responses import RESPONSES
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.verdict import Verdict

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)((?:[ ,]+`\w+`)*)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_the_names_beside_them_are_in_those_files(document: Path) -> None:
    for target, names in LINK.findall(document.read_text("utf-8")):
        file = (document.parent / target).resolve()
        assert file.exists(), target
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"\b{name}\b", file.read_text("utf-8")), (target, name)


def test_every_verdict_is_explained() -> None:
    text = (ROOT / "docs/loop.md").read_text("utf-8")
    for verdict in Verdict:
        assert f"| `{verdict.value}` |" in text


def test_every_verb_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for verb in VERBS:
        assert re.search(rf"`[^`\n]*\b{verb}\b[^`\n]*`", readme), verb


def test_the_issuers_refusals_are_documented_in_their_order() -> None:
    text = (ROOT / "docs/answers.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w\w) \| `(\w+)` \|$", text, re.MULTILINE)
    assert rows == [(CODES[refusal], refusal.value) for refusal in Refusal]


def test_what_is_told_of_each_code_is_documented_as_it_is() -> None:
    text = (ROOT / "docs/answers.md").read_text("utf-8")
    rows = re.findall(r"^\| ([0-9A-Z]{2}(?: [0-9A-Z]{2})*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    told = {code: rest for codes, *rest in rows for code in codes.split()}
    advice = {code: response.advice for code, response in RESPONSES.items()}
    assert told == {code: [one.customer.en, one.cashier.en, one.again.value] for code, one in advice.items()}


def test_every_line_of_the_audit_log_has_its_chinese() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src/counterfoil/console").rglob("*.py"))
    who = r'(?:[\w.]+(?: if known else "somebody")?|"console")'
    deeds = set(re.findall(rf'(?:Act\(\s*{who}, |\.begin\(\s*(?:site\.log, )?)"([^"{{]+)"', sources))
    assert {"log-in", "sale", "card revealed", "person added", "fault set"} <= deeds
    assert deeds - set(CHINESE) == set()
