"""An issuer, told a second time: which code each message must get, and what is on each account afterwards.

Only the rules that docs/loop.md and issuer/refusal.py state are in here, in their order; the cards are those the world
was made with. Of a message nobody vouches for it is only known that it is never approved and moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from counterfoil.iso8583 import Message
from counterfoil.simulation.expected.local import local
from counterfoil.simulation.expected.paper import plain
from counterfoil.simulation.expected.reading import InstitutionKeys, Packet, read
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import CURRENCY, TAKES_TYPED, CustomersCard, written
from counterfoil.simulation.world import must
from counterfoil.step import SECOND, Frame, Hangup, Inbound, Instant, Outbound, Perform, Send

LIMIT: Final[Instant] = 5 * SECOND  # a request that waited longer is refused
TRIES: Final = 3
GUESSES: Final = 5
CNY: Final = "156"
NUMBERS: Final = {"CNY": "156", "USD": "840", "JPY": "392"}
NEEDED: Final = (2, 3, 4, 7, 11, 22, 32, 37, 41, 42, 49)
ADVICE_NEEDED: Final = (4, 7, 11, 32, 41, 42, 90)
ECHOED: Final = (3, 4, 7, 11, 32, 37, 41, 42, 49, 70, 90)
BURNT: Final = frozenset({"30", "63"})  # what a message that nobody vouches for may be told, if anything
FORGOTTEN: Final = "96"
POSTED, DECLINED, REVERSED, TOMBSTONED, LATE = "posted", "declined", "reversed", "tombstoned", "late"
STATUS: Final = {"lost": "41", "stolen": "43", "blocked": "62"}
OPERATIONS: Final = ("001", "002", "301")
ACCOUNTS: Final = (
    "SELECT card.name, account.balance, account.held, account.pin_failures, account.day, account.spent, account.count, "
    "account.guesses "
    "FROM card JOIN account ON account.id = card.account"
)
ROWS: Final = "SELECT key, state, code, amount, auth_code FROM txn"
ALARMED: Final = "SELECT what, count(*) FROM alarm GROUP BY what"
OPENED: Final = "SELECT count(*) FROM exception_case WHERE what = 'reversal_differs'"


class Purse:
    """A card's money and counters."""

    def __init__(self, card: CustomersCard) -> None:
        self.card = card
        self.balance = card.opening
        self.held = 0  # set aside; nothing that a purchase does sets anything aside
        self.failures = 0
        self.day = ""
        self.spent = 0
        self.count = 0
        self.guesses = 0

    def used_on(self, day: str) -> tuple[int, int]:
        """Amount and number of this day's purchases."""
        return (self.spent, self.count) if self.day == day else (0, 0)

    def guessed_on(self, day: str) -> int:
        """How often this day somebody had the number and not what proves the card."""
        return self.guesses if self.day == day else 0

    def begin(self, day: str) -> None:
        """What was counted on another day is over."""
        if self.day != day:
            self.day, self.spent, self.count, self.guesses = day, 0, 0, 0


class BankEntry:
    """One purchase. `message` is the one that was vouched for; None when its key was burnt by another."""

    def __init__(self, message: Message | None, state: str, code: str, auth: str = "") -> None:
        self.message = message
        self.state = state
        self.code = code
        self.auth = auth


