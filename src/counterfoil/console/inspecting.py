"""The message inspector's page: a dump is pasted, read, doctored, edited both ways and compared, always masked."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console.bench import Bench, Draft
from counterfoil.console.people import May
from counterfoil.console.site import Site, Visit
from counterfoil.errors import FramingError
from counterfoil.inspector import (
    FORMS,
    Found,
    Reading,
    Unfit,
    Wire,
    advice,
    best,
    best_of,
    differences,
    read,
    set_field,
    with_cells,
)
from counterfoil.inspector.names import name_of
from counterfoil.iso8583 import DIALECTS
from counterfoil.security import Sensitive
from counterfoil.words import Text

LINE: Final = 16
NOTHING: Final = Text("Nothing in this looks like a message.", "其中没有可识别的报文。")
FORGOTTEN: Final = Text(
    "This message is no longer here: messages are kept in memory only, for twenty minutes. Paste it again.",
    "此报文已不在：报文只在内存中保留二十分钟。请重新粘贴。",
)
LENGTH_WORDS: Final = {
    "none": Text("none", "无"),
    "binary": Text("2 bytes, big endian", "2 字节，大端"),
    "binary+2": Text("2 bytes, counting themselves", "2 字节，含自身"),
    "little": Text("2 bytes, little endian", "2 字节，小端"),
    "digits": Text("4 digits", "4 位数字"),
    "digits+4": Text("4 digits, counting themselves", "4 位数字，含自身"),
    "bcd": Text("4 packed digits", "4 位 BCD"),
    "stx-bcd": Text("STX, 4 packed digits, ETX, LRC", "STX、4 位 BCD、ETX、LRC"),
    "stx-binary": Text("STX, 2 bytes, ETX, LRC", "STX、2 字节、ETX、LRC"),
}
DIALECT_WORDS: Final = {
    "cup-pos": Text("UnionPay POS (packed digits)", "银联 POS（压缩 BCD）"),
    "iso87-ascii": Text("ISO 8583:1987 in characters", "ISO 8583:1987 字符格式"),
}


class Cell(NamedTuple):
    """A byte on the page: what is shown of it, and the row it belongs to (−1: none)."""

    text: str
    row: int


class Pages:
    """The inspector of one console."""

    def __init__(self, site: Site) -> None:
        self._bench = Bench(site.reach.now)
        self._site = site

    def routes(self) -> list[Route]:
        """All of them."""
        route, one = self._site.route, "/inspector/{name}"
        return [
            route("/inspector", May.BREAK, self.paste, ("GET", "POST")),
            route(one, May.BREAK, self.show),
            route(f"{one}/field", May.BREAK, self.field, ("POST",)),
            route(f"{one}/bytes", May.BREAK, self.cells, ("POST",)),
            route(f"{one}/diff", May.BREAK, self.diff, ("POST",)),
            route(f"{one}/forget", May.BREAK, self.forget, ("POST",)),
        ]

    async def paste(self, site: Site, visit: Visit) -> Response:
        """The empty page, or what was pasted into it."""
        values: dict[str, Any] = {"lengths": LENGTH_WORDS, "dialects": DIALECT_WORDS, "wrong": None}
        if visit.request.method == "POST":
            found = await run_in_threadpool(best, visit.form.get("dump", ""))
            if found is not None:
                given = settings(visit.form, found.wire)
                draft = Draft(visit.person.name, found.data, found.wire, found.how, given, found.unread)
                return RedirectResponse(f"/inspector/{self._bench.put(draft)}", 303)
            values["wrong"] = NOTHING
        return site.page(visit, "inspector.html", 422 if values["wrong"] else 200, **values)

    async def show(self, _site: Site, visit: Visit) -> Response:
        """A message on the bench."""
        draft = self._draft(visit)
        return self._gone(visit) if draft is None else self._page(visit, draft)

    async def field(self, _site: Site, visit: Visit) -> Response:
        """One field set anew: the bytes follow."""
        draft = self._draft(visit)
        if draft is None:
            return self._gone(visit)
        data = draft.data.reveal()
        try:
            changed = set_field(data, draft.wire, visit.form.get("path", ""), visit.form.get("value", ""))
        except Unfit as error:
            return self._page(visit, draft, error.text)
        size = draft.wire.size and draft.wire.size + len(changed) - len(data)
        draft.data, draft.wire = Sensitive(changed), msgspec.structs.replace(draft.wire, size=size)
        return self._back(visit)

    async def cells(self, _site: Site, visit: Visit) -> Response:
        """The bytes edited: the fields follow."""
        draft = self._draft(visit)
        if draft is None:
            return self._gone(visit)
        data = draft.data.reveal()
        try:
            changed = with_cells(data, read(data, draft.wire).hidden, visit.form.get("cells", ""))
        except Unfit as error:
            return self._page(visit, draft, error.text)
        found = await run_in_threadpool(best_of, changed)
        if found is None:
            return self._page(visit, draft, NOTHING)
        draft.data, draft.wire = Sensitive(found.data), found.wire
        return self._back(visit)

    async def diff(self, _site: Site, visit: Visit) -> Response:
        """Another message to compare with."""
        draft = self._draft(visit)
        if draft is None:
            return self._gone(visit)
        other = await run_in_threadpool(best, visit.form.get("dump", ""))
        if other is None:
            return self._page(visit, draft, NOTHING)
        draft.other = (Sensitive(other.data), other.wire)
        return self._back(visit, "#compared")

    async def forget(self, _site: Site, visit: Visit) -> Response:
        """Off the bench with it."""
        self._bench.forget(visit.request.path_params["name"], visit.person.name)
        return RedirectResponse("/inspector", 303)

    def _draft(self, visit: Visit) -> Draft | None:
        return self._bench.of(visit.request.path_params["name"], visit.person.name)

    def _gone(self, visit: Visit) -> Response:
        return self._site.page(visit, "refused.html", 404, text=FORGOTTEN)

    def _back(self, visit: Visit, where: str = "") -> Response:
        return RedirectResponse(f"/inspector/{visit.request.path_params['name']}{where}", 303)

    def _page(self, visit: Visit, draft: Draft, wrong: Text | None = None) -> Response:
        data = draft.data.reveal()
        reading = read(data, draft.wire)
        found = Found(data=data, how=draft.how, wire=draft.wire, score=0, sound=reading.sound, unread=draft.unread)
        return self._site.page(
            visit,
            "inspected.html",
            422 if wrong else 200,
            name=visit.request.path_params["name"],
            wrong=wrong,
            reading=reading,
            told=advice(found, draft.given),
            lines=laid_out(reading),
            text=as_text(reading),
            bits=bits(reading),
            fields=fields(draft.wire),
            compared=compared(data, draft),
            length_word=LENGTH_WORDS[draft.wire.length],
            dialect_word=DIALECT_WORDS[draft.wire.dialect],
        )


def settings(form: dict[str, str], found: Wire) -> Wire | None:
    """The settings somebody says a link has, what they leave open as it was found; None when all is to be found out."""
    dialect, length = form.get("dialect", ""), form.get("length", "")
    if dialect not in DIALECTS and length not in FORMS:
        return None
    dialect, length = dialect or found.dialect, length or found.length
    if dialect not in DIALECTS or length not in FORMS:
        return None
    yes = {name: form.get(name) == "1" for name in ("tpdu", "header", "text")}
    return Wire(dialect=dialect, length=length, tpdu=yes["tpdu"], header=yes["header"], text=yes["text"])


def laid_out(reading: Reading) -> list[tuple[str, list[Cell]]]:
    """The bytes in lines of sixteen, each with its offset."""
    owner = {at: number for number, row in enumerate(reading.rows) for at in range(row.start, row.end)}
    cells = [Cell(text, owner.get(at, -1)) for at, text in enumerate(reading.cells)]
    return [(f"{at:04X}", cells[at : at + LINE]) for at in range(0, len(cells), LINE)]


def as_text(reading: Reading) -> str:
    """The bytes as they can be edited."""
    return "\n".join(" ".join(reading.cells[at : at + LINE]) for at in range(0, len(reading.cells), LINE))


def bits(reading: Reading) -> list[tuple[int, bool]]:
    """The places of the bitmap and which are set; none without a bitmap."""
    bitmap = next((row for row in reading.rows if row.path == "bitmap"), None)
    if bitmap is None or bitmap.flaw:
        return []
    last = 128 if any(number > 64 for number in reading.bits) else 64
    named = {*reading.bits, *([1] if last == 128 else [])}
    return [(number, number in named) for number in range(1, last + 1)]


def fields(wire: Wire) -> list[tuple[str, Text]]:
    """What can be set, by number."""
    dialect = wire.spoken()
    return [("MTI", name_of(dialect, "MTI")), *((str(n), name_of(dialect, str(n))) for n in sorted(dialect.fields))]


def compared(data: bytes, draft: Draft) -> list[Any] | None:
    """The differences to the other message; None when there is none."""
    if draft.other is None:
        return None
    other, wire = draft.other
    try:
        return list(differences(data, draft.wire, other.reveal(), wire))
    except FramingError:
        return []


def routes(site: Site) -> list[Route]:
    """The inspector's routes."""
    return Pages(site).routes()
