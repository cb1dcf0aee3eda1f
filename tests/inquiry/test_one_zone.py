"""Whatever a person can get about one sale tells its times in one zone, in both languages; JSON tells UTC."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from counterfoil.inquiry import Search, finding, search
from counterfoil.inquiry.papers import KINDS, NoPaper, details, paper
from counterfoil.receipts.render.text import render
from counterfoil.stack.config import ConfigError, load
from counterfoil.stack.layout import Layout
from counterfoil.stack.reading import clock_of
from counterfoil.step import SECOND, Instant
from counterfoil.verdict.finding import iso
from counterfoil.zone import Zone, instant, zone
from inquiry.story import Story, story
from terminal.counter import Counter

WHOLE = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d) (\d\d):(\d\d)(?::(\d\d))?(?: UTC([+-]\d\d:\d\d))?")
ZONES = ("Asia/Shanghai", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "UTC")


def moments(text: str, clock: Zone) -> list[Instant]:
    """Every time in a text as the instant it means in a zone; a zone that is told must be that one."""
    found = []
    for year, month, day, hour, minute, second, told in WHOLE.findall(text):
        wall = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        utc = (wall - datetime(1970, 1, 1)) // timedelta(microseconds=1)
        meant = utc - clock.offset(utc - clock.offset(utc))
        assert not told or clock.told(meant) == f"UTC{told}", text
        found.append(meant)
    return found


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("what", ["paid", "declined", "unsent", "reversed", "reversing", "escalated", "returning"])
def test_every_paper_and_sentence_of_a_sale_is_of_one_zone(what: str, name: str) -> None:
    told: Story = story()
    stores, key, clock = told.without(), told.key(what), zone(name)
    stores.clock = clock
    (one,) = search(stores, Search(key=key))
    found = finding(stores, one, told.town.now)
    texts = [found.sentence.en, found.sentence.zh]
    for kind in KINDS:
        if kind in ("merchant", "cardholder", "bank", "declaration"):
            continue  # what a terminal wrote down when it sold, in its own settings: see below
        try:
            document = paper(stores, key, kind, told.town.now)
        except NoPaper:
            continue
        texts += [" ".join(render(document, language, 48).split()) for language in ("en", "zh")]
    texts += [render(details(stores, key.terminal, "", told.town.now), language, 48) for language in ("en", "zh")]
    allowed = {
        one.started_at // SECOND, told.town.now // SECOND, found.next.by // SECOND,
        *(stub.returned_at // SECOND for stub in [found.evidence.issuer] if stub is not None),
        *(promised // SECOND for promised in moments(found.sentence.en, clock)),
    }  # fmt: skip
    minutes = {second // 60 for second in allowed}
    said = [moment for text in texts for moment in moments(text, clock)]
    assert said
    assert all(moment // SECOND in allowed or moment // SECOND // 60 in minutes for moment in said)
    assert not re.search(r"\d UTC(?![+-])", " ".join(texts))
    plain = json.dumps(found.to_json()["evidence"]) + json.dumps(found.to_json()["next"]["by"])
    assert "UTC" not in plain
    assert iso(one.started_at) in plain


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("now", ["2026-03-14T15:59:58Z", "2026-10-25T00:59:58Z", "2026-03-29T00:59:58Z"])
def test_slip_and_sentence_of_a_terminal_are_of_its_zone(name: str, now: str) -> None:
    counter = Counter(zone=name).open_for_business()
    counter.now = instant(now)
    counter.sale()
    counter.answer(mti="0200", de12=None, de13=None)
    (slip,) = counter.receipts()
    clock = zone(name)
    assert f"{clock.text(counter.now, '%Y/%m/%d %H:%M:%S')}" in counter.printed[slip]


def test_a_stack_keeps_the_zone_it_began_with(tmp_path: Path) -> None:
    def chosen(**more: Any) -> str:
        return load(tmp_path, environ=more.pop("environ", {}), **more).zone

    layout = Layout(tmp_path)
    assert chosen() == clock_of(layout).name == "Asia/Shanghai"
    assert chosen(zone="Europe/Berlin") == "Europe/Berlin"
    assert chosen(environ={"COUNTERFOIL_ZONE": "Asia/Kolkata"}) == "Asia/Kolkata"
    (tmp_path / "counterfoil.toml").write_text('zone = "America/New_York"\n')
    assert chosen() == "America/New_York"
    layout.write(layout.zone, "America/New_York\n")
    (tmp_path / "counterfoil.toml").unlink()
    assert chosen() == clock_of(layout).name == "America/New_York"
    for wrong in ("Europe/Berlin", "Nowhere/X"):
        with pytest.raises(ConfigError):
            chosen(zone=wrong)


def test_data_of_an_earlier_version_is_of_the_zone_it_always_had(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    layout.store("switch").touch()
    assert load(tmp_path, environ={}).zone == "Asia/Shanghai"
    with pytest.raises(ConfigError):
        load(tmp_path, environ={}, zone="Europe/Berlin")
