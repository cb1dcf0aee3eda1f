"""The administrator's pages: people, tokens, the audit log; and everybody's own password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console import audit
from counterfoil.console import lines as words_of_the_log
from counterfoil.console.anchor import examine, kept
from counterfoil.console.people import NOBODY, May, NotAllowed, Role, TooManyError
from counterfoil.console.site import Site, Visit
from counterfoil.console.tokens import ROLES
from counterfoil.stack.config import load
from counterfoil.verdict.finding import iso
from counterfoil.words import Text

ROLE_WORDS: Final = {
    Role.CASHIER: Text("Cashier: sells, prints, looks", "收银员：收款、打印、查询"),
    Role.SUPERVISOR: Text("Supervisor: a cashier who decides what moves money", "主管：收银并可决定资金事项"),
    Role.SUPPORT: Text("Support: looks, finds out, breaks on purpose", "客服：查询、排查、故障演练"),
    Role.ADMIN: Text("Administrator: people, tokens, audit log", "管理员：人员、令牌、审计日志"),
}
NO_ROLE: Final = Text("There is no such role.", "没有该角色。")
AT_ONCE: Final = 20_000  # lines that are checked whenever the page is opened; more take a click
SHOWN: Final = 200  # lines of the audit log on one page


def routes(site: Site) -> list[Route]:
    """Every page of this file."""
    return [
        site.route("/people", May.MANAGE, people),
        site.route("/people", May.MANAGE, change_people, ("POST",)),
        site.route("/tokens", May.MANAGE, tokens),
        site.route("/tokens", May.MANAGE, change_tokens, ("POST",)),
        site.route("/audit", May.MANAGE, log),
        site.route("/password", May.LOOK, password),
        site.route("/password", May.LOOK, change_password, ("POST",)),
    ]


async def people(site: Site, visit: Visit) -> Response:
    """Everybody, and a form for somebody new."""
    return _people(site, visit)


def _people(site: Site, visit: Visit, status: int = 200, wrong: Text | None = None) -> Response:
    rows = [(name, role, site.clock.date(at), off) for name, role, at, off in site.people.everybody()]
    return site.page(visit, "people.html", status, rows=rows, roles=ROLE_WORDS, wrong=wrong)


async def change_people(site: Site, visit: Visit) -> Response:
    """Add somebody, or give somebody another role, another password, or none."""
    form = visit.form
    name, who = form.get("name", ""), {"by": visit.person.name, "origin": visit.origin}
    known = name in {one for one, *_ in site.people.everybody()}
    steps: dict[str, Callable[[], None]] = {
        "add": lambda: site.people.add(name, _role(form), form.get("password", ""), **who),
        "role": lambda: site.people.change(name, _role(form), **who),
        "password": lambda: site.people.new_password(name, form.get("password", ""), **who),
        "disable": lambda: site.people.disable(name, why=form.get("why", ""), **who),
    }
    what = form.get("what", "")
    try:
        if what not in steps or (what != "add" and not known):
            raise NotAllowed(NOBODY)
        steps[what]()
    except NotAllowed as refused:
        return _people(site, visit, 422, refused.text)
    return RedirectResponse("/people", 303)


def _role(form: dict[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError:
        raise NotAllowed(NO_ROLE) from None


async def tokens(site: Site, visit: Visit) -> Response:
    """Every token there ever was, and a form for a new one."""
    return _tokens(site, visit)


def _tokens(site: Site, visit: Visit, status: int = 200, wrong: Text | None = None, made: str = "") -> Response:
    rows = [
        {
            **one._asdict(),
            "made_at": site.clock.date(one.made_at),
            "ended_at": one.ended_at and site.clock.date(one.ended_at),
        }
        for one in site.tokens.every()
    ]
    words = {role: ROLE_WORDS[role] for role in ROLES}
    return site.page(visit, "tokens.html", status, rows=rows, roles=words, wrong=wrong, made=made)


async def change_tokens(site: Site, visit: Visit) -> Response:
    """Make a token, which is shown on this answer only, or end one."""
    form, name = visit.form, visit.form.get("name", "")
    try:
        if form.get("what") == "end":
            site.tokens.end(name, by=visit.person.name, why=form.get("why", ""), origin=visit.origin)
            return RedirectResponse("/tokens", 303)
        made = site.tokens.make(name, _role(form), by=visit.person.name, origin=visit.origin)
    except NotAllowed as refused:
        return _tokens(site, visit, 422, refused.text)
    return _tokens(site, visit, made=made)


async def log(site: Site, visit: Visit) -> Response:
    """The latest lines of the audit log, and whether the chain and its anchors hold."""
    lines = site.log.history(SHOWN)
    checked = "check" in visit.request.query_params or not lines or lines[0][0] <= AT_ONCE
    layout = site.reach.layout
    anchors = await run_in_threadpool(kept, layout, load(layout.data))
    _, found = await run_in_threadpool(examine, layout, anchors) if checked else (0, [])
    rows = [{"seq": seq, **audit.plain(entry), "at": iso(entry.at)} for seq, entry in lines]
    return site.page(
        visit,
        "audit.html",
        rows=rows,
        log=words_of_the_log,
        checked=checked,
        found=found,
        anchors=anchors,
        newest=site.log.newest_hash(),
    )


async def password(site: Site, visit: Visit) -> Response:
    """A form for one's own new password."""
    return site.page(visit, "password.html", wrong=None)


async def change_password(site: Site, visit: Visit) -> Response:
    """One's own new password; every session ends, this one too."""
    form = visit.form
    try:
        await site.people.own_password(visit.person, form.get("old", ""), form.get("new", ""), visit.origin)
    except TooManyError as many:
        return site.page(visit, "password.html", 429, wrong=many.text)
    except NotAllowed as refused:
        return site.page(visit, "password.html", 422, wrong=refused.text)
    return RedirectResponse("/login", 303)
