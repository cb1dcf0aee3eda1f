"""tests/tables/kinds/switch.txt, read line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.kinds import BY_NAME, TABLE, Needs
from counterfoil.step import SECOND, Inbound, NotSent, Outbound, Send
from counterfoil.switch.rows import Attempt
from switch.kinds_scene import KindsScene, kinds_scene
from switch.scene import ALICE, BOB, TERMINALS, TIMER

WRITTEN: Final = Path(__file__).parent.parent / "tables" / "kinds" / "switch.txt"
CARDS: Final = {"alice": ALICE, "bob": BOB}


def blocks() -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The lines of each block with their numbers, and the name of the block."""
    title, block = "", list[tuple[int, str]]()
    for number, line in enumerate([*WRITTEN.read_text("utf-8").splitlines(), ""], 1):
        if line.startswith("#"):
            title = line.strip("# -")
        elif line.strip():
            block.append((number, line))
        elif block:
            yield f"{block[0][0]} {title}"[:60], block
            block = []


BLOCKS: Final = dict(blocks())


def minor(amount: str) -> int:
    return int(amount.replace(".", ""))


def options(words: Sequence[str]) -> dict[str, str]:
    return dict(word.partition("=")[::2] for word in words)


def changed(message: Message, more: dict[str, str]) -> Message:
    """A message with these elements, or without."""
    fields = {name: value for name, value in more.items() if name.startswith("de")}
    made = message.copy(**{name: None if value == "none" else value for name, value in fields.items()})
    made.mti = more.get("mti", message.mti)
    return made


