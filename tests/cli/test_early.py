"""Ctrl-C while the program is still loading: one sentence, exit code 130, no traceback, nothing begun."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import pytest

from cli.calling import Said

STRIKES: Final = '''
import os, _signal, sys
number, at, *sys.argv = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]
if number == _signal.SIGHUP:
    _signal.signal(number, _signal.SIG_DFL)  # whoever starts the tests with nohup ignores it in all that they start
seen = 0

class Strike:
    """Sends the signal when the n-th module is looked for."""
    def find_spec(self, name, path=None, target=None):
        global seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), number)
        if at == 0:
            os.write(2, name.encode() + b"\\n")

from counterfoil.cli import main
sys.meta_path.insert(0, Strike())
sys.exit(main())
'''
"""The command in a process of its own, struck while it reads one of its modules; the first is the package's own."""
VERB: Final = ("cards", "--json")


def struck(number: int, at: int, words: Sequence[str] = VERB) -> Said:
    """What it says that gets this signal at the n-th module; at the 0th none comes, and the modules are told."""
    done = subprocess.run(
        [sys.executable, "-c", STRIKES, str(number), str(at), "counterfoil", *words],
        capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def modules() -> list[str]:
    """The modules that are read until the verb has answered, in order."""
    return struck(signal.SIGINT, 0).err.split()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9])
def test_an_early_ctrl_c_is_one_sentence(modules: list[str], share: float) -> None:
    assert "counterfoil.cli.app" in modules
    lang = ("en", "zh")[int(share * 100) % 2]
    at = 1 + int(share * modules.index("counterfoil.cli.cards"))
    answer = struck(signal.SIGINT, at, (*VERB, "--lang", lang))
    assert answer.status == 130, (modules[at - 1], answer)
    assert answer.err.strip() == f"counterfoil: {'已中断' if lang == 'zh' else 'interrupted'}", modules[at - 1]
    assert answer.json["error"] == "interrupted"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_request_to_end_and_a_closed_terminal_are_the_same(number: signal.Signals) -> None:
    answer = struck(number, 1)
    assert (answer.status, answer.json["error"]) == (130, "interrupted")
    assert "Traceback" not in answer.err


def test_who_starts_it_without_ctrl_c_gets_the_answer() -> None:
    """A job in the background of a script ignores SIGINT; one that comes early does not end it either."""
    line = ("bash", "-c", 'trap "" INT; exec "$@"', "-", sys.executable, "-c", STRIKES, str(int(signal.SIGINT)), "3")
    done = subprocess.run([*line, "counterfoil", "--version"], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
