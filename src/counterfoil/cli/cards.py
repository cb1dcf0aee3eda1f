"""`counterfoil cards`: the demo cards with everything a tester needs. Never anything but demo data."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit
from counterfoil.cli.session import ALIKE, ALL_OPTION, Session, verb
from counterfoil.money import written
from counterfoil.words import Text

PURPOSES: Final[dict[str, Text]] = {
    "alice": Text("pays, with a PIN", "正常卡，凭密码"),
    "bob": Text("pays, with a PIN, at the other issuer", "正常卡，凭密码，另一发卡行"),
    "carol": Text("pays without a PIN; for `sale --typed`", "正常卡，无密码；用于 `sale --typed`"),
    "poor": Text("holds 1.00 only: more is declined, 51", "仅有 1.00：超出即拒绝，51"),
    "limit": Text("at most 100.00 a payment: more is declined, 61", "单笔上限 100.00：超出即拒绝，61"),
    "expired": Text("has expired: declined, 54", "已过有效期：拒绝，54"),
    "lost": Text("was reported lost: declined, 41", "已挂失：拒绝，41"),
    "stolen": Text("was reported stolen: declined, 43", "被盗卡：拒绝，43"),
    "blocked": Text("is blocked: declined, 62", "受限制的卡：拒绝，62"),
    "unknown": Text("its issuer does not know it: declined, 14", "发卡行无此卡：拒绝，14"),
    "noroute": Text("no issuer has its range: declined, 15", "无对应发卡行：拒绝，15"),
}
SHOPPERS: Final = Text(
    "{count} more, {first} to {last}: they pay in `day`", "另有 {count} 张，{first} 至 {last}：用于 `day`"
)
SHOPPER: Final = Text("pays in `day`", "用于 `day`")


@click.command(epilog="\b\nExample: counterfoil cards --json")
@ALL_OPTION
@verb
def command(session: Session, *, whole: bool) -> int:
    """The demo cards: number, expiry, PIN, issuer, balance, and what each is for. With --json also track 2."""
    from counterfoil.cli.stack import cards

    found = cards(session)
    session.answer(found, lambda: rows(session, found, whole=whole))
    return Exit.OK


def rows(session: Session, found: list[dict[str, Any]], *, whole: bool) -> None:
    """One card a line; the track stays out of sight of people. Cards that are all alike are counted."""
    alike = [] if whole else [one for one in found if one["name"] not in PURPOSES]
    for one in found:
        if one in alike:
            continue
        balance = "–" if one["balance"] is None else written(one["balance"], one["currency"])
        pin = session.word(Text("pin", "密码"))
        purpose = session.word(PURPOSES.get(one["name"], SHOPPER))
        print(
            f"{one['name']:<12} {one['pan']:<19} {one['expiry']} {pin} {one['pin'] or '–':<6} "
            f"{one['issuer'] or '–':<9} {balance:>10}  {purpose}"
        )
    if alike:
        text = SHOPPERS.filled(count=len(alike), first=alike[0]["name"], last=alike[-1]["name"])
        print(session.word(Text(f"{text.en} {ALIKE.en}", f"{text.zh}{ALIKE.zh}")))
