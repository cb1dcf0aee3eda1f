"""What the switch remembers, forgets, archives and keeps aside, word for word in `told/`."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.iso8583 import Message
from counterfoil.iso8583.recollection import Named, Recollected, build_answer, parse_question
from counterfoil.step import DAY, SECOND, Closed, Command, Connected, Frame, NotSent, Outbound, Send
from counterfoil.storage.archiving import digest, older, rows_of
from counterfoil.switch import stubs
from counterfoil.switch.archiving import SHAPE
from counterfoil.transaction import AttemptKey
from switch.scene import ALICE, BOB, CLEAR, TERMINALS, pan
from switch.telling import Telling, telling, tree
from switch.telling import digest as short

T1, T2 = TERMINALS
CAROL: Final = pan("62999910", 3)
ENDING: Final = {"by": "Lin", "reason": "looked at the slips"}


def compared(made: Telling, lost: set[str], pages: list[tuple[Named, ...]], issuer: str = "issuer-a") -> None:
    """The line to an issuer comes back; it does not know these requests, and names others, a page at a time."""
    made.step(Closed(issuer, ""), after=SECOND)
    out: list[Outbound] = made.step(Connected(issuer, ""), after=SECOND)
    for _ in range(4):
        for ask in [made.read(one) for one in out if isinstance(one, Send) and one.link == issuer]:
            if ask.mti == "0800":
                question = parse_question(ask.de48 or "")
                known = tuple(request not in lost for request in question.known)
                named = pages.pop(0) if pages and question.older != "-" else ()
                answer = Message("0810", de7=ask.de7, de11=ask.de11, de39="00", de70=ask.de70)
                answer.de48 = build_answer(Recollected(known, named))
                out = made.step(made.from_issuer(answer, issuer))


def test_what_an_issuer_and_the_switch_have_forgotten() -> None:
    made = telling("what_an_issuer_and_the_switch_have_forgotten")
    made.sign_on(T2)
    one, _ = made.approved(amount=100)
    two, forwarded = made.asked(amount=200, card=BOB, terminal=T2)
    made.step(made.reply(forwarded, "51", "issuer-b"), after=SECOND)
    three, _ = made.approved(amount=300, card=CAROL)
    requests = {stub.rrn: stub.transmitted + stub.stan for stub in map(made.stub, (one, two, three))}
    lost = {requests[made.stub(one).rrn]}
    made.say("the issuer has forgotten a sale, and names two that nobody here made and one that is known")
    known = Named(requests[made.stub(three).rrn], made.stub(three).rrn, T1)
    strange = Named("0314035959000123", "60730JUG0001", T2), Named("0314035958000777", "60730JUG0002", "T7777777")
    compared(made, lost, [(strange[0], known), (strange[1],)])
    made.say("the other issuer knows all, or says nothing of it")
    compared(made, set(), [()], "issuer-b")
    made.step(Closed("issuer-b", ""), after=SECOND)
    made.comes_up("issuer-b", after=SECOND)
    made.say("the card and the terminal are refused, others are not")
    made.step(made.frame(made.purchase(400)), made.frame(made.purchase(500, BOB)), after=SECOND)
    made.step(made.frame(made.purchase(600, BOB, terminal=T2)), after=SECOND)
    made.say("the same is found again")
    compared(made, lost, [strange])
    made.say("another process refuses the same; a person ends it, row by row")
    made = made.restarted()
    made.comes_up(after=SECOND)
    made.comes_up("issuer-b", after=SECOND)
    made.step(made.frame(made.purchase(700)), made.frame(made.purchase(800, BOB, terminal=T2)), after=SECOND)
    numbers = [number for (number,) in made.store.query("SELECT number FROM forgotten ORDER BY number")]
    args: tuple[dict[str, Any], ...] = (
        {}, {"numbers": numbers}, {**ENDING, "numbers": []}, {**ENDING, "numbers": ["S-1"]},
        {**ENDING, "numbers": numbers[-1:]}, {**ENDING, "numbers": numbers},
    )  # fmt: skip
    for told in args:
        made.command("forgotten", **told)
    made.step(made.frame(made.purchase(900)), made.frame(made.purchase(1000, BOB, terminal=T2)), after=SECOND)
    made.end()


def test_a_terminal_that_was_put_back() -> None:
    made = telling("a_terminal_that_was_put_back")
    made.sign_on(T2)
    sold = [made.approved(amount=100 + number)[0] for number in range(3)]
    other, _ = made.approved(amount=900, terminal=T2)
    made.say("it reverses a sale that it has closed since")
    made.step(made.frame(made.reversal(sold[1])), after=SECOND)
    made.step(made.frame(made.reversal(sold[0])), made.frame(made.purchase(200)), after=SECOND)
    made.say("the other sells on; it signs on where it stood before, twice, and works under what it was told")
    made.step(made.frame(made.purchase(300, CAROL, terminal=T2)), after=SECOND)
    late = made.approved(amount=400, card=CAROL, terminal=T2)
    made.stans[T2] = 2
    made.sign_on(T2)
    made.now += 6 * SECOND
    made.stans[T2] = 1
    made.sign_on(T2)
    made.step(made.frame(made.purchase(500, CAROL, terminal=T2)), made.frame(made.reversal(late[0], card=CAROL)))
    made.say("a person ends all of it")
    numbers = [number for (number,) in made.store.query("SELECT number FROM forgotten ORDER BY number")]
    made.command("forgotten", numbers=numbers, **ENDING)
    made.step(made.frame(made.purchase(600, terminal=T2)), made.frame(made.reversal(other)), after=SECOND)
    made.end()


def test_what_is_archived() -> None:
    made = telling("what_is_archived")
    made.sign_on(T2)
    first, _ = made.approved(amount=100)
    declined, forwarded = made.asked(amount=200)
    made.step(made.reply(forwarded, "51"))
    never = made.purchase(300)
    made.step(made.frame(made.reversal(never)))
    undone, _ = made.approved(amount=400)
    made.step(made.frame(made.reversal(undone)))
    made.acknowledge()
    last, _ = made.approved(amount=500)
    open_one, _ = made.asked(amount=600, card=BOB, terminal=T2)
    keys = [AttemptKey(m.de41 or "", (m.de60 or "")[2:8], m.de11 or "")
            for m in (first, declined, never, undone, last, open_one)]  # fmt: skip
    made.note("at rest", [[*old.key, old.at_rest, tree(old.started_at)] for old in older(made.store, SHAPE, 0, 9)])
    found = rows_of(made.store, SHAPE, keys)
    digests = [digest(found[tuple(key)]) for key in keys]
    made.say("arguments that are none")
    for args in ({}, {"keys": [list(key) for key in keys]}, {"keys": [list(keys[0])], "digests": digests}):
        made.command("archive", **args)
    made.say("some are let go, the open one stays, another is not what the archive says")
    told = [list(key) for key in keys]
    for asked, said in ((told, digests[:-2] + digests[:2]), (told, digests), ([["T9", "000001", "000001"]], ["x"])):
        reply = made.switch.step(made.now, [Command(3, "archive", {"keys": asked, "digests": said})])
        made.note("archive", *(made.left(one) for one in reply))
    made.say("their requests and their reversals come again")
    for request in (first, declined, never, undone, last):
        made.step(made.frame(request.copy()), after=SECOND)
        made.step(made.frame(made.reversal(request)), after=SECOND)
    made.say("a wrong MAC burns none of them; a device that counts from one again is told the next batch")
    made.step(made.frame(first.copy(), spoil=True))
    made.note("archived", sorted(map(str, stubs.archived(made.store, keys))))
    made.sign_on(stan="000003")
    made.end()


def test_card_numbers_leave() -> None:
    made = telling("card_numbers_leave", numbers_kept_days=1)
    made.sign_on(T2)
    sold, _ = made.approved(amount=100)
    other, _ = made.approved(amount=200, terminal=T2)
    made.say("the first look is on the next business day, and the numbers leave the day after")
    for _ in range(3):
        due = made.switch.wakes_at()
        assert due is not None
        made.step(after=due - made.now)
    made.step(after=DAY)
    made.note("held", tree(list(stubs.numbers_held(made.store))))
    made.step(after=DAY)
    made.note("held", tree(list(stubs.numbers_held(made.store))))
    made.say("their reversals: one names the card, one does not")
    made.comes_up(after=SECOND)
    made.step(made.frame(made.reversal(sold)), made.frame(made.reversal(other, de2=None)), after=SECOND)
    made.note("held", tree(list(stubs.numbers_held(made.store))))
    made.acknowledge()
    made.say("a number that comes in today is looked at tomorrow")
    made.approved(amount=300)
    made.end()


def test_another_process_and_what_could_not_be_processed() -> None:
    made = telling("another_process_and_what_could_not_be_processed")
    made.sign_on(T2)
    open_one, forwarded = made.asked(amount=100)
    sold, _ = made.approved(amount=200, terminal=T2)
    undone, _ = made.approved(amount=300, terminal=T2)
    made.step(made.frame(made.reversal(undone)), after=SECOND)
    made = made.restarted()
    made.say("its clock is an hour behind")
    made.now -= 3600 * SECOND
    made.step(after=SECOND)
    made.comes_up(after=SECOND)
    made.step(made.reply(forwarded, "00"), made.frame(open_one.copy()), made.frame(sold.copy()), after=SECOND)
    made.approved(amount=400, card=CAROL)
    made.acknowledge("25")
    made.step(after=100 * SECOND)
    made.acknowledge("25")
    made.say("what could not be processed is kept masked")
    for offender in (
        made.frame(made.purchase(500, BOB)), Frame("terminals", 1, b"garbage", made.now),
        made.from_issuer(Message("0210", de2=BOB, de11="000001")), Frame("issuer-b", "", b"0", made.now),
        Command(1, "register", {"tmk": CLEAR["tmk"][1].hex()}), Connected("issuer-a", ""), NotSent("issuer-b", "", 5),
    ):  # fmt: skip
        made.switch.quarantine(made.now, offender, "RuntimeError")
    made.step(after=2 * 3600 * SECOND)
    made.end()


def test_what_others_may_read() -> None:
    made = telling("what_others_may_read")
    made.sign_on(T2)
    one, _ = made.approved(amount=100)
    two, _ = made.approved(amount=100, terminal=T2)
    three, _ = made.asked(amount=100, card=BOB)
    four, _ = made.approved(amount=200, terminal=T2)
    made.step(made.frame(made.reversal(four)), made.frame(made.reversal(two).copy(de4="000000000007")))
    made.sign_on()
    made.say("one by one")
    store = made.store
    first = made.stub(one)
    for ref in (first.ref, first.rrn, "T0000009/000001/000001", "60730JUG9999"):
        made.stub_of(ref)
    made.stub_of(first.rrn, history=False)
    keys = [AttemptKey(T1, "000001", "000002"), AttemptKey(T2, "000001", "000002"), AttemptKey(T2, "000009", "000002")]
    rrns = [first.rrn, made.stub(three).rrn, "60730JUG9999"]
    made.note("by card", [stub.ref for stub in stubs.find(store, last4=ALICE[-4:], amount=100)])
    made.note("the first of them", [stub.ref for stub in stubs.find(store, last4=ALICE[-4:], amount=100, limit=1)])
    made.note("another amount", [stub.ref for stub in stubs.find(store, last4=ALICE[-4:], amount=101)])
    made.note("first six", [stubs.first_six(store, key) for key in keys])
    made.note("these", sorted(stubs.these(store, keys)), "numbered", sorted(stubs.numbered(store, rrns)))
    made.note("behind", [[place, stub.ref] for place, stub in stubs.behind(store, 0, 3)])
    made.note("further behind", [[place, stub.ref] for place, stub in stubs.behind(store, 3, 3)])
    made.note("placed", [list(stubs.placed(store, place)) for place in (None, 1, 3, 99)])
    made.note("followed", [tree(stubs.followed(store, key, first)) for key in keys])
    made.note("head", {name: tree(int(value)) for name, value in stubs.head(store).items()})
    for name, checks in sorted(stubs.key_checks(store).items()):
        made.note("checks", name, [[short(pik), short(mak), tree(when)] for (pik, mak), when in checks.items()])
    made.note("cases", [list(map(tree, case)) for case in stubs.cases(store)], len(stubs.cases(store, 0)))
    made.end()
