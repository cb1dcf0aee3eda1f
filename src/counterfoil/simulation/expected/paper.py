"""What stands on a slip, and what a cashier is told to say: read as a customer reads them."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from counterfoil.iso8583 import Message
from counterfoil.simulation.plant import MERCHANT
from counterfoil.simulation.world import must
from counterfoil.step import Perform

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
NOT_CHARGED: Final = "not charged"
SENTENCES: Final = {
    "approved": ("Approved", "paid"),
    "not_sent": (NOT_CHARGED,),
    "unknown": ("pay again", "being returned", "was returned", "returned to you", "call you back"),
}


class Facts(NamedTuple):
    """What a slip is about. `answer` is the host's, None when it is not known."""

    ref: str
    amount: int
    currency: str
    pan: str
    pin: bool
    answer: Message | None


def check(item: Perform, facts: Facts | None) -> None:
    """A slip says what it is for, whose money it was, and no more of the card than it may."""
    copy = item.name.rsplit(".", 2)[1]
    text = item.text
    if facts is None or copy not in VOUCHERS:
        return
    terminal, batch, stan = facts.ref.split("/")
    last, answer = facts.pan[-4:], facts.answer
    money = f"{SYMBOLS[facts.currency]} {plain(facts.amount, facts.currency)}"
    wanted = [SHOP, MERCHANT, terminal, batch, stan, money, last]
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
    signs = facts.pin or facts.amount > NO_SIGNATURE
    must(
        copy == "cardholder" or ("持卡人签名" in text) == signs,
        f"the {copy} copy of {facts.ref} asks for a signature: {not signs}",
    )


def plain(amount: int, currency: str) -> str:
    """An amount as people write it."""
    return str(amount) if currency == "JPY" else f"{amount // 100}.{amount % 100:02d}"


def sentence(body: dict[str, Any]) -> None:
    """What the cashier says fits the outcome, in both languages, with the code and the reason of a refusal."""
    outcome, code = body["outcome"], body["response_code"]
    said, ref = body["sentence"], body["ref"]
    must(bool(said["en"]) and bool(said["zh"]), f"there are no words for {ref}")
    if outcome != "declined":
        fits = any(words in said["en"] for words in SENTENCES[outcome])
        must(fits, f"{ref} is {outcome}, and the cashier says {said['en']!r}")
        return
    must(f"({code})" in said["en"] and code in said["zh"], f"{ref} was refused with {code}: {said['en']!r}")
    must(CALLED.get(code, "") in said["en"], f"{ref} was refused with {code}, which is called {said['en']!r}")
    must((NOT_CHARGED in said["en"]) == (code != "98"), f"{ref} was refused with {code}: {said['en']!r}")