class Reader:
    """One block: its requests by number, and the scene they are asked in."""

    def __init__(self) -> None:
        self.scene: KindsScene = kinds_scene()
        self.requests: dict[str, Message] = {}
        self.upstream: dict[str, Message] = {}
        self.tokens: dict[str, Send] = {}

    def read(self, line: str) -> tuple[str, str]:
        """What a line says comes of it, and what does."""
        said, _, wanted = line.partition("->")
        verb, *words = said.split()
        act: Callable[[list[str]], str] = getattr(self, f"do_{verb}")
        return " ".join(wanted.split()), act(words)

    def step(self, *arrived: Inbound, after: int = 0) -> str:
        """What terminals are told in a step."""
        return self.told(self.scene.step(*arrived, after=after))

    def told(self, out: Sequence[Outbound]) -> str:
        codes = []
        for send in out:
            if isinstance(send, Send) and send.link == "terminals":
                answer = self.scene.heard(send)
                codes.append(answer.de39 or "")
                if answer.mti != "0410" and answer.de39 == "00":
                    self.scene.remember(answer)
        return " ".join(codes) or "-"

    # --- what happens -----------------------------------------------------------------------------------------------

    def do_ask(self, words: list[str]) -> str:
        number, name, *rest = words
        kind = BY_NAME[name]
        amount = rest.pop(0) if rest and "=" not in rest[0] else None
        more = options(rest)
        original = self.requests.get(more.get("of", ""))
        pin = more.get("pin", "yes" if Needs.PIN in kind.needs else "no") == "yes"
        card, terminal = CARDS[more.get("card", "alice")], more.get("at", TERMINALS[0])
        made = self.scene.request(
            kind, minor(amount) if amount else None, card=card, terminal=terminal, pin=pin, original=original
        )
        request = self.requests[number] = changed(made, more)
        since = len(self.scene.sent)
        told = self.step(self.scene.frame(request))
        message = self.scene.forwarded(since, kind, request, original)
        if message is None:
            return told
        self.upstream[number] = message
        (self.tokens[number],) = self.scene.to_issuers(since)
        return "up" if told == "-" else f"up {told}"

    def do_again(self, words: list[str]) -> str:
        since = len(self.scene.sent)
        told = self.step(self.scene.frame(changed(self.requests[words[0]], options(words[1:])), 2))
        assert not self.scene.to_issuers(since), "a repeat goes nowhere"
        return told

    def do_yes(self, words: list[str]) -> str:
        more = options(words[1:])
        message = self.upstream[words[0]]
        told = self.step(self.scene.answer(message, "00", **more))
        if told == "00" and BY_NAME[self.row_of(words[0]).kind].balances:
            assert self.scene.answers[self.key(words[0])].de54 == more["de54"]
        return told

    def do_no(self, words: list[str]) -> str:
        return self.step(self.scene.answer(self.upstream[words[0]], words[1]))

    def do_undo(self, words: list[str]) -> str:
        return self.step(self.scene.frame(changed(self.scene.undoing(self.requests[words[0]]), options(words[1:]))))

    def do_silence(self, _: list[str]) -> str:
        return self.step(after=TIMER)

    def do_unsent(self, words: list[str]) -> str:
        send = self.tokens[words[0]]
        return self.step(NotSent(send.link, send.conn, send.token))

    def do_acknowledge(self, _: list[str]) -> str:
        last = {advice.de37: advice for advice in self.scene.advices()}
        open_ones = {rrn for (rrn,) in self.scene.store.query("SELECT rrn FROM outbox WHERE tries > 0")}
        return self.step(*[self.scene.reply(advice, "00") for rrn, advice in last.items() if rrn in open_ones])

    def do_restart(self, _: list[str]) -> str:
        self.scene = self.scene.restarted()
        return "-"

    def do_batch(self, _: list[str]) -> str:
        batch = self.scene.lines[TERMINALS[0]].batch
        self.scene.store.execute(
            "UPDATE terminal SET batch = ? WHERE terminal = ?", (f"{int(batch) + 1:06d}", TERMINALS[0])
        )
        self.scene = self.scene.restarted()
        self.scene.sign_on(batch=f"{int(batch) + 1:06d}")
        assert self.scene.lines[TERMINALS[0]].batch != batch
        return "-"

    def do_wait(self, words: list[str]) -> str:
        return self.step(after=int(words[0]) * SECOND)

    # --- what is so -------------------------------------------------------------------------------------------------

    def key(self, number: str) -> str:
        message = self.requests[number]
        return f"{message.de41}{(message.de60 or '')[2:8]}{message.de11}"

    def row_of(self, number: str) -> Attempt:
        (found,) = self.scene.records.attempts([], [self.scene.stub(self.requests[number]).rrn])
        return found

    def number_of(self, ref: str) -> str:
        """The request with this reference; "?" for none of them."""
        return next((n for n, one in self.requests.items() if self.scene.stub(one).ref == ref), "?")

    def do_row(self, words: list[str]) -> str:
        stub = self.scene.stub(self.requests[words[0]])
        row = self.row_of(words[0])
        assert (stub.kind, stub.original, stub.state) == (row.kind, row.original, row.state)
        where = "forwarded" if stub.forwarded else "kept"
        return (
            f"{stub.state} {stub.response_code or '-'} {where} {self.number_of(row.original) if row.original else '-'}"
        )

    def do_owed(self, _: list[str]) -> str:
        rows = self.scene.store.query("SELECT rrn FROM outbox ORDER BY rrn")
        owed = {rrn for (rrn,) in rows}
        return " ".join(n for n, one in self.requests.items() if self.scene.stub(one).rrn in owed) or "-"

    def do_against(self, words: list[str]) -> str:
        standing = self.scene.stub(self.requests[words[0]]).against
        assert all(self.number_of(one.name) != "?" for one in standing)
        return " ".join(f"{one.kind} {one.amount // 100}.{one.amount % 100:02d}" for one in standing) or "-"

    def do_balances(self, words: list[str]) -> str:
        return self.row_of(words[0]).balances or "-"


@pytest.mark.parametrize("name", BLOCKS)
def test_what_comes_of_it(name: str) -> None:
    reader = Reader()
    for number, line in BLOCKS[name]:
        wanted, came = reader.read(line)
        assert (number, line, came) == (number, line, wanted)


def test_every_kind_is_asked_for_and_every_one_with_an_original_is_refused_for_it() -> None:
    text = WRITTEN.read_text("utf-8")
    for kind in TABLE:
        assert re.search(rf"^ask \d+ {kind.name} .*-> up$", text, re.M), kind.name
        if kind.original is not None:
            assert re.search(rf"^ask \d+ {kind.name} .*of=.*-> (12|22|25|64)$", text, re.M), kind.name
