"""tests/tables/issuer_decisions.txt, read line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.iso8583.recollection import RecollectionQuery, build_question
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.money import parse
from counterfoil.step import SECOND
from issuer.bank import ACQUIRER, PANS, Bank, miswritten, track

TABLE: Final = Path(__file__).parent.parent / "tables" / "issuer_decisions.txt"
KINDS: Final = TABLE.parent / "kinds" / "issuer.txt"
SILENCE: Final = "-"


def blocks() -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for block in TABLE.read_text("utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            titles = [line[2:] for line in block.splitlines() if line.startswith("# ")]
            found.append((titles[0] if titles else lines[0], lines))
    return found


class Script:
    """Runs one block against a fresh issuer."""

    def __init__(self) -> None:
        self.bank = Bank()
        self.purchases: dict[str, Message] = {}
        self.advices: dict[str, Message] = {}

    def run(self, line: str) -> None:
        what, _, expected = (part.strip() for part in line.partition("->"))
        verb, *words = what.split()
        options = dict(word.split("=", 1) for word in words if "=" in word)
        plain = [word for word in words if "=" not in word]
        got = getattr(self, f"on_{verb}")(plain, options)
        if got is not None:
            assert got.split() == expected.split(), f"{line}: got {got}"
        self.bank.assert_sound()

    def changes(self, options: dict[str, str]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, value in options.items():
            if name.startswith("de"):
                fields[name] = None if value == "none" else PANS.get(value, value)
        if "track" in options:
            card, expiry = options["track"].split("=")
            fields["de35"] = track(card, expiry)
        if "service" in options:
            fields["de35"] = track(options["of"], service=options["service"])
        if "spoilt" in options:
            fields["de35"] = miswritten(track(options["spoilt"]))
        if fields.get("de35") == "bare":
            fields["de35"] = None
        if fields.get("de52") == "junk":
            fields["de52"] = bytes(8)
        if len(fields.get("de90") or "") == 4:
            fields["de90"] = f"{fields['de90']:0<42}"
        return fields

    def send(self, message: Message, options: dict[str, str]) -> str:
        message = message.copy(**self.changes(options))
        message.mti = options.get("mti", message.mti)
        data = self.bank.sealed(message)
        if options.get("mac") == "wrong":
            data = data[:-1] + bytes([data[-1] ^ 1])
        return self.bank.code(data, age=int(options.get("age", "0"))) or SILENCE

    def built(self, plain: list[str], options: dict[str, str]) -> Message:
        number, card, amount = plain
        pin = options.get("pin", "1234")
        message = self.bank.purchase(card, parse(amount, "CNY").minor, None if pin == "none" else pin)
        self.purchases[number] = message
        return message

    def on_buy(self, plain: list[str], options: dict[str, str]) -> str:
        message = self.built(plain, options)
        code = self.send(message, options)
        self.purchases[plain[0]] = message.copy(**self.changes(options))
        key = f"10344/{message.de7}/{message.de11}"
        refusals = [row[1] for row in self.bank.rows("txn", "key, refusal") if row[0] == key]
        return f"{code} {(refusals[0] or '-') if refusals else 'none'}"

    def on_lost(self, plain: list[str], options: dict[str, str]) -> None:
        self.built(plain, options)

    def on_again(self, plain: list[str], options: dict[str, str]) -> str:
        message = self.purchases[plain[0]]
        if "card" in options:
            message = message.copy(de2=PANS[options["card"]])
        return self.send(message, options)

    def on_undo(self, plain: list[str], options: dict[str, str]) -> str:
        number = options.get("as", "")
        advice = self.advices.get(number)
        if advice is None:
            advice = self.bank.advice(self.purchases[plain[0]])
            if number:
                self.advices[number] = advice.copy()
                self.advices[number].mti = "0421"
        return self.send(advice, options)

    def on_has(self, plain: list[str], options: dict[str, str]) -> str:
        return self.bank.balance(plain[0])

    def on_tries(self, plain: list[str], options: dict[str, str]) -> str:
        return str(self.bank.card(plain[0])["pin_failures"])

    def on_told(self, plain: list[str], options: dict[str, str]) -> str:
        return str(len(self.bank.told()))

    def on_strange(self, plain: list[str], options: dict[str, str]) -> None:
        one = self.purchases[plain[0]]
        text = build_question(RecollectionQuery((), (f"{one.de7}{one.de11}",)))
        fields = {"de7": "0314120100", "de11": "000001", "de32": ACQUIRER, "de48": text, "de70": "001"}
        (answer,) = self.bank.ask(Message("0800", **fields))
        assert answer.de39 == "00"

    def on_typed(self, plain: list[str], options: dict[str, str]) -> None:
        self.bank = Bank(typed=True)

    def on_wait(self, plain: list[str], options: dict[str, str]) -> None:
        self.bank.now += int(plain[0]) * SECOND


@pytest.mark.parametrize(("title", "lines"), blocks(), ids=[title for title, _ in blocks()])
def test_the_issuer_answers_as_the_table_says(title: str, lines: list[str]) -> None:
    script = Script()
    for line in lines:
        script.run(line)


def test_every_refusal_has_a_code_and_stands_in_the_table() -> None:
    assert list(CODES) == list(Refusal)
    text = TABLE.read_text("utf-8") + KINDS.read_text("utf-8")
    # A repeat and a late original are told by their code; the row keeps what was decided first.
    by_code = {Refusal.OTHER_CONTENT: "-> 94", Refusal.REVERSED_BEFORE: "-> 12"}
    missing = [refusal for refusal in Refusal if by_code.get(refusal, f" {refusal.value}\n") not in text]
    assert missing == []
