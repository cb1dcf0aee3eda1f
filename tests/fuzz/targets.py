"""Everything that reads bytes from outside, each with inputs to begin from."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from counterfoil.cli.app import run
from counterfoil.errors import DecodeError, FramingError
from counterfoil.inspector import advice, with_cells
from counterfoil.inspector import read as inspect
from counterfoil.inspector.guess import guesses
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message, framing, nested
from counterfoil.iso8583.codec import NEVER_KEPT
from counterfoil.links.control import ControlServer, _body
from counterfoil.links.door import Guest
from counterfoil.receipts import proof
from counterfoil.receipts.agreement import compare
from counterfoil.receipts.printers.status import Demultiplexer, automatic
from counterfoil.security import KeyUsage, SoftHsm, last4, luhn_ok, mask, parse_track2
from counterfoil.simulation.disk import Disk
from counterfoil.simulation.line import LMK, clear_key, entropy
from counterfoil.simulation.plant import images
from counterfoil.stack.config import TOML, load
from counterfoil.stack.layout import Layout
from counterfoil.stack.ports import read as read_ports
from counterfoil.step import SECOND, Connected, Frame, Inbound, Station
from crash.points import Day, recorded_day
from fuzz.harness import Target
from receipts.slips import SLIP

VECTORS: Final = Path(__file__).parents[1] / "vectors" / "wire_vectors.json"
PAN: Final = "6299991234567890"
TRACK: Final = f"{PAN}D30122010000000000000"
TOKEN: Final = "0123456789abcdef"
STEPS: Final = 200  # a station takes this many inputs, then a fresh one takes its place
MAC_BYTES: Final = 8


class Fuzzed(NamedTuple):
    """A target and the inputs its first mutations are made of."""

    run: Target
    corpus: Callable[[], list[bytes]]


# --- the words -------------------------------------------------------------------------------------------------------


def _decoded(dialect: Dialect, data: bytes) -> None:
    try:
        message = dialect.decode(data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)  # noqa: PT017 - and it is raised on
        if error.partial is not None:
            _shown(dialect, error.partial)
        raise
    _shown(dialect, message)
    assert dialect.decode(dialect.encode(message)) == message


def _shown(dialect: Dialect, message: Message) -> None:
    """What people and evidence see of it holds neither card nor track nor PIN block."""
    kept = dialect.kept(message)
    assert not NEVER_KEPT & set(map(int, kept))
    seen = " ".join((repr(message), *dialect.flat(message).values(), *kept.values()))
    seen += json.dumps(dialect.nested(message), ensure_ascii=False)
    pin = message.de52.hex().upper() if message.de52 else ""
    for secret in (message.de2, message.de35, message.de36, pin):
        if secret and len(secret) >= 13 and len(set(secret)) > 3:  # all but one digit may stand anywhere
            assert secret not in seen


def cup_pos(data: bytes) -> None:
    _decoded(CUP_POS, data)


def iso87_ascii(data: bytes) -> None:
    _decoded(ISO87_ASCII, data)


def iso87_hex(data: bytes) -> None:
    _decoded(ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True), data)


def frames(data: bytes) -> None:
    """A stream in pieces, then each packet taken apart in every framing. The first byte chooses how."""
    how, rest = (data[0], data[1:]) if data else (0, b"")
    buffer = framing.FrameBuffer(digits=bool(how & 1), inclusive=bool(how & 2))
    size = 1 + (how >> 2) % 40
    packets = [rest]
    for at in range(0, len(rest), size):
        packets += buffer.feed(rest[at : at + size])
    assert buffer.pending <= 8192 + 4
    failure: FramingError | None = None
    for packet in packets:
        for name in framing.FRAMINGS:
            try:
                tpdu, header, body = framing.unwrap(packet, name)
            except FramingError as error:
                failure = error
            else:
                assert framing.wrap(tpdu, header, body, name) == packet or not body
        for length in (None, 0, 6):
            try:
                framing.split_cup(packet, length)
            except FramingError as error:
                failure = error
    if failure is not None:
        raise failure


def tlv(data: bytes) -> None:
    elements = nested.tlv.parse(data)
    assert nested.tlv.parse(nested.tlv.build(elements)) == elements


READERS: Final[Sequence[Callable[[Any], Any]]] = (
    nested.de48_details,
    nested.de48_totals,
    nested.de54,
    nested.de60,
    nested.de61,
    nested.de63,
    nested.de90,
)


def parts(data: bytes) -> None:
    """The fields with parts; the first byte chooses the field."""
    how, rest = (data[0], data[1:]) if data else (0, b"")
    which = how % (len(READERS) + 2)
    if which < len(READERS):
        READERS[which](rest.decode("gb18030", "replace"))
    elif which == len(READERS):
        nested.de62_keys(rest)
    else:
        nested.de62_sequence(rest)


@cache
def _hsm() -> SoftHsm:
    return SoftHsm(LMK, entropy("fuzz"))


def track2(data: bytes) -> None:
    """A stripe, in clear and under a track key; and the number on it as people see it."""
    text = data.decode("latin-1")
    assert not luhn_ok(text) or text not in (mask(text), last4(text))
    try:
        track = parse_track2(text)
        assert track.pan not in f"{track!r} {track} {mask(track.pan)}"
    finally:
        key = _hsm().import_clear(KeyUsage.TRACK, bytes(range(16)))
        _hsm().decrypt_track(key, text)


# --- the slip --------------------------------------------------------------------------------------------------------

SEED: Final = bytes(range(32))


def receipt_code(data: bytes) -> None:
    """A receipt that somebody hands in: its code read, proved, and compared with the words around it."""
    text = data.decode("utf-8", "replace")
    code = proof.read(proof.found_in(text) or text)
    facts = proof.verified(code, proof.public_key(SEED))
    assert facts == proof.facts_of(SLIP), "a code nobody signed was proved"
    compare(text, facts)


def receipt_key(data: bytes) -> None:
    """A file that is said to be a public key."""
    key = proof.read_key(data.decode("utf-8", "replace"))
    assert proof.read_key(proof.pem(key)) == key


def printer_status(data: bytes) -> None:
    """What comes back from a printer: every byte becomes part of one reply, or waits."""
    pieces = Demultiplexer()
    replies = [reply for at in range(0, len(data), 7) for reply in pieces.feed(data[at : at + 7])]
    assert data.startswith(b"".join(reply.data for reply in replies))
    for reply in replies:
        if len(reply.data) == 4:
            automatic(reply.data)


# --- the channel -----------------------------------------------------------------------------------------------------


class Wall(asyncio.Transport):
    """A transport that leads nowhere and remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


