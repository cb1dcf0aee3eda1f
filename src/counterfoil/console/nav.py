"""The pages in the order people see them; everybody sees those their role may open."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.console.people import May, Person
from counterfoil.words import Text


class NavEntry(NamedTuple):
    """One page: its address, its name, what somebody must be allowed to, and the addresses that belong to it too."""

    path: str
    text: Text
    needs: May
    also: tuple[str, ...] = ()

    def shows(self, path: str) -> bool:
        """Whether a page with this address belongs here."""
        return any(path == start or path.startswith(start + "/") for start in (self.path, *self.also))


ENTRIES: Final = (
    NavEntry("/till", Text("Till", "收银台"), May.SELL),
    NavEntry("/inbox", Text("Inbox", "待处理"), May.LOOK),
    NavEntry("/search", Text("Payments", "交易查询"), May.LOOK, ("/payments",)),
    NavEntry("/ops", Text("Terminals", "终端与链路"), May.LOOK),
    NavEntry("/inspector", Text("Inspector", "报文检查"), May.BREAK),
    NavEntry("/lab", Text("Fault lab", "故障实验室"), May.BREAK),
    NavEntry("/people", Text("Administration", "系统管理"), May.MANAGE, ("/tokens", "/audit")),
)


def seen_by(person: Person) -> list[NavEntry]:
    """What somebody may open."""
    return [entry for entry in ENTRIES if person.may(entry.needs)]
