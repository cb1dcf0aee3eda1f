"""The accelerator is optional, fits or is not used, can be switched off, and changes nothing that anybody sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

from compiled.parts import INSTALL, PACKAGE, ROOT, built, compiler, copy_of_the_source, parts, unoptimised
from counterfoil import accelerator

SIMULATED = ["simulate", "--transactions", "150", "--seed", "5", "--json"]
# A part that reads the one message it is tried with; and one that puts the values where the interpreter does not look.
READS = """
class Codec:
    def __init__(self, message, rows, **others):
        self.message = message
    def decode(self, body):
        read = self.message()
        read.mti, read.de3 = body[:4].decode(), body[12:].decode()
        return read
    def encode(self, message):
        return message.mti.encode() + b" " + bytes(7) + message.de3.encode()
    def kept(self, message):
        return {"3": message.de3}
"""
HIDES = READS.replace("read.mti, read.de3 =", "hidden =")
TOLD = "from counterfoil import accelerator as a; print(a.told())"


def python(*arguments: str, **environment: str) -> str:
    """Another process, with the accelerator within reach."""
    path = os.pathsep.join(filter(None, (environment.pop("PYTHONPATH", ""), parts().path)))
    env = {**os.environ, "COUNTERFOIL_PURE": "", "PYTHONPATH": path, **environment}
    done = subprocess.run(
        [sys.executable, *arguments], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("switch", "told"), [("", "accelerated"), ("0", "accelerated"), ("1", "pure Python"), ("yes", "pure Python")]
)
def test_it_is_used_where_it_is_and_one_variable_switches_it_off(switch: str, told: str) -> None:
    assert python("-c", TOLD, COUNTERFOIL_PURE=switch) == f"{told}\n"


def test_the_version_says_what_is_in_use() -> None:
    assert python("-m", "counterfoil", "--version").strip().endswith(", accelerated")
    assert python("-m", "counterfoil", "--version", COUNTERFOIL_PURE="1").strip().endswith(", pure Python")


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ({"__init__.py": "INTERFACE = 0"}, "pure Python"),
        ({"__init__.py": f"INTERFACE = {accelerator.INTERFACE}"}, "pure Python"),
        ({"__init__.py": f"INTERFACE = {accelerator.INTERFACE}", "messages.py": READS}, "accelerated but for MACs"),
        ({"__init__.py": f"INTERFACE = {accelerator.INTERFACE}", "messages.py": HIDES}, "pure Python"),
    ],
    ids=["of another version", "without its parts", "without headers of OpenSSL", "for another interpreter"],
)
def test_one_that_does_not_fit_or_is_not_whole_is_used_as_far_as_it_goes(
    tmp_path: Path, inside: dict[str, str], told: str
) -> None:
    package = tmp_path / PACKAGE
    package.mkdir()
    for name, text in inside.items():
        (package / name).write_text(text, "utf-8")
    assert python("-c", TOLD, PYTHONPATH=str(tmp_path)) == f"{told}\n"


def test_the_simulated_worlds_are_the_same_event_by_event() -> None:
    worlds = [json.loads(python("-m", "counterfoil", *SIMULATED, COUNTERFOIL_PURE=pure)) for pure in ("", "1")]
    assert worlds[0]["events_hash"] == worlds[1]["events_hash"] != ""
    assert worlds[0] == worlds[1]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean clone's, once: what Cython made of it for one test serves the next."""
    return copy_of_the_source(tmp_path_factory.mktemp("source"))


def test_without_a_compiler_nothing_is_installed_and_make_says_so_in_a_sentence(source: Path, tmp_path: Path) -> None:
    done = built(source, tmp_path / "site", CC="no-such-compiler")
    assert done.returncode != 0
    assert not (tmp_path / "site" / PACKAGE).exists()


def test_make_says_what_is_missing_calls_nothing_done_and_builds_when_a_compiler_has_come(tmp_path: Path) -> None:
    compiler()
    venv.create(tmp_path / ".venv")
    (site,) = (tmp_path / ".venv").glob("lib/python3*/site-packages")
    (site / "tests.pth").write_text("\n".join(path for path in sys.path if "packages" in path))
    for name in (".runtime", ".dev", ".tools"):
        (tmp_path / ".venv" / name).touch()

    def make(**environment: str) -> str:
        command = ["make", "-C", str(ROOT), f"VENV={tmp_path}/.venv", f"{tmp_path}/.venv/.accelerator"]
        command += ["-o", f"{tmp_path}/.venv/.runtime", "-o", f"{tmp_path}/.venv/.tools"]
        env = {**os.environ, "PIP_NO_INDEX": "1", "COUNTERFOIL_PURE": "", "CC": unoptimised(tmp_path), **environment}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=300)
        return done.stdout

    assert "everything runs in pure Python" in make(CC="no-such-compiler")
    assert not (tmp_path / ".venv/.accelerator").exists()
    assert "building the accelerator" in make()
    assert (tmp_path / ".venv/.accelerator").exists()
    assert (site / PACKAGE).is_dir()


def made(site: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in (site / PACKAGE).iterdir() if path.suffix in (".so", ".py")}


def test_a_distribution_of_its_sources_holds_all_it_is_built_from(source: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"from setuptools import build_meta as b; b.build_sdist({str(tmp_path)!r})"]
    subprocess.run(command, cwd=source, capture_output=True, check=True, timeout=120)
    with tarfile.open(next(tmp_path.iterdir())) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    wanted = {str(path.relative_to(source)) for path in (source / "src" / PACKAGE).iterdir() if path.suffix != ".c"}
    assert wanted | {"pyproject.toml", "setup.py"} <= inside
    assert f"src/{PACKAGE}/messages.pyx" in wanted
    assert not [name for name in inside if name.startswith("dist")]


def test_without_the_headers_of_openssl_only_the_macs_are_left_out(source: Path, tmp_path: Path) -> None:
    compiler()
    (tmp_path / "openssl").mkdir()
    for name in ("params.h", "evp.h"):
        (tmp_path / "openssl" / name).write_text("#error not there")
    done = built(source, tmp_path / "site", CC=unoptimised(tmp_path), CFLAGS=f"-I{tmp_path}")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path / "site") == {"__init__", "messages"}


def test_make_builds_it_with_the_command_of_the_readme_and_has_done_so_where_the_checks_must_be_complete() -> None:
    command = " ".join(INSTALL[-2:]) + " ./accelerator"
    assert command in (ROOT / "accelerator/README.md").read_text("utf-8")
    assert command in (ROOT / "Makefile").read_text("utf-8")
    if os.environ.get("CI") == "true":
        assert accelerator.messages is not None or os.environ.get("COUNTERFOIL_PURE")
