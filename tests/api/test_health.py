"""Health, version and metrics: without a log-in, true, cheap, and without a word about any card, sale or terminal."""

from __future__ import annotations

import re
from contextlib import closing

import pytest

from api.calling import Api
from counterfoil.stack.layout import STATIONS, formats
from counterfoil.storage import open_store
from counterfoil.switch.stubs import DEPTHS
from counterfoil.terminal.stubs import AFTER, BEFORE, OPEN_COUNTS

pytestmark = pytest.mark.loop
COUNTERS = {
    outcome: f'counterfoil_payments_total{{outcome="{outcome}"}}' for outcome in ("approved", "declined", "unknown")
}
LABELS = {"outcome", "station", "link", "issuer", "le", "version"}


def metrics(api: Api) -> dict[str, float]:
    answer = api.nobody().ask("GET", "/metrics")
    assert answer.status == 200
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_the_process_its_version_and_whether_a_sale_can_be_taken(api: Api) -> None:
    nobody = api.nobody()
    assert nobody.ask("GET", "/healthz").text == "ok\n"
    assert nobody.ask("GET", "/version").json == {"version": api.running.ready["version"]}
    ready = nobody.ask("GET", "/readyz")
    assert (ready.status, ready.json["ready"]) == (200, True)
    assert set(ready.json["stations"]) == set(ready.json["stores"]) == set(STATIONS)
    assert ready.json["links"] == {"terminals": True, "issuer-a": True, "issuer-b": True}


def test_a_broken_link_is_not_ready_and_says_which(api: Api) -> None:
    watch = api.token("watch")
    watch.post("/faults", {"leg": 2, "kind": "refuse"})
    api.running.until(lambda: api.nobody().ask("GET", "/readyz").status == 503)
    said = api.nobody().ask("GET", "/readyz").json
    assert said["ready"] is False
    assert False in said["links"].values()
    assert 0.0 in {value for name, value in metrics(api).items() if name.startswith("counterfoil_link_up")}
    watch.ask("DELETE", "/api/v1/faults")
    api.running.until(lambda: api.nobody().ask("GET", "/readyz").status == 200)


def test_sales_are_counted_by_outcome_and_what_is_open_is_told(api: Api) -> None:
    before, till, watch = metrics(api), api.token("till"), api.token("watch")
    till.sell("m-1", "T0000021")
    till.sell("m-2", "T0000022", card={"name": "poor", "pin": "3456"})
    watch.post("/faults", {"leg": 1, "kind": "drop", "seconds": 30, "mti": "0400"})
    watch.post("/faults", {"leg": 4, "kind": "drop", "times": 1, "mti": "0210"})
    ref = till.sell("m-3", "T0000023").json["payment"]["ref"]
    now = metrics(api)
    grown = {outcome: now[name] - before[name] for outcome, name in COUNTERS.items()}
    assert grown == {"approved": 1, "declined": 1, "unknown": 1}
    assert now["counterfoil_payment_duration_seconds_count"] - before["counterfoil_payment_duration_seconds_count"] == 3
    assert now["counterfoil_payment_duration_seconds_sum"] - before["counterfoil_payment_duration_seconds_sum"] > 2
    assert now["counterfoil_unknown_open"] >= 1
    assert now["counterfoil_unknown_oldest_seconds"] > 2
    assert now['counterfoil_reversal_pending{station="terminal"}'] >= 1
    watch.ask("DELETE", "/api/v1/faults")
    api.running.at_rest(ref)
    after = metrics(api)
    assert after[COUNTERS["unknown"]] == now[COUNTERS["unknown"]]
    assert after["counterfoil_unknown_open"] == before["counterfoil_unknown_open"]


def test_no_label_names_a_card_a_sale_or_a_terminal(api: Api) -> None:
    text = api.nobody().ask("GET", "/metrics").text
    labels = re.findall(r'(\w+)="([^"]*)"', text)
    assert {name for name, _ in labels} <= LABELS
    assert [value for name, value in labels if name != "le" and re.search(r"T00000|\d{6}", value)] == []


def test_a_scrape_reads_no_table_from_end_to_end(api: Api) -> None:
    def plan(station: str, sql: str, *params: object) -> str:
        layout = api.running.data / station / "store.db"
        with closing(open_store(layout, formats(station), readonly=True)) as store:
            return " ".join(str(row[-1]) for row in store.query(f"EXPLAIN QUERY PLAN {sql}", params))

    assert "USING INDEX attempt_open" in plan("terminal", OPEN_COUNTS)
    for sql in (AFTER, BEFORE):
        assert "SEARCH attempt USING INDEX attempt_started" in plan("terminal", sql, "T0000001", 0, 10)
    assert "attempt" not in plan("switch", DEPTHS)
