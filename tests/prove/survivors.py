"""Why a mutant that was drawn by a seed was noticed by nothing: read one by one.

REASONS are of mutmut's, given to the tests, by mutmut's names in the source of today; SINCE says what has become of
those of the run in the record whose names, or whose tests, are others today. UNSEEN are given to the simulator, by the
names of `mutants.drawn` in the run of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Unnoticed(NamedTuple):
    """A mutant that means the same, or as good as: the line it makes, as `ast.unparse` writes it, and why."""

    line: str
    why: str


REASONS: Final[Mapping[str, Unnoticed]] = {
    "counterfoil.terminal.records.x__update__mutmut_6": Unnoticed(
        "return updating('attempt', [_SQL_NAMES.get(name, name) for name in names])",
        "worked out when the module is loaded, before a mutant",
    ),
    "counterfoil.terminal.work.xǁWorkǁfree_key__mutmut_4": Unnoticed(
        "self.save(msgspec.structs.replace(attempt, key=None))",
        "the store's row is emptied by FREE_KEY; the key is never written after the birth, and nothing tells None from "
        "an empty one",
    ),
    "counterfoil.terminal.decide.x__rest__mutmut_3": Unnoticed(
        "lane.expiry = 'XXXX'", "every question sets it and every reversal empties it before a slip reads it"
    ),
    "counterfoil.terminal.printed.x_sentence__mutmut_9": Unnoticed(
        "alike.setdefault((one.state, 'XXXX' if one.state in OUT else one.trouble), []).append(copy)",
        "it is one word for all copies that are out, and their sentences have no room for a trouble",
    ),
    "counterfoil.switch.session.x_timers__mutmut_45": Unnoticed(
        "idle = msgspec.structs.replace(session, asked='', tick=1, answer_by=0, heard_at=work.now)",
        "an answer is compared with the tick of a question that is out, and none is out",
    ),
    "counterfoil.switch.wire.x_settle__mutmut_21": Unnoticed(
        'ask.error = error or "THE TERMINAL\'S OWN DIALECT NAMES ANOTHER TERMINAL"',
        "no dialect that may be registered moves DE41, and what cannot be read in it brings an error of its own",
    ),
    "counterfoil.switch.upstream.x_authentic__mutmut_8": Unnoticed(
        "return desk.hsm.keyed_mac(issuer.mac, CMAC, False).closes(frame.data)",
        "an AES-CMAC is the same eight bytes, raw or not",
    ),
    "counterfoil.issuer.wire.xǁSwitchLinkǁ_question__mutmut_3": Unnoticed(
        "text = asked.message.de48 if asked.message is not None or True else None",
        "only an 0800 gets there, and what has a type has a message",
    ),
    "counterfoil.issuer.stubs.x_these__mutmut_4": Unnoticed(
        "stubs = _stubs(store, store.select_in(THESE, requests), history=None)",
        "None is as false as False where it is asked",
    ),
    "counterfoil.issuer.work.xǁWorkǁ_changed_accounts__mutmut_21": Unnoticed(
        "raise OurError('XXan account changed whose card this step did not loadXX')",
        "the words of an error that only a fault in a step brings about",
    ),
}

THIS_PRINT: Final = "tests/terminal/test_this_print.py"
JUDGE: Final = "tests/verdict/test_judge.py"
LIMITS: Final = "tests/console/test_people.py"
WITHOUT_A_CAUSE: Final = f"{JUDGE}::test_a_reversal_owed_without_a_cause_names_hop_and_reason_by_its_codes"

SINCE: Final[Mapping[str, str]] = {
    "counterfoil.terminal.printed.x_sentence__mutmut_18": f"{THIS_PRINT}::"
    "test_of_two_copies_each_is_told_and_the_whole_is_the_worse",
    "counterfoil.terminal.printed.x_sentence__mutmut_7": f"{THIS_PRINT}::"
    "test_copies_that_are_out_are_told_of_together_whatever_their_printer_reported",
    "counterfoil.terminal.printing.x_slip_of__mutmut_64": "tests/terminal/test_receipts.py::"
    "test_whatever_stands_behind_the_acquirer_in_de44_is_not_on_the_slip",
    "counterfoil.switch.intake.x_settle__mutmut_21": "counterfoil.switch.wire.x_settle__mutmut_21",
    "counterfoil.switch.tell.x_result__mutmut_40": "tests/switch/test_requests.py::"
    "test_a_repeated_request_with_an_encrypted_track_gets_its_result_with_the_card_number_in_it",
    "counterfoil.verdict.judge.x_first_stub__mutmut_2": f"{JUDGE}::test_no_stub_at_all_is_not_a_transaction",
    "counterfoil.verdict.reasons.x_cause_of__mutmut_10": WITHOUT_A_CAUSE,
    "counterfoil.verdict.reasons.x_cause_of__mutmut_15": WITHOUT_A_CAUSE,
    "counterfoil.verdict.reasons.x_why_owed__mutmut_17": WITHOUT_A_CAUSE,
    "counterfoil.console.limits.xǁLimitsǁtake__mutmut_4": f"{LIMITS}::"
    "test_one_name_more_than_are_remembered_makes_room_by_forgetting_who_tried_longest_ago",
    "counterfoil.console.limits.xǁLimitsǁwait__mutmut_18": f"{LIMITS}::"
    "test_a_name_waits_until_its_time_has_come_and_not_a_microsecond_less",
}
"""A survivor of the run in the record → its name in REASONS, or the test (file::name) written for it, or mended."""

NOBODY: Final = "nobody has looked at it yet"


def why(name: str) -> str:
    """What the report says of a survivor of mutmut's."""
    now = SINCE.get(name, name)
    if "::" in now:
        return f"noticed since by `{now}`"
    return REASONS[now].why if now in REASONS else NOBODY


EVIDENCE: Final = "a line of evidence, which decides nothing; the room's tests have it to the letter"
UNSEEN: Final[Mapping[str, str]] = {
    "switch/session.py:51:left out:0": "who asked when an issuer hung up may ask as often as before: no money moves",
    "switch/strangers.py:35:left out:0": "noise is taken for a request without a MAC: both get no answer",
    "switch/records.py:226:constant:0": "after a restart an advice hung up on once is no suspect till the next hang-up",
    "terminal/till.py:98:compare:0": "no till of a world asks for the state of one terminal alone",
    "terminal/till.py:137:constant:0": "no till of a world asks for the last sale that stands",
    "switch/saf.py:41:constant:0": "the name of an alarm",
    "switch/strangers.py:101:constant:0": "half as many lines of strangers are kept",
    "switch/evidence.py:36:constant:0": EVIDENCE,
    "terminal/flow.py:111:compare:0": EVIDENCE,
    "switch/outbox.py:167:compare:0": "the switch wakes earlier than it need: nothing is due yet",
    "switch/saf.py:53:constant:0": "the name of an alarm",
    "switch/tell.py:41:left out:0": EVIDENCE,
    "terminal/receipts.py:90:not:0": "no till of a world says how a slip ended while its terminal prints or sells",
}
