"""How real stations say they are, without any: what a terminal station, the switch and the supervisor answer to a look.

tests/api/test_looks.py asks a running stack the same and compares the shapes.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from counterfoil.stack.layout import ISSUERS, STATIONS, SUPERVISOR
from counterfoil.stack.ports import TERMINALS, proxy_of

SALE: Final[dict[str, Any]] = {
    "outcome": "approved", "ref": "T0000002/000001/000005", "rrn": "600000000005", "stan": "000005",
    "terminal": "T0000002", "merchant": "103441054110001", "amount": 1250, "currency": "CNY", "card": "***0773",
    "state": "approved", "response_code": "00", "reversal_reason": "", "reversal_tries": 0, "receipt_state": "open",
    "receipt_trouble": "", "copies": {"cardholder": "open", "merchant": "open"}, "case": "", "retry_of": "",
    "started_at": 10**15,
    "sentence": {"en": "You have paid.", "zh": "您已付款。"}, "cashier": {"en": "Approved.", "zh": "已批准。"},
}  # fmt: skip
DISPLAY: Final = [{"en": "What became of the goods?", "zh": "货物如何处理？"}]


def _lane(number: int, **more: Any) -> dict[str, Any]:
    idle = {"signed_on": True, "batch": "000001", "stan": f"{number:06d}", "phase": "idle", "sale": None, "waiting": 0}
    own = {"printer": "", "printer2": "", "second": False}
    return {"terminal": f"T{number:07d}", "merchant": "103441054110001", **idle, "display": [], **own, **more}


LANES: Final = [
    _lane(0),
    _lane(1, display=[{"en": "Ready", "zh": "就绪"}]),
    _lane(2, phase="open_sale", sale=SALE, display=DISPLAY),
    _lane(3, signed_on=False, phase="signing_on", waiting=2),
]
"""An idle terminal, two, one that asks about a sale, and one that is not signed on."""
SWITCH: Final[dict[str, Any]] = {
    "at": 10**15,
    "issuers": {
        name: {"connected": True, "signed_on": True, "heard_at": 10**15 - number, "owed": number}
        for number, name in enumerate(ISSUERS)
    },
    "open": 1,
}
UP: Final[dict[str, Any]] = {
    "ready": True,
    "timers": "5,12,30",
    "stations": {
        name: {"state": "up", "pid": number, "starts": 1, "reason": ""} for number, name in enumerate(STATIONS, 1)
    },
    "lab": True,
    "faults": [
        {"leg": 2, "kind": "drop", "times": 1, "mti": "0200"},
        {"leg": 4, "kind": "delay", "times": 1, "mti": ""},
    ],
    "links": {TERMINALS: True, **{proxy_of(name): True for name in ISSUERS}},
}
UNKNOWN_TERMINAL: Final = {
    "error": "unknown_terminal",
    "message": {"en": "This terminal is not registered here.", "zh": "本机未登记该终端。"},
}


def says(station: str, verb: str, args: dict[str, Any]) -> dict[str, Any]:
    """What one of them answers when it is asked how it is."""
    if station == "terminal":
        wanted = args.get("terminal")
        lanes = [lane for lane in LANES if wanted in (None, lane["terminal"])]
        return deepcopy({"terminals": lanes} if lanes or wanted is None else UNKNOWN_TERMINAL)
    if station == SUPERVISOR:
        return deepcopy(UP) if verb == "status" else {"faults": {"2": {"drop": 3}}}
    return deepcopy(SWITCH)
