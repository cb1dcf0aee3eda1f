"""What became of one print: of the copies this very action sent to a printer, whatever became of earlier ones.

A DUPLICATE's number is used up by a try that may have put it on paper, and by no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from counterfoil.receipts.copies import PROOFS, CopyState
from counterfoil.receipts.document import Copy
from counterfoil.terminal import sentences
from counterfoil.terminal.lane import Print, Printing
from counterfoil.words import Text, Told

DONE, NOT_DONE, UNKNOWN = "done", "not_done", "unknown"
"""What came of an action: all of it; not all of it, and that is certain; nobody knows."""
OUT: Final = frozenset({CopyState.PRINTED, CopyState.SENT})
PRINT: Final = re.compile(r"print (\d+)")
NOTHING: Final = re.compile(rf"(\w+) copy (?:{'|'.join(sorted(PROOFS))})\b")
MARK: Final = re.compile(r"DUPLICATE (\d+) ")


def result(prints: Iterable[Print]) -> str:
    """A print in one word."""
    states = {one.state for one in prints}
    if states <= OUT:
        return DONE
    return NOT_DONE if states <= OUT | PROOFS else UNKNOWN


def told(printing: Printing, first: tuple[Text, ...] = ()) -> dict[str, Any]:
    """A print as the till hears it: each copy, the whole in one word, and the sentence for the cashier, behind others
    that come `first`.
    """
    prints = printing.prints
    copies = {
        copy.value: {"state": one.state.value, "trouble": one.trouble, "mark": one.mark} for copy, one in prints.items()
    }
    said = sentences.joined((*first, sentence(prints)))
    facts = {"print": printing.number, "prints": copies, "result": result(prints.values())}
    return {**facts, **Told(said, said).both()}


def sentence(prints: Mapping[Copy, Print]) -> Text:
    """What the cashier is told: what is wrong first, copies that fared alike together."""
    alike: dict[tuple[CopyState, str], list[Copy]] = {}
    for copy, one in prints.items():
        alike.setdefault((one.state, "" if one.state in OUT else one.trouble), []).append(copy)
    said = []
    for (state, trouble), copies in sorted(alike.items(), key=lambda each: each[0][0] in OUT):
        unsure = sentences.PRINT_WAITS if state is CopyState.SENDING and trouble else sentences.PRINT_UNSURE
        form = sentences.PRINTS.get(state, unsure)
        said.append(sentences.about(form, copies, trouble))
    return sentences.joined(said)


def duplicates(trail: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
    """The highest number of a DUPLICATE of a sale that may be on paper, by its trail; 0 for none.

    The numbers go through the whole sale: a copy's first DUPLICATE follows on another copy's.
    """
    marks: dict[tuple[str, str], int] = {}
    for what, facts in trail:
        sent, came_to_nothing = PRINT.fullmatch(what), NOTHING.match(what)
        if sent is not None:
            found = {copy: MARK.match(str(facts.get(copy, ""))) for copy in Copy}
            marks |= {(copy.value, sent[1]): int(mark[1]) for copy, mark in found.items() if mark is not None}
        elif came_to_nothing is not None:
            marks.pop((came_to_nothing[1], str(facts.get("print", ""))), None)
    return max(marks.values(), default=0)
