"""Station 3, the issuer: holds the accounts, decides, books, and undoes what did not come round.

Receives from: the switch (link "switch", `iso87_ascii`): requests of every kind (0100, 0200), reversal advices
    0420/0421, sign-on and echo 0800. The control channel: enrol, accounts, cards, statement, check, status.
Sends to: the switch, on the connection of the request: 0110, 0210, 0430, 0810, each with a CMAC. The cardholder: one
    notice ("sms") per ledger event.
Records: what it decided of every request and must say again, the entries and the cardholders' balances, holds and how
    each ended, the answers to advices, tombstones of what was reversed before it came, cases, alarms, undelivered
    notices, and the trail. A card number is on its disk only as a keyed token with the last four digits; tracks and PIN
    blocks never are.
If it dies here: before the commit nothing has happened, and the switch's deadline reverses what may have; after it the
    decision stands, the answer may be lost, and a repeat gets it again or the reversal advice undoes it. Notices that
    were not reported as delivered are told again under the same name.
"""

from counterfoil.issuer.completing import complete
from counterfoil.issuer.records import Records
from counterfoil.issuer.rows import IssuerKeys
from counterfoil.issuer.settings import Settings
from counterfoil.issuer.station import Issuer
from counterfoil.issuer.stubs import accounts, cards, find, statement, stub, violations

__all__ = [
    "Issuer",
    "IssuerKeys",
    "Records",
    "Settings",
    "accounts",
    "cards",
    "complete",
    "find",
    "statement",
    "stub",
    "violations",
]
