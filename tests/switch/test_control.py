"""The control channel: registering terminals, telling how it is, and clear errors for bad input."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.fields import called
from counterfoil.step import SECOND
from switch.scene import CLEAR, MERCHANT, TERMINALS, Scene, scene

T1 = TERMINALS[0]
GOOD: dict[str, Any] = {"terminal": "T0000009", "merchant": MERCHANT, "tmk": CLEAR["tmk"][1].hex()}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"terminal": "SHORT"}, "terminal"),
        ({"terminal": "T/000001"}, "terminal"),
        ({"terminal": "T 000001"}, "terminal"),
        ({"terminal": "T\t000001"}, "terminal"),
        ({"terminal": "T\x7f000001"}, "terminal"),
        ({"terminal": "TÉ000001"}, "terminal"),
        ({"merchant": MERCHANT[:-1] + "\x00"}, "merchant"),
        ({"merchant": "É" + MERCHANT[1:]}, "merchant"),
        ({"merchant": " " * 15}, "merchant"),
        ({"terminal": 7}, "terminal"),
        ({"merchant": "1"}, "merchant"),
        ({"tmk": "zz"}, "tmk"),
        ({"tmk": "0123"}, "tmk"),
        ({"mak": "0123"}, "mak"),
        ({"pik": "0123"}, "pik"),
        ({"batch": "7"}, "batch"),
        ({"limit": -1}, "limit"),
        ({"mac": "aes_cmac"}, "mac"),
        ({"mac": "rot13"}, "mac"),
        ({"mak_bytes": 24}, "mak_bytes"),
        ({"dialect": {"60": {"nonsense": 1}}}, "dialect"),
        ({"dialect": {"60": {"max": []}}}, "dialect"),
        ({"dialect": {"60": 7}}, "dialect"),
        ({"dialect": {60: {"max": 7}}}, "dialect"),
        ({"dialect": {"900": {"type": "n", "max": 4}}}, "dialect"),
    ],
)
def test_a_registration_that_makes_no_sense_names_its_field_in_both_languages(
    changes: dict[str, Any], field: str
) -> None:
    made = Scene()
    reply = made.command("register", terminals=[GOOD, {**GOOD, **changes}])
    assert reply["error"] == "bad_request"
    assert reply["message"] == {
        "en": f"terminal 2 of the list cannot be registered: {field} is missing or makes no sense",
        "zh": f"列表中第2台终端无法登记：{called(field).zh}缺失或无效",
    }
    assert made.command("status")["terminals"] == len(TERMINALS)  # all or none


@pytest.mark.parametrize("described", [{**GOOD, "6299990000000015": 1}, {**GOOD, "`$.tmx`": 1}, 7, [], None, "T1"])
def test_a_registration_of_another_shape_says_so_and_repeats_nothing_of_it(described: object) -> None:
    made = Scene()
    reply = made.command("register", terminals=[GOOD, described])
    assert reply["error"] == "bad_request"
    assert reply["message"] == {
        "en": "terminal 2 of the list cannot be registered: it has a field that is not known, or is no object",
        "zh": "列表中第2台终端无法登记：含有未知字段，或不是对象",
    }
    assert made.command("status")["terminals"] == len(TERMINALS)


@pytest.mark.parametrize("field", ["terminal", "merchant"])
def test_a_registration_that_lacks_an_element_names_it(field: str) -> None:
    lacking = {name: value for name, value in GOOD.items() if name != field}
    reply = Scene().command("register", terminals=[GOOD, lacking])
    assert reply["message"]["en"] == (
        f"terminal 2 of the list cannot be registered: {field} is missing or makes no sense"
    )


PRINTED = [chr(code) for code in range(0x20, 0x7F)]


def test_a_terminal_may_have_any_printed_character_but_blank_and_slash_and_a_merchant_those_too() -> None:
    made = Scene()
    for character in PRINTED:
        terminal = {**GOOD, "terminal": f"T000000{character}"}
        registered = "registered" in made.command("register", **terminal)
        assert registered is (character not in " /"), character
        merchant = {**GOOD, "merchant": f"8981000000000{character}1"}
        assert made.command("register", **merchant) == {"registered": ["T0000009"]}, character


@pytest.mark.parametrize("args", [{"terminals": []}, {"terminals": [7]}, {}])
def test_odd_shapes_are_an_answer_too(args: dict[str, Any]) -> None:
    reply = Scene().command("register", **args)
    assert reply == {"registered": []} or reply["error"] == "bad_request"


def test_an_unknown_verb_is_an_error() -> None:
    reply = Scene().command("explode")
    assert reply["error"] == "unknown_verb"
    assert set(reply["message"]) == {"en", "zh"}


def test_a_registration_may_be_run_again_without_disturbing_the_terminal() -> None:
    made = scene()
    made.command("register", **made.registration(T1))
    made.asked()


def test_another_master_key_is_another_device() -> None:
    made = scene()
    made.command("register", **made.registration(T1, tmk="FEDCBA98765432100123456789ABCDEF"))
    request = made.frame(made.purchase())
    del made.lines[T1]
    assert made.codes(request) == ["A0"]


def test_a_terminal_keeps_its_batch_unless_one_is_named() -> None:
    made = scene()
    made.approved()
    made.now += 10 * SECOND
    assert made.sign_on(stan="000001").de60 == "00000002003"
    made.command("register", **made.registration(T1))
    assert made.codes(made.frame(made.purchase().copy(de60="2200000100050"))) == ["77"]
    made.command("register", **made.registration(T1, batch="000042"))
    assert made.codes(made.frame(made.purchase().copy(de60="2200000200050"))) == ["77"]


def test_a_terminal_registered_with_its_working_keys_needs_no_sign_on() -> None:
    made = Scene()
    mak, pik = bytes(range(8)), bytes(range(16))
    made.command("register", terminal="T0000009", merchant=MERCHANT, mak=mak.hex(), pik=pik.hex(), mac="x9_19")
    reply = made.command("status")
    assert reply["terminals"] == len(TERMINALS) + 1


def test_status_counts_what_is_open_and_owed() -> None:
    made = scene()
    made.asked()
    request, _ = made.approved()
    made.step(made.frame(made.reversal(request)), made.frame(made.purchase(), spoil=True))
    status = made.command("status")
    assert (status["open"], status["reversals_owed"], status["attempts"], status["alarms"]) == (1, 1, 3, 1)
    issuer = status["issuers"]["issuer-a"]
    assert {**issuer, "heard_at": 0} == {"connected": True, "signed_on": True, "heard_at": 0, "owed": 1}
    assert 0 < issuer["heard_at"] <= status["at"]
    assert [alarm["what"] for alarm in status["latest_alarms"]] == ["wrong_mac"]


def test_links_tell_the_same_of_links_and_what_is_open_and_count_no_table() -> None:
    made = scene()
    made.asked()
    status, links = made.command("status"), made.command("links")
    assert set(links) == {"at", "issuers", "open"}
    assert links == {name: status[name] for name in links}
    assert (links["open"], links["issuers"]["issuer-a"]["signed_on"]) == (1, True)
