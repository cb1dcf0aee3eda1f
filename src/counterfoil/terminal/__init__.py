"""Station 1: the merchant's devices, many of them in one store. It stores the reversal before it asks.

Receives from   the till (control channel: sale, cancel, goods …), the switch (answers), its printer (receipts).
Sends to        the switch (0800, 0200, 0400 over the link "switch", one lane per terminal), the till, the printer.
Records         each attempt with everything its reversal needs, before the request leaves; each answer before it is
                shown or printed; what its slips say; a trail of masked messages. Track and PIN live in memory until
                the request is packed, and nowhere else.
If it dies here before the commit of a step, nothing of it was said. After it, every attempt that waits for an answer
                is found again and reversed (reason 06), and an approval whose receipt nobody saw is shown first, with
                the question what became of the goods, before this terminal sells again.

Reading order: `lifecycle` (the table), `sale`, `reverse`, `signon` (the rules), `lane` (what happens next on one
terminal), `till` (what the cashier can ask), `station` (the step).
"""

from __future__ import annotations

from counterfoil.terminal.settings import Settings
from counterfoil.terminal.station import TerminalStation

__all__ = ["Settings", "TerminalStation"]
