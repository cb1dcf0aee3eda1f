"""Yesterday's backup of one station beside the others of today: it starts and sells, and nobody claims to know more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loop.running import Running

pytestmark = pytest.mark.loop

SINCE = {"terminal": ("PAID_RECEIPT_OPEN", 12_50), "switch": ("UNKNOWN", 12_50), "issuer-a": ("UNKNOWN", 0)}


@pytest.mark.parametrize(("station", "verdict", "charged"), [(name, *rest) for name, rest in SINCE.items()])
def test_a_station_from_a_backup_sells_and_what_it_forgot_is_not_made_up(
    station: str, verdict: str, charged: int, tmp_path: Path
) -> None:
    stack = Running(tmp_path / "data")
    stack.start()
    before = stack.sell("T0000001").json["ref"]
    stack.stop()
    shutil.copytree(stack.data / station, tmp_path / "backup")
    stack.start()
    balance = stack.balance("alice")
    since = stack.sell("T0000001").json["ref"]
    stack.stop()
    stack.start()  # another sign-on: one with the STAN of the last, within five seconds, passes for a repeat of it
    stack.stop()
    shutil.rmtree(stack.data / station)
    shutil.copytree(tmp_path / "backup", stack.data / station)
    stack.start()
    try:
        assert stack.why(before)["verdict"] == "PAID"
        assert stack.why(since)["verdict"] == verdict
        assert balance - stack.balance("alice") == charged
        sold = stack.sell("T0000001")
        assert sold.json["outcome"] == "approved"
        assert sold.json["ref"] not in {before, since}
        assert stack.why(sold.json["ref"])["verdict"] == "PAID"
        assert balance - stack.balance("alice") == charged + 12_50
        assert stack.ledger_is_sound()
    finally:
        stack.stop()
