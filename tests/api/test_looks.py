"""The stations of tests/console/desk.py say how they are as those of a running stack do, name by name."""

from __future__ import annotations

from typing import Any

import pytest

from api.calling import Api
from console.looks import says
from counterfoil.links.control import ask
from counterfoil.stack.layout import SUPERVISOR, Layout

pytestmark = pytest.mark.loop


def shape(value: Any) -> Any:
    """The names in a value and the kinds of what they stand for; of a list the shape of everything in it."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


def agree(fake: Any, real: Any) -> bool:
    """Whether two shapes are one; None where the other has something, and a list without anything, say nothing."""
    if isinstance(fake, dict) and isinstance(real, dict):
        return fake.keys() == real.keys() and all(agree(fake[name], real[name]) for name in real)
    if isinstance(fake, list) and isinstance(real, list):
        return all(agree(one, other) for one in fake for other in real)
    return fake == real or type(None) in (fake, real)


def test_what_the_stations_of_the_desk_say_has_the_shape_of_what_real_ones_say(api: Api) -> None:
    api.token("till").sell("looks-1")
    watch = api.token("watch")
    assert watch.post("/faults", {"leg": 2, "kind": "drop", "mti": "0800"}).status == 201
    try:
        for station, verb in (("terminal", "status"), ("switch", "links"), (SUPERVISOR, "status")):
            at = Layout(api.running.data).find(station)
            assert at is not None
            real = shape(ask(at.host, at.port, at.token, verb, {}, 10.0))
            assert agree(shape(says(station, verb, {})), real), (station, verb, real)
    finally:
        watch.ask("DELETE", "/api/v1/faults")
