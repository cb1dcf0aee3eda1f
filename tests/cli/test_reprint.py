"""`counterfoil receipt reprint`: what is said is true of this print, not of the other copy, not of earlier prints."""

from __future__ import annotations

from typing import Any

import pytest

from cli.calling import said
from counterfoil.cli import receipt, reprint
from counterfoil.cli.failure import Exit
from counterfoil.console.happened import COPIES

REF = "T0000001/000001/000007"


@pytest.mark.parametrize(
    ("state", "result", "status"),
    [
        ("printed", "done", Exit.OK),
        ("sent", "done", Exit.OK),
        ("queued", "not_done", Exit.UNKNOWN),
        ("failed", "not_done", Exit.UNKNOWN),
        ("sending", "unknown", Exit.UNKNOWN),
        ("unknown", "unknown", Exit.UNKNOWN),
    ],
)
@pytest.mark.parametrize("before", ["printed", "queued", "unknown", "attested"])
@pytest.mark.parametrize("words", [("reprint", REF), ("print", REF), ("reprint", REF, "--copy", "missing")])
def test_what_is_said_is_of_this_print_and_not_of_what_was_known_before(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    state: str,
    result: str,
    status: Exit,
    before: str,
) -> None:
    def told(_: object, what: str, args: dict[str, Any]) -> dict[str, Any]:
        assert (what, args["copy"]) == ("receipt", "missing" if "missing" in words else "cardholder")
        copies = {"merchant": before, "cardholder": before}
        prints = {"cardholder": {"state": state, "trouble": "", "mark": "DUPLICATE 1"}}
        sentence = {"en": "of this print", "zh": "本次打印"}
        return {
            "ref": REF, "amount": 1250, "currency": "CNY", "copies": copies, "receipt_trouble": "refused",
            "prints": prints, "result": result, "sentence": sentence,
        }  # fmt: skip

    assert receipt.command  # loaded before: whoever loads it now would keep this `told` for good
    monkeypatch.setattr(reprint, "told", told)
    answer = said(capsys, "receipt", *words, "--lang", "en")
    lines = answer.out.splitlines()
    assert answer.status == status
    assert lines[0] == f"{REF}  RMB 12.50  cardholder copy: {COPIES[state].en}"
    assert lines[1:] == ([] if state == "printed" else ["of this print"])
