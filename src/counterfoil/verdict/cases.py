"""The cases of one transaction: what a station left to a person, open or ended."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.transaction import CaseStub
from counterfoil.verdict.finding import Evidence, Verdict

AGREED: Final = "agreed"


def cases_of(verdict: Verdict, evidence: Evidence) -> tuple[CaseStub, ...]:
    """Every case of the three stations, the oldest first.

    A terminal never hears how what it handed over came out. Where the verdict is not EXCEPTION any more its case has
    ended by itself, when the last of the stations moved.
    """
    stubs = [stub for stub in evidence if stub is not None and not isinstance(stub, str)]
    found = [case for stub in stubs for case in stub.cases]
    if verdict is not Verdict.EXCEPTION:
        last = max((stub.updated_at for stub in stubs), default=0)
        found = [
            case if case.ended_at else msgspec.structs.replace(case, ended_at=max(last, 1), how=AGREED)
            for case in found
        ]
    return tuple(sorted(found, key=lambda case: (case.at, case.number)))