class Bank:
    """One issuer and its cards."""

    def __init__(self, node: Node, cards: Sequence[CustomersCard]) -> None:
        self.node = node
        self.name = node.name
        self.keys = InstitutionKeys(node.name)
        self.purses = {card.pan: Purse(card) for card in cards if card.issuer == node.name and card.known}
        self.entries: dict[str, BankEntry] = {}
        self.advices: dict[str, tuple[tuple[Any, ...], str]] = {}
        self.sure = True  # False once the process died between committing and speaking about what nobody vouched for
        self.contradicted = self.differing = 0
        self.put_back = bool(node.world.faults.restored)  # then it may refuse a card (hole.py says which)
        node.judges.append(self)

    def died(self) -> None:
        """All that an issuer knows is on its disk."""

    def heard(self, now: Instant, arrived: Sequence[Inbound], said: Sequence[Outbound] | None) -> None:
        """Everything it says is what it must say, in the order of what it heard."""
        frames = [item for item in arrived if isinstance(item, Frame)]
        if not self.sure:
            return
        answers = [item for item in said or () if isinstance(item, Send | Hangup)]
        for frame in frames:
            packet = read(frame.data)
            genuine = packet is not None and packet.whole and self.keys.vouches(frame.data)
            if packet is not None and genuine:
                code = self._code(now, frame, packet.message, self._withheld(answers))
                if said is not None and code:
                    must(bool(answers), f"{self.name} says nothing to a {packet.message.mti}, where {code} is due")
                    self._compare(frame, packet, answers.pop(0), code)
            elif said is None:
                self.sure = False
            elif answers and self._is_no(frame, packet, answers[0]):
                self._burn(packet, answers.pop(0))
        must(not answers, f"{self.name} says what nobody asked for: {len(answers)} messages")
        for item in said or ():
            if isinstance(item, Perform) and item.kind == "sms":
                for name, text in item.named:
                    self._notice(name, text)

    def _notice(self, name: str, text: str) -> None:
        """A cardholder is told what happened to his account, in both languages, and that this proves nothing."""
        acquirer, transmitted, stan, event = name.removeprefix(f"{self.name}-").split("-")
        entry = self.entries.get(f"{acquirer}/{transmitted}/{stan}")
        must(entry is not None and entry.message is not None, f"{name} tells of what never happened")
        assert entry is not None
        assert entry.message is not None
        message, card = entry.message, self.purses[entry.message.de2 or ""].card
        currency = card.special.get("currency", CURRENCY)
        wanted = [card.pan[-4:], f"{plain(int(message.de4 or ''), currency)} {currency}", message.de42 or ""]
        wanted += ["was debited" if event == "debited" else "was returned", "not a receipt", "不作为交易凭证"]
        missing = [word for word in wanted if word not in text]
        must(not missing and card.pan not in text, f"the notice {name} does not say {missing}")
        must(event == "debited" or entry.state == REVERSED, f"{name} tells of what never happened")

    # --- answers ----------------------------------------------------------------------------------------------------

    def _compare(self, frame: Frame, asked: Packet, answer: Send | Hangup, code: str) -> None:
        name, request = self.name, asked.message
        must(isinstance(answer, Send), f"{name} hangs up on a {request.mti}, where {code} is due")
        assert isinstance(answer, Send)
        packet = read(answer.data)
        must(packet is not None and packet.whole and self.keys.vouches(answer.data), f"{name} answers without a MAC")
        assert packet is not None
        told, echoed = packet.message, [n for n in ECHOED if request.get(n) is not None]
        mti = f"{request.mti[:2]}{int(request.mti[2]) + 1}0"
        must((answer.link, answer.conn) == (frame.link, frame.conn), f"{name} answers somebody else")
        must((told.mti, told.de39) == (mti, code), f"{name} answers {told.mti} {told.de39}, where {mti} {code} is due")
        wrong = [n for n in echoed if told.get(n) != request.get(n)]
        must(not wrong, f"{name} does not repeat {wrong} of a {request.mti}")
        key = key_of(request)
        entry = self.entries.get(key) if request.mti in ("0200", "0201") else None
        if entry is not None and code == "00":
            entry.auth = entry.auth or told.de38 or ""
            must(len(entry.auth) == 6 and told.de38 == entry.auth, f"{name} approves {key} under {told.de38}")
        else:
            must(told.de38 is None, f"{name} gives an approval code with {code}")

    def _is_no(self, frame: Frame, packet: Packet | None, answer: Send | Hangup) -> bool:
        """Whether this may be what a message nobody vouches for was told."""
        if (answer.link, answer.conn) != (frame.link, frame.conn):
            return False
        if isinstance(answer, Hangup):
            return True
        told = read(answer.data)
        if packet is None or told is None or told.message.de39 not in BURNT:
            return False
        mti, key = first_try(packet.message.mti), key_of(packet.message)
        fresh = mti != "0200" or key not in self.entries
        return fresh and all(told.message.get(n) == packet.message.get(n) for n in (7, 11, 32))

    def _burn(self, packet: Packet | None, answer: Send | Hangup) -> None:
        if packet is None or isinstance(answer, Hangup) or first_try(packet.message.mti) != "0200":
            return
        told = read(answer.data)
        assert told is not None
        self.entries[key_of(packet.message)] = BankEntry(None, DECLINED, told.message.de39 or "")

    # --- rules ------------------------------------------------------------------------------------------------------

    def _withheld(self, answers: Sequence[Send | Hangup]) -> str:
        """What the next answer refuses because something is forgotten."""
        told = read(answers[0].data) if self.put_back and answers and isinstance(answers[0], Send) else None
        return FORGOTTEN if told is not None and told.message.de39 == FORGOTTEN else ""

    def _code(self, now: Instant, frame: Frame, message: Message, withheld: str) -> str:
        """What a message that is vouched for gets; "" for no answer."""
        mti, key = first_try(message.mti), key_of(message)
        if mti == "0200" and key:
            return self._purchase(now, frame, message, key, withheld)
        if mti == "0420" and key:
            return self._advice(message)
        if mti == "0800":
            return "00" if message.de70 in OPERATIONS else "40"
        return ""

    def _purchase(self, now: Instant, frame: Frame, message: Message, key: str, withheld: str) -> str:
        entry = self.entries.get(key)
        if entry is not None:
            return self._again(entry, message)
        code = "30" if any(not message.get(n) for n in NEEDED) else ""
        if not code and (message.de3 or "")[:2] != "00":
            code = "40"
        if not code and frame.at and now - frame.at > LIMIT:
            code = "68"
        code = code or withheld or self._on_card(now, message)
        self.entries[key] = BankEntry(message, DECLINED if code else POSTED, code or "00")
        return code or "00"

    def _again(self, entry: BankEntry, message: Message) -> str:
        """The code for a request whose key is known already."""
        first = entry.message
        if first is None:
            return entry.code
        compared = (4, 41, 42) if entry.state in (TOMBSTONED, LATE) else (2, 3, 4, 37, 41, 42, 49)
        other = any(message.get(n) != first.get(n) for n in compared)
        if entry.state in (TOMBSTONED, LATE):
            other = other or first.de2 not in (None, message.de2)
        if other:
            self.contradicted += 1
            return "94"
        if entry.state == TOMBSTONED:
            entry.state = LATE
            entry.code = "12"
        return "12" if entry.state in (REVERSED, LATE) else entry.code

    def _on_card(self, now: Instant, message: Message) -> str:
        """What the card and its money say; "" is a yes, and what it costs is taken."""
        purse, day = self.purses.get(message.de2 or ""), day_of(now)
        number, rest = stripe(message)
        code = self._unproved(purse, message, day, number, rest)
        if code or purse is None:
            return code or "14"
        card, amount = purse.card, int(message.de4 or "")
        code = before_pin(card, message, day[2:6], rest) or ("75" if card.pin and purse.failures >= TRIES else "")
        if not code and (card.pin or rest[6:7] in ("0", "3", "5")):
            code = self._pin(purse, message) if card.pin else "55"
        spent, count = purse.used_on(day)
        each, daily, often = (card.special.get(name, 0) for name in ("limit_each", "limit_day", "count_day"))
        if not code:
            rules = (
                (amount == 0, "13"),
                (each and amount > each, "61"),
                (daily and spent + amount > daily, "61"),
                (often and count >= often, "65"),
                (amount > purse.balance - purse.held, "51"),
            )
            code = next((no for objects, no in rules if objects), "")
        if not code:
            purse.balance -= amount
            purse.begin(day)
            purse.spent, purse.count = spent + amount, count + 1
        return code

    def _unproved(self, purse: Purse | None, message: Message, day: str, number: str, rest: str) -> str:
        """A stripe proves a card by the value its issuer wrote, a typed number by its date. Five guesses a day."""
        mode = (message.de22 or "")[:2]
        if mode not in ("01", "02", "90") or (mode == "01" and number):
            return "12"
        if number and number != message.de2:
            return "14"
        if mode == "01" and self.name != TAKES_TYPED:
            return "57"
        no = "14" if mode == "01" else "59"
        if mode != "01" and not number:
            return no
        if purse is not None and purse.guessed_on(day) >= GUESSES:
            return no
        if mode == "01":
            proved = purse is None or message.de14 == purse.card.expiry
        else:
            true = written(self.name, number, rest[:4], rest[4:7]).partition("=")[2] if len(rest) >= 15 else ""
            proved = bool(true) and rest[12:15] == true[12:15]
        if not proved and purse is not None:
            purse.begin(day)
            purse.guesses += 1
        return "" if proved else no

    def _pin(self, purse: Purse, message: Message) -> str:
        if message.de52 is None:
            return "55"
        if message.de52 == self.keys.block(purse.card.pin, purse.card.pan):
            purse.failures = 0
            return ""
        purse.failures += 1
        return "55"

    def _advice(self, message: Message) -> str:
        if any(not message.get(n) for n in ADVICE_NEEDED):
            return "30"
        de90 = message.de90 or ""
        original = f"{de90[20:31].lstrip('0') or '0'}/{de90[10:20]}/{de90[4:10]}"
        told = (original, message.de4, message.de41, message.de42)
        known = self.advices.get(key_of(message))
        if known is not None:
            return known[1] if known[0] == told else "94"
        code = self._reversed(message, original)
        self.advices[key_of(message)] = told, code
        return code

    def _reversed(self, message: Message, original: str) -> str:
        entry = self.entries.get(original)
        if entry is None:
            self.entries[original] = BankEntry(message, TOMBSTONED, "")
            return "25"
        first = entry.message
        same = first is None or all(
            message.get(n) == first.get(n) or (n in (2, 49) and message.get(n) is None) for n in (2, 4, 41, 42, 49)
        )
        if not same:
            self.differing += 1
            return "64"
        if entry.state == POSTED and first is not None:
            entry.state = REVERSED
            self.purses[first.de2 or ""].balance += int(first.de4 or "")
        return "25" if entry.state in (TOMBSTONED, LATE) else "00"

    # --- at rest ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """The accounts, the purchases, the alarms and the cases are those that were expected."""
        if not self.sure:
            return
        disk, purses = self.node.disk, {purse.card.name: purse for purse in self.purses.values()}
        for name, *kept in disk.query(ACCOUNTS):
            purse = purses[name]
            counted = (purse.failures, purse.day, purse.spent, purse.count, purse.guesses)
            expected = [purse.balance, purse.held, *counted]
            must(kept == expected, f"{self.name}: the account of {name} says {kept}, expected is {expected}")
        rows = {key: tuple(row) for key, *row in disk.query(ROWS)}
        unexpected = rows.keys() - self.entries.keys()
        must(not unexpected, f"{self.name} keeps {sorted(unexpected)[:3]}, which nobody asked for")
        for key, entry in self.entries.items():
            must(key in rows, f"{self.name} does not keep {key}")
            state, code, amount, auth = rows[key]
            wanted = (entry.state, entry.code, entry.auth or auth)  # the answer with it may have died with the process
            must((state, code, auth) == wanted, f"{self.name}: {key} is {state} {code} {auth}, expected is {wanted}")
            if entry.message is not None:
                must(amount == int(entry.message.de4 or "0"), f"{self.name}: {key} is for {amount}")
        alarms = dict(disk.query(ALARMED))
        for what, count in (("other_content", self.contradicted), ("reversal_differs", self.differing)):
            must(bool(alarms.get(what)) >= bool(count), f"{self.name}: {count} times {what}, and no alarm of it")
        must(bool(disk.query(OPENED)[0][0]) == bool(self.differing), f"{self.name}: no case of {self.differing}")


