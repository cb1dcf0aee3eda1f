"""Every paper, sheet and message a customer can get: no operator's word on it, and no two of one moment contradict."""

from __future__ import annotations

import importlib
from typing import Final

import pytest

from counterfoil.inquiry import Stores
from counterfoil.inquiry.papers import KINDS, NoPaper, paper
from counterfoil.iso8583.responses import APPROVALS, RESPONSES
from counterfoil.kinds import TABLE
from counterfoil.receipts.render.text import render
from counterfoil.simulation.disk import Disk
from counterfoil.terminal import decide, sms
from counterfoil.terminal.records import Records
from counterfoil.verdict import Verdict
from counterfoil.verdict.words import heading
from counterfoil.words import Text, Told
from inquiry.story import Story, story
from inquiry.world import World
from papers import claims, contradictions, inside

MERCHANTS: Final = ("merchant", "bank", "fault", "declaration")
"""What stays in the shop, or goes to the bank."""
CUSTOMERS: Final = tuple(kind for kind in KINDS if kind not in MERCHANTS)
HEADINGS: Final = (
    *(heading(verdict, kind) for kind in TABLE for verdict in Verdict),
    *(kind.expired.heading for kind in TABLE if kind.expired is not None),
    *(kind.original.ended.heading for kind in TABLE if kind.original is not None),
)
WHAT: Final = ("paid", "other", "declined", "unsent", "escalated", "reversed", "returning", "reversing")
SPEAKING: Final = (
    "counterfoil.terminal.sentences", "counterfoil.console.till_sale",
    "counterfoil.console.api.payments",
)  # fmt: skip


@pytest.fixture(scope="module")
def told() -> Story:
    return story()


def papers_of(told: Story, what: str, stores: Stores | None = None) -> dict[str, dict[str, str]]:
    """Every paper there is for the customer about a sale, by kind and language."""
    found: dict[str, dict[str, str]] = {}
    for kind in CUSTOMERS:
        for electronic in (False, True):
            try:
                made = paper(
                    stores or told.town.stores, told.key(what), kind, told.town.now, lambda _: "CF1:A",
                    electronic=electronic,
                )  # fmt: skip
            except NoPaper:
                continue
            found[f"{kind} {electronic}"] = {lang: render(made, lang, 42) for lang in ("en", "zh")}
    return found


def test_the_kinds_are_shared_out() -> None:
    assert CUSTOMERS == ("cardholder", "reversal", "not-charged", "explanation")


@pytest.mark.parametrize("what", WHAT)
def test_no_paper_of_a_customer_speaks_the_operators_language(told: Story, what: str) -> None:
    found = papers_of(told, what)
    assert "explanation False" in found
    for kind, texts in found.items():
        for text in texts.values():
            assert not inside(text), (kind, text)
            assert len(text.splitlines()) > 5


@pytest.mark.parametrize("what", WHAT)
def test_the_papers_of_one_moment_do_not_contradict(told: Story, what: str) -> None:
    texts = [text["en"] for text in papers_of(told, what).values()]
    key = told.key(what)
    node = told.town.node("tills-1")
    said = told.town.ask(node, "last", terminal=key.terminal)
    if said["ref"] == told.refs[what]:
        texts.append(said["sentence"]["en"])
    assert not contradictions(texts), texts
    assert any(claims(text) for text in texts) or what == "escalated"


def with_code(told: Story, code: str) -> Stores:
    """The stores as they would be, had the terminal heard another code."""
    disk = Disk(told.town.image("tills-1"))
    where = "WHERE terminal = ? AND batch = ? AND stan = ?"
    disk.execute(f"UPDATE attempt SET response_code = '{code}' {where}", told.key("declined"))
    return World(disk, told.town.node("switch").disk, {})


@pytest.mark.parametrize("code", sorted(set(RESPONSES) - APPROVALS - decide.NEVER_DECIDES - {"98"}))
def test_every_refusal_is_told_on_paper_as_the_customer_is_told_it(told: Story, code: str) -> None:
    found = papers_of(told, "declined", with_code(told, code))
    assert set(found) == {f"{kind} {way}" for kind in ("not-charged", "explanation") for way in (False, True)}
    for kind, texts in found.items():
        for lang, text in texts.items():
            flat = "".join(text.split())
            wanted = getattr(RESPONSES[code].advice.customer, lang)
            assert "".join(wanted.split()) in flat, (kind, text)
            assert not inside(text), (kind, text)
        assert not contradictions([texts["en"]])


def sentences(module: str) -> dict[str, Text]:
    """Every sentence for the customer that a module holds."""
    found: dict[str, Text] = {}
    for name, value in vars(importlib.import_module(module)).items():
        told = {name: value} if isinstance(value, Told) else value if isinstance(value, dict) else {}
        found |= {f"{name} {key}": one.customer for key, one in told.items() if isinstance(one, Told)}
    return found


@pytest.mark.parametrize("module", SPEAKING)
def test_no_sentence_for_a_customer_speaks_the_operators_language(module: str) -> None:
    found = sentences(module)
    assert found
    for name, text in found.items():
        for said in text:
            assert not inside(said), (name, said)


@pytest.mark.parametrize("text", [*(told for kind in TABLE for told in kind.notices or ()), *HEADINGS])
def test_no_message_to_a_telephone_and_no_heading_does(text: Text) -> None:
    assert not inside(text.en)
    assert not inside(text.zh)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_receipt_as_a_message_names_only_what_the_slip_names(told: Story, language: str) -> None:
    slip = Records(told.town.node("tills-1").disk).slip(told.key("paid"))
    assert slip is not None
    said = sms._text(slip, "UTC+08:00", "https://shop/r/x", language)
    for named in (f"terminal {slip.terminal}", f"终端{slip.terminal}", slip.card[-4:]):
        said = said.replace(named, "")
    assert not inside(said), said
    assert claims(said) <= {"paid"}
