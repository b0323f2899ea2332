"""This host's name, as an exporter's default name."""

from __future__ import annotations

import re
import socket


def host_name() -> str:
    """The host's name without blanks, or `host` if it has none."""
    return re.sub(r"[\x00-\x20\x7f]", "_", socket.gethostname())[:150] or "host"
