"""The app that a user would write: a Faust agent with River pipelines, one per application, metric and horizon.

    python benchmarks/naive_app.py --broker kafka://127.0.0.1:9092 --source samples --out forecasts

Every message is one sample. For each metric and horizon a pipeline of a scaler and a linear regression sees the last
twelve values, says what the metric will be at the horizon, and learns when that time has come. It is written as well as
such an app usually is: the lags are built once per metric and shared by its horizons, the memory is in GiB so that the
regression does not diverge, the web server and tables are off, and one message answers for all metrics and horizons.
`benchmarks/pipeline.py` compares with it.
"""

from __future__ import annotations

import argparse
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import faust
from river import compose, linear_model, preprocessing

METRICS = ("sm_ratio", "memory_gib")
HORIZONS_SECONDS = (60, 300, 900, 3600)
STEP_SECONDS = 1
LAGS = 12

Lags = dict[str, float]


class Sample(faust.Record, serializer="json"):  # type: ignore[call-arg,misc]
    """One reading of one application."""

    app: str
    at_ms: int
    sm_ratio: float
    memory_gib: float


class Forecast(faust.Record, serializer="json"):  # type: ignore[call-arg,misc]
    """What the metrics will be, by metric and horizon in seconds."""

    app: str
    at_ms: int
    values: dict[str, dict[str, float]]


def pipeline() -> Any:
    """What learns one metric at one horizon."""
    return compose.Pipeline(preprocessing.StandardScaler(), linear_model.LinearRegression())


@dataclass
class Metric:
    """One metric of one application: its latest values, the lags that still wait for their outcome, its pipelines."""

    values: deque[float] = field(default_factory=lambda: deque(maxlen=LAGS))
    waiting: deque[Lags] = field(default_factory=lambda: deque(maxlen=HORIZONS_SECONDS[-1] // STEP_SECONDS + 1))
    pipelines: dict[int, Any] = field(default_factory=lambda: {h: pipeline() for h in HORIZONS_SECONDS})

    def step(self, value: float) -> dict[str, float]:
        """Learn from the new value what was said of it, and forecast."""
        for horizon, model in self.pipelines.items():
            back = horizon // STEP_SECONDS
            if len(self.waiting) >= back:
                model.learn_one(self.waiting[-back], value)
        self.values.appendleft(value)
        lags = {f"lag_{i}": v for i, v in enumerate(self.values)}
        self.waiting.append(lags)
        return {str(horizon): model.predict_one(lags) for horizon, model in self.pipelines.items()}


def create_app(broker: str, source: str, out: str) -> Any:
    """The Faust app."""
    app = faust.App(
        "naive",
        broker=broker,
        store="memory://",
        web_enabled=False,
        topic_partitions=4,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
    )
    samples = app.topic(source, value_type=Sample, key_type=str)
    forecasts = app.topic(out, value_type=Forecast, key_type=str)
    metrics: dict[tuple[str, str], Metric] = {}

    @app.agent(samples)  # type: ignore[untyped-decorator]
    async def forecast(stream: Any) -> None:
        async for sample in stream:
            values = {}
            for name in METRICS:
                metric = metrics.get((sample.app, name))
                if metric is None:
                    metric = metrics[sample.app, name] = Metric()
                values[name] = metric.step(getattr(sample, name))
            await forecasts.send(key=sample.app, value=Forecast(app=sample.app, at_ms=sample.at_ms, values=values))

    return app


def main() -> None:
    """Run the app until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", required=True, help="kafka://HOST:PORT")
    parser.add_argument("--source", required=True, help="topic of the samples")
    parser.add_argument("--out", required=True, help="topic of the forecasts")
    chosen = parser.parse_args()
    worker = faust.Worker(create_app(chosen.broker, chosen.source, chosen.out), loglevel="WARNING")
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
