"""docs/reliability.md, written from docs/reliability.json alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterfoil.simulation import MIXES, SALES
from counterfoil.simulation.scene import RUSH_EVERY, RUSH_SALES, RUSH_TERMINALS
from prove.campaign import NAMED
from prove.record import Campaign, Record, Tally, count
from prove.sections import SECTIONS
from prove.tables import table

HEAD = """# Reliability: what was proved, and how

Written by `make prove` from [reliability.json](reliability.json); nothing here is typed by hand. A transaction is one
sale asked for at a counter, with everything that becomes of it: reversals, repeats, advices, the receipt.
*One-sided* means that, when nothing moves any more, the customer's account and the shop's claim do not say the same;
*unreported* that it is no exception, which a person finds in the inbox. The promise is that the last figure is zero,
whatever happens.

The commands below are typed in a checkout after `make test`, as `PYTHONPATH=tests .venv/bin/python …`; `counterfoil`
is `.venv/bin/counterfoil`. `make prove` adds to what is proved already; `make prove PROVE="--record /tmp/anew.json"`
begins anew and leaves this report alone.
"""

LIMITS = """## What this does not cover

- Power cuts on real hardware. Ring 2 fails and cuts every write, sync, truncate and delete that SQLite asks for, and a
  killed process (ring 3) leaves the page cache alive; a disk that says "synced" and lies is out of reach of both.
- The machine: memory errors, a wrong clock that no process can see, a file system that mixes up blocks.
- Other people's terminals and issuers. The terminal and the issuers in every ring are this project's own; a foreign
  counterpart meets the codec (interop tests against independent implementations), not the campaign.
- Torn and unsynced writes in ring 1: there a commit is whole or not there, and a crash comes before or after it, as a
  full disk does; writes that are torn or lost within a commit are ring 2's.
- Holds, because nothing holds money yet; other currencies than CNY; whether a customer who left then paid in cash.
- A byte that changes a value inside a sound page of a store. Only SQLite's own structure and the formats are checked.
- Bytes on a socket in ring 1: framing, back-pressure and half-open connections are played by ring 3 and by the tests of
  the links, with far fewer transactions.
- One sale at a time per terminal, purchases and reversals only: voids, refunds, pre-authorisations, batch upload and
  settlement files are not built yet, and the mutants that need them are listed as waiting.
- Thousands of terminals: a world has four terminals and two issuers, or 96 at a rush hour.
- The operator: wrong configuration, deleted files. What then happens is told in [operations.md](operations.md). One
  station of a world is put back alone, once, and a person ends what it has forgotten (mix `restored`); not two at once.
- Who makes messages with the arithmetic of a terminal's MAC in mind: UnionPay's folds a message by XOR, so two changes
  can cancel each other ([SECURITY.md](../SECURITY.md)). Relays here copy, hold, splice and damage at random; a mixture
  that happens to keep its MAC is not played.
- Worlds that last for days test their idle links every ten minutes, not every minute.
- The archive: rows leave the stores only in its own tests, with kills and failing disks, not in the simulator.
- Chance. A fault that shows once in ten million transactions will probably not show here, and what a seed draws is
  drawn once a world: machines that are lost, switched off or replaced are as rare as the table of faults says.
