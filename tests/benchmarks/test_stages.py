"""Stacks of a profiler become stages of a window's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from measuring.sampling import by_stage, stage_of
from measuring.stages import AROUND, OURS, STAGES

ROOT = Path(__file__).resolve().parents[2]
LOOP = "run_forever (/usr/lib/python3.11/asyncio/base_events.py:600)"
SHELL = "take_all (/x/streams/foretide/streams/worker/shell.py:130)"
SENDER = "_sender_routine (/v/site-packages/aiokafka/producer/sender.py:160)"


def test_the_innermost_frame_that_is_named_decides() -> None:
    network = "__call__ (/x/streams/foretide/streams/fleet/network.py:50)"
    numpy = "dot (/v/site-packages/numpy/core/multiarray.py:1)"
    assert stage_of([LOOP, SHELL, network, numpy]) == "fleet model"
    assert stage_of([LOOP, SHELL]) == "hand-over"
    assert stage_of([LOOP, SENDER, "create_future (/usr/lib/python3.11/asyncio/base_events.py:427)"]) == "produce"
    lz4 = "lz4_encode (/v/site-packages/aiokafka/codec.py:177)"
    assert stage_of([LOOP, SENDER, lz4]) == "produce", "a codec serves both ways"
    assert stage_of([LOOP]) == "hand-over"
    assert stage_of(["main (/x/y.py:1)"]) == "other"


def test_a_function_can_have_another_stage_than_its_file() -> None:
    codec = "/x/schemas/foretide/schemas/codec.py"
    assert stage_of([SHELL, f"encode ({codec}:32)"]) == "encode"
    assert stage_of([SHELL, f"parse ({codec}:40)"]) == "decode"
    shell = SHELL.partition("(")[2]
    assert stage_of([LOOP, f"Shell.snapshot_due ({shell}"]) == "snapshots", "a class may stand before the function"


def test_shares_are_of_all_samples_that_did_not_wait() -> None:
    found = by_stage(
        [
            f"thread (0x1);{LOOP};{SHELL} 6",
            f"{LOOP};{SENDER} 3",
            "main (/x/y.py:1) 1",
            "run (/x/freeze.py:62);Event.wait (/usr/lib/python3.11/threading.py:331) 90",
            f"{LOOP};EpollSelector.select (/usr/lib/python3.11/selectors.py:468) 40",
            f"{LOOP};a garbled name, its line broken (",
            "",
        ]
    )
    assert found.samples == 10
    assert found.shares["hand-over"] == pytest.approx(0.6)
    assert found.shares["produce"] == pytest.approx(0.3)
    assert found.unknown == [("main (/x/y.py:1)", 0.1)]
    assert set(found.shares) == set(STAGES)


@pytest.mark.parametrize("rule", [r for r in OURS if not r[0].startswith("/")])
def test_every_rule_names_code_that_is_there(rule: tuple[str, str, str]) -> None:
    part, function, stage = rule
    assert stage in STAGES
    files = [f for room in ("schemas", "streams") for f in (ROOT / room).rglob("*.py") if part in f.as_posix()]
    assert files, f"measuring/stages.py names {part}, which is not there"
    assert not function or any(f"def {function}(" in f.read_text() for f in files)


def test_what_lies_around_has_stages_too() -> None:
    assert {stage for _, _, stage in AROUND} <= set(STAGES)
