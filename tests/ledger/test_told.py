"""Every record the ledger makes in the stories of its table, word for word, and what is left to write at their ends."""

from __future__ import annotations

from pathlib import Path

from counterfoil.errors import Refused
from counterfoil.ledger import sums
from ledger.test_tables import Ledger, stories
from transcript import Transcript


def test_the_stories_of_the_table_are_told_in_full() -> None:
    text = Transcript(Path(__file__).parent, "two_phase")
    for title, lines in stories():
        text.note("==", title)
        ledger = Ledger()
        for _, line in lines:
            verb, *words = line.partition(" -> ")[0].split()
            try:
                made = getattr(ledger, verb)(*words)
                text.note("  ", verb, *words, "->", made or "done")
            except Refused as refused:
                text.note("  ", verb, *words, "->", refused.refusal.name, str(refused))
        book, accounts = ledger.book, [ledger.book.account(name) for name in ledger.accounts]
        for name, rows in (
            ("account", accounts),
            ("changed", book.changed_accounts),
            ("entry", ledger.entries),
            ("hold", book.new_holds),
            ("resolution", book.new_resolutions),
        ):
            for row in rows:
                text.note("  ", name, row)
        text.note("   sums", sums(accounts, ledger.entries))
    text.compare()
