"""The payment's page, the till and `why` say of every kind what it is called, what it refers to and what ended it."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.cli import why
from counterfoil.cli.language import Lang
from counterfoil.cli.session import Session
from counterfoil.console import till_sale
from counterfoil.inquiry.search import candidate
from counterfoil.kinds import BY_NAME, TABLE, Total
from counterfoil.step import SECOND
from counterfoil.transaction import TerminalStub
from counterfoil.verdict import Verdict, judge
from verdict.test_judge import STARTED
from verdict.test_kinds import FIRST, OTHER, WHOLE, Stand, family, found, stubs
from verdict.test_told import changed

KINDS = pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
ASKED = Stand("", "sent", "asked:fwd", "-")


def stored(kind: str, stand: Stand, **more: Any) -> till_sale.StoredSale:
    asked, sent, posted = stubs(BY_NAME[kind], stand)
    assert isinstance(asked, TerminalStub)
    stub = changed(asked, **more)
    return till_sale.StoredSale(stub, candidate(stub.ref, stub), judge(stub, sent, posted, STARTED + 2 * SECOND))


@KINDS
def test_the_till_calls_each_kind_by_its_own_word(kind: Any) -> None:
    issuer = "posted:rc=00" if not kind.movements else "posted:done,rc=00"
    now = STARTED + 2 * SECOND
    for stand in (WHOLE._replace(issuer=issuer), Stand("", "declined:rc=55", "declined:fwd,rc=55", "declined:rc=55")):
        sale = stored(kind.name, stand)
        assert till_sale.status_of(sale, now).word == sale.told.word
    printing = stored(kind.name, WHOLE._replace(terminal="approved:rc=00", issuer=issuer), receipt="sending")
    shown = till_sale.status_of(printing, now)
    assert (shown.word, shown.told) == (kind.headings.stands, kind.words.printing)


@KINDS
def test_only_of_what_would_be_charged_twice_the_till_says_do_not_charge_again(kind: Any) -> None:
    sale = stored(kind.name, ASKED, due=STARTED + 4 * SECOND)
    assert sale.told.verdict is Verdict.UNKNOWN
    word = till_sale.status_of(sale, STARTED + 2 * SECOND).word
    assert (word == till_sale.DO_NOT_CHARGE) == (kind.total is Total.DEBIT)


def told_by_why(answer: Any, capsys: pytest.CaptureFixture[str], lang: Lang = "en") -> str:
    plain = {**answer.to_json(), "contradictions": []}
    one = candidate(OTHER, answer.evidence.terminal)
    why.tell(Session("/nowhere", json=False, lang=lang), one, plain, verbose=False)
    return capsys.readouterr().out


def test_why_names_the_kind_the_original_and_what_stands_against_it(capsys: pytest.CaptureFixture[str]) -> None:
    void = told_by_why(found(BY_NAME["void"], WHOLE), capsys)
    assert "VOIDED" in void
    assert FIRST in void
    sale = told_by_why(family("purchase", "void", 1250), capsys)
    assert "VOIDED" in sale
    assert f"VOID · {OTHER} · 12.50 CNY" in sale
    assert "not decided yet" not in sale
    assert "not decided yet" in told_by_why(family("purchase", "void", 1250, heard="i"), capsys)
    assert "消费撤销" in told_by_why(family("purchase", "void", 1250), capsys, "zh")