def stripe(message: Message) -> tuple[str, str]:
    """The card number of track 2 and what stands behind it, "" for none."""
    number, _, rest = (message.de35 or "").replace("=", "D").partition("D")
    return number, rest


def before_pin(card: CustomersCard, message: Message, month: str, rest: str) -> str:
    """What is wrong with the card before anybody asks for the PIN."""
    claimed = [date for date in (message.de14, rest[:4]) if date]
    if status := card.special.get("status"):
        return STATUS[status]
    if card.expiry < month or any(date < month for date in claimed):
        return "54"
    if any(date != card.expiry for date in claimed):
        return "54"
    currency = NUMBERS[card.special.get("currency", CURRENCY)]
    return "" if message.de49 == currency and rest[6:7] not in ("3", "4") else "57"


def first_try(mti: str) -> str:
    """Without the repeat mark."""
    return {"0421": "0420", "0201": "0200"}.get(mti, mti)  # not iso8583/mti.py: a second opinion asks nobody


def key_of(message: Message) -> str:
    """By what an issuer knows a request; "" when a part is missing."""
    if not (message.de7 and message.de11 and message.de32):
        return ""
    return f"{message.de32.lstrip('0') or '0'}/{message.de7}/{message.de11}"


def day_of(now: Instant) -> str:
    """The issuer's day, YYYYMMDD: it lives where the acquirer does."""
    return f"{local(now):%Y%m%d}"
