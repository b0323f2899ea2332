"""Free ports are free, different, and out of the way of outgoing connections."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from foretide.deploy.broker import ports


def test_ports_are_free_different_and_below_the_outgoing_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "range").write_text("32768\t60999\n")
    monkeypatch.setattr(ports, "_OUTGOING", tmp_path / "range")
    found = ports.free_ports(20)
    assert len(set(found)) == 20
    assert all(20_000 <= port < 32_768 and ports.is_free(port) for port in found)


@pytest.mark.parametrize("told", ["1024\t60999\n", "20500 60999", "nonsense", "", None])
def test_without_room_below_any_free_port_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str | None
) -> None:
    if told is not None:
        (tmp_path / "range").write_text(told)
    monkeypatch.setattr(ports, "_OUTGOING", tmp_path / "range")
    found = ports.free_ports(20)
    assert len(set(found)) == 20
    assert all(ports.is_free(port) for port in found)


def test_a_taken_port_is_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "range").write_text("32768 60999")
    monkeypatch.setattr(ports, "_OUTGOING", tmp_path / "range")
    asked: list[int] = []

    def first_three_are_taken(port: int) -> bool:
        asked.append(port)
        return len(asked) > 3

    monkeypatch.setattr(ports, "is_free", first_three_are_taken)
    assert ports.free_ports(2) == asked[3:]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_where_something_listens_is_not_free(address: str) -> None:
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
    assert ports.is_free(port)


def test_a_port_whose_connections_linger_is_free() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)) as client:
        accepted, _ = server.accept()
        server.close()
        accepted.close()  # the server's side closes first, so its end waits in the kernel
        assert client.recv(1) == b""
    assert ports.is_free(port)
