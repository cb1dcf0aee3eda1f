"""What rooms write for the store stays in what PostgreSQL understands too, and has no place for secrets."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from counterfoil.storage import migrations_of, open_store

SRC = Path(__file__).parents[2] / "src" / "counterfoil"
ROOMS = sorted(folder.parent.name for folder in SRC.glob("*/migrations"))
TYPES = {"bigint", "text", "bytea"}
ONLY_SQLITE = (
    r"\b(AUTOINCREMENT|STRICT|WITHOUT\s+ROWID|GLOB|ROWID|PRAGMA|INSERT\s+OR|REPLACE\s+INTO|ATTACH|RAISE)\b"
    r"|\b(json_each|json_extract|strftime|datetime|julianday|typeof|ifnull|total|group_concat|last_insert_rowid)\s*\("
    r"|\bx'[0-9a-f]*'|\bLIMIT\s+\S+\s*,"
)
ONLY_ONE_SERVER = r"\b(IDENTITY|SERIAL|BIGSERIAL|NEXTVAL|FOR\s+UPDATE|SKIP\s+LOCKED)\b"
FORBIDDEN = re.compile(f"{ONLY_SQLITE}|{ONLY_ONE_SERVER}", re.IGNORECASE)
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE)\s.*\b(FROM|INTO|SET|TABLE|INDEX|AS)\b", re.DOTALL)
# Never on disk: tracks, PIN blocks, verification values, raw chip data, whatever the column is called.
SECRETS = re.compile(
    r"(track\w*|pin|pin_?block|cvv2?|cvc2?|cvn2?|csc|service_code|de_?(35|36|45|52|53|55)|raw|packet|frame)"
)


# storage knows its engine; the simulator's oracle reads stores that only ever live in its own memory.
ASKING = sorted({path.relative_to(SRC).parts[0] for path in SRC.rglob("*.py")} - {"storage", "simulation"})


def statements(room: str) -> list[tuple[str, str]]:
    """(place, SQL) of every migration of a room, and of every string in it that is a statement."""
    found = [(str(path.relative_to(SRC)), path.read_text("utf-8")) for path in (SRC / room).glob("migrations/*.sql")]
    for path in [SRC / room] if room.endswith(".py") else (SRC / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
                found.append((f"{path.relative_to(SRC)}:{node.lineno}", node.value))
    return found


def test_there_are_statements_to_look_at() -> None:
    assert len(ROOMS) >= 3
    assert [room for room in ROOMS if room not in ("storage", "simulation") and len(statements(room)) < 2] == []


@pytest.mark.parametrize("room", ASKING)
def test_its_statements_are_understood_by_both_engines(room: str) -> None:
    without_comments = [(place, re.sub(r"--[^\n]*", "", sql)) for place, sql in statements(room)]
    assert [(place, found) for place, sql in without_comments if (found := FORBIDDEN.findall(sql))] == []


@pytest.mark.parametrize("room", ROOMS)
def test_columns_have_portable_types_and_none_is_for_a_secret(room: str) -> None:
    store = open_store(":memory:", migrations_of(f"counterfoil.{room}"))
    tables = [name for (name,) in store.query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = [
        (table, row[1], row[2].lower()) for table in tables for row in store.query(f"PRAGMA table_info({table})")
    ]
    store.close()
    assert [column for column in columns if column[2] not in TYPES] == []
    assert [column for column in columns if SECRETS.fullmatch(column[1])] == []
    assert {table for table, *_ in columns} >= {"migration"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_table_has_a_key_made_by_the_application(room: str) -> None:
    store = open_store(":memory:", migrations_of(f"counterfoil.{room}"))
    tables = [name for (name,) in store.query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    keyless = [table for table in tables if not any(row[5] for row in store.query(f"PRAGMA table_info({table})"))]
    store.close()
    assert keyless == []
