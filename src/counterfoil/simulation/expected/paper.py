"""What stands on a slip, and what a cashier is told to say: read as a customer reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from counterfoil.iso8583 import Message
from counterfoil.kinds import BY_NAME, PURCHASE, Kind, Needs
from counterfoil.simulation.plant import MERCHANT
from counterfoil.simulation.world import must
from counterfoil.step import Inbound, Perform, Performed

SHOP: Final = "Corner Grocery"
SYMBOLS: Final = {"CNY": "RMB", "USD": "USD", "JPY": "JPY"}
VOUCHERS: Final = ("merchant", "cardholder", "bank")
NO_SIGNATURE: Final = 100_000  # minor units, up to which a sale without a PIN needs none
CARD: Final = re.compile(r"^卡号:(.+)$", re.MULTILINE)
# What a refusal is called, by its code: a word of it, in English.
CALLED: Final = {
    "03": "Invalid merchant",
    "12": "Invalid transaction",
    "13": "Invalid amount",
    "14": "Invalid card",
    "15": "Card not supported",
    "41": "Lost card",
    "43": "Stolen card",
    "51": "Insufficient funds",
    "54": "Expired card",
    "55": "Wrong PIN",
    "57": "Not permitted",
    "58": "Not permitted at this terminal",
    "59": "Card verification failed",
    "61": "Over limit",
    "62": "Restricted card",
    "65": "Too many uses",
    "75": "PIN tries exceeded",
    "77": "Sign on again",
    "91": "Issuer unavailable",
    "98": "Issuer timeout",
    "99": "PIN error",
    "A0": "MAC error",
}
NOTHING: Final = frozenset({"queued", "failed"})  # what a printer says of a job of which nothing is on paper
MARK: Final = re.compile(r"\*{4}(?:DUPLICATE|重打印) (\d+)\*{4}")
WORSE: Final = ("done", "not_done", "unknown")
RESULTS: Final = {"printed": "done", "sent": "done", "queued": "not_done", "failed": "not_done"}
PRINTED: Final = {
    "printed": ("Printed:",),
    "sent": ("cannot say whether it prints",),
    "queued": ("of this print is on paper",),
    "failed": ("of this print is on paper",),
    "unknown": ("not known whether this came out",),
    "sending": ("not known whether this came out", "prints by itself"),
}
# What the customer hears of it: a word of that, and whether the same card may be tried once more.
HEARD: Final = {
    **dict.fromkeys(("41", "43", "59", "62"), ("ask your bank", False)),
    **dict.fromkeys(("14", "15", "57"), ("cannot be used", False)),
    "03": ("by card here", False),
    "12": ("not accepted", False),
    "13": ("amount", True),
    "51": ("does not have enough", False),
    "54": ("expired", False),
    "55": ("PIN", True),
    "58": ("swiped", False),
    "61": ("above a limit", False),
    "65": ("as often as it may", False),
    "75": ("too often", False),
    "91": ("later", True),
    **dict.fromkeys(("77", "99", "A0"), ("not ready", True)),
}
AGAIN: Final = re.compile(r"[Tt]ry again|entered again")
NOT_CHARGED: Final = "not charged"
SENTENCES: Final = {
    "approved": ("You have paid",),
    "not_sent": (NOT_CHARGED,),
    "unknown": ("do not pay again", "returned to your card", "call you back"),
}
OWN_WORDS: Final = {PURCHASE.name: SENTENCES}  # kinds whose sentences are told a second time word by word
INSIDE: Final = re.compile(
    r"\b0[0-9]{3}\b|\([0-9A-Z]{2}\)|switch|issuer|acquirer|revers|advice|STAN\b|MAC\b|sign.on|stolen|lost card|retain"
    r"|fraud|terminal|交换中心|发卡行|收单|冲正|没收|被窃|挂失|报文|签到|终端",
    re.IGNORECASE,
)
"""What no customer is told: the operator's words, codes, and why a bank keeps a card."""


class SlipFacts(NamedTuple):
    """What a slip is about. `answer` is the host's, None when it is not known."""

    ref: str
    amount: int
    currency: str
    pan: str
    pin: bool
    answer: Message | None
    kind: Kind


def check(item: Perform, facts: SlipFacts | None) -> None:
    """A slip says what it is for, whose money it was, and no more of the card than it may."""
    copy = item.name.rsplit(".", 2)[1]
    text = item.text
    if facts is None or copy not in VOUCHERS:
        return
    terminal, batch, stan = facts.ref.split("/")
    last, answer = facts.pan[-4:], facts.answer
    money = f"{SYMBOLS[facts.currency]} {plain(facts.amount, facts.currency)}"
    kind, form = facts.kind, facts.kind.paper
    assert form is not None
    wanted = [SHOP, MERCHANT, terminal, batch, stan, last, form.title.zh, kind.says.zh]
    wanted += [money] if facts.amount else []
    if answer is not None:
        year = (answer.de13 or "")[:2], (answer.de13 or "")[2:]
        clock = answer.de12 or ""
        wanted += [answer.de37 or "", answer.de38 or "", f"/{year[0]}/{year[1]}"]
        wanted.append(f"{clock[:2]}:{clock[2:4]}:{clock[4:]}")
        wanted += [part for part in ((answer.de44 or "")[:11].strip(), (answer.de44 or "")[11:].strip()) if part]
    missing = [word for word in wanted if word not in text]
    must(not missing, f"the {copy} copy of {facts.ref} does not say {missing}")
    shown = re.sub(r"\D", "", CARD.findall(text)[0])
    must(shown == last, f"the {copy} copy of {facts.ref} shows {shown} of the card")
    signs = form.signature and (facts.pin or facts.amount > NO_SIGNATURE or Needs.PIN not in kind.needs)
    must(
        copy == "cardholder" or ("持卡人签名" in text) == signs,
        f"the {copy} copy of {facts.ref} asks for a signature: {not signs}",
    )


