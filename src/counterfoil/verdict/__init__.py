"""Where the money is: the stations' stubs of one transaction, and the time, make one verdict.

Pure: no store, no socket, no clock. `why`, the console and every oracle ask the same question here and therefore get
the same answer. A stub that is missing is "no record", never "no"; money is called returned or not charged only on the
positive evidence of a station.

    from counterfoil.verdict import judge
    finding = judge(terminal_stub, switch_stub, issuer_stub, now)
    finding.verdict, finding.sentence.en, finding.next.owner
"""

from __future__ import annotations

from counterfoil.verdict.finding import NOT_OURS, Clocks, Evidence, Finding, Holding, Next, Stop, Verdict
from counterfoil.verdict.judge import judge, verdict_of

__all__ = ["NOT_OURS", "Clocks", "Evidence", "Finding", "Holding", "Next", "Stop", "Verdict", "judge", "verdict_of"]
