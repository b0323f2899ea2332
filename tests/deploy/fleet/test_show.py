"""A model as text: what is in the file stands in the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foretide.deploy.fleet.show import ModelView, text_of, view_of
from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.file import SourceNote, packed, parse
from foretide.streams.fleet.network import OUTPUTS, STEPS, Network


def view() -> ModelView:
    """A model of three networks of four units, trained on one source with numbers and one without."""
    layers = tuple(
        (np.ones((3, before, after), np.float32), np.ones((3, 1, after), np.float32))
        for before, after in ((FEATURES, 4), (4, 4), (4, OUTPUTS))
    )
    note = SourceNote(series=12, rows=3400, share="every other by hash", signals=("duty",))
    trained_on = {"pods": "CC-BY 4.0", "vms": ""}
    _, content = packed(Network.of(layers), trained_on, 0.31, {"pods": note}, {"seed": 7, "rate": 0.002})
    return view_of(*parse(content, "my.fleet"), "my.fleet", len(content))


def test_the_view_counts_what_is_there() -> None:
    found = view()
    assert (found.nets, found.layers) == (3, (FEATURES, 4, 4, OUTPUTS))
    assert found.numbers == 3 * (5 * 4 + (FEATURES + 1) * 4 + 5 * OUTPUTS)
    assert 2 * found.numbers < found.bytes < 2 * found.numbers + 2000
    assert found.shapes[:2] == ((3, FEATURES, 4), (3, 1, 4))


def test_the_text_tells_all_of_it() -> None:
    lines = dict(line.split(maxsplit=1) for line in text_of(view()).splitlines() if " " in line)
    assert lines["model"] == "my.fleet"
    assert lines["networks"] == f"3 of {FEATURES}-4-4-{OUTPUTS} units"
    assert lines["samples"] == "ahead  " + ", ".join(str(s) for s in STEPS)
    assert lines["loss"] == "0.310"
    assert lines["training"] == "seed 7, rate 0.002"
    assert lines["pods"].split() == ["every", "other", "by", "hash", "12", "3400", "CC-BY", "4.0"]
    assert lines["vms"].split() == ["-", "-", "-"]


def test_nothing_told_is_told() -> None:
    assert text_of(replace(view(), trained_on={}, sources={})).endswith("what it was trained on is not told")
