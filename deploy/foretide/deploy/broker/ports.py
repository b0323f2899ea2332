"""Free ports on loopback."""

from __future__ import annotations

import random
import socket
from pathlib import Path

_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 20_000


def free_ports(count: int) -> list[int]:
    """`count` different TCP ports that were free a moment ago.

    They lie below those the kernel hands to outgoing connections, where it leaves room: a broker that was killed must
    find its port free when it comes back, and clients that try to reach it meanwhile take such ports by the hundred.
    """
    below = _first_outgoing()
    if below - _LOWEST < 1_000:
        return _any_free(count)
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().randrange(_LOWEST, below)
        if port not in found and is_free(port):
            found.append(port)
    return found


def is_free(port: int) -> bool:
    """Whether nothing listens on this port of loopback, so that a server could."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger from before do not count
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _first_outgoing() -> int:
    try:
        return int(_OUTGOING.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _any_free(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]  # held together, so no two are the same
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [int(s.getsockname()[1]) for s in sockets]
    finally:
        for s in sockets:
            s.close()
