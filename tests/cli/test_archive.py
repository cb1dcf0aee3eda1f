"""`counterfoil archive` without a stack: what it says of dates, stations and an archive that is not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.shop import Shop
from cli.calling import said


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        (["--before", "yesterday"], 2, "usage"),
        (["--before", "2026-02-30"], 2, "usage"),
        (["--before", "2999-01-01"], 2, "too_young"),
        (["--days", "11"], 2, "usage"),
        (["--station", "issuer-z"], 5, "no_station"),
        ([], 6, "unreachable"),
        (["--dry-run"], 6, "no_data"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], status: int, error: str
) -> None:
    answer = said(capsys, "archive", *words, "--data", str(tmp_path), "--json")
    assert (answer.status, answer.json["error"]) == (status, error)
    assert set(answer.json["message"]) == {"en", "zh"}
    assert not (tmp_path / "archive").exists()


def test_an_empty_archive_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "archive", "list", "--data", str(tmp_path), "--lang", "zh").out == "归档为空\n"
    assert said(capsys, "archive", "verify", "--data", str(tmp_path), "--json").json == {
        "parts": 0,
        "transactions": 0,
        "wrong": [],
    }


def test_what_is_there_is_listed_and_damage_has_exit_code_7(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop").mkdir()
    shop = Shop(tmp_path / "shop", terminals=1)
    shop.archive()
    shutil.copytree(shop.archived, tmp_path / "archive")
    data = ["--data", str(tmp_path)]
    listed = said(capsys, "archive", "list", "--station", "switch", *data, "--json").json["parts"]
    first = listed[0]
    assert (first["date"], first["finished"], first["states"]) == ("2026-01-01", True, {"approved": 2})
    people = said(capsys, "archive", "list", *data).out
    assert "switch    2026-01-01           2 " in people
    assert "2.03 CNY" in people
    assert said(capsys, "archive", "verify", *data).status == 0
    (tmp_path / "archive" / "switch" / "2026-01-01" / "trail.parquet").write_bytes(b"no parquet")
    (tmp_path / "archive" / "issuer-a" / "2026-01-01" / "done.json").unlink()
    wrong = said(capsys, "archive", "verify", *data)
    assert (wrong.status, "trail.parquet is not the file that was written" in wrong.out) == (7, True)
    assert "未完成" in said(capsys, "archive", "list", *data, "--lang", "zh").out
    (tmp_path / "archive" / "switch" / "2026-01-01" / "manifest.json").write_bytes(b"{")
    rest = said(capsys, "archive", "list", *data, "--json")
    assert (rest.status, len(rest.json["parts"]), len(rest.json["wrong"])) == (7, len(people.splitlines()) - 1, 1)