def control(data: bytes) -> None:
    """A line from a caller, and the same bytes as an answer from a station."""
    server = ControlServer("127.0.0.1", 0, TOKEN, lambda _verb, _args, answer: answer({"ok": True}))
    channel, wall = server._enter(Guest(server._door, "")), Wall()
    channel.connection_made(wall)
    channel.data_received(data + b"\n")
    for line in wall.written:
        assert isinstance(json.loads(line), dict)
    _body(data)


def decode_verb(data: bytes) -> None:
    """`counterfoil decode` says what it read or one sentence, and never a card number."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(["decode", "--json", data.hex() or "00"])
    assert status in (0, 1)
    assert isinstance(json.loads(out.getvalue()), dict)
    assert "Traceback" not in err.getvalue()
    for card in (PAN, TRACK):
        assert card not in out.getvalue() + err.getvalue()


def override_verb(data: bytes) -> None:
    """What somebody types behind --override is one of our sentences, whatever it is."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(["decode", "--json", "--override", data.decode("utf-8", "replace"), "0200"])
    assert status in (0, 1, 2)
    assert isinstance(json.loads(out.getvalue()), dict)


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="counterfoil-fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def files(data: bytes) -> None:
    """The files of a data directory that people or other programs may have written: settings, ports, who runs."""
    layout = Layout(_folder())
    layout.run.mkdir(exist_ok=True)
    for path in (layout.ports, layout.running("up"), _folder() / TOML):
        path.write_bytes(data)
    read_ports(layout)
    layout.find("up")
    load(_folder(), environ={})


