"""Stations that contradict one another: seen by the running stack, numbered, and over when they agree again."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from api.calling import Api
from loop.running import Running

pytestmark = pytest.mark.loop

CHANGE = """
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], timeout=30)
store.execute(sys.argv[2])
store.commit()
"""


def spoil(running: Running, station: str, sql: str) -> None:
    """Change a store behind its owner's back, with another program."""
    subprocess.run([sys.executable, "-c", CHANGE, running.data / station / "store.db", sql], check=True)


def compare(running: Running, *words: str) -> tuple[int, dict[str, Any]]:
    said = running.ask("reconcile", *words)
    return said.status, said.json


def test_a_charge_of_which_the_till_was_told_no_is_a_numbered_row_until_it_is_not(api: Api) -> None:
    running, watch = api.running, api.token("watch")
    ref = api.token("till").sell("k-contradicted", "T0000012", amount=1199).json["payment"]["ref"]
    stan = ref[-6:]
    here = f"WHERE terminal = 'T0000012' AND stan = '{stan}'"
    code, before = compare(running, "--full")
    assert ref not in [row["ref"] for row in before["contradictions"]]
    assert (code, before["pass"]["whole"], before["pass"]["unread"]) == (3 if before["open"] else 0, True, [])
    spoil(running, "terminal", f"UPDATE attempt SET state = 'declined', response_code = 'A0' {here}")
    code, found = compare(running, "--full")
    assert code == 3
    (row,) = [row for row in found["contradictions"] if row["ref"] == ref]
    assert (row["kind"], row["amount"]) == ("told_not_charged", 1199)
    assert row["positions"] == {"terminal": "declined A0", "switch": "approved 00", "issuer": "posted 00"}
    listed = watch.get("/cases").json
    assert [one["number"] for one in listed["contradictions"] if one["ref"] == ref] == [row["number"]]
    assert listed["last_whole"]["number"] == found["pass"]["number"]
    assert ref in [item["payment"]["ref"] for item in watch.get("/open-items").json["items"]]
    told = running.why(ref)
    assert (told["verdict"], [one["number"] for one in told["contradictions"]]) == ("EXCEPTION", [row["number"]])
    spoil(running, "terminal", f"UPDATE attempt SET state = 'closed', response_code = '00' {here}")
    code, after = compare(running)  # what is open is looked at each time
    assert ref not in [row["ref"] for row in after["contradictions"]]
    (ended,) = [one for one in watch.get("/cases").json["contradictions"] if one["ref"] == ref]
    assert (ended["number"], ended["how"]) == (row["number"], "agreed")
    assert ended["ended_at"] is not None
    assert running.why(ref)["verdict"] == "PAID"
