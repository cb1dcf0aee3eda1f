"""The benchmark runs and says what it promises; nothing is asserted about time (machines differ)."""

from __future__ import annotations

import json
import subprocess
import sys


def test_the_codec_figure_is_one_json_object() -> None:
    command = [sys.executable, "bench/codec.py", "--json", "--rounds", "1"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert result["ratio_pyiso8583"] > 0
    assert set(result["jobs"]) == {"decode 0200", "encode 0200", "decode 0210", "encode 0210"}
    assert {"us_ours", "us_pyiso8583", "bytes", "rounds"} <= set(result)
    assert {"pure", "pyiso8583"} <= set(result["us"]) <= {"accelerated", "pure", "pyiso8583"}
    assert result["ratio_pyiso8583"] == result["ratios"].get("accelerated", result["ratios"]["pure"])
