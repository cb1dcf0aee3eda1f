"""Every dump there is, over every published packet: what the tools print themselves, and what programs write."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from counterfoil.inspector import advice, best, dumps
from inspector.dresses import LISTINGS, LITERALS, rows
from inspector.packets import NAMED, VECTORS
from system import needed, runs

DUMPS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "wire_dumps.json").read_text("utf-8"))
PACKETS = {each["name"]: bytes.fromhex(each["hex"]) for each in (*VECTORS, *DUMPS)}
PACKETS |= {
    "lines that repeat": bytes.fromhex("0071600005838360220000000400") + bytes(90) + b"AB\x01",
    "an odd number": PACKETS["0800-signon-request-minimal"] + b"\x01",
}
HEXDUMP = ("", "-C", "-v", "-vC", "-x", "-b", "-o", "-d", "-c")
OD = ("", "-x", "-c", "-b", "-d", "-o", "-s", "-i", "-l", "-A x -t x1z", "-A x -t x1", "-A d -t x1", "-A n -v -t x1",
      "-t x1", "-t x1z", "-v -t x1", "-t x2", "-t x4", "-t x8", "-t u1", "-t d1", "-t u2", "-t o1", "--endian=big -x",
      "-w8 -t x1", "-w32 -t x1", "-A x -t x2", "-t x1 -t c")  # fmt: skip
XXD = ("", "-p", "-i", "-b", "-u", "-e", "-a", "-d", "-c 8", "-c 32 -g 1", "-g 1", "-g 4", "-g 8", "-p -c 30", "-C -i")
TOOLS = [
    *(("hexdump", "bsdextrautils", options) for options in HEXDUMP),
    *(("od", "coreutils", options) for options in OD),
    *(("xxd", "xxd", options) for options in XXD),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packets")
    found = {}
    for name, data in PACKETS.items():
        found[name] = folder / f"{name}.bin"
        found[name].write_bytes(data)
    return found


@pytest.mark.parametrize(("tool", "package", "options"), TOOLS, ids=lambda value: str(value))
def test_no_byte_is_lost_of_what_a_tool_prints(
    files: dict[str, Path], tmp_path: Path, tool: str, package: str, options: str
) -> None:
    one = tmp_path / "one"
    one.write_bytes(b"x")
    program = needed(f"{tool} {options}", lambda: runs(tool, *options.split(), str(one)), package)
    for name, file in files.items():
        done = subprocess.run([program, *options.split(), str(file)], capture_output=True, check=True)
        printed = done.stdout.decode("ascii")
        assert PACKETS[name] in [dump.data for dump in dumps(printed)], (name, printed)


@pytest.mark.parametrize(("tool", "package", "options"), TOOLS, ids=lambda value: str(value))
def test_the_packet_is_the_likeliest_reading_of_what_a_tool_prints(
    files: dict[str, Path], tool: str, package: str, options: str
) -> None:
    program = needed(tool, lambda: runs(tool, "/dev/null"), package)
    name = "0800-signon-request-minimal"
    done = subprocess.run([program, *options.split(), str(files[name])], capture_output=True, check=True)
    found = best(done.stdout)
    assert found is not None
    assert (found.sound, found.data) == (True, PACKETS[name])


@pytest.mark.parametrize("dress", [*LISTINGS, *(f"{name} literal" for name in LITERALS)])
def test_no_byte_is_lost_of_what_a_program_writes(dress: str) -> None:
    write = LISTINGS[dress] if dress in LISTINGS else LITERALS[dress.removesuffix(" literal")]
    for name, data in PACKETS.items():
        assert data in [dump.data for dump in dumps(write(data))], (name, write(data))
    found = best(write(PACKETS["0800-signon-request-minimal"]))
    assert found is not None
    assert (found.sound, found.data) == (True, PACKETS["0800-signon-request-minimal"])


def capture(folder: Path, packets: list[bytes]) -> Path:
    """A conversation on one connection, the packets going to and fro."""
    text2pcap = needed("text2pcap", lambda: runs("text2pcap", "--version"), "wireshark-common")
    text, pcap = folder / "packets.txt", folder / "packets.pcap"
    text.write_text("".join(f"{'OI'[at % 2]}\n000000 {data.hex(' ')}\n" for at, data in enumerate(packets)))
    subprocess.run([text2pcap, "-q", "-D", "-T", "40000,8583", str(text), str(pcap)], check=True, capture_output=True)
    return pcap


@pytest.mark.parametrize(
    "options", ["-x", "-q -z follow,tcp,hex,0", "-q -z follow,tcp,raw,0", "-T fields -e tcp.payload"]
)
def test_no_byte_is_lost_of_what_tshark_prints(tmp_path: Path, options: str) -> None:
    tshark = needed("tshark", lambda: runs("tshark", "--version"), "tshark")
    packets = [bytes.fromhex(vector["hex"]) for vector in VECTORS]
    for at in range(0, len(packets), 3):
        pcap = capture(tmp_path, packets[at : at + 3])
        done = subprocess.run([tshark, "-r", str(pcap), *options.split()], capture_output=True, text=True, check=True)
        read = [dump.data for dump in dumps(done.stdout)]
        for packet in packets[at : at + 3]:
            assert any(data.endswith(packet) for data in read), done.stdout


@pytest.mark.parametrize("options", ["-X", "-x", "-xx", "-XX"])
def test_no_byte_is_lost_of_what_tcpdump_prints(tmp_path: Path, options: str) -> None:
    tcpdump = needed("tcpdump", lambda: runs("tcpdump", "--version"), "tcpdump")
    packets = [bytes.fromhex(vector["hex"]) for vector in VECTORS[:6]]
    pcap = capture(tmp_path, packets)
    done = subprocess.run([tcpdump, "-n", options, "-r", str(pcap)], capture_output=True, text=True, check=True)
    read = [dump.data for dump in dumps(done.stdout)]
    for packet in packets:
        assert any(data.endswith(packet) for data in read), done.stdout


def test_the_packet_behind_a_capture_s_own_headers_is_found_and_the_other_lines_are_counted(tmp_path: Path) -> None:
    tshark = needed("tshark", lambda: runs("tshark", "--version"), "tshark")
    packet = bytes.fromhex(NAMED["0800-signon-request-minimal"]["hex"])
    pcap = capture(tmp_path, [packet, b"no message at all, and of no interest"])
    done = subprocess.run([tshark, "-r", str(pcap), "-x"], capture_output=True, text=True, check=True)
    found = best(done.stdout)
    assert found is not None
    assert found.sound
    assert found.data.endswith(packet)
    assert found.unread == len(list(rows(b"no message at all, and of no interest" + bytes(54))))
    assert any("lines of what was pasted are not part" in text.en for text in advice(found).findings)


def test_a_digit_too_many_is_said_to_be_unread() -> None:
    found = best(NAMED["0800-signon-request-minimal"]["hex"] + "0")
    assert found is not None
    assert (found.sound, found.unread) == (True, 1)
    assert any("1 characters of what was pasted were not read" in text.en for text in advice(found).findings)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_dump_in_a_file_is_read_whatever_its_encoding(encoding: str) -> None:
    packet = bytes.fromhex(NAMED["0800-signon-request-minimal"]["hex"])
    found = best(f"报文如下：\r\n{LISTINGS['jPOS'](packet)}\r\n".encode(encoding))
    assert found is not None
    assert (found.sound, found.data, found.unread) == (True, packet, 1)


def test_what_od_names_is_not_read_for_what_it_is_not(files: dict[str, Path]) -> None:
    program = needed("od", lambda: runs("od", "--version"), "coreutils")
    for name, file in files.items():
        done = subprocess.run([program, "-a", str(file)], capture_output=True, check=True)
        found = best(done.stdout)
        assert found is None or not found.sound or found.data == PACKETS[name]
