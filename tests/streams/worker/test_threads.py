"""A thread that waits for the interpreter gets it soon."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from foretide.streams.worker.threads import GIVE_WAY_SECONDS, give_way_soon


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


def test_the_interpreter_is_told() -> None:
    give_way_soon()
    assert sys.getswitchinterval() == pytest.approx(GIVE_WAY_SECONDS)
    assert GIVE_WAY_SECONDS < 0.005, "the interpreter's own"
