"""Backups of a data directory: what is in one, what damages are found by name, and that nothing is done by halves."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cli.calling import said
from counterfoil.cli.failure import Exit
from counterfoil.errors import StoreError
from counterfoil.stack import restore as restoring
from counterfoil.stack import swapping
from counterfoil.stack.alone import alone
from counterfoil.stack.backup import backup
from counterfoil.stack.copies import INSIDE, MANIFEST, SEAL, BackupManifest, manifest_of
from counterfoil.stack.layout import STATIONS, Layout, formats
from counterfoil.stack.restore import checked, restore
from counterfoil.storage import open_store
from damage import flip
from stack.laid import laid, tree

MADE_AT = "2026-03-14T04:00:00.000000Z"
KEYS = {f"{name}/lmk.key" for name in STATIONS} | {"demo.key", "terminal/receipt.key"}
STORES = {f"{name}/store.db" for name in STATIONS}
REST = {f"{name}/seeded" for name in STATIONS} | {"ports.json", "counterfoil.toml"}


def silent(_name: str, _done: int, _whole: int) -> None:
    """Nobody waits."""


def made(layout: Layout, to: Path) -> BackupManifest:
    return backup(layout, to, lambda: MADE_AT, silent)


def readable(folder: Path) -> dict[str, bytes]:
    """What a stack would find: the files, the stores by what they hold."""
    files = {name: data for name, data in tree(folder).items() if not name.endswith((".lock", "-wal", "-shm", ".db"))}
    for name in STATIONS:
        with closing(open_store(folder / name / "store.db", formats(name), readonly=True)) as store:
            tables = [table for (table,) in store.query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            files[name] = repr([(table, store.query(f"SELECT * FROM {table}")) for table in tables]).encode()
    return files


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory and a backup of it, to be copied by whoever changes them."""
    home = tmp_path_factory.mktemp("stopped")
    made(laid(home / "data"), home / "backup")
    return home


@pytest.fixture
def home(stopped: Path, tmp_path: Path) -> Path:
    shutil.copytree(stopped, tmp_path / "home")
    return tmp_path / "home"


def test_a_backup_holds_everything_a_stack_would_miss_and_says_what_it_is(stopped: Path) -> None:
    manifest = manifest_of(stopped / "backup")
    assert set(manifest.files) == KEYS | STORES | REST | {"archive/switch/2026-01-01/attempt.parquet"}
    assert (manifest.format, manifest.made_at) == (1, MADE_AT)
    heads = {name: manifest.files[f"{name}/store.db"].head for name in STATIONS}
    assert heads["terminal"]["T0000001"] == "000000/000001"
    assert all(heads.values())
    assert manifest.files["issuer-a/store.db"].formats == [(one.number, one.digest) for one in formats("issuer-a")]
    inside = set(tree(stopped / "backup" / INSIDE))
    assert inside == set(manifest.files)
    for path in (stopped / "backup").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_restored_directory_is_what_was_backed_up(home: Path) -> None:
    before = readable(home / "data")
    done = restore(home / "backup", Layout(home / "drill" / "data"), "now", silent)
    assert done.aside is None
    printed = {"receipts/out.txt", "sms/out.txt", "logs/out.txt"}
    assert readable(home / "drill" / "data") == {name: data for name, data in before.items() if name not in printed}
    assert [path.name for path in (home / "drill").iterdir()] == ["data"]


def test_the_directory_that_was_there_is_moved_aside_and_only_when_told(home: Path) -> None:
    (home / "data" / "newer").write_text("since the backup")
    (home / "data" / "run" / "up.lock").touch()
    before = tree(home / "data")
    with pytest.raises(StoreError, match="with --force it is moved aside"):
        restore(home / "backup", Layout(home / "data"), "now", silent)
    assert tree(home / "data") == before
    done = restore(home / "backup", Layout(home / "data"), "now", silent, force=True)
    assert done.aside == home / "data.before-restore-now"
    assert "newer" not in tree(home / "data")
    assert tree(done.aside) == before
    assert sorted(path.name for path in home.iterdir()) == ["backup", "data", "data.before-restore-now"]


def test_a_link_to_the_directory_stays_and_leads_to_what_was_restored(home: Path) -> None:
    (home / "data").rename(home / "elsewhere")
    (home / "data").symlink_to(home / "elsewhere")
    done = restore(home / "backup", Layout(home / "data"), "now", silent, force=True)
    assert done.aside == home / "elsewhere.before-restore-now"
    assert (home / "data").is_symlink()
    assert (home / "data" / "demo.key").exists()


# --- what is refused --------------------------------------------------------------------------------------------------


def rewritten(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """A manifest that says something else, and is sealed again."""
    import hashlib

    manifest = json.loads((folder / MANIFEST).read_bytes())
    change(manifest)
    text = json.dumps(manifest).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SEAL).write_text(hashlib.sha256(text).hexdigest())


