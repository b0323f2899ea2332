"""What an application publishes of itself travels to the planner with its forecasts."""

from __future__ import annotations

from foretide.schemas.messages import ForecastEvent
from foretide.schemas.signals import SM_RATIO
from foretide.streams.profiling import ProfileProcessor
from foretide.streams.profiling.outside import PUBLISHED, newest
from support.windows import record, window


def test_a_forecast_holds_the_last_value_of_each_signal_that_the_application_told() -> None:
    core, found = ProfileProcessor(), []
    for i in range(60):
        signals: dict[str, list[float | None]] = {
            SM_RATIO: [0.3] * 5,
            "app.latency_ms": [20.0, 21.0, None, 22.0 + i, None],
            "app.silent": [None] * 5,
        }
        outputs = core.handle(record(window(signals, sample=5 * i), i))
        found += [(i, o.message) for o in outputs if isinstance(o.message, ForecastEvent)]
    assert found
    for i, event in found:
        assert event.last["app.latency_ms"] == 22.0 + i
        assert "app.silent" not in event.last, "what was not read is not told"
        assert event.last[SM_RATIO] == 0.3


def test_samples_that_were_known_are_not_told_again_and_not_too_many_signals_are() -> None:
    signals: dict[str, list[float | None]] = {f"app.s{n:02d}": [1.0, 2.0, 3.0] for n in range(PUBLISHED + 4)}
    told = newest(window({SM_RATIO: [0.1, 0.1, 0.1], **signals}), 1)
    assert told == {f"app.s{n:02d}": 3.0 for n in range(PUBLISHED)}
