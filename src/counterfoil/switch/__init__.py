"""Station 2, the switch: identifies terminal and card, routes to the issuer, stores and forwards reversals.

Receives from  terminals (leg 1, `cup_pos`, server link "terminals") and issuers (leg 3, `iso87_ascii`, one client link
               per issuer, named like it).
Sends to       issuers (leg 2): 0200, 0420/0421, 0800; terminals (leg 4): the answers.
Records        an attempt with its intent before the request leaves and its result before the answer does; reversal
               advices in an outbox until the issuer acknowledged them; terminals with keys and batch numbers;
               evidence, alarms, cases.
If it dies here
  before the commit   nothing was said; the terminal's time-out and reversal close it (tombstone).
  after the commit    whatever was open has expired: its reversal is owed from the first step after the restart, and
                      advices are in the outbox as they were. PIN block and track were in memory only and are gone,
                      so no request is ever sent by a later process.
"""

from counterfoil.switch.records import PACKAGE, Records
from counterfoil.switch.rows import Case, IssuerRow
from counterfoil.switch.settings import TERMINALS, Settings
from counterfoil.switch.station import Switch
from counterfoil.switch.stubs import asked, cases, find, pending, stub

__all__ = [
    "PACKAGE",
    "TERMINALS",
    "Case",
    "IssuerRow",
    "Records",
    "Settings",
    "Switch",
    "asked",
    "cases",
    "find",
    "pending",
    "stub",
]
