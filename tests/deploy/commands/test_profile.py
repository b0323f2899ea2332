"""`foretide profile`: what the workers' snapshots hold, for people and for programs."""

from __future__ import annotations

import asyncio
import math
import uuid
from dataclasses import replace as changed

import orjson
import pytest
from msgspec.structs import replace

from foretide.deploy.broker import KafkaBroker, MockBroker
from foretide.deploy.profiles.text import TARGETS
from foretide.schemas.kafka import clients, topic_admin
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.topics import CATALOGUE, PROFILE_GROUP, changelog
from foretide.streams.profiling import ApplicationProfile, ProfileProcessor, ProfileSettings
from foretide.streams.profiling.state import FORMAT, decode_state, encode_state
from foretide.streams.worker.envelope import Envelope, encode_envelope
from support.program import run_program
from support.windows import record, window

pytestmark = pytest.mark.timeout(60)

WINDOWS = 200


def learnt(app: str, windows: int = WINDOWS) -> Envelope:
    """The snapshot that a worker would write of an application whose last window came twice."""
    core = ProfileProcessor()
    for i in [*range(windows), windows - 1]:
        load = 0.3 + 0.2 * math.sin(i / 9.0) + 0.01 * (i * i % 7)
        one = window({SM_RATIO: [load] * 5, GPU_MEMORY: [4e9 + 1e7 * (i % 11)] * 5}, sample=5 * i, app=app)
        core.handle(record(one, i))
    return Envelope(FORMAT, app, 0, windows, 3, core.snapshot(app))


def loaded(envelope: Envelope) -> ApplicationProfile:
    return ApplicationProfile.load(envelope.payload, ProfileSettings())


async def _write(kafka: KafkaSettings, group: str, envelopes: list[Envelope]) -> None:
    await topic_admin.create(kafka, [changed(CATALOGUE[changelog(PROFILE_GROUP)], name=changelog(group))])
    async with clients.producer(kafka) as producer:
        for one in envelopes:
            await producer.send_and_wait(
                changelog(group), encode_envelope(one), key=one.key.encode(), partition=one.partition
            )


def written(kafka: KafkaSettings, *envelopes: Envelope) -> str:
    """A worker group of the test's own with these snapshots."""
    group = f"profile-{uuid.uuid4().hex[:8]}"
    asyncio.run(_write(kafka, group, list(envelopes)))
    return group


@pytest.mark.kafka
def test_one_profile_as_json_is_what_the_worker_knows(kafka_broker: KafkaBroker) -> None:
    kafka, envelope = kafka_broker.settings(), learnt("serve-1")
    group = written(kafka, learnt("serve-1", 20), envelope, learnt("other", 5))
    done = run_program("foretide", "profile", "show", "serve-1", "--group", group, "--json", kafka=kafka)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    told, profile = orjson.loads(done.stdout), loaded(envelope)
    assert (told["app"], told["windows_learned"], told["duplicates"]) == ("serve-1", WINDOWS, 1)
    assert told["last_sample_ms"] == profile.last_ms
    assert told["learning"] is profile.learning is False
    assert told["learning_reason"] == profile.learning_state().reason
    assert told["snapshot"] == {
        "group": group,
        "format": FORMAT,
        "partition": 0,
        "last_offset": WINDOWS,
        "epoch": 3,
        "bytes": len(envelope.payload),
    }
    assert [s["signal"] for s in told["signals"]] == [SM_RATIO, GPU_MEMORY]
    for signal, forecast in zip(told["signals"], profile.forecasts(), strict=True):
        own = profile.signals[forecast.signal]
        assert (signal["last"], signal["minimum"], signal["maximum"]) == (own.last, own.low, own.high)
        assert signal["minimum"] < signal["last"] <= signal["maximum"]
        assert signal["confidence"] == forecast.confidence
        assert [h["horizon_seconds"] for h in signal["horizons"]] == [60.0, 300.0, 900.0, 3600.0]
        for shown, horizon in zip(signal["horizons"], forecast.horizons, strict=True):
            for kind in ("peak", "mean"):
                expected = getattr(horizon, kind)
                assert shown[kind]["quantiles"] == {q: getattr(expected, q) for q in ("q50", "q90", "q95", "q99")}
        heads = {(h.kind, h.ms / 1000): own.head(i) for i, h in enumerate(profile.settings.horizons)}
        minute, hour = signal["horizons"][0]["mean"], signal["horizons"][3]["peak"]
        head = heads["mean", 60.0]
        assert (minute["model"], minute["outcomes"]) == (head.winner, head.known)
        assert minute["coverage90"] == head.covered
        assert minute["pinball90_ratio"] == head.score.pinball90_ratio is not None
        score = head.score
        for name in ("error_ratio", "leader_ratio", "slack90", "slack99", "unmet99", "above99"):
            assert minute[name] == getattr(score, name) is not None, name
        assert (signal["model"], signal["weights"]) == (own.lead.champion, forecast.weights)
        # 200 windows of 10 s are half an hour: of what comes in an hour no outcome can be known.
        assert hour["outcomes"] == 0
        assert {hour[k] for k in ("model", "coverage90", "pinball90_ratio", "error_ratio")} == {None}


