"""A kind that nobody here has heard of, added by one file and its line in the table: it is decided, booked, reversed,
printed, judged and explained by stations that were not touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from loop.running import REST, Running

pytestmark = [pytest.mark.loop, pytest.mark.usefixtures("font")]

SRC: Final = Path(__file__).parents[2] / "src" / "counterfoil"
FILE: Final = '''
"""The donation: as a purchase, with a spelling and words of its own."""

from counterfoil.kinds.kind import Notices, SlipOf, Spelling
from counterfoil.kinds.purchase import PURCHASE
from counterfoil.words import Text, Told

GIVEN = Told(Text("You have given {amount}.", "您已捐款 {amount}。"), Text("Say thank you.", "请致谢。"))
DONATION = PURCHASE._replace(
    name="donation",
    says=Text("DONATION", "捐款"),
    wire=Spelling("0200", "090000", "00", "77"),
    words=PURCHASE.words._replace(stands=GIVEN, printing=GIVEN),
    headings=PURCHASE.headings._replace(stands=Text("GIVEN", "已捐款"), undone=Text("NOT GIVEN", "捐款已退回")),
    paper=SlipOf("donation", Text("DONATION SLIP", "捐款单"), True, Text("I GIVE THIS", "本人自愿捐款")),
    notices=Notices(
        Text("Card ending {last4}: {amount} given at {merchant}.", "您尾号{last4}的卡在{merchant}捐款{amount}。"),
        Text("Card ending {last4}: {amount} came back from {merchant}.", "您尾号{last4}的卡：{merchant}退回{amount}。"),
    ),
)
'''
ASK: Final = """
import sys
from counterfoil.cli.sale import verb_of
from counterfoil.kinds import BY_NAME
sys.exit(verb_of(BY_NAME["donation"], "Give.", "").main(sys.argv[1:], standalone_mode=False))
"""


class Extended(Running):
    """A stack of a copy of the program that has one kind more; every question goes through that copy."""

    def verb(self, *words: str) -> Any:
        done = subprocess.run(
            [sys.executable, *words, "--data", str(self.data)], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.stdout, done.stderr
        return done.stdout

    def give(self, amount: str) -> Any:
        card = self.card("alice")
        words = ("-c", ASK, "--json", "--terminal", "T0000001", "--amount", amount, "--card", "alice")
        return json.loads(self.verb(*words, "--pin", card["pin"]))

    def why_of(self, ref: str) -> Any:
        return json.loads(self.verb("-m", "counterfoil", "why", ref, "--json"))


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Extended]:
    copied = tmp_path / "src" / "counterfoil"
    shutil.copytree(SRC, copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "kinds" / "donation.py").write_text(FILE, "utf-8")
    table = copied / "kinds" / "__init__.py"
    line = "from counterfoil.kinds.donation import DONATION\nTABLE: Final = (DONATION, "
    text = table.read_text("utf-8")
    assert text.count("\nTABLE: Final = (") == 1
    table.write_text(text.replace("TABLE: Final = (", line), "utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(copied.parent), *filter(None, [os.getenv("PYTHONPATH")])]))
    running = Extended(tmp_path / "data")
    running.start()
    try:
        yield running
    finally:
        running.stop()


def test_a_new_kind_is_decided_booked_reversed_printed_judged_and_explained(extended: Extended) -> None:
    before = extended.balance("alice")
    given = extended.give("12.50")
    assert (given["outcome"], given["kind"]) == ("approved", "donation")
    assert "DONATION" in given["receipt"] or "捐款" in given["receipt"]
    assert extended.balance("alice") == before - 1250
    found = extended.why_of(given["ref"])
    assert found["verdict"] == "PAID"
    assert found["sentence"]["en"] == "You have given 12.50 CNY."
    assert {found["evidence"][station]["kind"] for station in ("terminal", "switch", "issuer")} == {"donation"}
    shown = extended.verb("-m", "counterfoil", "why", given["ref"])
    assert "GIVEN" in shown
    assert "DONATION" in shown

    extended.break_leg(4, "drop", "0210", "--times", "1")
    lost = extended.give("20.00")
    assert lost["outcome"] == "unknown"
    extended.until(lambda: extended.why_of(lost["ref"])["verdict"] == "RETURNED", REST)
    assert extended.balance("alice") == before - 1250
    assert "NOT GIVEN" in extended.verb("-m", "counterfoil", "why", lost["ref"])
