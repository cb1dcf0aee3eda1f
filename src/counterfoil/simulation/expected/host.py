"""The switch, told a second time: what it may answer a terminal, and what it must ask or advise an issuer.

A request is genuine when its MAC is right under keys that were offered to its terminal; of any other it is only known
that it gets no yes and moves nothing. What a terminal is told comes from its issuer, from a rule of the switch, or from
a clock, and it is the same each time it asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from counterfoil.errors import PaymentError
from counterfoil.iso8583 import Message
from counterfoil.simulation.expected.asks import (
    APPROVALS,
    Offer,
    Pending,
    Place,
    VouchedRequest,
    is_answer,
    key_of,
    same_sale,
    unlike,
)
from counterfoil.simulation.expected.local import clock
from counterfoil.simulation.expected.objections import Circumstances, needed, objection
from counterfoil.simulation.expected.reading import InstitutionKeys, Packet, read
from counterfoil.simulation.expected.spellings import (
    ANSWERS,
    TYPES,
    amount_of,
    by_terminal,
    first_try,
)
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import INSTITUTIONS, MERCHANT, RANGES
from counterfoil.simulation.world import must
from counterfoil.step import SECOND, Closed, Conn, Connected, Frame, Inbound, Instant, NotSent, Outbound, Send
from counterfoil.transaction import AttemptKey

TIMER: Final[Instant] = 12 * SECOND
ACQUIRER: Final = "00010344"
CATEGORY: Final = "5411"
LINK: Final = "terminals"
SIGN_ON: Final = "001"
OTHER_MERCHANT: Final = "03"
CLAIMS: Final = frozenset({"0800", "0820", "0500", "0320"})  # they carry no MAC by their nature
COMPARED: Final = (2, 3, 4, 22, 25, 35, 38, 42, 49, 61)
REVERSAL_NEEDS: Final = (3, 4, 11, 39, 41, 42, 49, 60)
WRONG_MAC: Final = "A0"
TIMED_OUT, RESTARTED, CONTRADICTED, DOWN, FORGOTTEN = "98", "06", "96", "91", "96"
GOODS_KEPT: Final = "17"  # by the cashier, after a restart
ROWS: Final = "SELECT terminal, batch, stan, state, amount, response_code, auth_code, rrn FROM attempt"
ALARMS: Final = "SELECT what, count(*) FROM alarm GROUP BY what"
CASES: Final = "SELECT rrn FROM exception_case WHERE what = 'reversal_differs' AND owner <> ''"


class Host:
    """The switch of a world."""

    def __init__(self, node: Node, limits: dict[str, int], *, typed: bool) -> None:
        self.node = node
        self.typed = typed  # whether the merchant may type card numbers
        self.places = {terminal: Place(terminal, limit) for terminal, limit in limits.items()}
        self.links = {name: InstitutionKeys(name) for name in RANGES}
        self.asks: dict[AttemptKey, VouchedRequest] = {}
        self.open: dict[AttemptKey, VouchedRequest] = {}
        self.sent: dict[tuple[str, str | None, str | None], VouchedRequest] = {}
        self.advised: dict[tuple[str, str | None, str | None], VouchedRequest] = {}
        self.numbers: set[str] = set()
        self.up: set[str] = set()
        self.pending: dict[Conn, list[Pending]] = {}
        self.burnt: dict[AttemptKey, str] = {}  # what was said to a request that nobody vouched for
        self._named: set[AttemptKey] = set()  # keys of such requests in this step
        self.hangups: dict[tuple[str, str], int] = {}
        self.contradicted, self.sure = 0, True
        self._queue: list[VouchedRequest] = []
        self._opening: set[str] = set()  # links whose comparison has come to an answer in this step
        self._known_later: list[tuple[tuple[str, str], bool]] = []  # by whose name: hung up on, or answered
        self._found_open: list[VouchedRequest] = []  # requests that a start finds open; nobody waits for their answer
        self._began: set[str | None] = set()  # terminals that have begun another batch in this step
        self._comparing: dict[str, tuple[str, str] | None] = {}  # by link that is not open yet: its sign-on in flight
        node.judges.append(self)

    def died(self) -> None:
        """Connections are gone, and every open intent has expired."""
        self.up.clear()
        self._comparing.clear()
        self.pending.clear()
        for ask in self._open():
            ask.give_up(RESTARTED)
            self._found_open.append(ask)

    def heard(self, now: Instant, arrived: Sequence[Inbound], said: Sequence[Outbound] | None) -> None:
        """Take in what came, then compare what was said."""
        self.sure = self.sure and said is not None
        if not self.sure:
            return
        self._begins(now)
        for item in arrived:
            if isinstance(item, Frame) and item.link == LINK:
                self._asked(now, item)
            elif isinstance(item, Frame):
                self._answered(item)
            elif isinstance(item, Connected | Closed | NotSent):
                self._happened(item)
        for ask in self._open():
            if ask.deadline <= now:
                ask.give_up(TIMED_OUT)
                ask.told_to_whom_waits(TIMED_OUT)
                del self.open[ask.key]
        for told in said or ():
            if isinstance(told, Send):
                (self._tells if told.link == LINK else self._sends)(now, told)
        must(all(ask.doubt or ask.instead for ask in self._queue), "the switch neither asks an issuer nor says why not")
        self._all_answered()
        for link in self._opening:  # unless its sign-on goes on: there is another page to compare
            self._comparing.pop(link, None)
        for name, hung_up in self._known_later:  # not earlier: the step decides by what was known before it
            self.hangups[name] = self.hangups.get(name, 0) + 1 if hung_up else 0

    def _begins(self, now: Instant) -> None:
        """A step: what a start found open is decided in its first one."""
        self._queue, self._known_later, self._began, self._named = [], [], set(), set()
        self._opening = set()
        while self._found_open:
            self._found_open.pop().decided = clock(now)

    def _happened(self, item: Connected | Closed | NotSent) -> None:
        if isinstance(item, NotSent):
            self._not_sent(item.token)
        elif isinstance(item, Connected):
            self.up.add(item.link)
            self._comparing[item.link] = None
        else:
            self.up.discard(item.link)
            self._comparing.pop(item.link, None)
            for ask in self._open():
                self._known_later += [(name, True) for name in ask.names if ask.issuer == item.link]

    def _all_answered(self) -> None:
        for conn, pending in list(self.pending.items()):
            late = next((one for one in pending if one.genuine and one.due), None)
            must(late is None, f"the switch leaves a {late and late.packet.message.mti} without an answer")
            left = [one for one in pending if one.genuine and not one.over and one.ask and one.ask.waiting is one]
            if left:
                self.pending[conn] = left
            else:
                del self.pending[conn]

    def _open(self) -> Iterable[VouchedRequest]:
        """The requests whose issuer is waited for."""
        for ask in [ask for ask in self.open.values() if not ask.open]:
            del self.open[ask.key]
        return list(self.open.values())

    # --- what came --------------------------------------------------------------------------------------------------

    def _asked(self, now: Instant, frame: Frame) -> None:
        packet = read(frame.data)
        if packet is None:
            return
        message = packet.message
        place = self.places.get(message.de41 or "")
        number = place.made(packet) if place is not None else None
        if place is None or number is None:
            if (key := key_of(message)) is not None:
                self._named.add(key)
            self.pending.setdefault(frame.conn, []).append(Pending(packet))
            return
        offer = place.offers[number]
        if offer.batch != place.batch:
            self._began.add(message.de41)
        place.taken(number)
        pending = Pending(packet, offer)
        self.pending.setdefault(frame.conn, []).append(pending)
        if message.mti != "0400" and message.de42 != MERCHANT:
            pending.allowed = frozenset({OTHER_MERCHANT})
        elif offer.name in place.unsure:
            self._perhaps(pending)
        elif message.mti in TYPES:
            pending.ask, pending.allowed = self._request(now, frame, message, place, offer)
            if pending.ask is not None and pending.ask.open:
                pending.ask.waiting = pending
        elif message.mti == "0400":
            pending.ask, pending.allowed = self._reversal(message)
        else:
            pending.allowed = frozenset({"40"})

    def _perhaps(self, pending: Pending) -> None:
        """A request that may, or may not, have been vouched for: nothing is certain of its attempt any more."""
        message = pending.packet.message
        key = key_of(message)
        if key is None:
            return
        pending.ask = self.asks.setdefault(key, VouchedRequest(message, key, by_terminal(message)))
        pending.ask.doubt = pending.perhaps = True
        if message.mti in TYPES and not pending.ask.routed and pending.ask not in self._queue:
            pending.ask.of_card()
            self._queue.append(pending.ask)
        if message.mti in TYPES and not pending.ask.told:
            pending.ask.waiting = pending

    def _request(
        self, now: Instant, frame: Frame, message: Message, place: Place, offer: Offer
    ) -> tuple[VouchedRequest | None, frozenset[str]]:
        """The attempt, and the codes it may be told at once; none when its issuer must be heard first."""
        key, kind = key_of(message), by_terminal(message)
        if kind is None:
            return None, frozenset({"40"})
        if key is None or any(message.get(n) is None for n in needed(kind)):
            return None, frozenset({"30"})
        ask = self.asks.get(key)
        if ask is not None:
            return ask, self._again(ask, message)
        ask = self.asks[key] = VouchedRequest(message, key, kind)
        ask.doubt = key in self._named
        ask.objection = self.burnt.get(key, "") or self._objection(now, frame, ask, place, offer)
        if not ask.objection:
            hung_up = any(self.hangups.get(name, 0) > 1 for name in ask.names)
            waits = hung_up or ask.issuer in self._comparing
            forgotten = place.put_back or bool(self.node.world.faults.restored)  # hole.py says which
            ask.instead = frozenset(code for may, code in ((waits, DOWN), (forgotten, FORGOTTEN)) if may)
            ask.routed, ask.deadline = True, now + TIMER
            self.open[key] = ask
            self._queue.append(ask)
            if ask.original is not None:
                ask.original.children.append(ask)
        return ask, frozenset({ask.objection} if ask.objection and not ask.doubt else ())

    def _again(self, ask: VouchedRequest, message: Message) -> frozenset[str]:
        """A key that is known."""
        first = ask.first
        if ask.tombstone:
            return frozenset({"12"})
        if ask.key in self.burnt:  # nothing is stored of what it asked for: whatever comes is the same to it
            return frozenset({self.burnt[ask.key]})
        if any(message.get(n) != first.get(n) for n in COMPARED):
            self.contradicted += not ask.doubt
            return frozenset({"94"})
        return self._results(ask)

    def _results(self, ask: VouchedRequest) -> frozenset[str]:
        """What an attempt that was asked before comes to; none while its issuer is waited for."""
        if ask.objection:
            return frozenset({ask.objection})
        if ask.open:
            return frozenset()
        if ask.unsent:
            return frozenset({"91"})
        if not ask.reason:
            return frozenset({ask.result})
        return frozenset({TIMED_OUT if ask.expired else "12"})

    def _objection(self, now: Instant, frame: Frame, ask: VouchedRequest, place: Place, offer: Offer) -> str:
        late = bool(frame.at) and now - frame.at >= TIMER
        return objection(
            ask, Circumstances(place, offer, self.asks, self.typed, late, lambda issuer: issuer not in self.up)
        )

    def _reversal(self, message: Message) -> tuple[VouchedRequest | None, frozenset[str]]:
        key = key_of(message)
        if key is None or any(message.get(n) is None for n in REVERSAL_NEEDS):
            return None, frozenset({"30"})
        ask = self.asks.get(key)
        if ask is None:
            ask = self.asks[key] = VouchedRequest(message, key)
            ask.doubt, ask.objection = key in self._named, self.burnt.get(key, "")
            ask.tombstone = not ask.objection
        if ask.tombstone:
            return ask, frozenset({"25", "00"} if ask.doubt else {"25"})
        nothing = bool(ask.objection) or ask.unsent or ask.inquires
        nothing = nothing or (ask.result not in APPROVALS and bool(ask.result))
        if not nothing and any(message.get(n) != ask.first.get(n) for n in (4, 42, 49)):
            ask.differs = True
            return ask, frozenset({"64"})
        if not nothing and not ask.reason and self._is_of_an_earlier_time(message, key):
            return ask, frozenset({FORGOTTEN})
        if not nothing and not ask.reason:
            ask.reason = message.de39 or ""
            ask.told_to_whom_waits("")
        return ask, frozenset({"00"})

    def _is_of_an_earlier_time(self, message: Message, key: AttemptKey) -> bool:
        """Whether its terminal was put back: it says that it has no answer to what a later request of it has closed.

        A cashier who kept the goods (17) says so when he is asked, and others may have bought meanwhile.
        """
        if not self.node.world.faults.restored or message.de39 == GOODS_KEPT:
            return False
        later = (one for one in self.asks if one[:2] == key[:2] and one.stan > key.stan)
        return any(self.burnt.get(one) != WRONG_MAC for one in later)

    def _answered(self, frame: Frame) -> None:
        packet = read(frame.data)
        if packet is None or not packet.whole or not self.links[frame.link].vouches(frame.data):
            return
        message = packet.message
        if message.mti == "0810" and (message.de7, message.de11) == self._comparing.get(frame.link):
            self._opening.add(frame.link)
        if message.mti == "0430":
            ask = self.advised.get((frame.link, message.de7, message.de11))
            if ask is not None and message.de39 in ("00", "25"):
                ask.acknowledged = True
            return
        ask = self.sent.get((frame.link, message.de7, message.de11))
        if ask is None or ask.forward is None:
            return
        if message.mti != f"{ask.forward.mti[:2]}10":  # a no to what a stranger asked for under the same numbers
            return
        institution = (message.de32 or "").lstrip("0") == ACQUIRER.lstrip("0")
        if not institution or any(message.get(n) != ask.forward.get(n) for n in (3, 4, 37, 41, 42)):
            return
        if any(message.get(n) not in (None, ask.forward.get(n)) for n in (2, 12, 13, 49)):
            ask.doubt = True  # it answers a damaged copy, perhaps with a value that no element may have
            return
        if ask.open:
            ask.result = message.de39 or ""
            self._known_later += [(name, False) for name in ask.names]
            ask.auth = message.de38 or "" if ask.result in APPROVALS else ""
            ask.balances = message.de54 if ask.result in APPROVALS else None
            ask.told_to_whom_waits(ask.result)
        elif message.de39 in APPROVALS and not ask.inquires and not ask.reason and ask.result not in APPROVALS:
            ask.reason = CONTRADICTED  # a no was told, and the issuer says yes after all

    def _not_sent(self, token: int) -> None:
        ask = next((one for one in self._open() if one.token == token), None)
        if ask is not None:
            ask.unsent = True
            ask.told_to_whom_waits("91")

    # --- what was said ----------------------------------------------------------------------------------------------

    def _tells(self, now: Instant, send: Send) -> None:
        packet = read(send.data)
        must(packet is not None and packet.whole, "the switch tells a terminal what cannot be read")
        assert packet is not None
        told, waiting = packet.message, self.pending.get(send.conn, [])
        fits = [one for one in waiting if is_answer(one.packet.message, told)]
        must(bool(fits), f"the switch tells {told.de41} {told.mti} {told.de39}, which did not ask")
        around = (packet.tpdu[:1] + packet.tpdu[3:5] + packet.tpdu[1:3], packet.header)
        fits.sort(key=lambda one: (around != (one.packet.tpdu, one.packet.header), unlike(one.packet.message, told)))
        pending = next((one for one in fits if self._may(one, told)), None)
        what = f"{told.mti} {told.de39} to {key_of(told)}"
        due = [sorted(one.allowed) if one.genuine else "no yes" for one in fits]
        must(pending is not None, f"the switch says {what}, where {due} is due")
        assert pending is not None
        waiting.remove(pending)
        must(around == (pending.packet.tpdu, pending.packet.header), f"{what} goes back another way")
        if pending.genuine:
            self._compare(now, pending, packet)
        elif told.mti == "0810" and told.de39 == "00":
            self._offer(pending.packet.message, told)
        elif told.mti in ANSWERS and (key := key_of(pending.packet.message)) is not None:
            self.burnt[key] = told.de39 or ""

    def _may(self, pending: Pending, told: Message) -> bool:
        code = told.de39 or ""
        if told.mti[:2] == "08":
            return True
        if not pending.genuine:
            key = key_of(pending.packet.message)
            claim = pending.packet.message.mti in CLAIMS
            fresh = key is not None and (key not in self.asks or self.asks[key].doubt)
            return claim or (code == "A0" and told.mti != "0410" and fresh)
        if pending.ask is not None and pending.ask.doubt and (code not in APPROVALS or told.mti == "0410"):
            return True
        ask = pending.ask
        if ask is not None and ask.forward is None and told.mti in ANSWERS and code in ask.instead:
            ask.objection, ask.routed, ask.reason = code, False, ""
            return True
        return code in pending.allowed and not pending.over

    def _offer(self, asked: Message, told: Message) -> None:
        terminal = told.de41 or ""
        # Made in a step in which its terminal began another batch: before that, it is nobody's; after it, it stands.
        unsure = terminal in self._began
        try:
            self.places[terminal].told(asked, told, unsure=unsure)
        except PaymentError:
            must(False, f"{told.de41} is given keys it cannot open")

    def _compare(self, now: Instant, pending: Pending, packet: Packet) -> None:
        """A genuine request is answered in its own words, under a MAC of its terminal."""
        told, asked, ask = packet.message, pending.packet.message, pending.ask
        what = f"{told.mti} {told.de39} to {key_of(told)}"
        must(not unlike(asked, told), f"{what} does not repeat {unlike(asked, told)}")
        place = self.places[asked.de41 or ""]
        must(pending.offer is not None and place.closes(packet, pending.offer), f"{what} has no MAC of its request")
        if told.mti not in ANSWERS or ask is None or told.de39 == "94" or ask.doubt:
            return
        if told.de39 == "12" and ask.told != "12" and ask.objection != "12" and ask.result != "12":
            return
        ask.told = ask.told or told.de39 or ""
        ask.decided = ask.decided or clock(now)
        said_at = clock(now) if ask.key in self.burnt else ask.decided  # of what is burnt no result is stored
        must((told.de12, told.de13) == said_at, f"{what} says {told.de12} of {told.de13}, where {said_at} is due")
        must((told.de38 or "") == ask.auth, f"{what} has the approval code {told.de38}, the issuer gave {ask.auth}")
        due = ask.balances if ask.result in APPROVALS and not ask.reason else None
        must(told.de54 == due, f"{what} says the balances {told.de54}, the issuer said {due}")
        must(told.de2 == (ask.card or asked.de2), f"{what} names another card")
        institution = INSTITUTIONS[ask.issuer] if ask.forward is not None else None
        if ask.forward is not None:
            must(told.de37 == ask.forward.de37, f"{what} has the number {told.de37}, not {ask.forward.de37}")
            must(told.de44 == f"{institution:<11}{ACQUIRER:<11}", f"{what} names other institutions")
            must(told.de32 == ACQUIRER, f"{what} names another acquirer")

    def _sends(self, now: Instant, send: Send) -> None:
        packet = read(send.data)
        must(packet is not None and packet.whole, f"{send.link} is sent what cannot be read")
        assert packet is not None
        must(self.links[send.link].vouches(send.data), f"{send.link} is sent a {packet.message.mti} without a MAC")
        mti = first_try(packet.message.mti)
        if mti in TYPES:
            self._forwards(now, send, packet.message)
        elif mti == "0420":
            self._advises(send, packet.message)
        else:
            must(mti in ("0800", "0810"), f"{send.link} is sent a {mti}")
            if packet.message.de70 == SIGN_ON and mti == "0800" and send.link in self._comparing:
                self._comparing[send.link] = (packet.message.de7 or "", packet.message.de11 or "")
                self._opening.discard(send.link)

    def _forwards(self, now: Instant, send: Send, message: Message) -> None:
        while self._queue and not same_sale(self._queue[0], message):
            ask = self._queue.pop(0)
            must(ask.doubt or bool(ask.instead), f"{send.link} is not asked for {ask.key}, and nobody is told why")
        must(bool(self._queue), f"{send.link} is asked for {message.de37}, for which no terminal asked")
        ask = self._queue.pop(0)
        ask.doubt, ask.instead = False, frozenset()
        if not ask.routed:
            ask.routed, ask.deadline = True, now + TIMER
            self.open[ask.key] = ask
        expected: dict[int, object] = {n: ask.first.get(n) for n in (3, 4, 22, 25, 35, 38, 41, 42, 49)}
        time, date = clock(now)
        expected[90] = ask.original.own_name if ask.original is not None else None
        expected |= {2: ask.pan, 12: time, 13: date, 14: ask.expiry or None, 18: CATEGORY, 32: ACQUIRER}
        wrong = [n for n, value in expected.items() if message.get(n) != value]
        must(not wrong, f"{send.link} is asked for {ask.key} with other words in {wrong}")
        must(message.mti == ask.first.mti, f"{send.link} is asked for {ask.key} with a {message.mti}")
        known = ask.block is not None or ask.first.de52 is None
        must(not known or message.de52 == ask.block, f"{send.link} is asked for {ask.key} with another PIN block")
        must(send.link == ask.issuer, f"{ask.key} goes to {send.link}, the card is of {ask.issuer}")
        number = (send.link, message.de7, message.de11)
        fresh = number not in self.sent and (message.de37 or "") not in self.numbers
        must(fresh and message.de11 != "000000", f"{ask.key} is asked for under numbers that are used: {number}")
        must(send.before == now + TIMER and send.token > 0, f"{ask.key} may leave until {send.before}")
        self.numbers.add(message.de37 or "")
        self.sent[number] = ask
        ask.forward, ask.token = message, send.token

    def _advises(self, send: Send, message: Message) -> None:
        de90 = message.de90 or ""
        ask = self.sent.get((send.link, de90[10:20], de90[4:10]))
        must(ask is not None, f"{send.link} is advised of {de90[4:20]}, which it was never asked")
        assert ask is not None
        assert ask.forward is not None
        must(not ask.inquires, f"{ask.key} is undone, which moved nothing")
        due = ask.doubt or (bool(ask.reason) and not ask.acknowledged)
        must(due, f"{ask.key} is undone, for which there is no reason")
        ask.reason = ask.reason or message.de39 or ""
        expected = {n: ask.forward.get(n) for n in (2, 3, 4, 32, 37, 41, 42, 49)}
        expected |= {39: ask.reason, 38: ask.auth or None, 90: ask.own_name}
        wrong = [n for n, value in expected.items() if message.get(n) != value]
        must(not wrong, f"{ask.key} is undone with other words in {wrong}: {[message.get(n) for n in wrong]}")
        first = ask.advice == ("", "")
        must(message.mti == ("0420" if first else "0421"), f"{ask.key} is undone by a {message.mti}")
        numbers = (message.de7 or "", message.de11 or "")
        must(first or numbers == ask.advice, f"{ask.key} is undone under other numbers")
        ask.advice = numbers
        self.advised[send.link, *numbers] = ask

    # --- at rest ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """What the switch keeps is what it said and heard."""
        if not self.sure:
            return
        rows = {AttemptKey(*row[:3]): row[3:] for row in self.node.disk.query(ROWS)}
        for key, ask in self.asks.items():
            if ask.doubt:
                continue
            must(key in rows, f"the switch does not keep {key}")
            state, amount, code, auth, rrn = rows[key]
            must(state == ask.state, f"the switch keeps {key} as {state}, expected is {ask.state}")
            asked = 0 if key in self.burnt else amount_of(ask.first)
            must(amount == asked, f"the switch keeps {key} for {amount}")
            must(code in ("", ask.told, ask.result, ask.objection, TIMED_OUT), f"the switch keeps {key} with {code}")
            must(auth in ("", ask.auth), f"the switch keeps {key} with the approval code {auth}")
            number = ask.forward.de37 if ask.forward is not None else rrn
            must(rrn == number, f"the switch keeps {key} as {rrn}, and said {number}")
        alarms = dict(self.node.disk.query(ALARMS))
        must(not self.contradicted or bool(alarms.get("other_content")), "a key came with other content, and no alarm")
        cases = {rrn for (rrn,) in self.node.disk.query(CASES)}
        for ask in self.asks.values():
            told = not ask.differs or ask.forward is None or ask.forward.de37 in cases
            must(told, f"a reversal of {ask.key} named another sale, and there is no case with an owner")
