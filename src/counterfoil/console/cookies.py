"""The cookies of the console, set here and nowhere else: no script reads them, no other site sends them.

Under TLS (the console's own, or that of a proxy whose word counts) they are Secure: no browser sends them in clear.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

SESSION: Final = "counterfoil_session"
DEVICE: Final = "counterfoil_device"
"""What a browser in which somebody was let in is known by; see guesses.py."""
LANGUAGE: Final = "counterfoil_lang"
TERMINAL: Final = "counterfoil_terminal"
YEAR: Final = 365 * 86_400


def keep(request: Request, answer: Response, name: str, value: str, seconds: int = YEAR) -> None:
    """Have the browser keep a value for so long."""
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=secure)


def drop(request: Request, answer: Response, name: str) -> None:
    """Have the browser forget one."""
    keep(request, answer, name, "", 0)
