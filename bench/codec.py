"""Decode and encode the same 0200/0210 pair with our codec, pure and accelerated, and with pyiso8583, in one run.

    python bench/codec.py [--json] [--rounds N]

Both libraries get the same bytes and give all fields back as values a program can use; both encode the same values
to the same bytes (checked before anything is timed). pyiso8583 validates less (no digits, no pad nibbles, no masking
of its errors) and parses no track separator; that is left in its favour. Rounds are interleaved, a ratio is the median
over rounds, and times are CPU time, so a busy machine moves all sides alike. The accelerator takes part where it is in
use.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import iso8583
from counterfoil import accelerator
from counterfoil.iso8583 import CUP_POS, Dialect, Message
from counterfoil.iso8583.dialects.cup_pos import SHAPES

REQUEST = {
    "2": "6299991234567894",
    "3": "000000",
    "4": "000000001250",
    "11": "000123",
    "22": "051",
    "23": "001",
    "25": "00",
    "26": "12",
    "35": "6299991234567894D30122010000012300000",
    "41": "T0000001",
    "42": "104290053990001",
    "49": "156",
    "52": "3D87C8B8FA17C67C",
    "53": "2600000000000000",
    "55": "9F2608DEAE676D1C4734119F2701809F101307020103A0A806010A01000000000098F01F529F3704AA0FBE659F36020349"
    "9505008004E0009A031611159C01009F02060000000012505F2A02015682027C009F1A0201569F03060000000000009F3303E0E1C8",
    "60": "2200000160060",
    "64": "3531443837343145",
}
ANSWER = {
    "3": "000000",
    "4": "000000001250",
    "11": "000123",
    "12": "101530",
    "13": "0314",
    "15": "0314",
    "25": "00",
    "32": "00010344",
    "37": "091947145060",
    "38": "551419",
    "39": "00",
    "41": "T0000001",
    "42": "104290053990001",
    "49": "156",
    "60": "2200000160050",
    "64": "3634443735354241",
}


def _bcd(size: int, prefix: int = 0, pad: str = "right_pad") -> dict[str, Any]:
    return {"data_enc": "b", "len_enc": "bcd", "len_type": prefix, "max_len": size, "len_count": "nibbles", pad: "0"}


def _other(encoding: str, size: int, prefix: int = 0) -> dict[str, Any]:
    return {"data_enc": encoding, "len_enc": "bcd", "len_type": prefix, "max_len": size}


SPEC: dict[str, dict[str, Any]] = {
    "h": _other("b", 0),
    "t": _other("b", 2),
    "p": _other("b", 8),
    "1": _other("b", 8),
    "2": _bcd(19, 1),
    **{str(number): _bcd(6) for number in (3, 11, 12)},
    "4": _bcd(12),
    **{str(number): _bcd(4) for number in (13, 14, 15)},
    "22": _bcd(3),
    "23": _bcd(3, pad="left_pad"),
    "25": _bcd(2),
    "26": _bcd(2),
    "32": _bcd(11, 1),
    "35": _bcd(37, 1),
    "37": _other("ascii", 12),
    "38": _other("ascii", 6),
    "39": _other("ascii", 2),
    "41": _other("ascii", 8),
    "42": _other("ascii", 15),
    "49": _other("ascii", 3),
    "52": _other("b", 8),
    "53": _bcd(16),
    "55": _other("b", 255, 2),
    "60": _bcd(17, 2),
    "64": _other("b", 8),
}

JOBS = ("decode 0200", "encode 0210", "encode 0200", "decode 0210")
Work = dict[str, Callable[[], object]]


def ours(*, accelerated: bool) -> tuple[Work, list[bytes]]:
    """Our four jobs in one implementation, and the two messages they produce."""
    fields = CUP_POS.fields.values()
    dialect = Dialect("bench", fields, CUP_POS.style, SHAPES, {}, accelerated=accelerated)
    messages = [dialect.from_flat("0200", REQUEST), dialect.from_flat("0210", ANSWER)]
    # built the way stations build them: attributes given by name
    request, answer = (Message(m.mti, **{f"de{number}": value for number, value in m.items()}) for m in messages)
    bodies = [dialect.encode(request), dialect.encode(answer)]
    if [dialect.decode(body) for body in bodies] != messages:
        raise SystemExit("our codec does not read what it wrote")
    return {
        "decode 0200": partial(dialect.decode, bodies[0]),
        "encode 0210": partial(dialect.encode, answer),
        "encode 0200": partial(dialect.encode, request),
        "decode 0210": partial(dialect.decode, bodies[1]),
    }, bodies


def theirs() -> tuple[Work, list[bytes]]:
    """The four jobs with pyiso8583, and the two messages it produces."""
    request, answer = {"t": "0200", **REQUEST}, {"t": "0210", **ANSWER}
    bodies = [bytes(iso8583.encode(document, SPEC)[0]) for document in (request, answer)]
    for body, document in zip(bodies, (request, answer), strict=True):
        decoded = {key: value for key, value in iso8583.decode(body, SPEC)[0].items() if key != "p"}
        if decoded != {key: value for key, value in document.items() if key != "p"}:
            raise SystemExit("pyiso8583 does not read what it wrote")
    return {
        "decode 0200": partial(iso8583.decode, bodies[0], SPEC),
        "encode 0210": partial(iso8583.encode, answer, SPEC),
        "encode 0200": partial(iso8583.encode, request, SPEC),
        "decode 0210": partial(iso8583.decode, bodies[1], SPEC),
    }, bodies


def timed(job: Callable[[], object], times: int) -> float:
    """CPU microseconds of one call."""
    started = time.process_time_ns()
    for _ in range(times):
        job()
    return (time.process_time_ns() - started) / times / 1000


def measure(rounds: int) -> dict[str, Any]:
    """Interleaved rounds of all sides; medians in CPU microseconds, and the medians of the rounds' ratios."""
    made = {"pure": ours(accelerated=False), "pyiso8583": theirs()}
    if accelerator.messages is not None:
        made = {"accelerated": ours(accelerated=True), **made}
    if any(bodies != made["pure"][1] for _, bodies in made.values()):
        raise SystemExit("they do not write the same bytes")
    times: dict[str, dict[str, list[float]]] = {side: {job: [] for job in JOBS} for side in made}
    for _ in range(rounds):
        for job in JOBS:
            for side, (jobs, _) in made.items():
                times[side][job].append(timed(jobs[job], 100 if side == "pyiso8583" else 1000))
    middle = statistics.median
    sums = {side: [sum(row) for row in zip(*times[side].values(), strict=True)] for side in made}
    ratios = {
        side: round(middle(b / a for a, b in zip(sums[side], sums["pyiso8583"], strict=True)), 2)
        for side in made
        if side != "pyiso8583"
    }
    used = next(iter(made))  # what stations would use here
    return {
        "ratio_pyiso8583": ratios[used],
        "ratios": ratios,
        "us_ours": round(middle(sums[used]), 2),
        "us_pyiso8583": round(middle(sums["pyiso8583"]), 2),
        "us": {side: round(middle(sums[side]), 2) for side in made},
        "bytes": [len(body) for body in made["pure"][1]],
        "rounds": rounds,
        "jobs": {job: {f"us_{side}": round(middle(times[side][job]), 2) for side in made} for job in JOBS},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    result = measure(options.rounds)
    if options.json:
        print(json.dumps(result))
        return
    sides = list(result["us"])
    print(f"{'CPU microseconds':<16}" + "".join(f" {side:>12}" for side in sides))
    for job, row in result["jobs"].items():
        print(f"{job:<16}" + "".join(f" {row[f'us_{side}']:>12.2f}" for side in sides))
    print(f"{'sum':<16}" + "".join(f" {result['us'][side]:>12.2f}" for side in sides))
    said = ", ".join(f"{ratio} times faster {side}" for side, ratio in result["ratios"].items())
    print(f"{said} (medians of {result['rounds']} interleaved rounds)")


if __name__ == "__main__":
    main()
