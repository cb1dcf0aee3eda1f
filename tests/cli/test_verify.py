"""`counterfoil receipt verify` as a customer uses it: a code from a scanner, a saved receipt, a wrong path."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.calling import said
from counterfoil.cli.failure import Exit
from counterfoil.receipts.document import Copy, sale_slip
from counterfoil.receipts.proof import pem, public_key, sealer
from counterfoil.receipts.render.text import render
from receipts.slips import SLIP

SEED = bytes(range(32))
CODE = sealer(SEED)(SLIP)
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "shop.pub"
    path.write_text(pem(public_key(SEED)))
    return str(path)


def test_a_scanned_code_is_longer_than_a_file_s_name_may_be_and_is_genuine(key: str, capsys: Capture) -> None:
    assert len(CODE) > 255
    answer = said(capsys, "receipt", "verify", CODE, "--key", key, "--json")
    assert (answer.status, answer.json["genuine"], answer.json["compared"]) == (Exit.OK, True, False)


def test_a_code_with_more_behind_it_is_damaged(key: str, capsys: Capture) -> None:
    answer = said(capsys, "receipt", "verify", CODE + CODE, "--key", key, "--json")
    assert (answer.status, answer.json["error"]) == (Exit.FAILED, "damaged")


@pytest.mark.parametrize(("lang", "label"), [("en", "AMOUNT"), ("zh", "金额")])
def test_the_fact_that_was_altered_is_named_as_on_the_slip(
    key: str, tmp_path: Path, capsys: Capture, lang: str, label: str
) -> None:
    receipt = render(sale_slip(SLIP, Copy.CARDHOLDER, code=CODE), "en", 32)
    assert "12.50" in receipt
    path = tmp_path / "receipt.txt"
    path.write_text(receipt.replace("12.50", "92.50"))
    answer = said(capsys, "receipt", "verify", str(path), "--key", key, "--lang", lang)
    assert answer.status == Exit.FAILED
    assert label in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_file_that_is_not_there_is_not_called_a_code(key: str, tmp_path: Path, capsys: Capture) -> None:
    missing = str(tmp_path / "receipt.svg")
    answer = said(capsys, "receipt", "verify", missing, "--key", key, "--lang", "en")
    assert answer.status == Exit.USAGE
    assert answer.err == f"counterfoil: {missing} cannot be read\n"
