from __future__ import annotations

import math
from dataclasses import replace
from statistics import median

import pytest

from foretide.schemas.messages import Deviation, Scorecard
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.profiling import ProfileProcessor, ProfileSettings
from foretide.streams.profiling.tally import MEANINGS
from foretide.streams.worker.processor import Measured, Output
from support.windows import record, window


def fed(
    apps: int, windows: int, settings: ProfileSettings | None = None, signal: str = SM_RATIO
) -> tuple[ProfileProcessor, list[Output]]:
    processor = ProfileProcessor(settings)
    outputs: list[Output] = []
    for i in range(windows):
        for a in range(apps):
            load = 0.3 + 0.2 * math.sin(i / (5.0 + a)) + 0.01 * (i * i % (7 + a)) + 0.4 * (150 <= i < 160)
            one = window({signal: [load] * 5}, sample=5 * i, app=f"app-{a}")
            outputs += processor.handle(record(one, 1000 * a + i))
    return processor, outputs


def table(processor: ProfileProcessor) -> dict[tuple[str, ...], float]:
    return {
        (m.name.removeprefix("foretide_profile_"), *(v for _, v in m.labels)): m.value for m in processor.measures()
    }


def test_the_tally_sums_up_what_the_scorecards_and_messages_say() -> None:
    processor, outputs = fed(5, 180)
    assert isinstance(processor, Measured)
    told = table(processor)
    messages = [o.message for o in outputs]
    newest = {m.app: m.scores[0] for m in messages if isinstance(m, Scorecard) and m.based_on.offset % 1000 == 179}
    assert len(newest) == 5
    for name in MEANINGS:
        values = [getattr(score, name) for score in newest.values()]
        assert told[name, SM_RATIO, "0.5"] == pytest.approx(median(values)), name
        low, high = told[name, SM_RATIO, "0.1"], told[name, SM_RATIO, "0.9"]
        assert min(values) <= low <= told[name, SM_RATIO, "0.5"] <= high <= max(values)
    assert (told["applications", "learning"], told["applications", "learnt"]) == (0, 5)
    changes = [c.kind for m in messages if isinstance(m, Scorecard) for c in m.changes]
    assert told["model_changes", "promoted"] == changes.count("promoted") > 0
    assert told["model_changes", "drift"] == changes.count("drift")
    states = [m.state for m in messages if isinstance(m, Deviation)]
    assert told["deviations", "started"] == states.count("started") > 0
    assert told["deviations", "ended"] == states.count("ended") > 0


def test_the_number_of_measures_does_not_grow_with_applications_or_their_signals_names() -> None:
    every = replace(ProfileSettings(), signals=None)
    few, many = fed(1, 40)[0].measures(), fed(4, 40)[0].measures()
    assert len(many) == len(few) > 20
    odd, _ = fed(2, 40, every, "own.reading")
    more = fed(1, 40, every, GPU_MEMORY)[0].measures()
    assert len(odd.measures()) == len(more)
    labels = {value for m in odd.measures() for name, value in m.labels if name == "signal"}
    assert labels == {"other"}


def test_without_outcomes_there_are_only_counts() -> None:
    assert len(ProfileProcessor().measures()) == 6
    told = table(fed(2, 3)[0])
    assert told["applications", "learning"] == 2
    assert len(told) == 6
