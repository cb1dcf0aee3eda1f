"""Card data at every door of the console: as names, passwords, reasons, keys, addresses, fields and broken JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.calling import Api, Caller, form
from canary.needles import CANARIES, Canary
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message

if TYPE_CHECKING:
    from canary.traffic import Birds

NOWHERE: Final = "T0000001/999999/999999"


def web(stack: Birds, tokens: dict[str, str]) -> None:
    """As nobody, as programs and as people; every answer is kept."""
    api = Api(stack, tokens)
    callers = [
        api.nobody(),
        api.token("till"),
        api.token("watch"),
        *map(api.person, ("supervisor", "support", "admin")),
    ]
    for caller in callers:
        _requests(caller, CANARIES[0])
        _forms(caller, CANARIES[0])
        _inspected(caller, CANARIES[0])
        for text in caller.said:
            stack.note("the console", text)


def _requests(caller: Caller, card: Canary) -> None:
    secrets = (card.pan, card.track2, card.cvv, card.wrong_pin)
    sale = {"terminal": "T0000041", "amount": 100}
    for body in (
        {**sale, "card": {"number": card.pan, "pin": card.pin}},
        {**sale, "card": {"number": card.pan, "expiry": "3112", "pin": card.pin}},
        {**sale, "card": {"number": card.pan, "expiry": card.track2, "pin": card.pin}},
        {**sale, "card": {"number": card.pan, "pin": card.track2}},
        {**sale, "card": {"name": card.track2}},
        {**sale, "card": {card.pan: card.track2}},
        {**sale, card.pan: card.cvv, "card": {"name": "carol"}},
        {**sale, "terminal": card.pan[:8], "card": {"name": "carol"}, "retry_of": card.pan},
        [card.pan],
    ):
        caller.post("/payments", body, Idempotency_Key=f"canary-{card.name}")
    caller.post("/payments", {**sale, "card": {"name": "carol"}}, Idempotency_Key=card.pan)
    caller.post("/payments", f'{{"pan": {card.pan}, '.encode(), Content_Type="application/json", Idempotency_Key="x")
    for secret in secrets:
        caller.get(f"/payments/{secret}")
        caller.get(f"/payments?rrn={secret}")
        caller.get(f"/payments?cursor={secret}&terminal=T0000001&{secret}=1")
        caller.get("/me", Authorization=f"Bearer {secret}")
        caller.post(f"/payments/{NOWHERE}/reveal", {"reason": f"card {secret}"})
        caller.post("/stations/switchx/pause", {"seconds": secret})
    caller.post("/decisions", {"action": "escalate", "ref": NOWHERE, "reason": f"the card was {card.pan}"})


def _forms(caller: Caller, card: Canary) -> None:
    form(caller, "/login", name=card.pan, password=card.track2)
    form(caller, "/login", name="admin", password=card.wrong_pin)
    form(caller, f"/payments/{NOWHERE}/card", reason=f"card {card.pan}")
    form(caller, "/password", old=card.track2, new=card.track2)
    form(caller, "/people", what="disable", name="supervisor-2", why=f"wrote {card.pan} on paper")
    form(caller, "/tokens", what="end", name="spare", why=f"knew {card.pan}")


def _inspected(caller: Caller, card: Canary) -> None:
    """A message with everything of a card in it, pasted, edited, compared and read in a wrong way."""
    whole = Message(
        "0200", de2=card.pan, de3="000000", de4="000000001250", de11="000001", de35=card.track2,
        de41="T0000001", de42="123456789012345", de48=card.cvv, de52=b"\x01" * 8,
    )  # fmt: skip
    packet = CUP_POS.encode(whole)
    for dump in (packet.hex(), packet[:-9].hex(), packet.hex().encode().hex(), f"no message: {card.track2}"):
        at = form(caller, "/inspector", dump=dump).headers.get("location", "")
        if at.startswith("/inspector/"):
            form(caller, f"{at}/diff", dump=ISO87_ASCII.encode(whole).hex())
            form(caller, f"{at}/field", path="37", value=card.pan)
            form(caller, f"{at}/field", path="38", value="A1B2C3")
            form(caller, f"{at}/bytes", cells=card.track2)
            caller.ask("GET", at)
