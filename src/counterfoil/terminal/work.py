"""The working set of one step: what it read, what it changed, what it will say.

Lanes and attempts are changed on copies in here. The station takes them over only after the commit returned, so an
exception anywhere leaves it as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from counterfoil.fields import called
from counterfoil.iso8583 import CUP_POS, Message
from counterfoil.receipts.document import Document, Slip
from counterfoil.receipts.ereceipt import Issue
from counterfoil.security import Hsm, StoredKey
from counterfoil.step import NO_PRINTER, Instant, Outbound, Perform, Reply, Send
from counterfoil.terminal.archiving import fingerprint
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.lifecycle import PAID, STANDING, State
from counterfoil.terminal.records import Records, StepWrites, TrailLine, message_json
from counterfoil.terminal.rows import Attempt, Device
from counterfoil.terminal.sentences import ERRORS
from counterfoil.terminal.settings import Settings
from counterfoil.transaction import AttemptKey, parse_ref
from counterfoil.words import Text

LINK = "switch"


class OwnKeys(NamedTuple):
    """The station's own keys: for card number tokens and for card numbers at rest."""

    token: StoredKey
    data: StoredKey


class Work:
    """One step in the making. `now` is the instant of the step."""

    def __init__(
        self,
        now: Instant,
        records: Records,
        hsm: Hsm,
        own: OwnKeys,
        settings: Settings,
        lanes: Mapping[str, Lane],
        queued: Mapping[str, str],
        line: int,
        issue: Issue | None = None,
    ) -> None:
        self.now = now
        self.records = records
        self.hsm = hsm
        self.own = own
        self.settings = settings
        self.issue = issue
        self.base = lanes
        self.line = line  # the last number given to a line of evidence, or to a sale
        self.lanes: dict[str, Lane] = {}
        self.queued = dict(queued)  # the till's keys of sales that wait -> terminal; may be stale, never incomplete
        self.said: list[Outbound] = []
        self._saved: dict[str, Attempt] = {}
        self._born: set[str] = set()
        self._found_anew: dict[str, None] = {}  # by another number than before, or perhaps so
        self._keyed: dict[str, Attempt] = {}
        self._archived: set[int] = set()
        self._freed: list[AttemptKey] = []
        self._slips: dict[AttemptKey, Slip] = {}
        self._lines: list[TrailLine] = []

    # --- what there is ------------------------------------------------------------------------------------------------

    def lane(self, terminal: object) -> Lane | None:
        """The lane of a terminal, on a copy of this step; None when it is not registered here."""
        if not isinstance(terminal, str):
            return None
        found = self.lanes.get(terminal)
        if found is None and terminal in self.base:
            found = self.lanes[terminal] = copy.copy(self.base[terminal])
        return found

    def every_lane(self) -> Iterable[Lane]:
        """All lanes, to look at: those of this step as they are now."""
        for terminal, lane in self.base.items():
            yield self.lanes.get(terminal, lane)

    def read_keys(self, keys: Iterable[str]) -> None:
        """Look up, once for the step, the attempts the till's keys are bound to."""
        wanted = list(keys)
        self._keyed = {attempt.key: attempt for attempt in self.records.by_keys(wanted)}
        if self.records.any_archived:
            self._archived = self.records.archived([fingerprint(key) for key in wanted])

    def keyed(self, key: str) -> Attempt | None:
        """The attempt a key of the till is bound to."""
        return self._keyed.get(key) if key else None

    def archived(self, key: str) -> bool:
        """Whether a key of the till is bound to a sale that left for the archive."""
        return bool(self._archived) and fingerprint(key) in self._archived

    def queued_under(self, key: str) -> Lane | None:
        """The lane where a sale with this key of the till waits to be sent."""
        lane = self.lane(self.queued.get(key))
        return lane if lane is not None and any(waiting.key == key for waiting in lane.queue) else None

    def attempt(self, ref: object) -> Attempt | None:
        """One attempt, as it is in this step."""
        if not isinstance(ref, str):
            return None
        saved = self._saved.get(ref)
        if saved is not None:
            return saved
        number = parse_ref(ref)
        if number is None:
            return None
        # Whatever a lane is busy with it remembers as it was written last.
        lane = self.lanes.get(number.terminal) or self.base.get(number.terminal)
        if lane is not None and lane.current is not None and lane.current.ref == ref:
            return lane.current
        return self.records.one(number)

    def paid_in_family(self, root: str, but: str = "") -> Attempt | None:
        """An approved attempt in a chain of retries, other than `but`; None when there is none."""
        family = {attempt.ref: attempt for attempt in self.records.family(root)}
        family |= {ref: attempt for ref, attempt in self._saved.items() if attempt.root == root}
        return next((one for ref, one in family.items() if ref != but and one.state in PAID), None)

    def child_of(self, original: str) -> Attempt | None:
        """A transaction that stands against this one, or may; None when there is none."""
        found = {attempt.ref: attempt for attempt in self.records.children([original])}
        found |= {ref: attempt for ref, attempt in self._saved.items() if attempt.original == original}
        return next((one for one in found.values() if one.state in STANDING), None)

    def slip(self, attempt: Attempt) -> Slip | None:
        """What the slips of a sale say; None when it was never approved."""
        return self._slips.get(attempt.number) or self.records.slip(attempt.number)

    # --- what changes -------------------------------------------------------------------------------------------------

    def save(self, attempt: Attempt, *, born: bool = False) -> Attempt:
        """Write an attempt with this step; its lane sees it at once."""
        assert attempt.state is not State.KEYED  # what was only typed in is never stored
        ref, lane = attempt.ref, self.lane(attempt.terminal)
        current = lane.current if lane is not None else None
        before = current if current is not None and current.ref == ref else None
        if born:
            self._born.add(ref)
        elif before is None or before.rrn != attempt.rrn or before.root != attempt.root or attempt.balances:
            self._found_anew[ref] = None
        self._saved[ref] = attempt
        if attempt.key:
            self._keyed[attempt.key] = attempt
        if lane is not None and before is not None:
            lane.current = attempt
        return attempt

    def has_saved(self, ref: str) -> bool:
        """Whether this step writes an attempt already."""
        return ref in self._saved

    def saved(self) -> dict[str, Attempt]:
        """The attempts this step writes, by reference."""
        return dict(self._saved)

    def free_key(self, attempt: Attempt) -> None:
        """Let the till's key go on from an attempt that was never sent to another one, born in this step."""
        self._freed.append(attempt.number)
        self.save(msgspec.structs.replace(attempt, key=""))

    def trail(self, attempt: Attempt) -> list[tuple[str, dict[str, Any]]]:
        """The lines of evidence of a sale with their facts, oldest first, those of this step last."""
        mine = [(line.what, line.message) for line in self._lines if line.sale == attempt.place]
        kept = self.records.trail(attempt)
        return [(what, msgspec.json.decode(facts) if facts else {}) for what, facts in (*kept, *mine)]

    def keep_slip(self, attempt: Attempt, slip: Slip) -> None:
        """Keep what the slips of an approved sale say."""
        self._slips[attempt.number] = slip

    def note(
        self, lane: Lane, what: str, attempt: Attempt | None = None, message: Message | dict[str, str] | None = None
    ) -> None:
        """A line of evidence, with the masked message it is about."""
        text = CUP_POS.told(message) if isinstance(message, Message) else message_json(message)
        sale = attempt.place if attempt is not None else 0
        self._lines.append(TrailLine(self.count(), sale, lane.device.terminal, self.now, what, text))

    def count(self) -> int:
        """The next number for a line of evidence, or for a new sale, whose first line comes in the same step."""
        self.line += 1
        return self.line

    # --- what is said -------------------------------------------------------------------------------------------------

    def send(self, lane: Lane, packet: bytes, deadline: Instant) -> int:
        """Put a packet on the terminal's line; its token comes back in a NotSent."""
        lane.token += 1
        self.said.append(Send(LINK, lane.device.terminal, packet, lane.token, deadline))
        return lane.token

    def printers(self, device: Device) -> tuple[str, str]:
        """The first and the second printer of a terminal: its own, else what the settings name for it, else ""."""
        first, second = self.settings.printers.get(device.terminal, ("", ""))
        return device.printer or first, device.printer2 or second

    def prints(self, device: Device) -> bool:
        """Whether a terminal has a printer; without one its slips are files."""
        return self._is_one(self.printers(device)[0])

    def _is_one(self, first: str) -> bool:
        return first != NO_PRINTER and (bool(first) or self.settings.printer)

    def print(self, device: Device, name: str, text: str, document: Document, to: str = "") -> None:
        """Hand a slip to the terminal's printer, or `to` another one."""
        own = self.printers(device)
        drawn = msgspec.msgpack.encode(document) if to or self._is_one(own[0]) else b""
        self.said.append(Perform("receipt", name, text, drawn, to, own=own))

    def perform(self, kind: str, name: str, text: str = "", own: tuple[str, str] = ("", "")) -> None:
        """Ask for something to be done outside, by name; at a printer, at the terminal's `own`."""
        self.said.append(Perform(kind, name, text, own=own))

    def reply(self, commands: Iterable[int], body: dict[str, Any]) -> None:
        """Answer requests of the till."""
        self.said += [Reply(command, body) for command in commands]

    def refuse(self, commands: Iterable[int], code: str, *, detail: str | Text = "", **more: Any) -> None:
        """Turn requests of the till down, with the sentence that belongs to the code. A plain `detail` names fields."""
        message = ERRORS[code].filled(detail=detail if isinstance(detail, Text) else called(detail))
        self.reply(commands, {"error": code, "message": message.both(), **more})

    # --- the commit ---------------------------------------------------------------------------------------------------

    def written(self) -> StepWrites | None:
        """What the step writes; None when nothing changed on disk."""
        devices: list[Device] = []
        stans: list[tuple[int, str]] = []
        for terminal, lane in self.lanes.items():
            device, known = lane.device, self.base.get(terminal)
            if known is None:
                devices.append(device)
            elif device is not known.device:
                if device.after(known.device):
                    stans.append((device.stan, terminal))
                else:
                    devices.append(device)
        if not (devices or stans or self._saved or self._lines or self._slips):
            return None
        born = [attempt for ref, attempt in self._saved.items() if ref in self._born]
        moved = [self._saved[ref] for ref in self._found_anew if ref not in self._born]
        settled = self._born | self._found_anew.keys()
        moved_on = [attempt for ref, attempt in self._saved.items() if ref not in settled]
        return StepWrites(devices, born, moved, list(self._slips.items()), self._lines, moved_on, stans, self._freed)
