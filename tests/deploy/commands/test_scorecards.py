"""`foretide scorecards`: the newest scores of all applications, and those that come."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from foretide.deploy.broker import KafkaBroker, MockBroker
from foretide.schemas.codec import encode, parse_as
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import RecordRef, Scorecard, SignalScore
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.topics import CATALOGUE, SCORECARDS, TELEMETRY
from foretide.streams.profiling import ProfileProcessor
from support.program import Program, run_program
from support.windows import record, window

pytestmark = pytest.mark.timeout(60)

AT_MS = 1_767_225_600_000


def score(signal: str, pinball: float | None, *, coverage: float = 0.9, error: float | None = 0.8) -> SignalScore:
    return SignalScore(
        signal=signal,
        horizon_seconds=60.0,
        coverage90=coverage,
        pinball90_ratio=pinball,
        error_ratio=error,
        outcomes=50,
    )


def card(app: str, *scores: SignalScore, offset: int = 0) -> tuple[str, bytes]:
    message = Scorecard(
        id=f"{TELEMETRY}/0/{offset}/scorecard",
        app=app,
        at_ms=AT_MS + offset,
        scores=list(scores),
        based_on=RecordRef(topic=TELEMETRY, partition=0, offset=offset),
        epoch=1,
    )
    return app, encode(message)


def of_a_worker(app: str) -> list[tuple[str, bytes]]:
    """The scorecards that the profile worker's core writes of an application."""
    core, found = ProfileProcessor(), []
    for i in range(120):
        load = 0.3 + 0.2 * math.sin(i / 9.0)
        outputs = core.handle(record(window({SM_RATIO: [load] * 5}, sample=5 * i, app=app), i))
        found += [(o.key, encode(o.message)) for o in outputs if o.topic == SCORECARDS]
    return found


async def _send(kafka: KafkaSettings, values: Sequence[tuple[str, bytes | None]]) -> None:
    await topic_admin.create(kafka, [CATALOGUE[SCORECARDS]])
    async with clients.producer(kafka) as producer:
        for app, value in values:
            await producer.send_and_wait(SCORECARDS, value, key=app.encode())


def send(kafka: KafkaSettings, *values: tuple[str, bytes | None]) -> None:
    asyncio.run(_send(kafka, values))


@pytest.mark.kafka
def test_the_newest_of_each_application_the_worst_first(fresh_kafka: KafkaBroker) -> None:
    kafka, worker = fresh_kafka.settings(), of_a_worker("serve-1")
    assert len(worker) >= 2
    send(kafka)
    empty = run_program("foretide", "scorecards", kafka=kafka)
    assert (empty.returncode, empty.stdout) == (0, "")
    assert empty.stderr == "no scorecard of any application yet: profile workers write one every 60 windows\n"
    send(
        kafka,
        card("bad", score(SM_RATIO, 0.1), offset=1),
        *worker,
        ("gone", card("gone", score(SM_RATIO, 9.0))[1]),
        ("gone", None),
        ("serve-1", b"no scorecard"),
        card("bad", score(SM_RATIO, 3.5, coverage=0.5, error=2.0), score(GPU_MEMORY, None, error=None), offset=2),
    )
    done = run_program("foretide", "scorecards", "--json", kafka=kafka)
    assert done.returncode == 0
    assert re.fullmatch(rf"unreadable record {SCORECARDS}/\d/\d+: \$: not JSON.*\n", done.stderr)
    told = orjson.loads(done.stdout)
    newest = parse_as(Scorecard, SCORECARDS, worker[-1][1])
    assert {s.horizon_seconds for s in newest.scores} >= {60.0, 300.0}
    own = [
        {
            "app": "serve-1",
            "signal": s.signal,
            "horizon_seconds": s.horizon_seconds,
            "coverage90": s.coverage90,
            "pinball90_ratio": s.pinball90_ratio,
            "error_ratio": s.error_ratio,
            "outcomes": s.outcomes,
            "at_ms": newest.at_ms,
            "leader_ratio": s.leader_ratio,
            "slack90": s.slack90,
            "slack99": s.slack99,
            "unmet99": s.unmet99,
            "above99": s.above99,
        }
        for s in newest.scores
    ]
    first = told["scores"][0]
    assert (first["app"], first["pinball90_ratio"], first["coverage90"], first["at_ms"]) == ("bad", 3.5, 0.5, AT_MS + 2)
    assert {row["signal"] for row in told["scores"] if row["app"] == "bad"} == {SM_RATIO, GPU_MEMORY}
    of_serve = [row for row in told["scores"] if row["app"] == "serve-1"]
    assert sorted(of_serve, key=lambda row: row["horizon_seconds"]) == own
    assert len(told["scores"]) == len(own) + 2, "neither an older scorecard nor one that was deleted"
    ratios = [row["pinball90_ratio"] for row in told["scores"]]
    known = [r for r in ratios if r is not None]
    assert ratios == [*sorted(known, reverse=True), *[None] * (len(ratios) - len(known))]
    assert len(known) >= 2
    assert len(known) < len(ratios)
    everything = told["totals"][-1]
    assert (everything["signal"], everything["applications"], everything["known"]) == (None, 2, 2)
    assert everything["worse_than_last"] == 0.5

    done = run_program("foretide", "scorecards", kafka=kafka)
    lines = done.stdout.splitlines()
    assert lines[0].split()[:5] == ["application", "signal", "horizon", "cov.9", "pinball"]
    assert lines[1].split()[:6] == ["bad", SM_RATIO, "1", "min", "0.500", "3.500"]
    assert [line.split()[0] for line in lines[1 : lines.index("")]] == [row["app"] for row in told["scores"]]
    assert any(line.startswith("everything") and line.endswith("50 % of applications") for line in lines)

    done = run_program("foretide", "scorecards", "--app", "serve-1", "--json", kafka=kafka)
    told = orjson.loads(done.stdout)
    assert {row["app"] for row in told["scores"]} == {"serve-1"}
    assert told["totals"][-1]["applications"] == 1
    done = run_program("foretide", "scorecards", "--app", "serve1", "--json", kafka=kafka)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == f"Error: no application 'serve1' in {SCORECARDS}: did you mean serve-1?"


