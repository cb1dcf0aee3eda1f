"""The keys of attempts: the next STAN, and what happens when the STANs of a batch are used up."""

from __future__ import annotations

import msgspec

from counterfoil.step import Instant
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.work import Work
from counterfoil.transaction import LAST_STAN, NO_BATCH


def run_out(lane: Lane) -> bool:
    """Whether the last STAN of the batch was used."""
    return lane.device.stan >= LAST_STAN


def next_stan(lane: Lane) -> str:
    """Take the next STAN; never 000000. The caller has seen to it that there is one."""
    assert not run_out(lane)
    lane.device = msgspec.structs.replace(lane.device, stan=lane.device.stan + 1)
    return f"{lane.device.stan:06d}"


def start_over(lane: Lane, now: Instant) -> None:
    """The STANs of this batch are used up: count from one again, in another batch."""
    lane.device = msgspec.structs.replace(lane.device, stan=0)
    leave_batch(lane, now)


def leave_batch(lane: Lane, now: Instant) -> None:
    """Nothing is sold before a sign-on gave a batch again: the same one only while none of its STANs comes again."""
    lane.device = msgspec.structs.replace(lane.device, batch=NO_BATCH)
    require_sign_on(lane, now)


def no_key_free(work: Work, lane: Lane) -> bool:
    """Whether no attempt can be given a key before the next sign-on."""
    return run_out(lane) or used_from(work, lane.device.terminal, lane.device.batch, lane.device.stan + 1)


def used_from(work: Work, terminal: str, batch: str, stan: int) -> bool:
    """Whether an attempt of this batch has that STAN or a later one: the next ones may come round again."""
    return work.records.last_stan(terminal, batch) >= stan


def require_sign_on(lane: Lane, now: Instant) -> None:
    """The keys are not to be trusted any more: sign on at `now`, before anything else is sent."""
    lane.signed_on = False
    lane.wake = now