"""


def written(record: Record) -> str:
    """The report."""
    parts = [HEAD]
    if record.campaigns:
        *earlier, newest = record.campaigns
        longest = max(record.campaigns, key=least)
        parts.append(simulator(newest, "## Ring 1, the simulator"))
        if longest is not newest:
            parts.append(simulator(longest, "### The longest campaign, under earlier code"))
        parts += [COLUMNS, broken(record.campaigns), faults(longest)]
        if earlier:
            parts.append(history(earlier))
    parts += [section(record.parts[name]) for name, section in SECTIONS.items() if name in record.parts]
    parts.append(LIMITS)
    return "\n".join(part for part in parts if part)


# --- ring 1 ----------------------------------------------------------------------------------------------------------


RUSHES: Final = (
    f" A world has {SALES} sales at four terminals; each {RUSH_EVERY}th one, from {RUSH_EVERY - 1} on, is a\n"
    f"rush hour: {RUSH_SALES:,} sales at {2 * RUSH_TERMINALS} terminals, where a step has several messages\n"
    "to decide."
)


BROKEN: Final = "What each of them showed, and what was changed, is in the [changelog](../CHANGELOG.md).\n"
COLUMNS: Final = """A world is *broken* at the first promise that does not hold: it then counts in that column alone,
and is named below. *Exceptions* are what a person must decide. *To rest* is the longest time from the end of all faults
until nothing was owed any more. The last three columns say for how long money that came back was gone, in worlds where
all clocks are right; above a minute in steps of ten seconds. Both in seconds of the world.
"""


def least(campaign: Campaign) -> int:
    """The transactions of the mix that has fewest; 0 when one of the nine was not played."""
    return min((campaign.mixes[mix].transactions if mix in campaign.mixes else 0) for mix in NAMED)


def simulator(campaign: Campaign, heading: str) -> str:
    """What the simulator came to under one state of the code."""
    mixes = {mix: campaign.mixes[mix] for mix in MIXES if mix in campaign.mixes}
    total = Tally()
    for tally in mixes.values():
        total.join(tally)
    failed = [told["mix"] for told in campaign.failures]
    rows = [row(mix, tally, failed.count(mix)) for mix, tally in mixes.items()]
    rows.append(row("**all**", total, len(failed)))
    first = "mix", "transactions", "worlds", "broken", "faults", "one-sided", "unreported", "exceptions"
    head = *first, "to rest", "p50", "p99", "max"
    rushed = total.transactions > SALES * total.worlds
    most, rushes = (RUSH_SALES, RUSHES) if rushed else (SALES, "")
    cores = total.transactions / total.cpu_seconds if total.cpu_seconds else 0.0
    return f"""{heading}

Commit {campaign.commit} (sources {campaign.code}), seed {campaign.seed}, worlds {campaign.first_world:,} and on of each
mix; {campaign.machine}; {campaign.date}. Again: `counterfoil simulate --seed {campaign.seed} --mix NAME --world N
--transactions {most}`.{rushes}

{table(head, rows)}
Ledger sum, from legs added up independently after every step: {total.ledger_sum}. In all {total.attempts:,} attempts,
{total.steps:,} steps of a station, {total.virtual_seconds / 86_400:,.0f} days of the worlds' time,
{cores:,.0f} transactions per second and core.
"""


def row(mix: str, tally: Tally, failed: int) -> list[object]:
    """One line of the table; `failed` worlds broke a promise."""
    return [
        mix,
        tally.transactions,
        tally.worlds,
        failed,
        sum(tally.faults.values()),
        tally.one_sided,
        tally.unreported,
        sum(tally.exceptions.values()),
        tally.closing_seconds,
        *(quantile(tally.exposures, part) for part in (0.5, 0.99, 1.0)),
    ]


def quantile(exposures: dict[str, int], part: float) -> int | str:
    """Seconds within which this part of the money was back; "–" when none went away."""
    total = sum(exposures.values())
    seen = 0
    for seconds, times in sorted((int(seconds), times) for seconds, times in exposures.items()):
        seen += times
        if seen >= part * total:
            return seconds
    return "–"


def broken(campaigns: Iterable[Campaign]) -> str:
    """The worlds that broke a promise, and under which code."""
    lines = [
        f"- {campaign.commit}: {told['broken']}\n  `{told['replay']}`"
        for campaign in campaigns
        for told in campaign.failures
    ]
    return "\n".join(["### Worlds that broke a promise\n", BROKEN, *lines, ""]) if lines else ""


def faults(campaign: Campaign) -> str:
    """What was done to the worlds of the longest campaign, and by whom."""
    kinds: dict[str, int] = {}
    for tally in campaign.mixes.values():
        for kind, times in tally.faults.items():
            count(kinds, kind, times)
    return f"### What was done to them (commit {campaign.commit})\n\n" + table(
        ("fault", "times"), sorted(kinds.items())
    )


def history(campaigns: Iterable[Campaign]) -> str:
    """What was played under earlier code: it found what the changelog tells, and proves nothing of today's."""
    rows = [
        (
            campaign.commit,
            sum(tally.transactions for tally in campaign.mixes.values()),
            least(campaign),
            sum(tally.unreported for tally in campaign.mixes.values()),
            len(campaign.failures),
        )
        for campaign in campaigns
    ]
    head = "commit", "transactions", "least of a mix", "unreported", "broken worlds"
    return "### Under earlier code\n\n" + table(head, rows)