# --- the doors -------------------------------------------------------------------------------------------------------


@cache
def _day() -> Day:
    return recorded_day()


class Door:
    """A station of the simulated plant that strangers talk to."""

    def __init__(self, name: str, link: str, conn: int | str) -> None:
        self.name, self.link, self.conn = name, link, conn
        self._left = 0
        self._now = 0
        self._station: Station | None = None

    def __call__(self, data: bytes) -> None:
        if self._left == 0 or self._station is None:
            self._left, self._now = STEPS, _day().steps[self.name][0].now
            self._station = _day().build[self.name](Disk(images().disks[self.name]))
            self._take(Connected(self.link, self.conn))
        self._left -= 1
        self._take(Frame(self.link, self.conn, data, self._now))

    def _take(self, item: Inbound) -> None:
        station = self._station
        assert station is not None
        self._now += SECOND
        self._station = None  # after an exception a fresh one takes its place
        station.step(self._now, [item])
        self._station = station


def _with_mac(data: bytes) -> bytes:
    """The message with a MAC that is right for it, so that what stands behind the MAC is read too."""
    key = _hsm().import_clear(KeyUsage.MAC, clear_key("issuer-a/mac", 16))
    return data[:-MAC_BYTES] + _hsm().mac(key, data[:-MAC_BYTES])[:MAC_BYTES]


issuer_door: Final = Door("issuer-a", "switch", 1)


def issuer_door_with_mac(data: bytes) -> None:
    issuer_door(_with_mac(data) if len(data) > MAC_BYTES else data)


# --- where to begin --------------------------------------------------------------------------------------------------


@cache
def _vectors() -> list[bytes]:
    return [bytes.fromhex(vector["hex"]) for vector in json.loads(VECTORS.read_text("utf-8"))]


def _bodies(packets: Iterable[bytes]) -> list[bytes]:
    found = []
    for packet in packets:
        inside = packet[2:] if int.from_bytes(packet[:2], "big") == len(packet) - 2 else packet
        found.append(framing.split_cup(inside, None).body if inside[:1] == b"\x60" else inside)
    return found


def _heard(name: str, link: str) -> list[bytes]:
    """What reached a station over a link on the recorded day, each kind once."""
    kinds: dict[tuple[bytes, int], bytes] = {}
    for step in _day().steps[name]:
        for item in step.arrived:
            if isinstance(item, Frame) and item.link == link:
                kinds[item.data[:15], len(item.data)] = item.data
    return list(kinds.values())[:60]


def _canary(dialect: Dialect) -> bytes:
    return dialect.encode(Message("0200", de2=PAN, de3="000000", de11="000001", de35=TRACK, de52=b"\x01PIN!BLK"))


def _terminal_bodies() -> list[bytes]:
    return [_canary(CUP_POS), *_bodies(_vectors()), *_bodies(_heard("switch", "terminals"))]


def _issuer_bodies() -> list[bytes]:
    return [_canary(ISO87_ASCII), *_heard("issuer-a", "switch"), *_heard("switch", "issuer-a")]


def _chip() -> list[bytes]:
    found = [message.de55 for message in map(_read, _terminal_bodies()) if message is not None]
    return [data for data in found if data] + [bytes.fromhex("9F2608AABBCCDDEEFF0011820200005A086299991234567890")]


def _read(body: bytes) -> Message | None:
    try:
        return CUP_POS.decode(body)
    except DecodeError:
        return None


def _values() -> list[bytes]:
    texts = ("22000001000", "2200000100050", "0002156C000000012345", "02000001230314101530" + "0" * 22, "CUP", PAN * 4)
    return [bytes((which,)) + text.encode() for which in range(len(READERS) + 2) for text in texts]


def _lines() -> list[bytes]:
    asked = {"token": TOKEN, "verb": "sale", "args": {"terminal": "T0000001", "amount": 1250, "card": {"pan": PAN}}}
    return [
        json.dumps(asked).encode(),
        json.dumps({**asked, "token": "x"}).encode(),
        b"{}",
        b"[[[[",
        b'{"verb":"x","args":{"a":' + b"[" * 3000,
        b'{"verb":"\\ud800"}',
    ]


