"""How far a sale came, as the till and the payment loop draw it."""

from __future__ import annotations

import msgspec
import pytest

from counterfoil.console import hops
from counterfoil.console.hops import DONE, LOST, NOT_YET, NOW, OPEN
from counterfoil.step import SECOND
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import judge

T0 = 1_800_000_000 * SECOND
COMMON = {
    "terminal": "T0000001", "merchant": "898001054110001", "amount": 1250, "currency": "CNY", "last4": "0015",
    "started_at": T0, "updated_at": T0,
}  # fmt: skip
REF, RRN = "T0000001/000001/000001", "632600000001"


def terminal(state: str, **more: str) -> TerminalStub:
    return msgspec.convert({**COMMON, "ref": REF, "state": state, **more}, TerminalStub)


def switch(state: str, **more: str) -> SwitchStub:
    return msgspec.convert({**COMMON, "ref": REF, "rrn": RRN, "forwarded": True, "state": state, **more}, SwitchStub)


def issuer(state: str, debited: int) -> IssuerStub:
    told = {"issuer": "issuer-a", "rrn": RRN, "state": state, "debited": debited, "debited_at": T0}
    return msgspec.convert({**COMMON, **told}, IssuerStub)


@pytest.mark.parametrize(
    ("stubs", "there", "back"),
    [
        pytest.param((terminal("sent"), None, None), [NOW, NOT_YET, NOT_YET, NOT_YET, NOT_YET], [], id="just sent"),
        pytest.param(
            (terminal("closed", response_code="00", receipt="printed"), switch("approved", response_code="00"),
             issuer("posted", 1250)),
            [DONE] * 5, [], id="paid",
        ),
        *(
            pytest.param(
                (terminal("approved", response_code="00", receipt=receipt), switch("approved", response_code="00"),
                 issuer("posted", 1250)),
                [DONE, DONE, DONE, DONE, state], [], id=f"receipt {receipt}",
            )
            for receipt, state in [
                ("queued", OPEN), ("failed", OPEN), ("sent", OPEN), ("unknown", OPEN), ("sending", NOW),
            ]
        ),
        pytest.param(
            (terminal("reversing"), switch("approved", response_code="00"), issuer("posted", 1250)),
            [DONE, DONE, DONE, LOST, NOT_YET], [DONE, NOW, NOT_YET], id="leg 4 lost",
        ),
        pytest.param(
            (terminal("escalated"), switch("approved", response_code="00"), issuer("posted", 1250)),
            [DONE, DONE, DONE, LOST, NOT_YET], [DONE, NOT_YET, NOT_YET], id="handed to a person",
        ),
        pytest.param(
            (terminal("declined", response_code="98"), switch("reversing", response_code="98"), issuer("posted", 1250)),
            [DONE, DONE, LOST, DONE, NOT_YET], [DONE, DONE, NOW], id="leg 3 lost",
        ),
        pytest.param(
            (terminal("reversed"), switch("tombstone"), None),
            [LOST, NOT_YET, NOT_YET, NOT_YET, NOT_YET], [DONE, DONE, DONE], id="leg 1 lost",
        ),
    ],
)  # fmt: skip
def test_the_strip_shows_how_far_a_sale_came_and_where_it_broke(
    stubs: tuple[TerminalStub | None, SwitchStub | None, IssuerStub | None], there: list[str], back: list[str]
) -> None:
    shown = hops.way(judge(*stubs, T0 + SECOND))
    assert [hop.state for hop in shown.there] == there
    assert [hop.state for hop in shown.back] == back
