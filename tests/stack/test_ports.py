import socket
from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.stack import ports
from counterfoil.stack.layout import Layout

LOCAL = "127.0.0.1"


def test_ports_are_picked_once_and_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first, moved = ports.claim(layout, LOCAL)
    assert set(first) == set(ports.NAMES)
    assert len(set(first.values())) == len(ports.NAMES)
    assert all(ports.FIRST <= port <= ports.LAST for port in first.values())
    assert moved == []
    assert ports.claim(layout, LOCAL) == (first, [])
    assert ports.read(layout) == first


def test_a_port_somebody_else_took_moves_and_only_that_one(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    first, _ = ports.claim(layout, LOCAL)
    with socket.create_server((LOCAL, first["switch"])):
        second, moved = ports.claim(layout, LOCAL)
    assert moved == ["switch"]
    assert second["switch"] not in first.values()
    assert {name: port for name, port in second.items() if name != "switch"} == {
        name: port for name, port in first.items() if name != "switch"
    }
    assert ports.claim(layout, LOCAL) == (second, [])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"switch": "x"}', '{"switch": 0, "old": 4}'])
def test_a_damaged_file_is_replaced(tmp_path: Path, content: str) -> None:
    layout = Layout(tmp_path)
    layout.ports.write_text(content)
    found, moved = ports.claim(layout, LOCAL)
    assert set(found) == set(ports.NAMES)
    assert moved == []


def test_the_same_port_for_two_is_not_kept(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    found, _ = ports.claim(layout, LOCAL)
    layout.ports.write_text("{" + ",".join(f'"{name}":{found["switch"]}' for name in ports.NAMES) + "}")
    again, _ = ports.claim(layout, LOCAL)
    assert len(set(again.values())) == len(ports.NAMES)


def test_no_free_port_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOCAL, 0)) as only:
        port = only.getsockname()[1]
        monkeypatch.setattr(ports, "FIRST", port)
        monkeypatch.setattr(ports, "LAST", port)
        with pytest.raises(StoreError, match="no free port"):
            ports.claim(Layout(tmp_path), LOCAL)
