"""The load client and the loop bench: they run, they stop by themselves, they count right, and they notice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEN_PERCENT = 1000


def bench(module: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"bench.{module}", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def client() -> Path:
    done = bench("build")
    if done.returncode and "apt-get install" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def percentiles(client: Path, values: list[int]) -> dict[str, int]:
    text = "\n".join(map(str, values))
    done = subprocess.run([client, "--percentiles"], input=text, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("scale", [1, 100, 10_000, 10_000_000])
def test_the_histogram_is_right_within_a_tenth_of_a_percent(client: Path, scale: int) -> None:
    draw = random.Random(scale)
    values = sorted(int(draw.expovariate(1) * scale) for _ in range(20_000))
    found = percentiles(client, values)
    assert (found["count"], found["max"], found["mean"]) == (20_000, values[-1], sum(values) // 20_000)
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)):
        exact = values[int(20_000 * share) - 1]
        assert exact <= found[name] <= exact + exact // TEN_PERCENT + 1, name


def test_small_values_are_exact_and_none_are_no_error(client: Path) -> None:
    assert percentiles(client, [7])["p99.9"] == 7
    assert percentiles(client, [2047] * 10)["p50"] == 2047
    assert percentiles(client, [])["count"] == 0


@pytest.mark.parametrize("host", ["8.8.8.8", "192.168.0.1", "0.0.0.0", "localhost"])
def test_it_speaks_to_this_machine_only(client: Path, host: str, tmp_path: Path) -> None:
    options = ["--host", host, "--port", "9", "--dialect", "cup", "--frames", "x", "--results", str(tmp_path / "r")]
    done = subprocess.run([client, *options], capture_output=True, text=True, check=False, timeout=10)
    assert done.returncode == 2
    assert "loopback addresses only" in done.stderr


def test_a_file_that_holds_no_frames_is_refused(client: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "frames"
    wrong.write_bytes(b"something else")
    options = ["--port", "9", "--dialect", "cup", "--frames", str(wrong), "--results", str(tmp_path / "results")]
    done = subprocess.run([client, *options], capture_output=True, text=True, check=False, timeout=10)
    assert (done.returncode, "not a file of frames" in done.stderr) == (2, True)


def loop(*options: str) -> list[dict[str, Any]]:
    done = bench("loop", "--json", "--seconds", "1", "--cards", "200", *options)
    assert done.returncode == 0, done.stderr + done.stdout
    runs: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    return runs


@pytest.mark.loop
def test_every_scenario_runs_and_its_stores_agree_with_the_client(client: Path) -> None:
    assert client.exists()
    issuer, mixed = loop("--runs", "issuer,mixed", "--connections", "12", "--window", "2")
    for run in (issuer, mixed):
        assert run["approved"] > 0
        assert run["macs_checked"] > 0
        assert (run["macs_wrong"], run["unreadable"], run["closed_by_station"]) == (0, 0, 0)
        assert run["audit"]["broken"] == {}
        assert run["audit"]["booked"] == run["audit"]["clearing"] == run["audit"]["cardholders"] > 0
    assert set(issuer["stations"]) == {"issuer-a"}
    assert set(mixed["stations"]) == {"issuer-a", "switch"}
    assert mixed["audit"]["told"]["back"] > 0


@pytest.mark.loop
def test_stations_go_on_with_a_past_in_their_stores(client: Path) -> None:
    assert client.exists()
    (run,) = loop("--runs", "loop", "--connections", "4", "--window", "2", "--history", "20000")
    assert {name: each["sales"] for name, each in run["history"].items()} == {"issuer-a": 20000, "switch": 20000}
    assert run["approved"] > 0
    assert run["audit"]["broken"] == {}


@pytest.mark.loop
def test_an_open_loop_offers_what_was_asked_for(client: Path) -> None:
    assert client.exists()
    (run,) = loop("--runs", "loop", "--connections", "10", "--window", "2", "--rate", "50")
    assert run["sent"] == 50
    assert run["answered"] == run["approved"] == 50
    assert run["audit"]["told"]["yes"] >= 50
