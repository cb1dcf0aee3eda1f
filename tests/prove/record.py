"""What was measured, as it is kept in docs/reliability.json; the report is written from it and from nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from counterfoil.simulation import WorldOutcome
from counterfoil.step import SECOND

ROOT: Final = Path(__file__).parents[2]
RECORD: Final = ROOT / "docs" / "reliability.json"
# Plays one small world in a process of its own and says which files of the package that took.
TOOK: Final = """
import sys
from pathlib import Path
from counterfoil.simulation import WorldJob, play
assert not play(WorldJob(1, "swarm", 0, 20)).broken
files = {Path(m.__file__) for name, m in sys.modules.items() if name.partition(".")[0] == "counterfoil" and m.__file__}
files |= {sql for file in files for sql in file.parent.glob("migrations/*.sql")}
print(*sorted(files), sep="\\n")
"""
FINE: Final = 60  # seconds; longer exposures are counted in steps of ten


class Tally(msgspec.Struct, kw_only=True):
    """The worlds of one mix, added up.

    `exposures` counts how many seconds money that came back was gone; `exceptions` counts what a person must decide,
    by verdict; `digest` runs through the journals of all worlds in order.
    """

    worlds: int = 0
    transactions: int = 0
    attempts: int = 0
    steps: int = 0
    one_sided: int = 0
    unreported: int = 0
    ledger_sum: int = 0
    closing_seconds: float = 0.0
    virtual_seconds: float = 0.0
    cpu_seconds: float = 0.0
    exceptions: dict[str, int] = {}
    faults: dict[str, int] = {}
    exposures: dict[str, int] = {}
    digest: str = ""

    def add(self, outcome: WorldOutcome) -> None:
        """One more world that broke no promise."""
        self.worlds += 1
        self.transactions += outcome.transactions
        self.attempts += outcome.attempts
        self.steps += outcome.steps
        self.one_sided += outcome.one_sided
        self.unreported += outcome.unreported
        self.ledger_sum += sum(abs(amount) for amount in outcome.ledger_sum.values())
        self.closing_seconds = max(self.closing_seconds, outcome.closing_seconds)
        self.virtual_seconds += outcome.seconds
        for finding in outcome.exceptions:
            count(self.exceptions, finding.verdict)
        for kind, times in outcome.faults.items():
            count(self.faults, kind, times)
        for exposure in outcome.exposures:
            seconds = -(-exposure // SECOND)
            count(self.exposures, str(seconds if seconds <= FINE else -(-seconds // 10) * 10))
        self.digest = chained(self.digest, outcome.digest)

    def join(self, later: Tally) -> None:
        """The worlds that come after these."""
        for name in ("worlds", "transactions", "attempts", "steps", "one_sided", "unreported", "ledger_sum"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
        self.closing_seconds = max(self.closing_seconds, later.closing_seconds)
        self.virtual_seconds += later.virtual_seconds
        self.cpu_seconds += later.cpu_seconds
        for mine, others in ((self.exceptions, later.exceptions), (self.faults, later.faults)):
            for kind, times in others.items():
                count(mine, kind, times)
        for seconds, times in later.exposures.items():
            count(self.exposures, seconds, times)
        self.digest = chained(self.digest, later.digest)


class Campaign(msgspec.Struct, kw_only=True):
    """Simulated worlds under one state of the code. A mix's worlds are `first_world` and those that follow."""

    code: str
    commit: str
    date: str
    machine: str
    seed: int
    first_world: int
    mixes: dict[str, Tally] = {}
    failures: list[dict[str, Any]] = []


class Part(msgspec.Struct, kw_only=True):
    """Another ring: the command that was run, at which commit, what it printed, and whether its promises held."""

    command: str
    commit: str
    date: str
    seconds: int
    found: dict[str, Any]
    held: bool = True


class Record(msgspec.Struct, kw_only=True):
    """Everything that was measured, the newest campaign last."""

    campaigns: list[Campaign] = []
    parts: dict[str, Part] = {}


def count(counted: dict[str, int], key: str, times: int = 1) -> None:
    """Some more of a kind."""
    counted[key] = counted.get(key, 0) + times


def chained(before: str, after: str) -> str:
    """One digest for what came before and what comes after."""
    return hashlib.blake2b((before + after).encode(), digest_size=16).hexdigest()


def take_in(record: Record, other: Record) -> None:
    """What was measured elsewhere. A campaign that went on there takes the place of what is known of it here."""
    for campaign in other.campaigns:
        same = [was for was in record.campaigns if begun(was) == begun(campaign)]
        if all(worlds(was) <= worlds(campaign) for was in same):
            record.campaigns = [was for was in record.campaigns if was not in same] + [campaign]
    record.parts |= other.parts


def begun(campaign: Campaign) -> tuple[str, int, int]:
    """What makes a campaign the one it is: code, seed and where its worlds begin."""
    return campaign.code, campaign.seed, campaign.first_world


def worlds(campaign: Campaign) -> int:
    """How many worlds were played in it."""
    return sum(tally.worlds for tally in campaign.mixes.values())


def load(path: Path) -> Record:
    """The record so far; an empty one when there is none."""
    return msgspec.json.decode(path.read_bytes(), type=Record) if path.exists() else Record()


def save(record: Record, path: Path) -> None:
    """Replace the file in one go: whoever stops a campaign finds everything up to the last chunk."""
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=1) + b"\n")
    new.replace(path)


def code() -> str:
    """A digest of the files that a simulated world executes; a change anywhere else leaves what was measured true."""
    digest = hashlib.blake2b(digest_size=8)
    for path in executed():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def executed() -> list[Path]:
    """The files of the package, tables of the stores included, without which no world can be played.

    The accelerator is not among them: the same journal with and without it is a test of its own.
    """
    done = subprocess.run([sys.executable, "-c", TOOK], capture_output=True, text=True, check=True)
    return [Path(line) for line in done.stdout.splitlines()]
