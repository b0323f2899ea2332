"""How a worker's threads share the interpreter.

Faust's consumer fetches in a thread of its own. After each request and each answer of the broker that thread waits
until the one that computes is asked to give way: at the interpreter's usual 5 ms that adds up to tens of milliseconds
between a record and its answer.
"""

from __future__ import annotations

import sys
from typing import Final

GIVE_WAY_SECONDS: Final = 0.0005
"""How long a thread computes on while another waits. Changing threads takes some microseconds."""


def give_way_soon() -> None:
    """Tell the interpreter, for as long as the process lives."""
    sys.setswitchinterval(GIVE_WAY_SECONDS)
