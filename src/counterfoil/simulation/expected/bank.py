"""An issuer, told a second time: which code each message must get, and what is on each account afterwards.

Only the rules that docs/loop.md and issuer/refusal.py state are in here, in their order; the cards are those the world
was made with. Of a message nobody vouches for it is only known that it is never approved and moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from counterfoil.iso8583 import Message, nested
from counterfoil.iso8583.nested.de54 import Amount
from counterfoil.kinds import AmountRule, Kind, Needs
from counterfoil.simulation.expected.deeds import (
    DECLINED,
    LATE,
    POSTED,
    REVERSED,
    TOMBSTONED,
    BankEntry,
    Purse,
    book,
    undo,
)
from counterfoil.simulation.expected.local import local
from counterfoil.simulation.expected.paper import plain
from counterfoil.simulation.expected.reading import InstitutionKeys, Packet, read
from counterfoil.simulation.expected.spellings import TYPES, amount_of, by_switch, carries_amount, first_try
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import CURRENCY, TAKES_TYPED, CustomersCard, written
from counterfoil.simulation.world import must
from counterfoil.step import SECOND, Frame, Hangup, Inbound, Instant, Outbound, Perform, Send

LIMIT: Final[Instant] = 5 * SECOND  # a request that waited longer is refused
TRIES: Final = 3
GUESSES: Final = 5
CNY: Final = "156"
NUMBERS: Final = {"CNY": "156", "USD": "840", "JPY": "392"}
NEEDED: Final = (2, 3, 7, 11, 22, 32, 37, 41, 42, 49)
OF_ORIGINAL: Final = (90,)  # its own request
SAME: Final = (2, 41, 42, 49)  # nobody learns of others' transactions
ABOVE: Final = 115  # percent of what is set aside that may be taken
ADVICE_NEEDED: Final = (4, 7, 11, 32, 41, 42, 90)
ECHOED: Final = (3, 4, 7, 11, 32, 37, 41, 42, 49, 70, 90)
BURNT: Final = frozenset({"30", "63"})  # what a message that nobody vouches for may be told, if anything
FORGOTTEN: Final = "96"
STATUS: Final = {"lost": "41", "stolen": "43", "blocked": "62"}
UNDONE: Final = frozenset({"returned"})  # what a notice of an undoing is called
OPERATIONS: Final = ("001", "002", "301")
ACCOUNTS: Final = (
    "SELECT card.name, account.balance, account.held, account.pin_failures, account.day, account.spent, account.count, "
    "account.guesses "
    "FROM card JOIN account ON account.id = card.account"
)
ROWS: Final = "SELECT key, state, code, amount, auth_code, kind FROM txn"
ALARMED: Final = "SELECT what, count(*) FROM alarm GROUP BY what"
OPENED: Final = "SELECT what, count(*) FROM exception_case GROUP BY what"


class Asked(NamedTuple):
    """What the rules of a kind are asked about."""

    kind: Kind
    purse: Purse
    amount: int
    original: BankEntry | None
    day: str


def _over_each(asked: Asked) -> bool:
    each = asked.purse.card.special.get("limit_each", 0)
    return bool(each) and asked.amount > each


def _over_day(asked: Asked) -> bool:
    daily = asked.purse.card.special.get("limit_day", 0)
    return bool(daily) and asked.purse.used_on(asked.day)[0] + asked.amount > daily


def _too_often(asked: Asked) -> bool:
    often = asked.purse.card.special.get("count_day", 0)
    return bool(often) and asked.purse.used_on(asked.day)[1] >= often


def _too_much_above(asked: Asked) -> bool:
    aside = asked.original.aside if asked.original is not None else 0
    return asked.amount - aside > max(0, asked.purse.available)


RULES: Final[Mapping[str, tuple[Callable[[Asked], bool], str]]] = {
    "amount_is_positive": (lambda asked: asked.amount == 0, "13"),
    "within_limit_each": (_over_each, "61"),
    "within_limit_day": (_over_day, "61"),
    "within_count_day": (_too_often, "65"),
    "funds_suffice": (lambda asked: asked.amount > asked.purse.available, "51"),
    "funds_suffice_above_hold": (_too_much_above, "51"),
}
"""What each rule objects to, and the code of its no."""
COUNTS: Final = "within_limit_day"  # what this rule is asked of counts as spent
AMOUNTS: Final[Mapping[AmountRule, Callable[[int, int], bool]]] = {
    AmountRule.EQUAL: lambda amount, whole: amount == whole,
    AmountRule.AT_MOST_ABOVE: lambda amount, whole: amount <= whole * ABOVE // 100,
}


class Bank:
    """One issuer and its cards."""

    def __init__(self, node: Node, cards: Sequence[CustomersCard], life: Instant = 0) -> None:
        self.node = node
        self.name = node.name
        self.keys = InstitutionKeys(node.name)
        self.purses = {card.pan: Purse(card) for card in cards if card.issuer == node.name and card.known}
        self.entries: dict[str, BankEntry] = {}
        self.life = life  # of a hold, 0 for what its kind says
        self.holding: list[BankEntry] = []  # whatever has a hold, the oldest first
        self.advices: dict[str, tuple[tuple[Any, ...], str]] = {}
        self.sure = True  # False once the process died between committing and speaking about what nobody vouched for
        self.contradicted = self.differing = 0
        self.left = 0  # reversals of what was another transaction's by then
        self.put_back = bool(node.world.faults.restored)  # then it may refuse a card (hole.py says which)
        node.judges.append(self)

    def died(self) -> None:
        """All that an issuer knows is on its disk."""

    def heard(self, now: Instant, arrived: Sequence[Inbound], said: Sequence[Outbound] | None) -> None:
        """Everything it says is what it must say, in the order of what it heard."""
        frames = [item for item in arrived if isinstance(item, Frame)]
        if not self.sure:
            return
        self._expire(now)
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
        assert entry.kind is not None
        message, card, notices = entry.message, self.purses[entry.message.de2 or ""].card, entry.kind.notices
        must(notices is not None, f"{name} is told, of which nobody is told anything")
        assert notices is not None
        currency = card.special.get("currency", CURRENCY)
        amount = f"{plain(amount_of(message), currency)} {currency}"
        said = (notices.undone if event in UNDONE else notices.booked).filled(
            last4=card.pan[-4:], amount=amount, merchant=message.de42 or ""
        )
        wanted = [card.pan[-4:], amount, message.de42 or "", said.en, said.zh, "not a receipt", "不作为交易凭证"]
        missing = [word for word in wanted if word not in text]
        must(not missing and card.pan not in text, f"the notice {name} does not say {missing}")
        must(event not in UNDONE or entry.state == REVERSED, f"{name} tells of what never happened")

    # --- answers ----------------------------------------------------------------------------------------------------

    def _compare(self, frame: Frame, asked: Packet, answer: Send | Hangup, code: str) -> None:
        name, request = self.name, asked.message
        must(isinstance(answer, Send), f"{name} hangs up on a {request.mti}, where {code} is due")
        assert isinstance(answer, Send)
        packet = read(answer.data)
        must(packet is not None and packet.whole and self.keys.vouches(answer.data), f"{name} answers without a MAC")
        assert packet is not None
        told, echoed = packet.message, [n for n in ECHOED if request.get(n) is not None]
        mti = f"{first_try(request.mti)[:2]}{int(request.mti[2]) + 1}0"
        must((answer.link, answer.conn) == (frame.link, frame.conn), f"{name} answers somebody else")
        must((told.mti, told.de39) == (mti, code), f"{name} answers {told.mti} {told.de39}, where {mti} {code} is due")
        wrong = [n for n in echoed if told.get(n) != request.get(n)]
        must(not wrong, f"{name} does not repeat {wrong} of a {request.mti}")
        key = key_of(request)
        entry = self.entries.get(key) if first_try(request.mti) in TYPES else None
        if entry is not None and code == "00":
            entry.auth = entry.auth or told.de38 or ""
            must(len(entry.auth) == 6 and told.de38 == entry.auth, f"{name} approves {key} under {told.de38}")
        else:
            must(told.de38 is None, f"{name} gives an approval code with {code}")
        balances = self._balances(entry) if entry is not None and code == "00" else None
        must(told.de54 == balances, f"{name} answers {key} with the balances {told.de54}, due are {balances}")

    def _balances(self, entry: BankEntry) -> str | None:
        """DE54: what is on the account, and what of it can be spent, at this moment."""
        if entry.kind is None or not entry.kind.balances or entry.purse is None:
            return None
        purse = entry.purse
        currency = NUMBERS[purse.card.special.get("currency", CURRENCY)]
        told = [Amount("20", "01", currency, purse.balance), Amount("20", "02", currency, purse.available)]
        return nested.build_de54(told)

    def _expire(self, now: Instant) -> None:
        """What is set aside for longer than its time is free."""
        for entry in self.holding:
            if entry.aside and entry.over(now):
                entry.release()

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
        fresh = mti not in TYPES or key not in self.entries
        return fresh and all(told.message.get(n) == packet.message.get(n) for n in (7, 11, 32))

    def _burn(self, packet: Packet | None, answer: Send | Hangup) -> None:
        if packet is None or isinstance(answer, Hangup) or first_try(packet.message.mti) not in TYPES:
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
        if mti in TYPES and key:
            return self._request(now, frame, message, key, withheld)
        if mti == "0420" and key:
            return self._advice(now, message)
        if mti == "0800":
            return "00" if message.de70 in OPERATIONS else "40"
        return ""

    def _request(self, now: Instant, frame: Frame, message: Message, key: str, withheld: str) -> str:
        entry, kind = self.entries.get(key), by_switch(message)
        if entry is not None:
            return self._again(entry, message)
        code = "30" if any(not message.get(n) for n in needed(kind)) else "40" if kind is None else ""
        if not code and frame.at and now - frame.at > LIMIT:
            code = "68"
        self.entries[key] = entry = BankEntry(message, DECLINED, "", kind=kind)
        entry.code = code or withheld or self._on_card(now, message, entry)
        if entry.code:
            return entry.code
        entry.state, entry.code = POSTED, "00"
        book(entry, now, self.life)
        if entry.expires:
            self.holding.append(entry)
        return "00"

    def _again(self, entry: BankEntry, message: Message) -> str:
        """The code for a request whose key is known already."""
        first = entry.message
        if first is None:
            return entry.code
        compared = (4, 41, 42) if entry.state in (TOMBSTONED, LATE) else (2, 3, 4, 25, 37, 38, 41, 42, 49, 90)
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

    def _on_card(self, now: Instant, message: Message, entry: BankEntry) -> str:
        """What the card, its original and its money say; "" is a yes."""
        purse, day, kind = self.purses.get(message.de2 or ""), day_of(now), entry.kind
        assert kind is not None
        number, rest = stripe(message)
        code = self._unproved(purse, message, day, number, rest)
        if code or purse is None:
            return code or "14"
        card, entry.purse = purse.card, purse
        if kind.original is None:
            code = before_pin(card, message, day[2:6], rest)
        else:  # the card was judged with the original: what that promised is kept
            code = claimed(card, message, rest) or self._of_original(now, message, entry)
        if not code and Needs.PIN in kind.needs:
            code = self._with_pin(purse, message, rest)
        asked = Asked(kind, purse, entry.amount, entry.original, day)
        code = code or next((no for objects, no in map(RULES.__getitem__, kind.rules) if objects(asked)), "")
        if not code and COUNTS in kind.rules:
            spent, count = purse.used_on(day)
            purse.begin(day)
            purse.spent, purse.count = spent + entry.amount, count + 1
        return code

    def _of_original(self, now: Instant, message: Message, entry: BankEntry) -> str:
        """What is wrong with what it refers to: unknown, fallen or closed, out of time, or of another amount."""
        assert entry.kind is not None
        wanted = entry.kind.original
        if wanted is None:
            return ""
        original = self.entries.get(named_in(message.de90 or ""))
        first = original.message if original is not None else None
        if original is None or first is None or any(message.get(n) != first.get(n) for n in SAME):
            return "25"
        if original.auth not in ("", message.de38 or ""):
            return "25"
        of = original.kind.name if original.kind is not None else ""
        entry.original = original
        rules = (
            (of not in wanted.of or not original.stands, "12"),
            (wanted.closes and bool(original.standing), "12"),
            (original.over(now), "22"),
            (not AMOUNTS[wanted.amount](entry.amount, original.amount), "64"),
        )
        return next((no for objects, no in rules if objects), "")

    def _with_pin(self, purse: Purse, message: Message, rest: str) -> str:
        """What the PIN says, of a card that has one, or of a service code that asks for one."""
        if purse.card.pin and purse.failures >= TRIES:
            return "75"
        if purse.card.pin:
            return self._pin(purse, message)
        return "55" if rest[6:7] in ("0", "3", "5") else ""

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

    def _advice(self, now: Instant, message: Message) -> str:
        if any(not message.get(n) for n in ADVICE_NEEDED):
            return "30"
        original = named_in(message.de90 or "")
        told = (original, message.de4, message.de41, message.de42)
        known = self.advices.get(key_of(message))
        if known is not None:
            return known[1] if known[0] == told else "94"
        code = self._reversed(now, message, original)
        self.advices[key_of(message)] = told, code
        return code

    def _reversed(self, now: Instant, message: Message, original: str) -> str:
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
        if entry.stands and first is not None:
            self.left += not undo(entry, now)
            entry.state = REVERSED
        return "25" if entry.state in (TOMBSTONED, LATE) else "00"

    # --- at rest ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """The accounts, the purchases, the alarms and the cases are those that were expected."""
        if not self.sure:
            return
        self._expire(self.node.clock())
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
            state, code, amount, auth, kind = rows[key]
            wanted = (entry.state, entry.code, entry.auth or auth)  # the answer with it may have died with the process
            must((state, code, auth) == wanted, f"{self.name}: {key} is {state} {code} {auth}, expected is {wanted}")
            if entry.message is not None:
                must(amount == entry.amount, f"{self.name}: {key} is for {amount}")
            if entry.kind is not None:
                must(kind == entry.kind.name, f"{self.name}: {key} is called a {kind}")
        alarms = dict(disk.query(ALARMED))
        for what, count in (("other_content", self.contradicted), ("reversal_differs", self.differing)):
            must(bool(alarms.get(what)) >= bool(count), f"{self.name}: {count} times {what}, and no alarm of it")
        opened = dict(disk.query(OPENED))
        must(bool(opened.get("reversal_differs")) == bool(self.differing), f"{self.name}: no case of {self.differing}")
        must(opened.get("hold_completed", 0) == self.left, f"{self.name}: {self.left} holds were completed: {opened}")


def stripe(message: Message) -> tuple[str, str]:
    """The card number of track 2 and what stands behind it, "" for none."""
    number, _, rest = (message.de35 or "").replace("=", "D").partition("D")
    return number, rest


def before_pin(card: CustomersCard, message: Message, month: str, rest: str) -> str:
    """What is wrong with the card before anybody asks for the PIN."""
    if status := card.special.get("status"):
        return STATUS[status]
    if card.expiry < month or any(date < month for date in dates(message, rest)):
        return "54"
    return claimed(card, message, rest) or ("57" if rest[6:7] in ("3", "4") else "")


def claimed(card: CustomersCard, message: Message, rest: str) -> str:
    """What a request says of the card and is not so: its date, or the currency it holds."""
    if any(date != card.expiry for date in dates(message, rest)):
        return "54"
    currency = NUMBERS[card.special.get("currency", CURRENCY)]
    return "" if message.de49 == currency else "57"


def dates(message: Message, rest: str) -> list[str]:
    """The expiry, wherever a request says it."""
    return [date for date in (message.de14, rest[:4]) if date]


def needed(kind: Kind | None) -> tuple[int, ...]:
    """What a request must have to be read."""
    if kind is None:
        return (*NEEDED, 4)
    amount = (4,) if carries_amount(kind) else ()
    return (*NEEDED, *amount, *(OF_ORIGINAL if kind.original is not None else ()))


def named_in(de90: str) -> str:
    """The key of the request that DE90 names."""
    return f"{de90[20:31].lstrip('0') or '0'}/{de90[10:20]}/{de90[4:10]}"


def key_of(message: Message) -> str:
    """By what an issuer knows a request; "" when a part is missing."""
    if not (message.de7 and message.de11 and message.de32):
        return ""
    return f"{message.de32.lstrip('0') or '0'}/{message.de7}/{message.de11}"


def day_of(now: Instant) -> str:
    """The issuer's day, YYYYMMDD: it lives where the acquirer does."""
    return f"{local(now):%Y%m%d}"
