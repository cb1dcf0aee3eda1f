"""Selling and asking through the API: the key, the statuses, where the money is, and nothing of a card anywhere."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from api.calling import Answer, Api, form

pytestmark = pytest.mark.loop


def test_a_sale_is_made_once_for_its_key_and_told_again_with_200(api: Api) -> None:
    till, before = api.token("till"), api.running.balance("carol")
    first = till.sell("k-once", "T0000001")
    assert (first.status, first.json["outcome"]) == (201, "approved")
    ref = first.json["payment"]["ref"]
    assert first.headers["location"] == f"/api/v1/payments/{ref}"
    again = till.sell("k-once", "T0000001")
    assert (again.status, again.json["payment"]["ref"]) == (200, ref)
    assert api.running.balance("carol") == before - 1250
    other = till.sell("k-once", "T0000001", amount=1251)
    assert (other.status, other.code) == (422, "key_reused")


def test_many_askers_with_one_key_at_once_make_one_sale(api: Api) -> None:
    before, answers = api.running.balance("carol"), list[Answer]()
    askers = [
        threading.Thread(target=lambda: answers.append(api.token("till").sell("k-many", "T0000002", amount=100)))
        for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert {answer.json["payment"]["ref"] for answer in answers} == {answers[0].json["payment"]["ref"]}
    assert len(answers) == 8
    assert api.running.balance("carol") == before - 100


def test_the_finding_of_a_payment_is_the_one_of_the_command_line(api: Api) -> None:
    ref = api.token("till").sell("k-find", "T0000003", 4321).json["payment"]["ref"]
    told, why = api.token("watch").get(f"/payments/{ref}").json, api.running.why(ref)
    for name in ("verdict", "sentence", "stopped_at", "money", "next"):
        assert told[name] == why[name]
    assert set(told["evidence"]) == {"terminal", "switch", "issuer"}
    assert (told["amount"], told["currency"], told["word"]["zh"]) == (4321, "CNY", "已付款")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", told["started_at"])


def test_a_decline_is_a_decided_sale_and_says_so(api: Api) -> None:
    answer = api.token("till").sell("k-poor", "T0000004", card={"name": "poor", "pin": "3456"})
    assert (answer.status, answer.json["outcome"], answer.json["payment"]["verdict"]) == (
        201,
        "declined",
        "NOT_CHARGED",
    )


def test_an_answer_that_does_not_come_is_202_and_the_money_comes_back_by_itself(api: Api) -> None:
    till = api.token("till")
    assert api.token("watch").post("/faults", {"leg": 4, "kind": "drop", "times": 1, "mti": "0210"}).status == 201
    answer = till.sell("k-lost", "T0000005")
    assert (answer.status, answer.json["outcome"]) == (202, "unknown")
    ref = answer.json["payment"]["ref"]
    assert answer.json["payment"]["verdict"] in {"UNKNOWN", "RETURNING", "RETURNED"}
    api.running.at_rest(ref)
    assert till.get(f"/payments/{ref}").json["verdict"] == "RETURNED"
    assert till.sell("k-lost", "T0000005").status == 202  # what the key stands for never became a yes or a no


def test_a_key_is_bound_to_all_that_is_asked_and_free_again_when_nothing_was_sent(api: Api) -> None:
    till, lab = api.token("till"), api.token("watch")
    assert lab.post("/faults", {"leg": 1, "kind": "refuse", "seconds": 600}).status == 201
    first = till.sell("k-free", "T0000009")
    assert lab.ask("DELETE", "/api/v1/faults").status == 200
    assert (first.status, first.json["outcome"]) == (201, "not_sent")
    before = first.json["payment"]["ref"]
    again = till.sell("k-free", "T0000009")
    assert (again.status, again.json["outcome"], again.json["retry_of"]) == (201, "approved", before)
    assert till.sell("k-free", "T0000009").json["ref"] == again.json["ref"] != before
    for otherwise in ({"terminal": "T0000010"}, {"amount": 1251}, {"card": {"name": "carol", "pin": "1234"}}):
        asked: dict[str, Any] = {"terminal": "T0000009", **otherwise}
        refused = till.sell("k-free", **asked)
        assert (refused.status, refused.code, refused.json["sale"]["ref"]) == (422, "key_reused", again.json["ref"])
    stranger = till.sell("k-free", "T0000020")
    assert (stranger.status, stranger.code, "sale" in stranger.json) == (422, "key_reused", False)
    assert api.running.sell("T0000020", card="carol", key="k-free").status == 2, "the same at the command line"


def test_a_sale_while_the_terminals_are_away_is_not_sent_and_never_a_5xx(api: Api) -> None:
    running = api.running.data / "run" / "terminal.json"
    kept = running.read_bytes()
    running.unlink()
    try:
        answer = api.token("till").sell("k-away", "T0000006")
        assert (answer.status, answer.code) == (409, "not_sent")
        assert answer.headers["retry-after"] == "2"
    finally:
        running.write_bytes(kept)
    assert api.token("till").sell("k-away", "T0000006").status == 201


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": 0}, 422, "invalid_request"),
        ({"amount": 12.5}, 422, "invalid_request"),
        ({"amount": "1250"}, 422, "invalid_request"),
        ({"amount": 10**12}, 422, "invalid_request"),
        ({"currency": "XXX"}, 422, "bad_request"),
        ({"terminal": "NOBODY"}, 404, "unknown_terminal"),
        ({"card": {"name": "nobody"}}, 422, "unknown_card"),
        ({"card": {"number": "6299991000000001", "expiry": "3112"}}, 422, "unknown_card"),
        ({"card": {"number": "6299991000000001"}}, 422, "invalid_request"),
        ({"card": {"number": "6299991000000001", "expiry": "1231"}}, 422, "invalid_request"),
        ({"card": {"name": "carol", "number": "6299991000000001"}}, 422, "invalid_request"),
        ({"retry_of": "T0000001/999999/999999"}, 404, "unknown_sale"),
        ({"surprise": 1}, 422, "invalid_request"),
    ],
)
def test_what_no_till_may_ask(api: Api, change: dict[str, object], status: int, code: str) -> None:
    body = {"terminal": "T0000007", "amount": 100, "card": {"name": "carol"}, **change}
    answer = api.token("till").post("/payments", body, Idempotency_Key="k-wrong")
    assert (answer.status, answer.code) == (status, code)


def test_a_money_call_without_its_key_is_refused(api: Api) -> None:
    body = {"terminal": "T0000007", "amount": 100, "card": {"name": "carol"}}
    answer = api.token("till").post("/payments", body)
    assert (answer.status, answer.json["wrong"][0]["where"]) == (422, ["header", "Idempotency-Key"])


def test_pages_of_a_search_follow_each_other_without_gap_or_repeat(api: Api) -> None:
    till = api.token("till")
    refs = [till.sell(f"k-page-{number}", "T0000008", 100 + number).json["payment"]["ref"] for number in range(5)]
    found, path, pages = list[str](), "/payments?terminal=T0000008&limit=2", 0
    while path:
        page = till.get(path).json
        pages += 1
        found += [one["ref"] for one in page["payments"]]
        path = f"/payments?terminal=T0000008&limit=2&cursor={page['next']}" if page["next"] else ""
    assert (found, pages) == (refs[::-1], 3)
    last4 = till.get(f"/payments/{refs[0]}").json["last4"]
    for asked in (f"last4={last4}&amount=1.00", f"ref={refs[0]}"):
        assert refs[0] in [one["ref"] for one in till.get(f"/payments?{asked}").json["payments"]]
    for wrong in ("", "last4=1234", "terminal=T0000008&rrn=123456789012", "ref=x", "terminal=T0000008&cursor=%21"):
        assert till.get(f"/payments?{wrong}").status == 422


def test_a_receipt_is_shown_printed_again_and_closed(api: Api) -> None:
    till = api.token("till")
    ref = till.sell("k-paper", "T0000009").json["payment"]["ref"]
    text, picture = till.get(f"/payments/{ref}/receipt"), till.get(f"/payments/{ref}/receipt?as=svg&lang=zh")
    assert "12.50" in text.text
    assert (picture.headers["content-type"], picture.text[:4]) == ("image/svg+xml", "<svg")
    printed = till.post(f"/payments/{ref}/receipt/print", {"copy": "cardholder"})
    assert (printed.status, printed.json["outcome"]) == (200, "done")
    assert till.post(f"/payments/{ref}/receipt/print", {"printer": "tcp://192.0.2.8"}).status == 422
    live = till.get("/terminals/T0000009").json["live"]
    assert (live["printer"], live["printer2"], live["second"]) == ("", "", False)
    none = till.get(f"/payments/{ref}/receipt?copy=not-charged")
    assert (none.status, none.code) == (404, "not_certain")
    closed = till.post(f"/payments/{ref}/receipt/close", {"how": "attested"})
    assert (closed.status, closed.code) == (409, "not_printing")


def test_what_is_not_at_rest_is_listed_and_a_second_person_hands_it_over(api: Api) -> None:
    """A reversal nobody answers: a cashier asks, cannot approve, a supervisor can, and it is done once."""
    watch, cashier, boss = api.token("watch"), api.person("cashier"), api.person("supervisor")
    watch.post("/faults", {"leg": 1, "kind": "drop", "seconds": 60, "mti": "0400"})
    watch.post("/faults", {"leg": 4, "kind": "drop", "times": 1, "mti": "0210"})
    ref = api.token("till").sell("k-stuck", "T0000010").json["payment"]["ref"]
    items = {item["payment"]["ref"]: item for item in watch.get("/open-items").json["items"]}
    assert items[ref]["payment"]["verdict"] in {"UNKNOWN", "RETURNING"}
    asked = cashier.post("/decisions", {"action": "escalate", "ref": ref, "reason": "the line is dead"})
    assert asked.status == 201, asked
    number = asked.json["number"]
    assert cashier.post(f"/decisions/{number}/approve").code == "role"
    assert cashier.post("/decisions", {"action": "escalate", "ref": ref, "reason": "x"}).code == "not_allowed"
    done = boss.post(f"/decisions/{number}/approve")
    assert (done.json["state"], done.json["asked_by"], done.json["decided_by"]) == ("done", "cashier", "supervisor")
    assert boss.post(f"/decisions/{number}/approve").code == "not_allowed"
    assert watch.get(f"/payments/{ref}").json["verdict"] == "EXCEPTION"
    assert ref in [item["payment"]["ref"] for item in watch.get("/open-items").json["items"]]
    assert watch.ask("DELETE", "/api/v1/faults").status == 200
    lines = api.person("admin").ask("GET", "/audit").text
    for words in ("escalate asked", "escalate approved", "escalate ended", "the line is dead", "none was altered"):
        assert words in lines


def test_accounts_add_up_to_zero_and_terminals_tell_what_they_do(api: Api) -> None:
    books = api.token("watch").get("/accounts?audit=true").json
    assert books["sum"] == {"CNY": 0}
    assert books["violations"] == []
    assert sum(one["balance"] for one in books["accounts"]) == 0
    listed = api.token("till").get("/terminals").json["terminals"]
    assert len(listed) == 100
    assert all(one["live"]["terminal"] == one["terminal"] for one in listed)
    assert api.token("till").get("/terminals/NOBODY").code == "unknown_terminal"


def test_a_number_is_typed_and_that_only_where_the_merchant_may(api: Api) -> None:
    till, carol, bob = api.token("till"), api.running.card("carol"), api.running.card("bob")
    before = api.running.balance("carol")
    typed = {"number": carol["pan"], "expiry": carol["expiry"]}
    barred = till.sell("k-typed-1", "T0000007", card=typed)
    assert (barred.status, barred.code) == (422, "typed_not_allowed")
    assert "不得手工输入" in barred.json["message"]["zh"]
    sold = till.sell("k-typed-2", "T0000012", card=typed)
    assert (sold.status, sold.json["outcome"]) == (201, "approved")
    guessed = till.sell("k-typed-3", "T0000012", card={**typed, "expiry": "3101"})
    assert (guessed.json["outcome"], guessed.json["response_code"]) == ("declined", "14")
    other = till.sell("k-typed-4", "T0000012", card={"number": bob["pan"], "expiry": bob["expiry"], "pin": bob["pin"]})
    assert (other.json["outcome"], other.json["response_code"]) == ("declined", "57")
    assert api.running.balance("carol") == before - 1250


def test_no_card_number_is_in_an_answer_and_six_digits_only_for_a_reason(api: Api) -> None:
    card, till = api.running.card("bob"), api.token("till")
    sold = till.sell("k-card", "T0000011", card={"number": card["pan"], "expiry": card["expiry"], "pin": card["pin"]})
    assert sold.status == 201
    ref = sold.json["payment"]["ref"]
    support = api.person("support")
    for caller in (till, support):
        caller.get(f"/payments/{ref}")
    wrong = till.sell("k-card-2", "T0000011", card={"number": card["pan"], "expiry": "3112", "pin": "1" * 20})
    assert wrong.status == 422
    till.sell(card["pan"], "T0000011", card={card["pan"]: card["track2"]})
    till.get(f"/payments/{card['pan']}")
    till.get(f"/payments?rrn={card['pan']}&{card['pan']}=1")
    assert till.post(f"/payments/{ref}/reveal", {"reason": "asked by the bank"}).code == "role"
    assert support.post(f"/payments/{ref}/reveal", {"reason": " "}).status == 422
    before = list(support.said)
    shown = support.post(f"/payments/{ref}/reveal", {"reason": f"the bank asks, card {card['pan']}"})
    assert shown.json["card"] == f"{card['pan'][:6]}{'*' * (len(card['pan']) - 10)}{card['pan'][-4:]}"
    page = api.person("admin").ask("GET", "/audit").text
    assert "card revealed" in page
    said = "\n".join([*till.said, *before, page])
    for secret in (card["pan"], card["track2"], card["pan"][:6] + "**"):
        assert secret not in said
    logs = [path.read_text() for path in (api.running.data / "logs").glob("console*")]
    assert not [text for text in logs if card["pan"] in text]


def test_an_administrator_adds_somebody_who_then_may_what_the_role_may_until_disabled(api: Api) -> None:
    admin = api.person("admin")
    assert form(admin, "/people", what="add", name="new", role="cashier", password="a long password").status == 303
    new = api.log_in("new", "a long password")
    assert new.get("/me").json["role"] == "cashier"
    assert form(admin, "/people", what="role", name="new", role="support").status == 303
    assert new.get("/me").status == 401, "a new role ends the sessions of the old one"
    assert api.log_in("new", "a long password").get("/me").json["role"] == "support"
    changed = form(api.log_in("new", "a long password"), "/password", old="a long password", new="a longer password")
    assert changed.status == 303
    new = api.log_in("new", "a longer password")
    assert form(admin, "/people", what="disable", name="new", why="left").status == 303
    assert new.get("/me").status == 401
    for fields in (
        {"what": "disable", "name": "admin", "why": "alone"},
        {"what": "add", "name": "new", "role": "cashier", "password": "a long password"},
        {"what": "add", "name": "newer", "role": "king", "password": "a long password"},
        {"what": "add", "name": "newer", "role": "cashier", "password": "short"},
    ):
        assert form(admin, "/people", **fields).status == 422


def test_a_token_is_shown_once_works_and_is_worth_nothing_when_ended(api: Api) -> None:
    admin = api.person("admin")
    page = form(admin, "/tokens", what="make", name="kiosk", role="cashier")
    found = re.search(r"cf_[\w-]{40,}", page.text)
    assert found is not None
    assert found[0] not in admin.ask("GET", "/tokens").text
    caller = api.nobody()
    caller.headers["Authorization"] = f"Bearer {found[0]}"
    assert caller.get("/me").json == {"name": "token kiosk", "role": "cashier", "program": True, "csrf": ""}
    assert form(admin, "/tokens", what="make", name="kiosk", role="cashier").status == 422
    assert form(admin, "/tokens", what="make", name="boss", role="supervisor").status == 422
    assert form(admin, "/tokens", what="end", name="kiosk", why="sold").status == 303
    assert (caller.get("/me").status, caller.get("/me").code) == (401, "not_authenticated")
