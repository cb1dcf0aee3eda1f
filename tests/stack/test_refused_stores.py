"""A store that must not be used keeps the whole stack from starting: which one, what to do, exit code 1, untouched."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from counterfoil.stack.layout import STATIONS, Layout
from damage import DAMAGES, VANISHED, Damage, log_of
from stack.stacks import Stack, launch

pytestmark = [pytest.mark.loop, pytest.mark.xdist_group("stack")]

EVERY = {**DAMAGES, **VANISHED}
# Every station meets a newer release; the other damages go round the stations.
CASES = [(station, "newer") for station in STATIONS] + [
    (STATIONS[number % len(STATIONS)], name) for number, name in enumerate(EVERY) if name != "newer"
]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A data directory after some sales, its stack once killed and once stopped."""
    data = tmp_path_factory.mktemp("used") / "data"
    killed = data.with_name("killed")
    with Stack(data) as stack:
        for number in range(1, 6):
            for card in ("carol", "bob"):
                assert stack.sale(card, terminal=f"T000000{number}")["outcome"] == "approved"
        stack.process.send_signal(signal.SIGSTOP)  # so that it does not start again what ends now
        for station in STATIONS:
            shutil.copytree(data / station, killed / station)
        stack.process.send_signal(signal.SIGCONT)
    for name in ("demo.key", "ports.json"):
        shutil.copy2(data / name, killed / name)
    return {"stopped": data, "killed": killed}


def kept(store: Path) -> dict[Path, bytes]:
    """A store and its log as they are; an empty log, which the last reader may leave or take away, is none."""
    found = {path: path.read_bytes() for path in (store, log_of(store)) if path.exists()}
    return {path: content for path, content in found.items() if content or path == store}


@pytest.mark.parametrize(("station", "name"), CASES, ids=lambda value: value)
def test_the_stack_names_the_store_and_what_to_do_and_does_not_start(
    station: str, name: str, used: dict[str, Path], tmp_path: Path
) -> None:
    damage: Damage = EVERY[name]
    data = tmp_path / "data"
    shutil.copytree(used["killed" if damage.needs_log else "stopped"], data)
    store = Layout(data).store(station)
    damage.do(store)
    before = kept(store)

    process = launch(data)
    out, err = process.communicate(timeout=60)
    said = json.loads(out)
    assert (process.returncode, said["error"]) == (1, "failed")
    assert err == f"counterfoil: {said['message']['en']}\n"
    assert damage.en in said["message"]["en"]
    assert damage.zh in said["message"]["zh"]
    for sentence in said["message"].values():
        assert str(store) in sentence
    assert kept(store) == before
    assert not list(Layout(data).run.glob("*.json")), "nothing runs"
