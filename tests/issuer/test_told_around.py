"""What an issuer says and keeps around its purchases, word for word: network messages, strangers, notices, the archive,
what was forgotten, failed steps, and how purchases are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from counterfoil.iso8583.recollection import NEWEST, NOTHING, RecollectionQuery
from counterfoil.issuer import stubs
from counterfoil.issuer.archiving import SHAPE
from counterfoil.step import Closed, Command, Connected, Inbound, NotSent, Perform, Performed
from counterfoil.storage.archiving import digest, rows_of
from issuer.bank import LINK, PANS, described
from issuer.scene import Scene, network, spoilt

HOUR = 3600
REQUESTS = [f"0314120000000{number}" for number in range(701, 704)]


def test_network_messages_and_who_is_signed_on() -> None:
    scene = Scene("network", enrol=("alice",))
    for code in ("002", "001", "301", "101", "003"):
        scene.ask(f"code {code}", network(code, de11=f"000{code}"))
    scene.command("status")
    scene.ask("on another connection", network(), conn=2)
    scene.ask("signed off", network("002"), conn=1)
    scene.command("status")
    scene.step("the other goes", Closed(LINK, 2), Closed(LINK, 9), Connected(LINK, 3), NotSent(LINK, 3, 1))
    scene.command("status")
    for name in ("de7", "de11", "de70"):
        scene.ask(f"without {name}", network().copy(**{name: None}), conn=5)
    scene.ask("without an acquirer", network(de32=None), conn=5)
    scene.stranger("nobody vouches for it", network(), conn=6)
    scene.stranger("nor for one that cannot be answered", network(de70=None), conn=6)
    advice = network("301")
    advice.mti = "0820"
    scene.ask("a network advice", advice)
    scene.stranger("a network advice of nobody", advice)
    scene.ask(
        "a question that is none", network(de48="Q9"), network("301", RecollectionQuery((REQUESTS[0],), (), NOTHING))
    )
    scene.ask("a question of nobody", network("001", RecollectionQuery((REQUESTS[0],), (), NOTHING), de32=None))
    scene.end()


def test_what_should_not_be_on_the_link() -> None:
    scene = Scene("misfits", enrol=("alice",))
    sold = scene.purchase()
    scene.ask("garbage", b"garbage!", b"", b"\xff" * 300, conn=3)
    for mti in ("0100", "0101", "0120", "0210", "0430", "0600", "0810", "0999"):
        message = sold.copy()
        message.mti = mti
        scene.ask(f"type {mti}", message, conn=4)
        scene.stranger(f"type {mti} of nobody", message, conn=5)
    for name in ("de7", "de11", "de32"):
        scene.ask(f"a purchase without {name}", sold.copy(**{name: None}))
        scene.stranger(f"a purchase of nobody without {name}", sold.copy(**{name: None}))
    data = scene.bank.sealed(sold)
    for size in (3, 10, 40, 60, 100, len(data) - 1):
        scene.ask(f"{size} bytes of a purchase", data[:size], conn=6)
    scene.end()


def test_strangers_leave_so_much_an_hour() -> None:
    scene = Scene("strangers", enrol=("alice",), stranger_lines=3)
    scene.stranger("three in a step", scene.purchase(), network(), scene.bank.advice(scene.purchase()))
    scene.stranger("the fourth burns nothing", fourth := scene.purchase(amount=44))
    scene.ask("nor does garbage", b"garbage!", spoilt(scene.bank.sealed(scene.purchase(de11=None))))
    scene.ask("the fourth comes as it was", fourth)
    scene.wait(HOUR - 1, 999_999)
    scene.stranger("the last of the hour", network())
    scene.wait(0, 1)
    scene.ask("a sale in the next hour", scene.purchase(amount=45))
    scene.stranger("the first of the next hour", network())
    scene.stranger("and the others", network(), network(), network())
    scene.wait(2 * HOUR)
    scene.stranger("an hour in which nothing came lies between", network())
    scene.wait(HOUR)
    scene.stranger("nothing was left out", network())
    scene.end()


def test_notices_are_told_until_they_are_delivered() -> None:
    scene = Scene("notices", enrol=("alice", "bob"))
    sold, other = scene.purchase(de42="  M 1"), scene.elsewhere(amount=100_000)
    scene.ask("two in one step", sold, other)
    scene.wait()
    scene.ask("one returned", scene.bank.advice(sold))
    first, second = (told.name for told in scene.bank.performs())
    scene.deliver(second, "issuer-a-99", ok=False, detail="no network")
    scene.step("of another kind", Performed("receipt", first, ok=True))
    scene.wait()
    scene.step("told again")
    scene.deliver(second)
    scene.command("status")
    scene.wait(0, 999_999)
    scene.step("not yet")
    scene.wait(0, 1)
    scene.step("gone")
    scene.deliver(first)
    scene.ask("gone with the next commit", scene.purchase(amount=0))
    scene.ask("one more", scene.purchase(amount=2))
    third = scene.bank.performs()[-1].name
    for _ in range(11):
        scene.deliver(third, ok=False, detail="switched off")
        scene.bank.now = scene.bank.issuer.wakes_at() or scene.bank.now
        scene.step("told again")
    scene.end()


def test_notices_are_told_again_after_a_restart(tmp_path: Path) -> None:
    scene = Scene("restarted", tmp_path, enrol=("alice", "bob"))
    bank = scene.bank
    bank.ask(*(bank.purchase(amount=1) for _ in range(63)))
    bank.ask(bank.purchase("bob", amount=2))
    bank.ask(bank.purchase("bob", amount=3))
    bank.restart()
    scene.note("wakes at", bank.issuer.wakes_at())
    for _ in range(3):
        names = [(item.name, len(item.texts)) for item in bank.step() if isinstance(item, Perform)]
        scene.note("told again", names, "wakes at", bank.issuer.wakes_at())
    scene.command("status")
    bank.restart()
    scene.ask("before they are told again", bank.purchase("bob", amount=4), bank.purchase(amount=5))
    scene.command("cards")
    scene.note("reserved", bank.rows("reserved"), "outbox", bank.rows("outbox", "seq, at"))
    for place in (0, 1, 64, 66, 68, 69):
        scene.note("behind", place, [(at, one.request) for at, one in stubs.behind(bank.store, place, 2)])
        scene.note("placed", place, stubs.placed(bank.store, place))
    bank.assert_sound()
    scene.text.compare()


def _left(scene: Scene, *keys: str) -> dict[str, Any]:
    rows = rows_of(scene.bank.store, SHAPE, [(key,) for key in keys])
    return scene.command("archive", keys=[[key] for key in keys], digests=[digest(rows[key,]) for key in keys])


def test_what_left_for_the_archive_is_known_by_its_key() -> None:
    scene = Scene("archived", enrol=("alice", "bob"))
    sold, other, no, gone = scene.purchase(), scene.elsewhere(), scene.purchase(amount=0), scene.purchase(amount=19)
    tomb = scene.purchase(amount=17)
    scene.ask("a sale", sold)
    scene.wait()
    scene.ask("another, a no, a reversal and its sale", other, no, gone, scene.bank.advice(gone))
    scene.ask("an orphan", scene.bank.advice(tomb))
    keys = [scene.bank.key(one) for one in (sold, other, no, gone, tomb)]
    _left(scene, keys[0])
    scene.deliver(*(told.name for told in scene.bank.performs()))
    scene.wait()
    scene.step("what was delivered goes")
    scene.command("status")
    scene.command("archive", keys=[[keys[0]]], digests=["0" * 64])
    _left(scene, *keys)
    scene.command("status")
    scene.command("archive", keys=[[keys[0]]], digests=["0" * 64])
    scene.note("archived", sorted(stubs.archived(scene.bank.store, [*keys, "1/2/3"])))
    scene.bank.restart()
    scene.ask("a request again", sold)
    scene.stranger("a request again, of nobody", sold)
    scene.ask("a request again, unlike it was", other.copy(de4="000000000001"))
    scene.wait()
    for one in (sold, other, no, gone, tomb):
        scene.ask("a reversal of it", advice := scene.bank.advice(one))
        scene.ask("and again", advice)
    sign_on = RecollectionQuery((f"{sold.de7}{sold.de11}", REQUESTS[0]), (f"{no.de7}{no.de11}",), NEWEST)
    scene.ask("the switch knows it", network(question=sign_on))
    scene.end()


def test_what_the_other_has_forgotten() -> None:
    scene = Scene("forgotten", enrol=("alice", "bob", "daily"))
    sold, other, third = scene.purchase(), scene.elsewhere(), scene.purchase("daily", 40)
    burnt = scene.purchase("bob", 3)
    scene.ask("three sales", sold, other, third)
    scene.stranger("a burnt key", burnt)
    request = [f"{one.de7}{one.de11}" for one in (sold, other, third, burnt)]
    scene.wait()
    scene.ask("nothing is asked", network(question=RecollectionQuery()))
    scene.ask("older than the third", network(question=RecollectionQuery(older=request[2])))
    scene.ask("by the other acquirer", network(de32="99999", question=RecollectionQuery()))
    scene.wait()
    known = RecollectionQuery((request[0], REQUESTS[0], REQUESTS[1], request[3]), (), NOTHING)
    scene.ask("two that are not here", network(question=known))
    scene.wait()
    scene.ask("the same and one more", network(question=RecollectionQuery((REQUESTS[1], REQUESTS[2]), (), NOTHING)))
    scene.wait()
    unknown = RecollectionQuery((), (request[0], request[3], "0101000000000001"), NOTHING)
    scene.ask("a sale, a burnt key and what nobody knows", network(question=unknown))
    scene.ask("the card is refused, another is not", scene.purchase(amount=5), scene.purchase("bob", 6))
    scene.wait()
    scene.ask("the same again and another", network(question=RecollectionQuery((), (request[0], request[2]), NOTHING)))
    scene.ask(
        "in one step",
        network(de32="00099999", question=RecollectionQuery((), (request[1],), NOTHING)),
        scene.elsewhere(),
    )
    scene.ask("a reversal fits", scene.bank.advice(third))
    scene.command("status")
    scene.bank.restart()
    scene.ask("still refused", scene.purchase(amount=7))
    numbers = [row.number for row in stubs.cases(scene.bank.store)]
    scene.wait()
    evidence = {numbers[0]: {"terminal": "T0000001"}}
    scene.command("forgotten", numbers=numbers[:1], by=" Wang ", reason=" seen ", how="imported", evidence=evidence)
    scene.ask("and now", scene.purchase(amount=8), scene.purchase("bob", 9))
    scene.command("forgotten", numbers=[row for (row,) in scene.bank.rows("forgotten", "number")], by="Li", reason="ok")
    scene.ask("all of them", scene.purchase("bob", 10), scene.purchase("daily", 11))
    scene.end()


def test_a_page_of_what_was_decided_ends_after_so_many() -> None:
    scene = Scene("pages", enrol=("alice",))
    bank = scene.bank
    sales = [bank.purchase(amount=0) for _ in range(27)]
    bank.ask(*sales)
    scene.ask("the newest", network(question=RecollectionQuery()))
    for sale in (sales[2], sales[1], sales[0]):
        scene.ask("older", network(question=RecollectionQuery(older=f"{sale.de7}{sale.de11}")))
    scene.ask("older than one that is not here", network(question=RecollectionQuery(older=REQUESTS[0])))
    scene.text.compare()


def test_what_makes_a_step_fail_is_kept_masked() -> None:
    scene = Scene("quarantined", enrol=("alice",))
    sold = scene.purchase()
    scene.command("status")
    offenders: list[Inbound] = [
        scene.bank.frame(sold),
        scene.bank.frame(spoilt(scene.bank.sealed(scene.bank.advice(sold)))),
        scene.bank.frame(b"garbage!"),
        Command(9, "enrol", {"cards": [described("bob")]}),
        Performed("sms", "issuer-a-1", ok=True),
        Closed(LINK, 4),
    ]
    for offender in offenders:
        scene.wait()
        scene.bank.issuer.quarantine(scene.bank.now, offender, f"reason {scene.bank.now}")
    scene.ask("and it goes on", sold)
    scene.end()


def test_purchases_are_found_by_what_a_customer_knows() -> None:
    scene = Scene("found", enrol=("alice", "bob"))
    one, two, three = scene.purchase(), scene.elsewhere("alice", 1250), scene.purchase("bob", 1250)
    scene.ask("two", two, three)
    scene.wait()
    scene.ask("one more", one, scene.purchase(amount=5, de37=two.de37), scene.bank.advice(three, de37="607300000099"))
    store = scene.bank.store
    for last4, amount in ((PANS["alice"][-4:], None), (PANS["alice"][-4:], 1250), (PANS["bob"][-4:], 5), ("0000", 0)):
        for found in stubs.find(store, last4=last4, amount=amount):
            scene.note("found", last4, amount, found)
    for rrn in (two.de37 or "", three.de37 or "", "607300000099", "607300000000"):
        scene.note("numbered", rrn, stubs.numbered(store, rrn))
    scene.note("nothing", stubs.stub(store, "1/2/3"), stubs.these(store, ["1/2/3"]), stubs.booked(store, ["1/2/3"]))
    scene.end()
