"""Every kind of transaction through the API: what it is asked with, what it answers, what moves, and each refusal."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from api.calling import Answer, Api
from counterfoil.kinds import BY_NAME, TABLE, Kind, Needs
from counterfoil.stack.config import DEFAULT_SUPERVISOR
from counterfoil.terminal.sentences import ERRORS

pytestmark = pytest.mark.loop

AT = "T0000040"
WITH_ORIGINAL = [kind for kind in TABLE if kind.original is not None]
GUARDED = [kind for kind in TABLE if Needs.SUPERVISOR in kind.needs]


class Moved(NamedTuple):
    """What a kind does to a card of the demo: to its balance, and to what is free of it, minor units."""

    balance: int
    available: int


MOVES = {
    "purchase": Moved(-1250, -1250),
    "void": Moved(0, 0),
    "preauth": Moved(0, -1250),
    "preauth_void": Moved(0, 0),
    "completion": Moved(-1250, -1250),
    "balance": Moved(0, 0),
}
"""With its original, from before that."""


def ask(api: Api, kind: str, key: str, terminal: str = AT, **more: Any) -> Answer:
    body = {"terminal": terminal, "kind": kind, "card": {"name": "carol"}, **more}
    return api.token("till").post("/payments", body, Idempotency_Key=key)


def original(api: Api, kind: Kind, key: str, terminal: str = AT) -> str:
    """The reference of a new transaction this kind may refer to."""
    assert kind.original is not None
    answer = ask(api, kind.original.of[0], f"{key}-original", terminal, amount=1250)
    assert (answer.status, answer.json["outcome"]) == (201, "approved"), answer
    return str(answer.json["ref"])


def needs(api: Api, kind: Kind, key: str, terminal: str = AT) -> dict[str, Any]:
    """What a kind must be asked with, besides the card."""
    found: dict[str, Any] = {}
    if kind.original is not None:
        found["original"] = original(api, kind, key, terminal)
    elif Needs.AMOUNT in kind.needs:
        found["amount"] = 1250
    if Needs.SUPERVISOR in kind.needs:
        found["supervisor"] = DEFAULT_SUPERVISOR
    return found


def told(api: Api, key: str) -> Moved:
    """What carol's issuer says she has."""
    answer = ask(api, "balance", key)
    said = {one["type"]: one["amount"] for one in answer.json["balances"]}
    assert {one["currency"] for one in answer.json["balances"]} == {"CNY"}
    assert said["ledger"] == api.running.balance("carol")
    return Moved(said["ledger"], said["available"])


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_a_kind_is_asked_for_with_what_it_needs_and_moves_what_it_moves(api: Api, kind: Kind) -> None:
    before = told(api, f"{kind.name}-before")
    more = needs(api, kind, kind.name)
    answer = ask(api, kind.name, f"kind-{kind.name}", **more)
    assert (answer.status, answer.json["outcome"]) == (201, "approved"), answer
    assert (answer.json["kind"], answer.json["original"]) == (kind.name, more.get("original", ""))
    assert bool(answer.json["balances"]) is kind.balances
    payment = answer.json["payment"]
    assert (payment["ref"], payment["kind"], payment["original"]) == (
        answer.json["ref"],
        kind.name,
        answer.json["original"],
    )
    assert answer.headers["location"] == f"/api/v1/payments/{answer.json['ref']}"
    after = told(api, f"{kind.name}-after")
    assert Moved(after.balance - before.balance, after.available - before.available) == MOVES[kind.name]


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_a_key_stands_for_one_transaction_of_its_kind(api: Api, kind: Kind) -> None:
    key = f"once-{kind.name}"
    more = needs(api, kind, key)
    first, again = ask(api, kind.name, key, **more), ask(api, kind.name, key, **more)
    assert (first.status, again.status, again.json["ref"]) == (201, 200, first.json["ref"])
    other = next(one for one in TABLE if one.original is None and one is not kind)
    taken: dict[str, Any] = {"amount": 1250} if other.has_amount else {}
    refused = ask(api, other.name, key, **taken)
    assert (refused.status, refused.code, refused.json["sale"]["ref"]) == (422, "key_reused", first.json["ref"])


def test_a_completion_takes_the_amount_it_names_and_frees_the_rest(api: Api) -> None:
    before = told(api, "part-before")
    ref = original(api, BY_NAME["completion"], "part")
    answer = ask(api, "completion", "part", original=ref, amount=1000)
    assert (answer.status, answer.json["outcome"]) == (201, "approved")
    after = told(api, "part-after")
    assert (before.balance - after.balance, before.available - after.available) == (1000, 1000)
    (against,) = api.token("watch").get(f"/payments/{ref}").json["against"]
    assert (against["kind"], against["name"], against["amount"]) == ("completion", answer.json["ref"], 1000)


def refused(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code)
    assert code not in ERRORS or "{" in ERRORS[code].en or answer.json["message"]["en"] == ERRORS[code].en


