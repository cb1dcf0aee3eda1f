"""Evidence and alarms: every line is filed under the sale and the terminal it is about, and under nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.step import Closed
from counterfoil.storage.archiving import digest, rows_of
from counterfoil.switch.archiving import SHAPE
from switch.scene import TERMINALS, TIMER, Scene, scene

T1: Final = TERMINALS[0]
Story = Callable[[Scene], Message]


def approved(made: Scene) -> Message:
    return made.approved()[0]


def declined(made: Scene) -> Message:
    request, forwarded = made.asked()
    made.step(made.reply(forwarded, "51"))
    return request


def refused_here(made: Scene) -> Message:
    request = made.purchase(0)
    made.step(made.frame(request))
    return request


def asked_again(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(request))
    return request


def asked_for_something_else(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(request.copy(de4="000000000001")))
    return request


def never_left(made: Scene) -> Message:
    request, _ = made.asked()
    made.step(*made.not_sent())
    return request


def hung_up_on(made: Scene) -> Message:
    made.asked()
    made.step(Closed("issuer-a", ""))
    made.comes_up(after=TIMER)
    made.step(made.reply(made.advices()[0], "00"))
    before = made.purchase()
    made.step(made.frame(before))
    made.step(Closed("issuer-a", ""))
    return before


def unanswered(made: Scene) -> Message:
    request, _ = made.asked()
    made.step(after=TIMER)
    return request


def answered_late(made: Scene) -> Message:
    request, forwarded = made.asked()
    made.step(after=TIMER)
    made.step(made.reply(forwarded, "00"))
    return request


def answered_by_nobody(made: Scene) -> Message:
    request, forwarded = made.asked()
    made.step(made.reply(forwarded, "00", spoil=True))
    return request


def answered_with_another_trace(made: Scene) -> Message:
    request, forwarded = made.asked()
    made.step(made.reply(forwarded, "00", de11="000777"))
    return request


def answered_with_a_part(made: Scene) -> Message:
    request, forwarded = made.asked()
    made.step(made.reply(forwarded, "10"))
    return request


def approved_after_a_no(made: Scene) -> Message:
    request, forwarded = made.asked()
    made.step(made.reply(forwarded, "51"), made.reply(forwarded, "00"))
    return request


def reversal_answered_with_another_trace(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(made.reversal(request)))
    made.step(made.reply(made.advices()[0], "00", de11="000777"))
    return request


def beside_a_reversal_without_a_valid_mac(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(made.reversal(request), spoil=True))
    return request


def reversed_by_its_terminal(made: Scene) -> Message:
    request = approved(made)
    reversal = made.reversal(request)
    made.step(made.frame(reversal))
    made.acknowledge()
    made.step(made.frame(reversal))
    return request


def reversed_for_other_money(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(made.reversal(request, de4="000000000001")))
    return request


def reversal_refused(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(made.reversal(request)))
    made.acknowledge("05")
    return request


def reversal_never_left(made: Scene) -> Message:
    request = approved(made)
    before = len(made.sent)
    made.step(made.frame(made.reversal(request)))
    made.step(*made.not_sent(before))
    return request


def reversal_hung_up_on(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(made.reversal(request)))
    made.step(Closed("issuer-a", ""))
    made.comes_up(after=TIMER)
    made.step(Closed("issuer-a", ""))
    return request


def reversed_before_it_came(made: Scene) -> Message:
    request = made.purchase()
    made.step(made.frame(made.reversal(request)))
    made.step(made.frame(request))
    return request


def without_a_valid_mac(made: Scene) -> Message:
    request = made.purchase()
    made.step(made.frame(request, spoil=True))
    return request


def of_another_merchant(made: Scene) -> Message:
    request = made.purchase().copy(de42="898100000000002")
    made.step(made.frame(request))
    return request


def found_open_after_a_restart(made: Scene) -> Message:
    request, _ = made.asked()
    made.restarted().step(after=TIMER)
    return request


def beside_one_without_a_key(made: Scene) -> Message:
    request = approved(made)
    nameless = made.purchase()
    nameless.de11 = None
    assert made.codes(made.frame(nameless)) == ["30"]
    return request


def beside_a_reversal_without_a_key(made: Scene) -> Message:
    request = approved(made)
    nameless = made.reversal(request, de11=None)
    assert made.codes(made.frame(nameless)) == ["30"]
    return request


def beside_one_of_another_batch(made: Scene) -> Message:
    request = approved(made)
    made.sign_on(stan="000001", batch="000000")
    assert made.codes(made.frame(request)) == ["77"]
    return request


def beside_one_that_left(made: Scene) -> Message:
    """The request and the reversal of an archived sale come again."""
    gone, request = approved(made), approved(made)
    key = (T1, "000001", gone.de11 or "")
    digests = [digest(rows_of(made.store, SHAPE, [key])[key])]
    assert made.command("archive", keys=[key], digests=digests) == {"left": 1, "gone": 0, "kept": []}
    assert made.command("archive", keys=[key], digests=digests) == {"left": 0, "gone": 1, "kept": []}
    assert made.codes(made.frame(gone)) == ["94"]
    assert made.codes(made.frame(made.reversal(gone))) == ["64"]
    return request


def beside_a_claim(made: Scene) -> Message:
    request = approved(made)
    made.step(made.frame(Message("0500", de11="000009", de41=T1, de42=request.de42)))
    return request


TAKEN: Final = ["terminal: signed_on", "sale: asked > forwarded"]
APPROVED: Final = [*TAKEN, "sale: issuer_answered > answered"]
EXPIRED: Final = ["sale: expired", "sale: reversal_owed > answered", "sale: reversal_sent"]
REVERSED: Final = [
    *APPROVED,
    "sale: reversal_asked",
    "sale: reversal_owed",
    "reversal: reversal_answered",
    "sale: reversal_sent",
]
OTHER_REVERSED: Final = [
    "other sale: hung_up",
    "other sale: expired",
    "other sale: reversal_owed > answered",
    "other sale: reversal_sent",
    "other sale: reversal_acknowledged",
]
STORIES: Final[list[tuple[Story, list[str], list[str]]]] = [
    (approved, APPROVED, []),
    (declined, APPROVED, []),
    (refused_here, ["terminal: signed_on", "sale: asked > answered"], []),
    (asked_again, [*APPROVED, "sale: repeated > answered"], []),
    (asked_for_something_else, [*APPROVED, "sale: repeated > answered"], ["other_content T0000001 sale"]),
    (never_left, [*TAKEN, "sale: not_sent > answered"], []),
    (
        hung_up_on,
        [
            "terminal: signed_on",
            "other sale: asked > forwarded",
            *OTHER_REVERSED,
            "sale: asked > forwarded",
            "sale: hung_up",
        ],
        ["hangs_up issuer-a sale"],
    ),
    (unanswered, [*TAKEN, *EXPIRED], []),
    (answered_late, [*TAKEN, *EXPIRED, "sale: answer_late"], []),
    (answered_by_nobody, [*TAKEN, "sale: answer_wrong_mac"], ["answer_wrong_mac issuer-a sale"]),
    (answered_with_another_trace, [*TAKEN, "sale: answer_unmatched"], ["answer_unmatched issuer-a sale"]),
    (
        reversed_by_its_terminal,
        [*REVERSED, "sale: reversal_acknowledged", "sale: reversal_asked", "reversal: reversal_answered"],
        [],
    ),
    (answered_with_a_part, [*TAKEN, "sale: answer_unusable"], ["answer_unusable issuer-a sale"]),
    (
        approved_after_a_no,
        [*APPROVED, "sale: answer_late", "sale: reversal_owed", "sale: reversal_sent"],
        ["late_approval issuer-a sale"],
    ),
    (
        reversal_answered_with_another_trace,
        [*REVERSED, "sale: reversal_acknowledged"],
        ["answer_unmatched issuer-a sale"],
    ),
    (beside_a_reversal_without_a_valid_mac, [*APPROVED, "terminal: ignored"], ["wrong_mac T0000001"]),
    (reversed_for_other_money, [*APPROVED, "sale: reversal_asked > answered"], ["reversal_differs issuer-a sale"]),
    (reversal_refused, [*REVERSED, "sale: reversal_acknowledged"], ["reversal_refused issuer-a sale"]),
    (reversal_never_left, [*REVERSED, "sale: reversal_not_sent"], []),
    (
        reversal_hung_up_on,
        [*REVERSED, "sale: hung_up", "sale: reversal_sent", "sale: hung_up"],
        ["hangs_up issuer-a sale"],
    ),
    (
        reversed_before_it_came,
        ["terminal: signed_on", "sale: reversal_asked", "reversal: reversal_answered", "sale: repeated > answered"],
        [],
    ),
    (without_a_valid_mac, ["sale: asked > turned_away"], ["wrong_mac T0000001"]),
    (of_another_merchant, ["terminal: signed_on", "sale: asked > turned_away"], []),
    (found_open_after_a_restart, [*TAKEN, "sale: restarted", "sale: reversal_owed"], []),
    (beside_one_without_a_key, [*APPROVED, "terminal: asked > turned_away"], []),
    (beside_a_reversal_without_a_key, [*APPROVED, "terminal: asked > answered"], []),
    (
        beside_one_of_another_batch,
        [
            *APPROVED,
            "terminal: asked",
            "a number of its own: answered",
            "terminal: signed_on",
            "terminal: asked > turned_away",
        ],
        ["other_batch T0000001"],
    ),
    (
        beside_one_that_left,
        [
            *APPROVED,
            "terminal: repeated > answered",
            "terminal: reversal_asked",
            "a number of its own: reversal_answered",
        ],
        ["archived_repeated T0000001", "archived_reversal T0000001"],
    ),
    (beside_a_claim, [*APPROVED, "terminal: asked > answered"], []),
]


def filed(made: Scene, request: Message, since: int) -> tuple[list[str], list[str]]:
    """Lines and alarms since then, under whom each is filed."""
    rrn = made.stub(request).rrn
    ((undone,),) = made.store.query("SELECT reversal_rrn FROM attempt WHERE rrn = ?", (rrn,))
    lines = made.store.query("SELECT what, then_what, rrn, terminal FROM trail WHERE tick > ? ORDER BY tick", (since,))
    rung = made.store.query("SELECT what, rrn, subject FROM alarm WHERE tick > ? ORDER BY tick", (since,))
    others = {(str(of), T1): "other sale" for (of,) in made.store.query("SELECT rrn FROM attempt")}
    mine = {**others, (undone, T1): "reversal", ("", T1): "terminal", ("", ""): "nobody", (rrn, T1): "sale"}
    named = [
        (mine.get((of, at), "a number of its own" if at == T1 else at), what, then) for what, then, of, at in lines
    ]
    told = [f"{whose}: {what}{then and f' > {then}'}" for whose, what, then in named]
    return told, [f"{what} {subject} {'sale' if of == rrn else of}".rstrip() for what, of, subject in rung]


@pytest.mark.parametrize(("story", "lines", "alarms"), STORIES, ids=[story.__name__ for story, *_ in STORIES])
def test_every_line_and_alarm_is_filed_under_what_it_is_about(
    story: Story, lines: list[str], alarms: list[str]
) -> None:
    made = scene()
    ((since,),) = made.store.query("SELECT max(tick) FROM trail")
    assert filed(made, story(made), since) == (lines, alarms)
