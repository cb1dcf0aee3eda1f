"""The row of docs/loop.md's table that takes ten tries: a stack of its own, with timers short enough to wait for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loop.running import stack

pytestmark = pytest.mark.loop

TIMERS = "0.2,0.4,1.2"


def test_an_advice_the_issuer_keeps_refusing_gets_an_owner_and_is_never_dropped(tmp_path: Path) -> None:
    with stack(tmp_path / "data", TIMERS) as running:
        before = running.balance("alice")
        running.break_leg(3, "drop", "0210")
        running.break_leg(2, "corrupt", "0420")
        running.break_leg(2, "corrupt", "0421", "--times", "1000")
        sale = running.sell("T0000001")
        assert (sale.status, sale.json["response_code"]) == (4, "98")
        ref = sale.json["ref"]
        found = running.why(ref)
        assert found["verdict"] == "RETURNING"
        assert found["next"]["owner"] == "switch"

        running.until(lambda: running.why(ref)["verdict"] == "EXCEPTION", 60.0)
        found = running.why(ref)
        assert found["evidence"]["switch"]["case"]
        assert found["next"]["owner"] == "acquirer"
        assert found["money"][0]["owner"].startswith("cardholder")
        assert running.balance("alice") == before - 1250

        running.ask("fault", "clear")
        running.until(lambda: running.why(ref)["verdict"] == "RETURNED")
        assert running.balance("alice") == before
        assert running.ledger_is_sound()
