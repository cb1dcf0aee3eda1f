"""Every verb of the command line answers a Chinese reader in Chinese, and every complaint is Chinese too.

The tables have every verb, which a test holds them to. What is said at a running stack is looked through for Latin
words that are none of `both_languages`, nor data: references, numbers, dates, names of files and stations.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from typing import Final

import click
import pytest

from both_languages import HAN, untranslated, without_data
from counterfoil.cli.app import VERBS, command, run
from loop.running import Running

pytestmark = pytest.mark.loop

PACKET: Final = "6000030000603100315432080000200000008000000000213132333435363736"

SAYS: Final = (
    "cards", "cards --all", "accounts", "reconcile", "reconcile --full", "terminal list", "terminal list --all",
    "kinds", "kinds void",
    "balance --card carol --terminal T0000004", "balance --card carol --terminal T0000004 --print",
    "preauth --amount 30 --card carol --terminal T0000004",
    "terminal status", "terminal status --all", "terminal status T0000001", "terminal last T0000001",
    "terminal export OUTSIDE1",
    "terminal register 10000161 --merchant 880210010210162 --tmk 404142434445464748494A4B4C4D4E4F",
    "sale --amount 12.50 --card carol --terminal T0000001", "sale --amount 1,234.50 --card carol --terminal T0000001",
    "sale --amount 12.50 --card stolen --pin 7890 --terminal T0000002", "why {ref}", "why {ref} -v",
    "terminal printer T0000003", "receipt show {ref}", "receipt list --terminal T0000001", "receipt open",
    "receipt reprint {ref}", "receipt print {ref}", "receipt link {ref}", "printer list", "printer tickets",
    "printer tickets --all", "printer diagnose {ref}", "audit", "audit verify", "archive list", "archive verify",
    "archive --dry-run", "forgotten list", "forgotten list --ended", "fault set 3 delay --seconds 5 --mti 0210",
    "fault pause issuer-b --seconds 0.2", "fault clear", f"decode {PACKET}", f"decode --guess {PACKET}",
    f"decode --diff {PACKET} {PACKET}", "simulate --transactions 5 --mix calm",
)  # fmt: skip
REFUSES: Final = (
    # the command line itself
    "bogus", "sal", "terminal bogus", "sale --bogus", "sale --amonut 1", "sale", "sale --amount", "sale --amount 1",
    "why", "sale --json=1 --amount 1 --card carol", "fault set 9 drop", "fault set 3 bogus", "fault set x drop",
    "fault set 3 drop --times x", "fault set 3 drop --times 0", "fault set 3 drop --seconds x",
    "fault set 3 drop --mti 1", "fault set", "cards extra words", "kinds bogus", "receipt close {ref}",
    "void x --card carol", "void {ref} --card carol --supervisor 1", "complete {ref} --card carol --amount 1",
    "complete T0000001/000001/999999 --card carol --amount 1", "preauth --card carol", "balance --card nobody",
    "preauth-void {ref} --card carol --supervisor 123456",
    "receipt close {ref} --as bogus", "decode --framing bogus 00", "simulate --without bogus",
    "simulate --transactions 0", "receipt show {ref} --as bogus",
    # amounts and references
    "sale --amount 12,50 --card carol", "sale --amount x --card carol", "sale --amount 0 --card carol",
    "sale --amount 1 --card nobody", "sale --amount 1 --card alice", "sale --amount 1 --card carol --terminal X",
    "why foo", "why 0031 12.50", "receipt close {ref} --as attested", "why 1 2 3", "why 0031", "why 0031 12,50",
    "why T0000001/000001/999999", "receipt show x", "receipt reprint T0000001/000001/999999",
    "receipt show T0000001/000001/999999",
    # what a station refuses
    "terminal status X", "terminal last X", "terminal goods {ref} kept", "terminal cancel T0000001",
    "terminal export XX", "terminal escalate {ref} --operator 00 --reason x", "terminal register 1 --merchant 1",
    "terminal register 10000161 --merchant 880210010210162 --tmk zz", "fault kill nobody",
    "terminal register 1 --merchant 1 --dialect x", "receipt send {ref} --sms x", "receipt verify x",
    "printer status --printer bogus", "printer test", "printer tickets --close M-1",
    "printer tickets --close M-999999 --by 01", "people reset-password nobody",
    "forgotten accept 1 --by x --reason x",
    # messages that cannot be read
    "decode zz", "decode 00", "decode 0800202000", "decode --guess zz", "decode --strip 00",
    "decode --framing len+tpdu+header 0005600003", f"decode --framing body {PACKET}", f"decode --override x {PACKET}",
    f"decode --override '{{{{\"2\":{{{{\"bogus\":1}}}}}}}}' {PACKET}",
    f"decode --override '{{{{\"2\":{{{{\"type\":\"zz\"}}}}}}}}' {PACKET}",
    # files and folders that cannot be used
    "backup /proc/none", "backup {data}", "restore /nonexistent", "restore {data}",
    "receipt link {ref} --png /proc/x/y.png", "receipt key --out /proc/x/y", "decode /nonexistent/file",
    "receipt show {ref} --as png --out /proc/x/y.png", "audit anchor --out /proc/x/y",
    "audit verify --anchor /nonexistent",
)  # fmt: skip
ELSEWHERE: Final = {
    "up": "says where the console is; its refusals are those of the stores and settings, tests/stack",
    "day": "a table of the same words; tests/loop/test_day.py",
    "fault kill": "a station that starts again would be missed by what is asked next",
    "audit anchor": "JSON",
    "receipt key": "a key in PEM",
    "printer status": "tests/cli/test_printer.py", "receipt verify": "tests/cli/test_verify.py",
    "receipt send": "no text messages are set up here", "forgotten import": "tests/forgotten",
    "terminal goods": "tests/loop/test_breaks.py", "terminal cancel": "tests/loop/test_breaks.py",
    "terminal escalate": "tests/loop/test_breaks.py",
}  # fmt: skip


def spoken(words: str, running: Running) -> tuple[int, str]:
    """The exit code, and what a Chinese reader is shown, on both streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run([*shlex.split(words), "--lang", "zh", "--data", str(running.data)])
    return status, out.getvalue() + err.getvalue()


