import json
from pathlib import Path

from counterfoil.stack.logs import Log


def test_a_line_is_json_with_a_time_and_its_facts(tmp_path: Path) -> None:
    log = Log(tmp_path / "x.log")
    log("framing_error", link="terminals", conn=4)
    log.close()
    log("second", text="中文")
    log.close()
    first, second = (json.loads(line) for line in (tmp_path / "x.log").read_text("utf-8").splitlines())
    assert (first["event"], first["link"], first["conn"]) == ("framing_error", "terminals", 4)
    assert first["timestamp"].endswith("Z")
    assert second["text"] == "中文"


def test_a_disk_that_refuses_the_log_stops_nobody(tmp_path: Path) -> None:
    Log(tmp_path / "missing" / "x.log")("event")
