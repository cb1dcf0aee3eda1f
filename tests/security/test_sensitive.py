"""A sensitive value shows as a placeholder and goes through no serialiser."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from counterfoil.security import Sensitive, Track2, parse_track2

CANARY = "6299990000000009=30122011234567"


@pytest.fixture(params=["sensitive text", "sensitive bytes", "track"])
def hidden(request: pytest.FixtureRequest) -> Sensitive[str] | Sensitive[bytes] | Track2:
    if request.param == "track":
        return parse_track2(CANARY)
    return Sensitive(CANARY) if request.param == "sensitive text" else Sensitive(CANARY.encode())


@pytest.mark.parametrize(
    "show",
    [repr, str, ascii, format, "{}".format, "{!r:>60}".format, "%s".__mod__, lambda v: f"{[v]} { ({'k': v}) }"],
)
def test_showing_it_shows_nothing(hidden: object, show: Callable[[object], str]) -> None:
    shown = show(hidden)
    assert "3012" not in shown
    assert "00000000" not in shown


@pytest.mark.parametrize(
    "serialise",
    [
        json.dumps,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        pickle.dumps,
        lambda v: pickle.dumps(v, protocol=0),
        copy.copy,
        copy.deepcopy,
        lambda v: json.dumps({"pin": v}),
        lambda v: json.dumps({v: 1}),
        vars,
        iter,
        len,
    ],
)
def test_no_serialiser_takes_it(hidden: object, serialise: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as caught:
        serialise(hidden)
    assert "3012" not in str(caught.value)


def test_logs_and_tracebacks_hide_it(hidden: object, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("card %s %r", hidden, hidden)
    try:
        raise ValueError(hidden)
    except ValueError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "30122011" not in caplog.text + text


def test_json_with_a_default_hook_still_shows_nothing() -> None:
    assert "3012" not in json.dumps({"track": Sensitive(CANARY)}, default=str)


def test_the_value_comes_out_only_on_request() -> None:
    assert Sensitive(CANARY).reveal() == CANARY
    assert Sensitive(b"12").reveal() == b"12"


def test_it_compares_by_value_and_only_with_its_own_kind() -> None:
    assert Sensitive("1234") == Sensitive("1234")
    assert Sensitive("1234") != Sensitive("1235")
    assert Sensitive("é") == Sensitive("é")
    assert Sensitive("1234") != "1234"


def test_it_is_no_dictionary_key() -> None:
    with pytest.raises(TypeError):
        hash(Sensitive("1234"))
