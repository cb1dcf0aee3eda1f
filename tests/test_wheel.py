"""The wheel: built without network, installed apart from the source tree, and run."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from counterfoil import __version__

pytestmark = pytest.mark.xdist_group("wheel")  # built once, also when the tests run on several processes

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def run(command: list[str], **environment: str) -> str:
    env = {**os.environ, "PIP_NO_INDEX": "1", **environment}
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run([*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)])
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    run([*PIP, "install", "--no-deps", "--target", str(site), str(wheel)])
    return site


def test_the_wheel_is_pure_and_holds_all_a_station_needs(wheel: Path) -> None:
    assert wheel.name == f"counterfoil-{__version__}-py3-none-any.whl"
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("counterfoil/")}
    source = ROOT / "src"
    wanted = {
        str(path.relative_to(source))
        for path in (source / "counterfoil").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted == inside
    assert {"counterfoil/py.typed", "counterfoil/issuer/migrations/0001.sql"} <= inside


def test_the_installed_wheel_runs(installed: Path) -> None:
    said = run([sys.executable, str(installed / "bin" / "counterfoil"), "--version"], PYTHONPATH=str(installed))
    assert __version__ in said


def test_the_installed_wheel_is_not_the_source_tree(installed: Path) -> None:
    program = "import counterfoil.storage as s; print(s.__file__); s.migrations_of('counterfoil.issuer')"
    said = run([sys.executable, "-c", program], PYTHONPATH=str(installed))
    assert Path(said.strip()).is_relative_to(installed)
