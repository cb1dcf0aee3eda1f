"""A switch that takes every kind of the table: its requests built from the description of a kind, and what it sends on
held against that description.
"""

from __future__ import annotations

from typing import Any, Final

from counterfoil.iso8583 import Message, nested
from counterfoil.iso8583.mti import answer_of
from counterfoil.kinds import BY_NAME, TABLE, Kind, Needs, Spellings
from counterfoil.switch import Switch
from switch.scene import ACQUIRER, ISSUERS, MERCHANT, TERMINALS, Scene

LIMITED: Final = 9000
"""What the second terminal may take, minor units."""


class KindsScene(Scene):
    """A scene whose switch takes every kind; `asked_by` holds each request and what went to the issuer of it."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, up=False)
        self.switch = Switch(self.records, self.hsm, self.settings, Spellings(TABLE))
        self.answers: dict[str, Message] = {}

    def begin(self) -> KindsScene:
        """Both terminals are signed on, the second has a limit."""
        self.start()
        self.command("register", terminals=[self.registration(TERMINALS[1], limit=LIMITED)])
        for terminal in TERMINALS:
            self.sign_on(terminal)
        self.sent.clear()
        return self

    def restarted(self) -> KindsScene:
        """This store under a new process, its links up again."""
        other = KindsScene(store=self.store, settings=self.settings)
        other.now, other.lines, other.stans, other.given = self.now, self.lines, self.stans, self.given
        other.answers = self.answers
        other.sent = [*self.sent]
        other.step()
        for issuer in ISSUERS:
            other.comes_up(issuer)
        return other

    def request(
        self, kind: Kind, amount: int | None, *, card: str, terminal: str, pin: bool, original: Message | None
    ) -> Message:
        """A request of a kind, not MACed yet; of its original it names what the terminal knows."""
        message = self.purchase(amount or 0, card, pin="1234" if pin else None, terminal=terminal)
        message.mti, message.de3, message.de25 = kind.wire.mti, kind.wire.processing, kind.wire.condition
        message.de60 = kind.wire.type + (message.de60 or "")[2:]
        if amount is None:
            message.de4 = None
        if original is not None:
            message.de61 = nested.build_de61((original.de60 or "")[2:8], original.de11 or "", "0314")
            answer = self.answers.get(f"{original.de41}{(original.de60 or '')[2:8]}{original.de11}")
            if answer is not None:
                message.de37, message.de38 = answer.de37, answer.de38
        return message.copy()

    def remember(self, answer: Message) -> None:
        """What a terminal was told."""
        self.answers[f"{answer.de41}{(answer.de60 or '')[2:8]}{answer.de11}"] = answer

    def undoing(self, request: Message) -> Message:
        """The 0400 of a request, with the approval its answer had."""
        answer = self.answers.get(f"{request.de41}{(request.de60 or '')[2:8]}{request.de11}")
        approval = answer.de38 if answer is not None else None
        return self.reversal(request, de61=request.de61, de38=approval)

    def forwarded(self, since: int, kind: Kind, request: Message, original: Message | None) -> Message | None:
        """The request that went to the issuer since then; it is what its kind and the request say."""
        found = [self.read(send) for send in self.to_issuers(since)]
        asked = [message for message in found if message.mti not in ("0420", "0421", "0800")]
        if not asked:
            return None
        (message,) = asked
        assert (message.mti, message.de3, message.de25) == kind.wire[:3]
        assert message.de4 == request.de4
        assert (message.de52 is not None) == (Needs.PIN in kind.needs and request.de52 is not None)
        assert (message.de2, message.de22, message.de49) == (
            (request.de35 or "").partition("=")[0],
            request.de22,
            request.de49,
        )
        assert (message.de41, message.de42) == (request.de41, MERCHANT)
        for terminals_own in (26, 53, 60, 61):
            assert message.get(terminals_own) is None
        if original is None:
            assert (message.de38, message.de90, message.de128) == (None, None, None)
            assert message.de64 is not None
        else:
            stub = self.stub(original)
            named = nested.de90(message.de90)
            wanted = (BY_NAME[stub.kind].wire.mti, stub.stan, stub.transmitted, ACQUIRER.lstrip("0"), "")
            assert tuple(named) == wanted
            assert message.de38 == stub.auth_code
            assert (message.de64 is None, message.de128 is not None) == (True, True)
        return message

    def answer(self, request: Message, code: str, **more: Any) -> Any:
        """The issuer's answer to a request of any kind."""
        numbers = (2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49)
        fields: dict[str, Any] = {f"de{number}": request.get(number) for number in numbers}
        if code == "00":
            fields["de38"] = f"{int(request.de11 or 0) % 1_000_000:06d}"
        mti = more.pop("mti", answer_of(request.mti))
        return self.from_issuer(Message(mti, **{**fields, "de39": code, **more}))


def kinds_scene() -> KindsScene:
    """A switch that takes every kind, with two terminals that are signed on."""
    return KindsScene().begin()
