"""Bytes from outside that are not what was asked for: one list of errors, and every reader of such bytes has it."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

import counterfoil
from counterfoil.console import anchor, audit
from counterfoil.errors import StoreError
from counterfoil.inquiry.tickets import tickets
from counterfoil.stack import copies, ports
from counterfoil.stack.layout import Layout
from counterfoil.step import UNREADABLE

SOURCE: Final = Path(counterfoil.__file__).parent
BAD: Final = (
    *(b"", b"{", b"\xff\xfe", b'"\xff"', b'{"\xff":1}', b'{"format":1,"files":{"\xff":{}}}', b"[" * 50_000),
    *(b'{"a":' * 50_000, b"9" * 6000, b"1e999", b'"\\ud800"', b"null", b"[]", b"\x00", b"\xef\xbb\xbf{}", b"NaN"),
    *(
        b'{"format":"\xff","files":{}}',
        b'{"format":1,"made_at":"\xed\xa0\x80"}',
        b'{"number":"\xff"}',
        b'{"at":"\xff"}',
    ),
)
KINDS: Final = (Any, int, dict[str, int], dict[str, msgspec.Raw], audit.AuditLine, copies.BackupManifest)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_whatever_msgspec_makes_of_bad_bytes_is_in_the_list(kind: Any) -> None:
    every: list[Any] = [*BAD, *(bad.decode("utf-8", "surrogateescape") for bad in BAD)]
    for data in every:
        try:
            msgspec.json.decode(data, type=kind)
        except UNREADABLE:
            continue
        assert kind in (Any, int, dict[str, int], dict[str, msgspec.Raw])


def test_nobody_has_a_list_of_his_own() -> None:
    own = re.compile(r"msgspec\.(MsgspecError|DecodeError)")
    assert [path.name for path in SOURCE.rglob("*.py") if own.search(path.read_text("utf-8"))] == ["step.py"]


def laid(folder: Path) -> Layout:
    layout = Layout(folder)
    layout.prepare()
    return layout


def manifest(folder: Path, data: bytes) -> object:
    (folder / copies.MANIFEST).write_bytes(data)
    (folder / copies.SEAL).write_bytes(hashlib.sha256(data).hexdigest().encode())
    return copies.manifest_of(folder)


def kept_ports(folder: Path, data: bytes) -> object:
    laid(folder).ports.write_bytes(data)
    return ports.read(laid(folder))


def running(folder: Path, data: bytes) -> object:
    laid(folder).running("switch").write_bytes(data)
    return laid(folder).find("switch")


def ticket(folder: Path, data: bytes) -> object:
    (folder / "1.json").write_bytes(data)
    return tickets(folder)


def audited(_: Path, data: bytes) -> object:
    return audit.read("0" * audit.HASH + " " + data.decode("utf-8", "surrogateescape"))


def anchors(_: Path, data: bytes) -> object:
    return anchor.read(data.decode("utf-8", "surrogateescape"))


READERS: Final = (manifest, kept_ports, running, ticket, audited, anchors)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_every_reader_answers_bad_bytes_as_what_cannot_be_read(
    reader: Callable[[Path, bytes], object], tmp_path: Path
) -> None:
    for data in BAD:
        with contextlib.suppress(StoreError):
            assert reader(tmp_path, data) in (None, {}, [], audit.ALTERED), data[:20]
