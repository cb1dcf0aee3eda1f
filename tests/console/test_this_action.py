"""What a page, the API and the audit log say of a print: what the terminal said of this very one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from console.desk import REF, Desk
from counterfoil.step import HELD
from counterfoil.terminal.sentences import ERRORS, TROUBLES
from terminal.counter import TIMER
from terminal.test_this_print import REF as SOLD
from terminal.test_this_print import again, news, sold

PATH = f"/payments/{REF}/receipt"
ENDS = {
    "printed": ("", 200, "done", "printed", "Printed: cardholder copy."),
    "sent": ("", 200, "done", "printed", "cannot say whether it prints"),
    "queued": (
        "refused",
        202,
        "not_done",
        "not printed",
        "Nothing of this print is on paper: cardholder copy.",
    ),
    "failed": (
        "paper_out",
        202,
        "not_done",
        "not printed",
        "Nothing of this print is on paper: cardholder copy.",
    ),
    "unknown": ("lost", 202, "unknown", "unknown", "It is not known whether this came out: cardholder copy."),
    "": ("", 202, "unknown", "unknown", "It is not known whether this came out: cardholder copy."),
    HELD: ("cover_open", 202, "unknown", "unknown", "After that it prints by itself."),
}
"""How a print ends: its trouble, the API's status and outcome, the audit log's word, what people read."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk") / "data")
    yield made
    made.close()


def page(desk: Desk, path: str, who: str) -> str:
    """A page as somebody sees it."""
    token, _ = desk.session(who)
    answer = desk.call("GET", path, headers={"cookie": f"counterfoil_session={token}"})
    assert answer.status == 200
    return answer.text


def printed(state: str, before: str) -> dict[str, Any]:
    """What the real terminal answers to a print that ends like this."""
    counter, trouble = sold(before), ENDS[state][0]
    if state != HELD:
        return again(counter, state, trouble)
    command = counter.tell("receipt", ref=SOLD)
    news(counter, "cardholder", 2, HELD, trouble)
    counter.step(after=TIMER)
    return counter.replies[command]


@pytest.mark.parametrize("before", ["printed", "unknown", "queued", "attested"])
@pytest.mark.parametrize("state", ENDS)
def test_a_print_is_told_as_it_ended(desk: Desk, state: str, before: str) -> None:
    trouble, status, outcome, logged, words = ENDS[state]
    desk.reach.well()
    desk.reach.reply = printed(state, before)
    told = desk.api("POST", f"{PATH}/print", "cashier", {"copy": "cardholder"})
    assert (told.status, told.json["outcome"]) == (status, outcome)
    assert told.json["reply"]["prints"]["cardholder"]["trouble"] == trouble
    assert desk.lines()[-1] == ("cashier", "receipt printed again", logged)
    pressed = desk.form("/till/act", "cashier", act="reprint", ref=REF, back="/till")
    shown = page(desk, pressed.headers["location"], "cashier")
    assert desk.lines()[-1] == ("cashier", "receipt printed again", logged)
    for said in (told.json["sentence"]["en"], shown):
        assert words in said
        assert ("Please hand over" in said) == (state == "printed")
        assert not trouble or TROUBLES[trouble].en in said.replace("&#39;", "'")
    assert ('class="told failed"' in shown) == (outcome != "done")


@pytest.mark.parametrize(
    ("merchant", "state", "status", "words"),
    [
        ("printed", "printed", 200, "Printed: cardholder copy."),
        ("printed", "queued", 202, "Nothing of this print is on paper: cardholder copy."),
    ],
)
def test_goods_that_were_handed_over_say_what_became_of_their_receipt(
    desk: Desk, merchant: str, state: str, status: int, words: str
) -> None:
    counter = sold("unknown", merchant)
    command = counter.tell("goods", ref=SOLD, answer="handed_over")
    news(counter, "cardholder", 2, state, "" if state == "printed" else "refused")
    desk.reach.well()
    desk.reach.reply = counter.replies[command]
    told = desk.api("POST", f"/payments/{REF}/goods", "cashier", {"answer": "handed_over"})
    assert told.status == status
    assert told.json["sentence"]["en"].startswith(f"The goods are noted as handed over. {words}")
    pressed = desk.form("/till/act", "cashier", act="handed-over", ref=REF, back="/till")
    assert words in page(desk, pressed.headers["location"], "cashier")


@pytest.mark.parametrize(("merchant", "status", "words"), [("unknown", 200, ""), ("queued", 202, "Still open")])
def test_a_receipt_that_is_closed_in_part_says_which_copy_is_still_open(
    desk: Desk, merchant: str, status: int, words: str
) -> None:
    desk.reach.well()
    desk.reach.reply = sold("unknown", merchant).ask("close_receipt", ref=SOLD, how="attested")
    told = desk.api("POST", f"{PATH}/close", "cashier", {"how": "attested"})
    assert told.status == status
    assert words in told.json["sentence"]["en"]
    pressed = desk.form("/till/act", "cashier", act="attested", ref=REF, back="/till")
    assert words in page(desk, pressed.headers["location"], "cashier")


@pytest.mark.parametrize(
    "said", ["print.", "print.cardholder", "print.cardholder-burnt-", "print.till-printed-", "open.", "open.till"]
)
def test_what_no_terminal_has_said_is_not_shown(desk: Desk, said: str) -> None:
    shown = page(desk, f"/till?{urlencode({'said': said})}", "cashier")
    assert 'class="told failed"' not in shown
    assert 'class="told ok"' not in shown


def test_a_terminal_that_is_busy_says_so(desk: Desk) -> None:
    desk.reach.well()
    desk.reach.reply = {"error": "busy", "message": ERRORS["busy"].both()}
    pressed = desk.form("/till/act", "cashier", act="reprint", ref=REF, back="/till")
    assert ERRORS["busy"].en in page(desk, pressed.headers["location"], "cashier")
