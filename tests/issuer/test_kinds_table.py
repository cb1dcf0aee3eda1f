"""tests/tables/kinds/issuer.txt, read line by line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.iso8583.nested.de54 import Amount, de54
from counterfoil.issuer import stub
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.kinds import BY_NAME, TABLE
from counterfoil.money import parse, plain
from issuer.bank import DAY, NOON, Bank, miswritten, track
from issuer.kind_requests import named, referring, request

FILE: Final = Path(__file__).parent.parent / "tables" / "kinds" / "issuer.txt"
MOVED: Final = ("debited", "returned", "credited", "withdrawn", "held", "released", "freed", "held_again")


def blocks() -> dict[str, list[str]]:
    found = {}
    for block in FILE.read_text("utf-8").split("\n\n"):
        title, *lines = block.strip().splitlines()
        if lines and not lines[0].startswith("#"):
            found[title.removeprefix("# ")] = lines
    return found


class Script:
    """Runs one block against a fresh issuer. After every line its books are sound."""

    def __init__(self) -> None:
        self.bank = Bank()
        self.requests: dict[str, Message] = {}
        self.approvals: dict[str, str] = {}
        self.answers: dict[str, Message] = {}

    def run(self, line: str) -> None:
        what, _, expected = (part.strip() for part in line.partition("->"))
        verb, *words = what.split()
        options = dict(word.split("=", 1) for word in words if "=" in word)
        got = getattr(self, f"on_{verb}")([word for word in words if "=" not in word], options)
        if got is not None:
            assert got.split() == expected.split(), f"{line}: got {got}"
        self.bank.assert_sound()

    def fields(self, options: dict[str, str]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if of := options.get("of"):
            fields |= referring(self.requests[of], self.approvals.get(of, "000000"))
        if "of_type" in options:
            fields["de90"] = options["of_type"] + fields["de90"][4:]
        if "approval" in options:
            fields["de38"] = options["approval"]
        if "spoilt" in options:
            fields["de35"] = miswritten(track(options["spoilt"]))
        fields |= {name: value for name, value in options.items() if name.startswith("de")}
        return {name: None if value == "none" else value for name, value in fields.items()}

    def built(self, words: list[str], options: dict[str, str]) -> Message:
        number, kind, card, amount = words
        minor = 0 if amount == "-" else parse(amount, "CNY").minor
        pin = options.get("pin", "1234")
        message = request(self.bank, BY_NAME[kind], card, minor, None if pin == "none" else pin, **self.fields(options))
        self.requests[number] = message
        return message

    def on_ask(self, words: list[str], options: dict[str, str]) -> str:
        message = self.built(words, options)
        before = self.money()
        (answer,) = self.bank.ask(message)
        self.answers[words[0]] = answer
        self.approvals[words[0]] = answer.de38 or "000000"
        if answer.de39 != "00":
            assert self.money() == before
        self.balances_are_told(message, answer, words)
        (row,) = [row for row in self.bank.rows("txn", "key, refusal, kind") if row[0] == self.bank.key(message)]
        return f"{answer.de39} {row[1] or '-'}"

    def money(self) -> list[Any]:
        return [self.bank.rows(table) for table in ("entry", "hold", "resolution", "expiring")]

    def balances_are_told(self, message: Message, answer: Message, words: list[str]) -> None:
        told = BY_NAME[words[1]].balances and answer.de39 == "00"
        assert (answer.de54 is not None) == told
        assert (answer.de38 is not None) == (answer.de39 == "00")
        assert answer.de4 == message.de4
        if told:
            card = self.bank.card(words[2])
            has, held = card["balance"], card["held"]
            assert de54(answer.de54) == [Amount("20", "01", "156", has), Amount("20", "02", "156", has - held)]

    def on_lost(self, words: list[str], options: dict[str, str]) -> None:
        self.built(words, options)

    def on_again(self, words: list[str], options: dict[str, str]) -> str:
        message = self.requests[words[0]].copy(**self.fields({k: v for k, v in options.items() if k != "of"}))
        if "of" in options:
            message.de90 = named(self.requests[options["of"]])
        message.mti = options.get("mti", message.mti)[:3] + "1"
        before = self.money(), self.bank.told()
        (answer,) = self.bank.ask(message)
        assert (self.money(), self.bank.told()) == before
        if answer.de39 == self.answers[words[0]].de39:
            assert (answer.de38, answer.de54) == (self.answers[words[0]].de38, self.answers[words[0]].de54)
        return answer.de39 or ""

    def on_late(self, words: list[str], _: dict[str, str]) -> str:
        return self.bank.code(self.requests[words[0]])

    def on_undo(self, words: list[str], options: dict[str, str]) -> str:
        of = named(self.requests[words[0]])
        changed = options.get("of_type", of[:4]) + of[4:]
        return self.bank.code(self.bank.advice(self.requests[words[0]], de90=changed))

    def on_has(self, words: list[str], _: dict[str, str]) -> str:
        card = self.bank.card(words[0])
        return f"{plain(card['balance'], 'CNY')} {plain(card['held'], 'CNY')}"

    def on_told(self, _: list[str], __: dict[str, str]) -> str:
        told = self.bank.told()
        assert len({notice.name for notice in told}) == len(told)
        return f"{len(told)} {told[-1].name.rpartition('-')[2] if told else '-'}"

    def on_tries(self, words: list[str], _: dict[str, str]) -> str:
        return str(self.bank.card(words[0])["pin_failures"])

    def on_case(self, _: list[str], __: dict[str, str]) -> str:
        return " ".join(what for what, ended in self.bank.rows("exception_case", "what, ended_at") if not ended)

    def on_alarm(self, _: list[str], __: dict[str, str]) -> str:
        return " ".join(what for (what,) in self.bank.rows("alarm", "what"))

    def on_stub(self, words: list[str], _: dict[str, str]) -> str:
        found = stub(self.bank.store, self.bank.key(self.requests[words[0]]))
        assert found is not None
        moved = {name: getattr(found, name) for name in MOVED}
        said = [f"{name}={plain(amount, 'CNY')}" for name, amount in moved.items() if amount]
        return " ".join([*said, f"expired={(found.expired_at - NOON) // DAY}"] if found.expired_at else said)

    def on_status(self, words: list[str], _: dict[str, str]) -> None:
        self.bank.store.execute("UPDATE card SET status = ? WHERE name = ?", (words[1], words[0]))
        self.bank.restart()

    def on_wait(self, words: list[str], _: dict[str, str]) -> None:
        self.bank.now += int(words[0]) * DAY

    def on_tick(self, _: list[str], __: dict[str, str]) -> None:
        wakes = self.bank.issuer.wakes_at()
        said = len(self.bank.said)
        self.bank.deliver(*(one.name for one in self.bank.performs()))
        if wakes is not None and wakes <= self.bank.now:
            self.bank.step()
        assert self.bank.said[said:] == []


@pytest.mark.parametrize(("title", "lines"), blocks().items(), ids=list(blocks()))
def test_the_issuer_answers_every_kind_as_the_table_says(title: str, lines: list[str]) -> None:
    script = Script()
    for line in lines:
        script.run(line)


def test_every_kind_and_every_refusal_of_an_original_stands_in_the_table() -> None:
    text = FILE.read_text("utf-8")
    assert set(re.findall(r"^ask \S+ (\w+)", text, re.MULTILINE)) == {kind.name for kind in TABLE}
    about = [refusal for refusal in Refusal if refusal.value.startswith(("original_", "funds_above"))]
    assert [one for one in about if f"-> {CODES[one]} {one.value}\n" not in text] == []
    again = set(re.findall(r"^again (\S+) -> 00", text, re.MULTILINE))
    assert len(again) >= len(TABLE) - 1