@pytest.mark.parametrize("kind", WITH_ORIGINAL, ids=lambda kind: kind.name)
def test_what_the_terminal_knows_of_an_original_is_said_before_anything_is_sent(api: Api, kind: Kind) -> None:
    key = f"no-{kind.name}"
    more = needs(api, kind, key)
    refused(ask(api, kind.name, f"{key}-1", **{**more, "original": f"{AT}/999999/999999"}), 404, "original_unknown")
    refused(ask(api, kind.name, f"{key}-2", **{**more, "original": None}), 404, "original_unknown")
    refused(ask(api, kind.name, f"{key}-3", "T0000041", **more), 404, "original_unknown")
    refused(ask(api, kind.name, f"{key}-4", **{**more, "original": "x"}), 422, "invalid_request")
    refused(ask(api, kind.name, f"{key}-5", **more, amount=1250 * 2), 422, "amount_above_original")
    other = ask(api, "balance", f"{key}-other").json["ref"]
    refused(ask(api, kind.name, f"{key}-6", **{**more, "original": other}), 422, "original_other_kind")
    assert ask(api, kind.name, f"{key}-7", **more).json["outcome"] == "approved"
    refused(ask(api, kind.name, f"{key}-8", **more), 409, "original_closed")
    assert kind.original is not None
    fallen = ask(api, kind.original.of[0], f"{key}-poor", amount=1250, card={"name": "poor", "pin": "3456"})
    assert fallen.json["outcome"] == "declined"
    refused(ask(api, kind.name, f"{key}-9", **{**more, "original": fallen.json["ref"]}), 409, "original_fallen")


def test_another_card_than_the_originals_is_the_issuers_to_refuse(api: Api) -> None:
    more = needs(api, BY_NAME["void"], "stranger")
    answer = ask(api, "void", "stranger", **more, card={"name": "alice"})
    assert (answer.status, answer.json["outcome"], answer.json["response_code"]) == (201, "declined", "25")
    assert api.token("watch").get(f"/payments/{more['original']}").json["verdict"].startswith("PAID")


@pytest.mark.parametrize("kind", GUARDED, ids=lambda kind: kind.name)
def test_the_supervisors_password_is_asked_for_and_never_told(api: Api, kind: Kind) -> None:
    key, terminal = f"boss-{kind.name}", {"void": "T0000042", "preauth_void": "T0000043"}[kind.name]
    more = needs(api, kind, key, terminal)
    refused(ask(api, kind.name, f"{key}-none", terminal, original=more["original"]), 403, "wrong_supervisor")
    for number in range(5):
        answer = ask(api, kind.name, f"{key}-{number}", terminal, **{**more, "supervisor": "no-such-password"})
        refused(answer, 403, "wrong_supervisor")
    refused(ask(api, kind.name, key, terminal, **more), 409, "supervisor_locked")
    page = api.person("admin").ask("GET", "/audit").text
    logs = "".join(path.read_text() for path in (api.running.data / "logs").glob("*"))
    assert kind.paper is not None
    assert f"{terminal} {key}" in page
    assert not [secret for secret in ("no-such-password", DEFAULT_SUPERVISOR + '"') if secret in page + logs]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "nothing"}, "invalid_request"),
        ({"kind": "balance", "amount": 100}, "bad_request"),
        ({"kind": "preauth"}, "bad_request"),
        ({"kind": "purchase"}, "bad_request"),
        ({"kind": "purchase", "amount": 100, "original": f"{AT}/000001/000001"}, "bad_request"),
        ({"kind": "purchase", "amount": 100, "print": "yes"}, "invalid_request"),
        ({"kind": "balance", "supervisor": "x" * 65}, "invalid_request"),
    ],
)
def test_what_a_kind_does_not_take_is_refused(api: Api, body: dict[str, Any], code: str) -> None:
    answer = api.token("till").post(
        "/payments", {"terminal": AT, "card": {"name": "carol"}, **body}, Idempotency_Key="k-not-taken"
    )
    assert (answer.status, answer.code) == (422, code)


def test_what_does_not_take_a_pin_is_refused_with_one_and_a_balance_is_printed_on_request(api: Api) -> None:
    bob = {"name": "bob", "pin": api.running.card("bob")["pin"]}
    held = ask(api, "preauth", "pin-held", amount=500, card=bob).json["ref"]
    refused(ask(api, "completion", "pin-taken", original=held, card=bob), 422, "bad_request")
    assert ask(api, "completion", "pin-none", original=held, card={"name": "bob"}).json["outcome"] == "approved"
    answer = ask(api, "balance", "pin-balance", card=bob, print=True)
    assert (answer.status, answer.json["outcome"]) == (201, "approved")
    unprinted = ask(api, "balance", "pin-unprinted", card=bob)
    slip, none = (api.token("till").get(f"/payments/{one.json['ref']}/receipt") for one in (answer, unprinted))
    assert (slip.status, none.status, none.code) == (200, 404, "no_receipt")
    assert BY_NAME["balance"].paper is not None
    assert BY_NAME["balance"].paper.title.en in slip.text


def test_an_inquiry_nobody_answers_is_202_and_nothing_is_owed(api: Api) -> None:
    assert api.token("watch").post("/faults", {"leg": 4, "kind": "drop", "times": 1, "mti": "0210"}).status == 201
    answer = ask(api, "balance", "k-no-answer", "T0000044")
    assert (answer.status, answer.json["outcome"], answer.json["balances"]) == (202, "unknown", [])
    assert "pay" not in answer.json["sentence"]["en"]
    again = ask(api, "balance", "k-no-answer", "T0000044")
    assert (again.status, again.json["ref"]) == (202, answer.json["ref"])


def test_a_kind_that_cannot_leave_is_not_sent_and_its_key_is_free_again(api: Api) -> None:
    assert api.token("watch").post("/faults", {"leg": 1, "kind": "refuse", "seconds": 600}).status == 201
    answer = ask(api, "balance", "k-not-left", "T0000045")
    assert api.token("watch").ask("DELETE", "/api/v1/faults").status == 200
    assert (answer.status, answer.json["outcome"]) == (201, "not_sent")
    assert (answer.json["kind"], answer.json["balances"]) == ("balance", [])
    assert ask(api, "balance", "k-not-left", "T0000045").json["outcome"] == "approved"
