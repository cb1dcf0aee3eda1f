"""What a terminal turns away before anything is sent, and why: by what is asked, and by what is on its disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from counterfoil.kinds import BY_NAME, Needs
from counterfoil.simulation.expected.wishes import AnsweredOriginal, TillQuestion, kind_in, makes_sense, most, whole
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import SUPERVISOR
from counterfoil.step import HOUR, SECOND, Instant

MOST_WRONG: Final = 5  # passwords in an hour
PAID: Final = ("approved", "closed")
ORIGINAL: Final = (
    "SELECT state, kind, batch, updated_at, started_at FROM attempt "
    "WHERE terminal = ? AND terminal || '/' || batch || '/' || stan = ?"
)
BATCH: Final = "SELECT batch FROM device WHERE terminal = ?"
CHILDREN: Final = (
    "SELECT count(*) FROM attempt WHERE original = ? AND (state IN ('approved', 'closed', 'sent') OR updated_at >= ?)"
)
ALWAYS: Final = frozenset(
    {
        *("unknown_terminal", "wrong_supervisor", "supervisor_locked", "original_unknown", "original_other_kind"),
        *("bad_request", "typed_not_allowed"),
    }
)
UNFIT: Final = frozenset(
    {
        *("original_fallen", "original_closed", "original_other_batch", "original_expired"),
        "amount_above_original",
    }
)


def turned_away(
    node: Node, args: dict[str, Any], wrong: list[Instant], now: Instant, *, here: bool, typed: bool
) -> Iterator[str]:
    """Why a question is turned away whatever the terminal is doing, in the order in which that is looked at.

    `wrong` is when its supervisor's password was given wrongly, `here`: the terminal is on this machine, `typed`: card
    numbers may be typed at it.
    """
    kind = kind_in(args)
    if not here:
        yield "unknown_terminal"
        return
    if kind is not None and Needs.SUPERVISOR in kind.needs:
        yield from _supervised(args.get("supervisor", ""), wrong, now)
    if kind is not None and kind.original is not None:
        rows = node.disk.query(ORIGINAL, (args["terminal"], args.get("original", "")))
        if not rows:
            yield "original_unknown"
        elif rows[0][1] not in kind.original.of:
            yield "original_other_kind"
    if not makes_sense(args):
        yield "bad_request"
    if args.get("entry") == "typed" and not typed:
        yield "typed_not_allowed"


def _supervised(given: str, wrong: list[Instant], now: Instant) -> Iterator[str]:
    wrong[:] = [at for at in wrong if now - at < HOUR]
    if len(wrong) >= MOST_WRONG:
        yield "supervisor_locked"
    elif given != SUPERVISOR:
        wrong += [now] if given else []
        yield "wrong_supervisor"


def unfit(node: Node, question: TillQuestion, of: AnsweredOriginal | None, batch: str, now: Instant) -> set[str]:
    """Everything that is wrong with the original of a question, as it is on the disk; `batch` is the open one. What
    changed in this step may be so.
    """
    rule, ref = question.kind.original, question.original
    assert rule is not None
    ((state, kind, its_batch, changed, started),) = node.disk.query(ORIGINAL, (ref[:8], ref))
    life = BY_NAME[kind].keeps_for
    batches = [kept for (kept,) in node.disk.query(BATCH, (ref[:8],))]  # a terminal without STANs has none
    wrong = {
        "original_fallen": state not in PAID or changed >= now,
        "original_closed": rule.closes and bool(node.disk.query(CHILDREN, (ref, now))[0][0]),
        "original_other_batch": rule.same_batch and {its_batch} != {batch, *batches},
        "original_expired": bool(life) and started + life * SECOND <= now,
        "amount_above_original": of is not None and whole(question, of) > most(question, of),
    }
    return {error for error, is_so in wrong.items() if is_so}
