"""The terminals of one machine, told a second time: what they may send, what they must make of an answer, what a till
is told of it.

Of one attempt are remembered the question of the till, the request, every believable answer, and the reversal. What a
terminal believes, it must act on in the step in which it hears it; what it tells a till follows from what it heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from counterfoil.errors import PaymentError
from counterfoil.iso8583 import Message, nested
from counterfoil.kinds import Mode
from counterfoil.security import mask
from counterfoil.simulation.expected import paper, questions
from counterfoil.simulation.expected.asks import APPROVALS, Place, key_of
from counterfoil.simulation.expected.reading import Packet, acceptable, read
from counterfoil.simulation.expected.refused import ALWAYS, UNFIT, turned_away, unfit
from counterfoil.simulation.expected.spellings import ANSWERS, TYPES
from counterfoil.simulation.expected.wishes import (
    AnsweredOriginal,
    TillQuestion,
    asked_in,
    makes_sense,
    most,
    says,
    whole,
)
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import LETS_TYPE, MERCHANT
from counterfoil.simulation.world import must
from counterfoil.step import (
    SECOND,
    Closed,
    Command,
    Frame,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Perform,
    Reply,
    Send,
)

TIMER: Final[Instant] = 30 * SECOND
UNDECIDED: Final = frozenset({"94", "03", "30", "40", "97", "A0", "A7"})  # a stranger could make a host say this
CLOSING: Final = frozenset({"00", "25"})
TYPES_OF_BALANCE: Final = {"01": "ledger", "02": "available"}
REASONS: Final = frozenset({"98", "A0", "06", "17", "96"})
KEYED: Final = (
    "SELECT till_key, amount, currency, state, response_code, rrn, auth_code, reason, kind, original "
    "FROM attempt WHERE {}"
)
BOUND: Final = "SELECT till_key FROM attempt"
BY_NUMBER: Final = KEYED.format("terminal = ? AND batch = ? AND stan = ?")
OUTCOMES: Final = {"approved": "approved", "closed": "approved", "declined": "declined", "not_sent": "not_sent"}
LATER: Final = {
    "reversed": ("reversing",),
    "not_sent": ("sent", "reversing"),
    "declined": ("sent",),
    "approved": ("sent",),
    "closed": ("approved", "sent"),
    "lapsed": ("sent",),
    "reversing": ("sent", "approved"),
}
FACTS: Final = ("state", "response_code", "rrn", "reversal_reason")


class Attempt:
    """One attempt, from its request on."""

    def __init__(self, question: TillQuestion, request: Message, token: int, now: Instant) -> None:
        self.question = question
        self.at = now
        until = now + TIMER
        self.request = request
        self.token = token
        self.until = until  # an answer that comes later is late
        self.open = True  # nothing has ended the exchange yet
        self.decided: Message | None = None  # the answer it had to believe
        self.believed: list[Message] = []  # every answer under a MAC
        self.unsent = self.cancelled = False  # `cancelled`: in the very step in which it left, perhaps after that
        self.reversal: Message | None = None
        self.acknowledged = False
        self.released = False  # a supervisor took its reversal out of the terminal's hands

    @property
    def approved(self) -> bool:
        """Whether an answer that it had to believe approved it."""
        return self.decided is not None and self.decided.de39 in APPROVALS

    @property
    def stands(self) -> bool:
        """Whether it was approved, and is not being undone."""
        return self.approved and self.reversal is None and not self.released


class Lane:
    """One terminal on a machine."""

    def __init__(self, terminal: str) -> None:
        self.terminal = terminal
        self.place = Place(terminal, 0)
        self.asked = ""  # the STAN of a sign-on whose answer is awaited
        self.asked_as = 0  # its token
        self.asked_until: Instant = 0
        self.highest: dict[str, str] = {}  # the last STAN of each batch
        self.wrong: list[Instant] = []  # when a wrong password of the supervisor was given
        self.owes: Attempt | None = None
        self.current: Attempt | None = None


class Till:
    """The machine `node` and the terminals on it."""

    def __init__(self, node: Node, terminals: Sequence[str], machine: str) -> None:
        self.node = node
        self.typed = machine == LETS_TYPE
        self.lanes = {terminal: Lane(terminal) for terminal in terminals}
        self.attempts: dict[str, Attempt] = {}
        self.questions: dict[str, list[TillQuestion]] = {}  # by the till's key: each that was asked
        self.bound: dict[str, Attempt] = {}  # by the till's key: the last one whose request was handed to the line
        self.commands: dict[int, Command] = {}
        self.approved: dict[str, tuple[Message, Instant]] = {}
        self.jobs = paper.Jobs()
        self._cancelled: set[str] = set()  # terminals at which somebody cancelled in this step
        self.sure = True
        node.judges.append(self)

    def died(self) -> None:
        """Every open exchange is over, and what waited to be sent is forgotten."""
        self.commands.clear()
        bound = {key for (key,) in self.node.disk.query(BOUND)}
        self.questions = {key: asked for key, asked in self.questions.items() if key in bound}
        for lane in self.lanes.values():
            lane.asked = ""
            lane.wrong.clear()
            if lane.current is not None:
                lane.current.open = False

    def heard(self, now: Instant, arrived: Sequence[Inbound], said: Sequence[Outbound] | None) -> None:
        """Take in what came, then compare what was said."""
        self.sure = self.sure and said is not None
        if not self.sure:
            return
        self._cancelled.clear()
        due = self._takes_in(now, arrived)
        self.jobs.take_in(arrived)
        for told in said or ():
            if isinstance(told, Send):
                self._sends(now, told)
            elif isinstance(told, Perform) and told.kind == "receipt":
                paper.check(told, self._of_job(told.name))
                self.jobs.sent(told)
            elif isinstance(told, Reply):
                self._replies(now, told)
        for ref, attempt in due:
            self._acted(ref, attempt, said or ())

    # --- what came --------------------------------------------------------------------------------------------------

    def _takes_in(self, now: Instant, arrived: Sequence[Inbound]) -> list[tuple[str, Attempt]]:
        """Everything that came. The attempts that must be acted on in this very step."""
        due: list[tuple[str, Attempt]] = []
        for item in arrived:
            if isinstance(item, Command):
                self._asked(item)
            elif isinstance(item, Frame):
                due += self._hears(now, item)
            elif isinstance(item, NotSent | Closed):
                self._breaks(item)
        for lane in self.lanes.values():
            if lane.asked_until <= now:  # what came until now was looked at first
                lane.asked = ""
        return due

    def _asked(self, command: Command) -> None:
        self.commands[command.id] = command
        if command.verb == "sale" and makes_sense(command.args):
            questions = self.questions.setdefault(command.args["key"], [])
            if asked_in(command.args) not in questions:
                questions.append(asked_in(command.args))
        if command.verb == "cancel":
            lane = self.lanes.get(str(command.args.get("terminal")))
            self._cancelled.add(str(command.args.get("terminal")))
            if lane is not None and lane.current is not None:
                lane.current.open = False

    def _hears(self, now: Instant, frame: Frame) -> list[tuple[str, Attempt]]:
        """An answer. What must be acted on in this very step is returned."""
        lane, packet = self.lanes.get(str(frame.conn)), read(frame.data)
        if lane is None:
            return []
        current = lane.current
        if packet is None or not acceptable(packet):
            lane.asked = ""
            if current is not None:
                current.open = False  # garbage where an answer was awaited cannot be believed
            return []
        message = packet.message
        if message.de41 != lane.terminal:
            return []
        if message.mti == "0810" and message.de11 == lane.asked:
            if message.de39 == "00":
                self._keys(lane, message)
            lane.asked = ""
        believed = lane.place.made(packet) is not None
        if message.mti == "0410" and believed and lane.owes is not None and message.de11 == lane.owes.request.de11:
            lane.owes.acknowledged = lane.owes.acknowledged or message.de39 in CLOSING
        if message.mti not in ANSWERS or current is None or message.de11 != current.request.de11:
            return []
        return self._answer(now, lane, current, packet, believed=believed)

    def _answer(
        self, now: Instant, lane: Lane, current: Attempt, packet: Packet, *, believed: bool
    ) -> list[tuple[str, Attempt]]:
        message, newest = packet.message, lane.place.offers[-1].mak if lane.place.offers else None
        if believed:
            current.believed.append(message)
        certain = newest is not None and lane.place.keys.hsm.keyed_mac(newest).closes(packet.body)
        if not current.open or now > current.until:
            return []
        current.open = False
        agrees = all(message.get(n) in (None, current.request.get(n)) for n in (3, 4, 42))
        agrees = agrees and message.mti[:2] == current.request.mti[:2]
        if not certain or not agrees or message.de39 in UNDECIDED:
            return []
        whole = all(message.get(n) == current.request.get(n) for n in (3, 4, 42))
        if message.de39 in APPROVALS and not whole:
            return []
        current.decided = message
        return [(str(key_of(current.request)), current)]

    def _keys(self, lane: Lane, message: Message) -> None:
        try:
            lane.place.offered(message, used={batch for batch, stan in lane.highest.items() if stan >= lane.asked})
        except PaymentError:
            return  # keys that do not prove themselves are not taken, nor are those of a batch it can use no further
        lane.place.known = max(0, len(lane.place.offers) - 2)

    def _breaks(self, item: NotSent | Closed) -> None:
        lane = self.lanes.get(str(item.conn))
        if lane is not None and (isinstance(item, Closed) or item.token == lane.asked_as):
            lane.asked = ""
        if lane is None or lane.current is None:
            return
        if isinstance(item, NotSent) and item.token == lane.current.token:
            lane.current.unsent = True
        lane.current.open = False

    # --- what was said ----------------------------------------------------------------------------------------------

    def _sends(self, now: Instant, send: Send) -> None:
        packet = read(send.data)
        must(packet is not None and packet.whole, f"{send.conn} sends what cannot be read")
        assert packet is not None
        lane, message = self.lanes[str(send.conn)], packet.message
        what = f"{message.mti} of {message.de41} {message.de11}"
        must((message.de41, message.de42) == (send.conn, MERCHANT), f"{what} goes out in another name")
        must(send.before == now + TIMER and send.token > 0, f"{what} may leave until {send.before}")
        if message.mti == "0800":
            lane.asked, lane.asked_as, lane.asked_until = message.de11 or "", send.token, now + TIMER
            self._numbered(lane, message)
            return
        must(lane.place.made(packet) is not None, f"{what} is not MACed under a key of this terminal")
        if message.mti == "0400":
            self._reverses(lane, message)
        else:
            must(message.mti in TYPES, f"{what} is nothing a terminal sends")
            self._numbered(lane, message)
            self._requests(now, lane, send, packet)

    def _numbered(self, lane: Lane, message: Message) -> None:
        batch, stan = (message.de60 or "")[2:8], message.de11 or ""
        must(stan > "000000", f"{message.de41} uses STAN {stan}")
        if message.mti in TYPES:
            must(stan > lane.highest.get(batch, ""), f"{message.de41} uses STAN {stan} of batch {batch} again")
            lane.highest[batch] = stan

    def _requests(self, now: Instant, lane: Lane, send: Send, packet: Packet) -> None:
        message, key = packet.message, key_of(packet.message)
        what = f"the request of {key}"
        owed = lane.owes
        settled = owed is None or owed.acknowledged or owed.unsent or owed.released
        must(settled, f"{what} leaves before a reversal")
        must(key is not None, f"{what} has no key")
        assert key is not None
        rows = self.node.disk.query(BY_NUMBER, tuple(key))
        must(len(rows) == 1, f"{what} is not on the disk")
        earlier, offer = self.bound.get(rows[0][0]), lane.place.offers[-1]
        must(earlier is None or earlier.unsent, f"{what} is another one under {rows[0][0]}, which was sent")
        question, wrong = None, [-1]
        for asked in self.questions.get(rows[0][0], ()):
            expected = says(lane.place, offer, asked, key.batch, self._referred(asked))
            wrong = [n for n, value in expected.items() if message.get(n) != value]
            question = asked
            if not wrong:
                break
        must(question is not None, f"{what} was asked for under no key of a till: {rows[0][0]}")
        assert question is not None
        must(not wrong, f"{what} says something else than the till in {wrong}")
        must(message.mti == question.kind.wire.mti, f"{what} is a {message.mti}")
        must(key.batch == offer.batch, f"{what} is in another batch than {offer.batch}")
        self._refers(what, question, key.batch)
        lane.current = self.attempts[str(key)] = Attempt(question, message, send.token, now)
        lane.current.cancelled = lane.terminal in self._cancelled
        self.bound[rows[0][0]] = lane.current

    def _referred(self, question: TillQuestion) -> AnsweredOriginal | None:
        """What a question refers to, as this machine made it; None for nothing, or nothing that was answered."""
        original = self.attempts.get(question.original)
        if original is None or original.decided is None:
            return None
        return AnsweredOriginal(original.request, original.decided, original.at)

    def _refers(self, what: str, question: TillQuestion, batch: str) -> None:
        """A request leaves only for an original that stands, is free, in its batch, and for no more than it allows."""
        rule = question.kind.original
        if rule is None:
            return
        original, of = self.attempts.get(question.original), self._referred(question)
        must(original is not None and of is not None, f"{what} refers to {question.original}, which was not approved")
        assert original is not None
        assert of is not None
        must(original.question.kind.name in rule.of, f"{what} refers to a {original.question.kind.name}")
        must(original.stands, f"{what} refers to {question.original}, which has fallen")
        against = (one for one in self.attempts.values() if one.question.original == question.original)
        must(not (rule.closes and any(one.stands for one in against)), f"{question.original} was closed before {what}")
        must(not rule.same_batch or question.original[9:15] == batch, f"{what} refers to another batch")
        must(whole(question, of) <= most(question, of), f"{what} is for more than {question.original} allows")

    def _reverses(self, lane: Lane, message: Message) -> None:
        key = key_of(message)
        attempt = self.attempts.get(str(key))
        if attempt is None:  # of an earlier life of this machine, or one whose request died with it
            return
        must(not attempt.released, f"{key} is reversed after a supervisor said that it is not")
        asked = attempt.request
        must(attempt.question.kind.mode is not Mode.INQUIRY, f"{key} is reversed, which moved nothing")
        expected = {n: asked.get(n) for n in (3, 4, 11, 22, 25, 41, 42, 49, 60, 61)} | {2: attempt.question.pan}
        wrong = [n for n, value in expected.items() if message.get(n) != value]
        must(not wrong, f"the reversal of {key} says something else than its request in {wrong}")
        must(message.de39 in REASONS, f"{key} is reversed because of {message.de39}")
        codes = {one.de38 for one in attempt.believed if one.de39 in APPROVALS}
        must(message.de38 is None or message.de38 in codes, f"the reversal of {key} has the code {message.de38}")
        if attempt.reversal is not None:
            must(message.de39 == attempt.reversal.de39, f"{key} is reversed for another reason than before")
        attempt.open, attempt.reversal, lane.owes = False, message, attempt

    # --- replies ----------------------------------------------------------------------------------------------------

    def _replies(self, now: Instant, reply: Reply) -> None:
        body, command = reply.body, self.commands.pop(reply.id, None)
        if command is not None and command.verb == "sale":
            self._of_a_sale(now, command, body)
        elif command is not None:
            questions.check(self.node, list(self.lanes), command, body, now)
            attempt = self.attempts.get(str(command.args.get("ref")))
            if command.verb == "escalate" and attempt is not None and "error" not in body:
                attempt.released = True
        if body.get("ref") and "outcome" in body and "error" not in body:
            self._tells(body)
        if "error" in body:
            said = body["message"]
            must(bool(said["en"]) and bool(said["zh"]), f"a till is told {body['error']} without words")

    def _of_a_sale(self, now: Instant, command: Command, body: dict[str, Any]) -> None:
        args, key = command.args, command.args["key"]
        error = body.get("error")
        lane = self.lanes.get(args["terminal"])
        wrong = lane.wrong if lane is not None else []
        due = next(turned_away(self.node, args, wrong, now, here=lane is not None, typed=self.typed), "")
        if due or error in ALWAYS:
            must(error == due, f"{key} is told {error}, where {due or 'no such thing'} is due")
            return
        if error is None and body.get("ref"):
            attempt = self.attempts.get(body["ref"])
            same = attempt is None or attempt.question == asked_in(args)
            must(same, f"{key} is answered as another sale: {body['ref']}")
            amount = whole(asked_in(args), self._referred(asked_in(args)))
            must(attempt is None or body["amount"] == amount, f"{body['ref']} is told as {body['amount']}")
        elif error == "key_reused":
            must(any(one != asked_in(args) for one in self.questions.get(key, ())), f"{key} is said to be used")
        elif error in UNFIT:
            assert lane is not None
            question, offers = asked_in(args), lane.place.offers
            wrongs = unfit(self.node, question, self._referred(question), offers[-1].batch if offers else "", now)
            must(error in wrongs, f"{key} is told {error}, and that is not so")

    def _tells(self, body: dict[str, Any]) -> None:
        """A till is told how a sale is: that follows from what the terminal heard, and is what it keeps."""
        ref = body["ref"]
        rows = self.node.disk.query(BY_NUMBER, tuple(ref.split("/")))
        must(len(rows) == 1, f"a till is told of {ref}, which is not on the disk")
        _, amount, currency, state, code, rrn, auth, reason, kind, original = rows[0]
        if body["state"] in LATER.get(state, ()):  # it moved on in the very step in which this was said
            state, reason = body["state"], body["reversal_reason"]
            if state == "sent":  # whoever looked then saw no answer yet
                code = rrn = ""
        kept = (amount, currency, state, code, rrn if body["rrn"] else "", reason)
        told = tuple(body[name] for name in ("amount", "currency", *FACTS))
        must(told == kept, f"a till is told {told} of {ref}, kept is {kept}")
        must(body["outcome"] == OUTCOMES.get(state, "unknown"), f"{ref} is {state}, a till is told {body['outcome']}")
        must(
            (body["kind"], body["original"]) == (kind, original),
            f"{ref} is told as a {body['kind']} {body['original']}",
        )
        must(body["merchant"] == MERCHANT and body["terminal"] == ref[:8], f"{ref} is told of another shop")
        attempt = self.attempts.get(ref)
        if attempt is None:
            return
        must(body["card"] == mask(attempt.question.pan), f"{ref} is told for the card {body['card']}")
        answers = {(one.de39, (one.de37 or "").strip()) for one in attempt.believed}
        if body["outcome"] in ("approved", "declined"):
            yes = body["outcome"] == "approved"
            fits = (code, rrn) in answers and (code in APPROVALS) is yes
            must(fits, f"{ref} is told as {body['outcome']} {code}, heard was {sorted(answers)}")
        if body["outcome"] == "not_sent":
            must(attempt.unsent, f"{ref} is told as not sent, and its request left")
        if body["outcome"] == "approved":
            codes = {(one.de38 or "").strip() for one in attempt.believed}
            must(auth in codes, f"{ref} is kept with the approval code {auth}")
        self._balances(attempt, body)
        paper.sentence(body)
        if "prints" in body:
            self.jobs.told(body)

    def _balances(self, attempt: Attempt, body: dict[str, Any]) -> None:
        """Of an approval that tells balances a till hears them; of nothing else."""
        tells = attempt.question.kind.balances and body["outcome"] == "approved" and attempt.decided is not None
        heard = nested.de54(attempt.decided.de54) if tells and attempt.decided is not None else []
        wanted = [(TYPES_OF_BALANCE[one.type], one.minor) for one in heard]
        told = [(one["type"], one["amount"]) for one in body["balances"]]
        must(told == wanted, f"{body['ref']} is told with the balances {told}, heard were {wanted}")

    def _acted(self, ref: str, attempt: Attempt, said: Sequence[Outbound]) -> None:
        """An answer that decides was heard: the till, or the printer, hears of it at once."""
        message = attempt.decided
        assert message is not None
        state = self.node.disk.query(BY_NUMBER, tuple(ref.split("/")))[0][3]
        if state == "lapsed":
            must(attempt.cancelled, f"{ref} was answered with {message.de39}, and is lapsed")
        elif message.de39 in APPROVALS:
            must(state in ("approved", "closed", "reversing"), f"{ref} was approved, and is {state}")
            if attempt.question.kind.mode is Mode.INQUIRY:
                must(state == "closed", f"{ref} was answered, and is {state}")
            elif state != "reversing":
                copies = [item.name for item in said if isinstance(item, Perform) and item.kind == "receipt"]
                first = [name for name in copies if name.startswith(ref.replace("/", "-")) and name.endswith(".1")]
                must(len(first) == 2, f"{ref} was approved, and of its receipt are printed {first}")
        else:
            must(state == "declined", f"{ref} was declined with {message.de39}, and is {state}")

    def _of_job(self, name: str) -> paper.SlipFacts | None:
        """What a slip must say."""
        head = name.rsplit(".", 2)[0]
        ref = "/".join(head.rsplit("-", 2))
        attempt = self.attempts.get(ref)
        if attempt is None:
            return None
        question = attempt.question
        return paper.SlipFacts(
            ref,
            whole(question, self._referred(question)),
            question.currency,
            question.pan,
            bool(question.pin),
            attempt.decided,
            question.kind,
        )