def test_follow_goes_on_with_what_comes(mock_broker: MockBroker, tmp_path: Path) -> None:
    kafka = mock_broker.settings()
    send(kafka, card("one", score(SM_RATIO, 0.5)))
    program = Program("f", "foretide", "scorecards", "--follow", "--json", kafka=kafka, folder=tmp_path)
    try:
        program.wait_for(lambda: program.log().count("\n") == 1, "what there was")
        send(kafka, card("two", score(SM_RATIO, 1.5), offset=1))
        program.wait_for(lambda: program.log().count("\n") == 2, "what came")
        code, seconds = program.terminate()
    finally:
        program.kill()
    assert code == 0
    assert seconds < 10
    first, second = (orjson.loads(line) for line in program.log().splitlines())
    assert [row["app"] for row in first["scores"]] == ["one"]
    assert first["totals"][-1]["worse_than_last"] == 0.0
    assert [row["app"] for row in second["scores"]] == ["two"]
    assert (second["totals"][-1]["applications"], second["totals"][-1]["pinball90_ratio"]) == (2, 1.0)


def test_follow_waits_for_an_application(mock_broker: MockBroker, tmp_path: Path) -> None:
    kafka = mock_broker.settings()
    send(kafka, card("one", score(SM_RATIO, 0.5)))
    program = Program("f", "foretide", "scorecards", "--follow", "--app", "two", kafka=kafka, folder=tmp_path)
    try:
        program.wait_for(lambda: "no scorecard of two yet" in program.log(), "the note")
        send(kafka, card("one", score(SM_RATIO, 0.4)), card("two", score(SM_RATIO, 1.5)))
        program.wait_for(lambda: "everything" in program.log(), "its table")
        assert program.terminate()[0] == 0
    finally:
        program.kill()
    assert re.search(rf"^two +{SM_RATIO} +1 min +0\.900 +1\.500", program.log(), re.MULTILINE)
    assert not re.search(r"^one", program.log(), re.MULTILINE)


def test_nothing_yet_is_an_empty_object_for_programs(mock_broker: MockBroker) -> None:
    kafka = mock_broker.settings()
    send(kafka)
    done = run_program("foretide", "scorecards", "--json", kafka=kafka)
    assert (done.returncode, done.stderr) == (0, "")
    told = orjson.loads(done.stdout)
    assert told["scores"] == []
    assert [(t["applications"], t["worse_than_last"]) for t in told["totals"]] == [(0, None)]


def test_an_unreachable_broker_is_one_line() -> None:
    done = run_program("foretide", "scorecards", kafka=KafkaSettings(bootstrap="127.0.0.1:1"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: 127.0.0.1:1: connection refused")
    assert done.stderr.count("\n") == 1


@pytest.mark.kafka
def test_a_missing_topic_is_one_line(fresh_kafka: KafkaBroker) -> None:
    done = run_program("foretide", "scorecards", kafka=fresh_kafka.settings())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: topic does not exist: {SCORECARDS}. Create with: foretide topics create\n"