@pytest.mark.kafka
def test_one_profile_for_people_and_all_of_them(kafka_broker: KafkaBroker) -> None:
    kafka = kafka_broker.settings()
    old = learnt("older", 10)
    old_payload = encode_state(replace(decode_state(old.payload), format="profile/0"))
    group = written(kafka, learnt("serve-1"), learnt("young", 7), replace(old, format="profile/0", body=old_payload))
    done = run_program("foretide", "profile", "show", "young", "--group", group, kafka=kafka)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "application  young"
    assert lines[3] == "learning     yes: 7 of 30 windows learnt"
    assert lines[4] == "windows      7 learnt, 1 duplicates"
    assert any(line.startswith(f"{SM_RATIO}  last ") and line.endswith("as predicted") for line in lines)
    assert lines[lines.index("") + 2].startswith("  led by fleet; made of ")
    table = lines[lines.index("") + 3 :][:9]
    assert tuple(table[0].split()) == TARGETS
    assert [line.split()[:3] for line in table[1::2]] == [
        ["1", "min", "peak"],
        ["5", "min", "peak"],
        ["15", "min", "peak"],
        ["1", "h", "peak"],
    ]
    assert {len(line) for line in table} == {len(table[0])}, "the columns are aligned"

    done = run_program("foretide", "profile", "list", "--group", group, kafka=kafka)
    assert done.returncode == 0
    head, *rows = done.stdout.splitlines()
    assert head.startswith("application")
    assert [r.split()[0] for r in rows] == ["older", "serve-1", "young"]
    assert [r.split()[2] for r in rows] == ["unreadable", "learnt", "learning"]
    assert rows[1].split()[3:5] == [str(WINDOWS), "1"]
    assert "'profile/0'" in done.stderr

    done = run_program("foretide", "profile", "list", "--json", "--group", group, kafka=kafka)
    assert [orjson.loads(line)["app"] for line in done.stdout.splitlines()] == ["serve-1", "young"]

    for app, says in (
        ("serve1", f"no application 'serve1' in the snapshots of group {group}: did you mean serve-1?"),
        ("zzzz", "none of the 3 there is like it"),
        ("older", f"the snapshot of older in group {group} cannot be shown: it has the format 'profile/0'"),
    ):
        done = run_program("foretide", "profile", "show", app, "--group", group, "--json", kafka=kafka)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("Error: ")
        assert says in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.kafka
def test_a_group_without_snapshots(kafka_broker: KafkaBroker) -> None:
    kafka = kafka_broker.settings()
    done = run_program("foretide", "profile", "list", "--group", "nobody", kafka=kafka)
    assert (done.returncode, done.stdout) == (1, "")
    assert "group 'nobody' keeps no snapshots" in done.stderr
    assert changelog("nobody") in done.stderr


def test_on_a_mock_cluster_before_and_after_the_first_snapshot(mock_broker: MockBroker) -> None:
    kafka = mock_broker.settings()
    group = written(kafka)
    done = run_program("foretide", "profile", "list", "--group", group, kafka=kafka)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"no profiles yet in group {group}\n"
    done = run_program("foretide", "profile", "show", "a", "--group", group, kafka=kafka)
    assert done.returncode == 1
    assert "there are none yet" in done.stderr
    asyncio.run(_write(kafka, group, [learnt("a", 3)]))
    done = run_program("foretide", "profile", "list", "--group", group, kafka=kafka)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["application", "a"]


@pytest.mark.parametrize("arguments", [("show", "a"), ("list",)])
def test_an_unreachable_broker_is_one_line(arguments: tuple[str, ...]) -> None:
    done = run_program("foretide", "profile", *arguments, kafka=KafkaSettings(bootstrap="127.0.0.1:1"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: 127.0.0.1:1: connection refused")
    assert done.stderr.count("\n") == 1
