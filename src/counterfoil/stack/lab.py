"""What a stack has that was started for the lab (`up --lab`): links with proxies in them, and the `fault.*` commands.

In any other stack nothing stands in the links, and the commands are refused: whoever can only reach a running stack
cannot make it lose, repeat or delay anybody's money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from counterfoil.errors import InputError
from counterfoil.links.control import refusal
from counterfoil.stack.breakage import Breakage
from counterfoil.stack.child import Child
from counterfoil.stack.logs import Log
from counterfoil.words import Text

PREFIX: Final = "fault."
PAUSE_LONGEST: Final = 3600
NO_LAB: Final = Text(
    "{verb}: this stack was not started for faults; stop it and start it with `counterfoil up --lab`",
    "{verb}：此系统启动时未允许故障注入；请停止后用 `counterfoil up --lab` 启动",
)


def refused(verb: str) -> dict[str, Any]:
    """The answer to a command of the lab in a stack that has none."""
    text = NO_LAB.filled(verb=verb)
    return refusal("no_lab", text.en, text.zh)


class FaultLab:
    """Breaks the links and stations of one stack."""

    def __init__(self, breakage: Breakage, children: Mapping[str, Child], log: Log) -> None:
        self.breakage = breakage
        self._children = children
        self._log = log
        self._verbs: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "fault.set": self._set,
            "fault.clear": self._clear,
            "fault.counts": lambda _: {"faults": breakage.plan.counts()},
            "fault.kill": self._kill,
            "fault.pause": self._pause,
        }

    def answer(self, verb: str, args: dict[str, Any]) -> dict[str, Any] | None:
        """Do what a command says; None when there is no such command."""
        does = self._verbs.get(verb)
        return does(args) if does is not None else None

    def _set(self, args: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.breakage.set(args)
        except InputError as error:
            return refusal("bad_request", str(error), error.zh)

    def _clear(self, _: dict[str, Any]) -> dict[str, Any]:
        for child in self._children.values():
            child.wake()
        return self.breakage.clear()

    def _kill(self, args: dict[str, Any]) -> dict[str, Any]:
        name = str(args.get("station", ""))
        child = self._children.get(name)
        if child is None:
            if self.breakage.cut(name):
                return {"link": name, "cut": True}
            return self._unknown(*self.breakage.links())
        self._log("fault_kill", child=name)
        return {"station": name, "killed": child.kill()}

    def _pause(self, args: dict[str, Any]) -> dict[str, Any]:
        name, seconds = str(args.get("station", "")), args.get("seconds")
        child = self._children.get(name)
        if child is None:
            return self._unknown()
        if not isinstance(seconds, int | float) or not 0 < seconds <= PAUSE_LONGEST:
            text = f"seconds are more than 0 and at most {PAUSE_LONGEST}"
            return refusal("bad_request", text, f"秒数须大于 0 且不超过 {PAUSE_LONGEST}")
        self._log("fault_pause", child=name, seconds=str(seconds))
        return {"station": name, "paused": child.pause(seconds), "seconds": seconds}

    def _unknown(self, *links: str) -> dict[str, Any]:
        names = ", ".join([*self._children, *links])
        return refusal("unknown_station", f"a station is one of {names}", f"可用的站点：{names}")
