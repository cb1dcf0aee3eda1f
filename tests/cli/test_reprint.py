"""`counterfoil receipt reprint`: what is said is true of the copy that was asked for, not of the other one."""

from __future__ import annotations

from typing import Any

import pytest

from cli.calling import said
from counterfoil.cli import reprint
from counterfoil.cli.failure import Exit

REF = "T0000001/000001/000007"


@pytest.mark.parametrize(
    ("state", "status", "sentence"),
    [
        ("printed", Exit.OK, ""),
        ("queued", Exit.UNKNOWN, "could not be printed"),
        ("failed", Exit.UNKNOWN, "could not be printed"),
        ("sending", Exit.UNKNOWN, "is not known"),
        ("unknown", Exit.UNKNOWN, "is not known"),
    ],
)
@pytest.mark.parametrize("other", ["queued", "unknown"])
def test_the_sentence_is_about_the_copy_that_was_printed_again(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: str,
    status: Exit,
    sentence: str,
    other: str,
) -> None:
    def told(_: object, what: str, args: dict[str, Any]) -> dict[str, Any]:
        assert (what, args["copy"]) == ("receipt", "cardholder")
        copies = {"merchant": other, "cardholder": state}
        whole = {"en": "about both", "zh": "两联"}
        return {
            "ref": REF, "amount": 1250, "currency": "CNY", "copies": copies, "receipt_trouble": "", "sentence": whole,
        }  # fmt: skip

    monkeypatch.setattr(reprint, "told", told)
    answer = said(capsys, "receipt", "reprint", REF, "--lang", "en")
    lines = answer.out.splitlines()
    assert answer.status == status
    assert lines[0] == f"{REF}  RMB 12.50  cardholder: {state}"
    assert len(lines) == (2 if sentence else 1)
    assert sentence in lines[-1]
