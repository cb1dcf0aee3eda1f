"""The message inspector's page: a dump is pasted, read, doctored, edited both ways and compared, always masked."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console.bench import Bench, Draft
from counterfoil.console.loop import line_of
from counterfoil.console.people import May
from counterfoil.console.site import Site, Visit
from counterfoil.console.waterfall import raw
from counterfoil.errors import FramingError
from counterfoil.inspector import (
    FORMS,
    EditError,
    Guess,
    Reading,
    Wrapping,
    advice,
    best,
    best_of,
    differences,
    read,
    set_field,
    with_cells,
)
from counterfoil.inspector.names import DIALECTS as DIALECTS_SAID
from counterfoil.inspector.names import FORMS as FORMS_SAID
from counterfoil.inspector.names import name_of
from counterfoil.inspector.rebuilt import rebuilt
from counterfoil.iso8583 import DIALECTS
from counterfoil.security import Sensitive
from counterfoil.transaction import AttemptKey
from counterfoil.words import Text

LINE: Final = 16
NOTHING: Final = Text("Nothing in this looks like a message.", "其中没有可识别的报文。")
NO_MESSAGE: Final = Text("No station has kept such a message.", "各站点均未保留此报文。")
FORGOTTEN: Final = Text(
    "This message is no longer here: messages are kept in memory only, for twenty minutes. Paste it again.",
    "此报文已不在：报文只在内存中保留二十分钟。请重新粘贴。",
)


class Cell(NamedTuple):
    """A byte on the page: what is shown of it, and the row it belongs to (−1: none)."""

    text: str
    row: int


class InspectorPages:
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
            route("/payments/{terminal}/{batch}/{stan}/messages/{station}/{number}", May.BREAK, self.kept),
        ]

    async def paste(self, site: Site, visit: Visit) -> Response:
        """The empty page, or what was pasted into it."""
        values: dict[str, Any] = {"lengths": FORMS_SAID, "dialects": DIALECTS_SAID, "wrong": None}
        if visit.request.method == "POST":
            found = await run_in_threadpool(best, visit.form.get("dump", ""))
            if found is not None:
                given = settings(visit.form, found.wire)
                draft = Draft(visit.person.name, found.data, found.wire, found.how, given, found.unread)
                return RedirectResponse(f"/inspector/{self._bench.put(draft)}", 303)
            values["wrong"] = NOTHING
        return site.page(visit, "inspector.html", 422 if values["wrong"] else 200, **values)

    async def kept(self, site: Site, visit: Visit) -> Response:
        """A message of a payment, laid on the bench as its station kept it."""
        asked = visit.request.path_params
        key = AttemptKey(asked["terminal"], asked["batch"], asked["stan"])
        line = await site.read(lambda stores: line_of(stores, key, site.reach.now(), asked["station"], asked["number"]))
        made = raw(asked["station"], line) if line is not None else None
        if made is None:
            return site.page(visit, "refused.html", 404, text=NO_MESSAGE)
        dialect, mti, fields = made
        data, veiled = rebuilt(DIALECTS[dialect], mti, fields)
        wire = Wrapping(dialect=dialect, length="none", tpdu=False, header=False)
        draft = Draft(visit.person.name, data, wire, "bytes", None)
        draft.ref, draft.veiled = str(key), veiled
        return RedirectResponse(f"/inspector/{self._bench.put(draft)}", 303)

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
        except EditError as error:
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
        except EditError as error:
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
        reading = unveiled(read(data, draft.wire), data, draft)
        found = Guess(data=data, how=draft.how, wire=draft.wire, score=0, sound=reading.sound, unread=draft.unread)
        return self._site.page(
            visit,
            "inspected.html",
            422 if wrong else 200,
            name=visit.request.path_params["name"],
            wrong=wrong,
            ref=draft.ref,
            reading=reading,
            told=advice(found, draft.given),
            lines=laid_out(reading),
            text=as_text(reading),
            bits=bits(reading),
            fields=fields(draft.wire),
            compared=compared(data, draft),
            length_word=FORMS_SAID[draft.wire.length],
            dialect_word=DIALECTS_SAID[draft.wire.dialect],
        )


def settings(form: dict[str, str], found: Wrapping) -> Wrapping | None:
    """The settings somebody says a link has, what they leave open as it was found; None when all is to be found out."""
    dialect, length = form.get("dialect", ""), form.get("length", "")
    if dialect not in DIALECTS and length not in FORMS:
        return None
    dialect, length = dialect or found.dialect, length or found.length
    if dialect not in DIALECTS or length not in FORMS:
        return None
    yes = {name: form.get(name) == "1" for name in ("tpdu", "header", "text")}
    return Wrapping(dialect=dialect, length=length, tpdu=yes["tpdu"], header=yes["header"], text=yes["text"])


def unveiled(reading: Reading, data: bytes, draft: Draft) -> Reading:
    """The reading with every filler hidden."""
    fillers = [row for row in reading.rows if row.path in draft.veiled]
    hidden = {at for row in fillers for at in range(row.start, row.end)}
    return read(data, draft.wire, also_hidden=hidden) if hidden else reading


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


def fields(wire: Wrapping) -> list[tuple[str, Text]]:
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
    return InspectorPages(site).routes()