def later_format(manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


def later_store(manifest: dict[str, Any]) -> None:
    manifest["files"]["switch/store.db"]["formats"].append([99, "ff"])


def other_store(manifest: dict[str, Any]) -> None:
    manifest["files"]["switch/store.db"]["formats"][0][1] = "ff"


def no_store(manifest: dict[str, Any]) -> None:
    del manifest["files"]["issuer-b/store.db"]


def no_key(manifest: dict[str, Any]) -> None:
    del manifest["files"]["terminal/lmk.key"]


def outside(manifest: dict[str, Any]) -> None:
    manifest["files"]["../../elsewhere"] = manifest["files"]["demo.key"]


def turned(name: str) -> Callable[[Path], object]:
    return lambda folder: flip(folder / INSIDE / name, 7)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    **{
        f"a byte of {name}": (turned(name), f"damaged: {name} is not the file")
        for name in sorted(STORES | KEYS | {"archive/switch/2026-01-01/attempt.parquet"})
    },
    "a store cut short": (
        lambda folder: os.truncate(folder / INSIDE / "switch/store.db", 8192),
        "damaged: switch/store.db is not the file",
    ),
    "a store removed": (
        lambda folder: (folder / INSIDE / "issuer-a/store.db").unlink(),
        "not complete: issuer-a/store.db is missing",
    ),
    "a byte of the manifest": (lambda folder: flip(folder / MANIFEST, 30), "damaged: manifest.json is not the file"),
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), "is no backup: it has no manifest.json"),
    "no seal": (lambda folder: (folder / SEAL).unlink(), "is no backup: it has no manifest.sha256"),
    "a later format": (lambda folder: rewritten(folder, later_format), "has format 2 and this program knows 1"),
    "a later store": (lambda folder: rewritten(folder, later_store), "use the program that wrote it"),
    "another store": (lambda folder: rewritten(folder, other_store), "made by another migration 1"),
    "a station left out": (lambda folder: rewritten(folder, no_store), "not complete: issuer-b/store.db is missing"),
    "a key left out": (lambda folder: rewritten(folder, no_key), "not complete: terminal/lmk.key is missing"),
    "a file outside": (lambda folder: rewritten(folder, outside), "names a file outside itself"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_backup_is_refused_by_name_before_anything_is_changed(name: str, home: Path) -> None:
    damage, sentence = DAMAGES[name]
    damage(home / "backup")
    before = tree(home / "data")
    with pytest.raises(StoreError) as caught:
        restore(home / "backup", Layout(home / "data"), "now", silent, force=True)
    assert sentence in str(caught.value)
    assert caught.value.zh != str(caught.value)
    with pytest.raises(StoreError, match=sentence.split(":")[0].split("(")[0]):
        checked(home / "backup", Layout(home / "data"), silent)
    found = tree(home / "data")
    found.pop("run/up.lock", None)
    assert found == before
    assert sorted(path.name for path in home.iterdir()) == ["backup", "data"]


def test_what_runs_is_not_replaced(home: Path) -> None:
    layout = Layout(home / "data")
    with alone(layout), pytest.raises(StoreError, match="a stack is already running"):
        restore(home / "backup", layout, "now", silent, force=True)
    with closing(open_store(layout.store("switch"), formats("switch"))), pytest.raises(StoreError, match="in use by"):
        restore(home / "backup", layout, "now", silent, force=True)


def key_of_another(layout: Layout) -> None:
    layout.write(layout.lmk("issuer-a"), "00" * 32 + "\n")


def no_key_at_all(layout: Layout) -> None:
    layout.lmk("switch").unlink()


def ledger(layout: Layout) -> None:
    with closing(open_store(layout.store("issuer-b"), formats("issuer-b"))) as store, store.transaction():
        store.execute("UPDATE account SET balance = balance + 1 WHERE id = (SELECT min(id) FROM account)")
        store.commit()


def reference(layout: Layout) -> None:
    with closing(open_store(layout.store("switch"), formats("switch"))) as store:
        store.execute("PRAGMA foreign_keys = OFF")
        store.execute("INSERT INTO route VALUES ('1', 'nobody')")


def missing(layout: Layout) -> None:
    layout.store("terminal").unlink()


UNFIT: dict[Callable[[Layout], None], str] = {
    key_of_another: "does not open what is in the store",
    no_key_at_all: "without it the keys beside it cannot be used",
    ledger: "the ledger of issuer-b does not add up (card:",
    reference: "is not sound (a row of route refers to none)",
    missing: "there is no store at",
}


@pytest.mark.parametrize("spoil", UNFIT, ids=lambda spoil: spoil.__name__)
def test_what_is_not_right_is_not_backed_up_as_if_it_were(spoil: Callable[[Layout], None], home: Path) -> None:
    layout = Layout(home / "data")
    spoil(layout)
    with pytest.raises(StoreError) as caught:
        made(layout, home / "other")
    assert UNFIT[spoil] in str(caught.value)
    assert sorted(path.name for path in home.iterdir()) == ["backup", "data"]


def test_a_backup_goes_into_a_new_folder_elsewhere(home: Path) -> None:
    layout = Layout(home / "data")
    with pytest.raises(StoreError, match="is there already"):
        made(layout, home / "backup")
    with pytest.raises(StoreError, match="belongs elsewhere"):
        made(layout, home / "data" / "backups" / "monday")
    with pytest.raises(StoreError, match="holds no stack"):
        made(Layout(home / "nothing"), home / "other")
    (home / "file").write_text("")
    with pytest.raises(StoreError, match="the backup failed at"):
        made(layout, home / "file" / "backup")


# --- nothing by halves ------------------------------------------------------------------------------------------------


class Stopper:
    """Says stop at the nth step."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.left = at
        self.error = error

    def __call__(self, _name: str, _done: int, _whole: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")], ids=repr)
@pytest.mark.parametrize("deed", ["backup", "restore"])
def test_what_is_stopped_anywhere_leaves_what_was_there(deed: str, error: BaseException, home: Path) -> None:
    layout = Layout(home / "data")
    layout.run.joinpath("up.lock").touch()
    (layout.archive / ".lock").touch()
    before = tree(home)
    stops = 0
    while True:
        stopper = Stopper(stops + 1, error)
        try:
            if deed == "backup":
                backup(layout, home / "other", lambda: MADE_AT, stopper)
            else:
                restore(home / "backup", layout, "now", stopper, force=True)
        except (KeyboardInterrupt, StoreError):
            stops += 1
            assert {name: data for name, data in tree(home).items() if not name.endswith((".lock", "-shm"))} == {
                name: data for name, data in before.items() if not name.endswith((".lock", "-shm"))
            }
            assert sorted(path.name for path in home.iterdir()) == ["backup", "data"]
            continue
        break
    assert stops >= len(STORES) + len(KEYS)


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV])
def test_where_directories_cannot_change_places_in_one_step_it_takes_two_or_none(
    code: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EBUSY is a mount point, which cannot be moved; EXDEV is a file system without that step."""
    monkeypatch.setattr(swapping, "_in_one_step", lambda *_: code)
    layout = Layout(home / "data")
    (home / "data" / "newer").write_text("since the backup")
    if code == errno.EBUSY:
        with pytest.raises(StoreError, match="was not replaced"):
            restore(home / "backup", layout, "now", silent, force=True)
        assert (home / "data" / "newer").exists()
        assert sorted(path.name for path in home.iterdir()) == ["backup", "data"]
    else:
        assert restore(home / "backup", layout, "now", silent, force=True).aside is not None
        assert not (home / "data" / "newer").exists()
        assert (home / "data.before-restore-now" / "newer").exists()


def test_nobody_starts_on_what_is_not_in_its_place_yet(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def swapped(one: Path, other: Path) -> None:
        for layout in (Layout(one), Layout(other)):
            try:
                with alone(layout):
                    tried.append("started")
            except StoreError as error:
                tried.append(str(error).split(" on ")[0])
        swapping.swap(one, other)

    monkeypatch.setattr(restoring, "swap", swapped)
    restore(home / "backup", Layout(home / "data"), "now", silent, force=True)
    assert tried == ["a stack is already running"] * 2
    with alone(Layout(home / "data")):
        pass


def test_what_a_killed_predecessor_left_is_removed_and_nothing_else(home: Path) -> None:
    dead = f".other.{2**22 + 1}.unfinished"
    for name in (dead, f".other.{os.getppid()}.unfinished", ".others.1.unfinished", ".other.unfinished.kept"):
        (home / name).mkdir()
    made(Layout(home / "data"), home / "other")
    left = {path.name for path in home.iterdir()}
    assert dead not in left
    assert {f".other.{os.getppid()}.unfinished", ".others.1.unfinished", ".other.unfinished.kept"} < left


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_verbs_say_what_they_did(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(home / "data")]
    answer = said(capsys, "backup", str(home / "other"), *data, "--json").json
    assert set(answer) == {"backup", "made_at", "files", "bytes", "heads"}
    assert answer["heads"]["terminal/store.db"]["T0000001"] == "000000/000001"
    dry = said(capsys, "restore", str(home / "other"), "--dry-run", *data, "--json").json
    assert (dry["dry_run"], dry["files"], dry["aside"]) == (True, answer["files"], None)
    no = said(capsys, "restore", str(home / "other"), *data, "--json")
    assert (no.status, no.json["error"]) == (Exit.FAILED, "failed")
    done = said(capsys, "restore", str(home / "other"), "--force", *data, "--lang", "zh")
    assert (done.status, "原有数据保留在" in done.out, "各站点均无记录" in done.out) == (0, True, True)


@pytest.mark.parametrize("words", [["backup", "other"], ["restore", "backup", "--force"]], ids=lambda words: words[0])
def test_an_interrupted_verb_says_what_stands(
    words: list[str], home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("counterfoil.stack.copies._read", interrupted)
    verb, folder, *more = words
    answer = said(capsys, verb, str(home / folder), *more, "--data", str(home / "data"), "--json")
    assert (answer.status, answer.json["error"]) == (130, "interrupted")
    stands = {"backup": "nothing is left of the backup", "restore": "was not replaced"}
    assert stands[verb] in answer.err
    assert sorted(path.name for path in home.iterdir()) == ["backup", "data"]