class Jobs:
    """The print jobs of one machine: what each calls itself, what the printer says of it, what the till is told."""

    def __init__(self) -> None:
        self._marks: dict[str, dict[str, int]] = {}  # by sale: the DUPLICATEs that may be on paper, by job
        self._sent: set[str] = set()
        self._news: dict[str, str] = {}
        self._given_back: dict[str, int] = {}  # by sale: the highest number before this step's proofs

    def take_in(self, arrived: Sequence[Inbound]) -> None:
        """What the printer said."""
        self._given_back.clear()
        for item in arrived:
            if isinstance(item, Performed) and item.kind == "receipt":
                self._news[item.name] = item.state or ("printed" if item.ok else "failed")
                if self._news[item.name] in NOTHING:
                    sale = item.name.split(".")[0]
                    self._given_back.setdefault(sale, self._highest(sale))
                    self._marks.get(sale, {}).pop(item.name, None)

    def sent(self, item: Perform) -> None:
        """A DUPLICATE's number follows on the highest that may be on paper, in whatever order a step saw its proofs."""
        sale, number = item.name.partition(".")[0], item.name.rpartition(".")[2]
        self._sent.add(item.name)
        found = MARK.search(item.text)
        if found is None:
            return
        before = self._highest(sale, but=number)
        most = max(before, self._given_back.get(sale, 0))
        must(before < int(found[1]) <= most + 1, f"{item.name} is DUPLICATE {found[1]}, {before} may be on paper")
        self._marks.setdefault(sale, {})[item.name] = int(found[1])

    def _highest(self, sale: str, but: str = "") -> int:
        marks = self._marks.get(sale, {}).items()
        return max((mark for job, mark in marks if job.rpartition(".")[2] != but), default=0)

    def told(self, body: dict[str, Any]) -> None:
        """The till is told of this print: of each copy what the printer said of it, and the worst of that."""
        worst = "done"
        for copy, one in body["prints"].items():
            job = f"{body['ref'].replace('/', '-')}.{copy}.{body['print']}"
            must(job in self._sent, f"a till is told of {job}, which never left")
            news = self._news.get(job, "sending")
            must(one["state"] == news, f"a till is told {one['state']} of the {copy} copy of {body['ref']}, not {news}")
            must(any(words in body["sentence"]["en"] for words in PRINTED[news]), f"{news}: {body['sentence']['en']!r}")
            worst = max(worst, RESULTS.get(news, "unknown"), key=list(WORSE).index)
        must(body["result"] == worst, f"a till is told {body['result']} of a print of {body['ref']}, not {worst}")


def plain(amount: int, currency: str) -> str:
    """An amount as people write it."""
    return f"{amount:,}" if currency == "JPY" else f"{amount // 100:,}.{amount % 100:02d}"


def sentence(body: dict[str, Any]) -> None:
    """What the customer is told fits the outcome, in both languages; the cashier hears code and reason of a refusal."""
    outcome, code = body["outcome"], body["response_code"]
    said, cashier, ref = body["sentence"], body["cashier"], body["ref"]
    must(all((said["en"], said["zh"], cashier["en"], cashier["zh"])), f"there are no words for {ref}")
    if "result" in body:  # what came of a print, or of a person's word, and no more
        return
    kind = BY_NAME[body["kind"]]
    for text in said.values():
        inside = INSIDE.search(text)
        must(inside is None, f"{ref}: the customer is told {inside and inside[0]!r} in {text!r}")
    if outcome != "declined":
        fits = any(words in said["en"] for words in sentences_of(kind, body)[outcome])
        must(fits, f"{ref} is {outcome}, and the customer is told {said['en']!r}")
        return
    must(f"({code})" in cashier["en"] and code in cashier["zh"], f"{ref} was refused with {code}: {cashier['en']!r}")
    must(CALLED.get(code, "") in cashier["en"], f"{ref} was refused with {code}, which is called {cashier['en']!r}")
    if kind.original is not None or not kind.movements:
        return  # what it was to do has not come about, and its kind has words for that
    nothing = kind.words.nothing.free.customer.en.partition(".")[0]
    must((nothing in said["en"]) == (code != "98"), f"{ref} was refused with {code}: {said['en']!r}")
    heard, again = HEARD.get(code, ("", bool(AGAIN.search(said["en"]))))
    must(heard in said["en"], f"{ref} was refused with {code}, and the customer is told {said['en']!r}")
    must(bool(AGAIN.search(said["en"])) == again, f"{ref} was refused with {code}: {said['en']!r}")


def sentences_of(kind: Kind, body: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a customer hears of each outcome, in English; of what is no purchase as its description has it."""
    if kind.name in OWN_WORDS:
        return OWN_WORDS[kind.name]
    money = f"{plain(body['amount'], body['currency'])} {body['currency']}"
    words = kind.words
    stands, nothing = (one.customer.filled(amount=money).en for one in (words.stands, words.nothing.free))
    return {"approved": (stands,), "not_sent": (nothing,), "unknown": ("",)}
