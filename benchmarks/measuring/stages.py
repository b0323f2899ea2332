"""Which code belongs to which stage of a window's way through a worker. After a refactoring only this file changes.

A sample of the profiler is a stack. From its innermost frame outwards, the first frame that a rule of `OURS` names
decides; if none does, `AROUND` is asked in the same way. What neither names is `other`, whose frames are listed.
"""

from __future__ import annotations

from typing import Final

STAGES: Final = (
    "hand-over", "decode", "features", "River", "fleet model", "mixture and calibration", "deviation", "answers",
    "encode", "produce", "snapshots", "other",
)  # fmt: skip

Rule = tuple[str, str, str]
"""End of a file's path (or a part of it), function (empty: all of them), stage. The first rule that fits counts."""

OURS: Final[tuple[Rule, ...]] = (
    # Snapshots: what is taken and what is put back.
    ("worker/shell.py", "snapshot_due", "snapshots"),
    ("worker/shell.py", "_snapshot_until", "snapshots"),
    ("worker/shell.py", "_snapshot_all", "snapshots"),
    ("worker/envelope.py", "", "snapshots"),
    ("worker/restore.py", "", "snapshots"),
    ("worker/changelog.py", "", "snapshots"),
    ("profiling/state.py", "", "snapshots"),
    ("profiling/profile.py", "dump", "snapshots"),
    ("profiling/profile.py", "load", "snapshots"),
    # The wire.
    ("schemas/codec.py", "encode", "encode"),
    ("worker/stamps.py", "", "encode"),
    ("worker/written.py", "", "encode"),
    ("worker/processor.py", "", "encode"),
    ("profiling/writing.py", "", "encode"),
    ("schemas/codec.py", "", "decode"),
    ("schemas/units.py", "", "decode"),
    ("messages/telemetry.py", "", "decode"),
    ("profiling/processor.py", "_window", "decode"),
    ("worker/outbox.py", "", "produce"),
    ("worker/parcels.py", "", "produce"),
    ("/aiokafka/producer/", "", "produce"),
    # The models.
    ("/river/", "", "River"),
    ("forecasting/linear.py", "", "River"),
    ("forecasting/plugged.py", "", "River"),
    ("forecasting/drift.py", "", "River"),
    ("fleet/network.py", "", "fleet model"),
    ("fleet/features.py", "", "features"),
    ("forecasting/sensing.py", "", "features"),
    ("forecasting/view.py", "", "features"),
    ("forecasting/ladder.py", "observe", "features"),
    ("forecasting/ladder.py", "_due", "features"),
    ("forecasting/season.py", "", "features"),
    ("forecasting/autoregression.py", "", "features"),
    ("forecasting/banks.py", "", "features"),
    ("forecasting/proposing.py", "inputs_of", "features"),
    ("forecasting/lessons.py", "", "River"),
    ("forecasting/bank.py", "_learn", "River"),
    ("profiling/outside.py", "", "features"),
    ("profiling/settings.py", "", "features"),
    ("forecasting/plain.py", "", "mixture and calibration"),
    ("forecasting/proposing.py", "", "mixture and calibration"),
    ("forecasting/echo.py", "", "mixture and calibration"),
    ("forecasting/told.py", "", "mixture and calibration"),
    ("forecasting/phases.py", "", "mixture and calibration"),
    ("forecasting/refinement.py", "", "mixture and calibration"),
    ("forecasting/aggregation.py", "", "mixture and calibration"),
    ("forecasting/settling.py", "", "mixture and calibration"),
    ("forecasting/issuing.py", "", "mixture and calibration"),
    ("forecasting/scoring.py", "", "mixture and calibration"),
    ("forecasting/skill.py", "", "mixture and calibration"),
    ("forecasting/bank.py", "step", "mixture and calibration"),
    # What is said of the forecasts.
    ("profiling/deviation.py", "", "deviation"),
    ("profiling/watch.py", "", "deviation"),
    ("profiling/leading.py", "", "answers"),
    ("profiling/signal.py", "observe", "features"),
    ("profiling/signal.py", "", "answers"),
    ("profiling/gate.py", "", "answers"),
    ("profiling/quiet.py", "", "answers"),
    ("profiling/glance.py", "", "answers"),
    ("profiling/heralding.py", "", "answers"),
    ("profiling/scorecard.py", "", "answers"),
    ("profiling/processor.py", "_answer", "answers"),
    ("profiling/processor.py", "", "answers"),
    ("profiling/profile.py", "take", "features"),
    ("profiling/profile.py", "", "answers"),
    ("forecasting/head.py", "", "answers"),
    ("streams/planning/", "", "answers"),
    ("messages/", "", "answers"),
    # From the broker to the core, and the books.
    ("worker/", "", "hand-over"),
    ("/aiokafka/consumer/", "", "hand-over"),
    ("/faust/", "", "hand-over"),
    ("/mode/", "", "hand-over"),
)

AROUND: Final[tuple[Rule, ...]] = (
    ("/aiokafka/", "", "hand-over"),
    ("/asyncio/", "", "hand-over"),
    ("selectors.py", "", "hand-over"),
    ("uvloop", "", "hand-over"),
)