def english(text: str, words: str = "") -> list[str]:
    """The Latin words in it that are no data and were not typed."""
    typed = re.findall(r"[\w.-]+", words)
    return untranslated(without_data(text), *typed)


@pytest.fixture(scope="module")
def ref(running: Running) -> str:
    running.until(lambda: running.ask("reconcile").status in (0, 3), 30.0)  # its process is up
    return str(running.sell("T0000001", "12.50", "carol").json["ref"])


@pytest.mark.parametrize("words", SAYS)
def test_an_answer_is_in_chinese(running: Running, ref: str, words: str) -> None:
    status, text = spoken(words.format(ref=ref, data=running.data), running)
    assert status in (0, 4, 7) or "printer" in words, text
    found = english(text, words)
    assert not found, (found, text)


@pytest.mark.parametrize("words", REFUSES)
def test_a_complaint_is_one_chinese_sentence(running: Running, ref: str, words: str) -> None:
    status, text = spoken(words.format(ref=ref, data=running.data), running)
    assert status, text
    assert HAN.search(text), text
    found = english(text.removeprefix("counterfoil: "), words)
    assert not found, (found, text)


def leaves(group: click.Command, path: str = "") -> Iterator[str]:
    """Every verb that does something."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            assert found is not None
            yield from leaves(found, f"{path} {name}".strip())
    else:
        yield path


def test_the_tables_have_every_verb() -> None:
    every = set(leaves(command))
    assert set(VERBS) <= {verb.partition(" ")[0] for verb in every}
    said = {verb for verb in every for words in SAYS if f"{words} ".startswith(f"{verb} ")}
    refused = {verb for verb in every for words in REFUSES if f"{words} ".startswith(f"{verb} ")}
    assert every - said - refused - set(ELSEWHERE) == set()
    assert every - said - set(ELSEWHERE) <= refused