def _codes() -> list[bytes]:
    code = proof.sealer(SEED)(SLIP)
    paper = f"{SLIP.merchant_name}\n{SLIP.card}\nRMB 12.50\n{code[:40]}\n{code[40:]}\n"
    return [code.encode(), code.lower().encode(), paper.encode(), b"CF2:AAAA", b"CF1:" + b"A " * 300]


def _overrides() -> list[bytes]:
    changes = {"60": {"max": 19}}, {"64": {"type": "an", "max": 8}}, {"127": {"type": "b", "max": 9, "prefix": "lll"}}
    return [*(json.dumps(change).encode() for change in changes), b'{"2":' + b"[" * 3000, b"[]", b"{}"]


def _files() -> list[bytes]:
    return [
        b'timers = "1,2,4"\nhost = "127.0.0.1"\n',
        b'{"port":1,"token":"t","pid":2,"extra":{"a":[1]}}',
        b"a=" + b"[" * 3000,
        b'{"terminals":21000,"x":' + b"[" * 3000,
    ]


def _streams() -> list[bytes]:
    ways: list[bytes] = []
    for packet in _vectors()[:12]:
        for how, options in (
            (0, {}),
            (1, {"digits": True}),
            (2, {"inclusive": True}),
            (43, {"digits": True, "inclusive": True}),
        ):
            ways.append(bytes((how,)) + framing.frame(packet, **options) * 2)
    return ways


def inspector(data: bytes) -> None:
    """The message inspector: what was pasted, as a file and as text."""
    for given in (data, data.decode("latin-1"), data.hex()):
        for one in guesses(given):
            reading = inspect(one.data, one.wire)
            assert with_cells(one.data, reading.hidden, " ".join(reading.cells)) == one.data
            advice(one)


TARGETS: Final[dict[str, Fuzzed]] = {
    "cup_pos": Fuzzed(cup_pos, _terminal_bodies),
    "iso87_ascii": Fuzzed(iso87_ascii, _issuer_bodies),
    "iso87_hex": Fuzzed(iso87_hex, lambda: [_canary(ISO87_ASCII.variant(hex_bitmap=True, hex_binary=True))]),
    "framing": Fuzzed(frames, _streams),
    "tlv": Fuzzed(tlv, _chip),
    "inspector": Fuzzed(inspector, lambda: [*_vectors()[:8], *_issuer_bodies()[:4]]),
    "parts": Fuzzed(parts, _values),
    "track2": Fuzzed(track2, lambda: [TRACK.encode(), TRACK.replace("D", "=").encode(), b"62999912345678901D"]),
    "receipt_code": Fuzzed(receipt_code, _codes),
    "receipt_key": Fuzzed(receipt_key, lambda: [proof.pem(proof.public_key(SEED)).encode(), b"0" * 64]),
    "printer_status": Fuzzed(
        printer_status, lambda: [bytes((0x10, 0, 0, 0, 0x12, 0x37, 0x22, 0x41, 0, 0x5F, 0x41, 0))]
    ),
    "control": Fuzzed(control, _lines),
    "decode_verb": Fuzzed(decode_verb, lambda: [*_vectors(), *_terminal_bodies()[:5]]),
    "override_verb": Fuzzed(override_verb, _overrides),
    "files": Fuzzed(files, _files),
    "switch_from_terminals": Fuzzed(
        Door("switch", "terminals", 1), lambda: [*_heard("switch", "terminals"), *_vectors()]
    ),
    "switch_from_issuer": Fuzzed(Door("switch", "issuer-a", 0), _issuer_bodies),
    "issuer": Fuzzed(issuer_door_with_mac, _issuer_bodies),
    "issuer_strangers": Fuzzed(Door("issuer-a", "switch", 2), _issuer_bodies),
    "terminal": Fuzzed(Door("tills-1", "switch", "T0000001"), lambda: _heard("tills-1", "switch")),
}
