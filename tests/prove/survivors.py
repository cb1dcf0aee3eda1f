"""Why a mutant that was drawn by a seed was noticed by nothing: read one by one.

REASONS are of mutmut's, given to the tests, by mutmut's names; UNSEEN are given to the simulator, by the names of
`mutants.drawn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    "counterfoil.terminal.records.x__update__mutmut_6": "worked out when the module is loaded, before a mutant",
    "counterfoil.terminal.work.xǁWorkǁfree_key__mutmut_4": "the store's row is emptied by FREE_KEY; the key is never "
    "written after the birth, and nothing tells None from an empty one",
    "counterfoil.terminal.till.x_goods__mutmut_77": "only a print for a sale is told from others by its purpose",
    "counterfoil.terminal.decide.x__rest__mutmut_3": "every question sets it and every reversal empties it before a "
    "slip reads it",
    "counterfoil.switch.upstream.x_authentic__mutmut_8": "an AES-CMAC is the same eight bytes, raw or not",
    "counterfoil.issuer.wire.xǁWireǁ_question__mutmut_3": "only an 0800 gets there, and what has a type has a message",
    "counterfoil.issuer.stubs.x_these__mutmut_4": "None is as false as False where it is asked",
    "counterfoil.issuer.records.xǁStepǁ_changed_accounts__mutmut_16": "the words of an error that only a fault in a "
    "step brings about",
}

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
