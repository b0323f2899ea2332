"""`foretide plan`: what the planner would do now, from a recorded log."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from foretide.deploy.cli import cli
from foretide.deploy.plans.errors import PlanError
from foretide.deploy.replay.records import RecordedRecord, RecordLog
from foretide.schemas.codec import encode
from foretide.schemas.messages import AppPolicy, Budget, CardKind, Provisioning, Sizing
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning import outlook
from foretide.streams.planning.snapshot import to_bytes
from support.pools import POOL, Pool

pytestmark = pytest.mark.timeout(60)


def scene() -> Pool:
    """One that stays, one under way, one that waits for a budget, one that waits behind it, and one that is paused."""
    quick = Sizing(step_down_forecasts=1, step_down_seconds=0.0, cooldown_seconds=0.0, idle_wait_seconds=0.0)
    pool = Pool(cards=3, sizing=quick)
    half = AppPolicy(mode="auto", initial_slice="3g.40gb")
    kinds = [CardKind(geometry="mig-80gb", price_per_hour=2.0)]
    pool.policy("auto", quick, {"under-way": half}, budget=Budget(cards=2.0), provisioning=Provisioning(kinds=kinds))
    pool.place("stays")
    pool.forecast("stays", 1, 0.9, 70)
    pool.allocate("under-way")
    pool.allocate("waits", priority=80)
    pool.allocate("behind")
    pool.pause("paused", "a look at it")
    pool.allocate("paused")
    return pool


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "pool.jsonl"
    with RecordLog(path) as out:
        for offset, event in enumerate(scene().log):
            out.write(RecordedRecord(POOL_EVENTS, 0, offset, POOL.encode(), encode(event), 0))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["plan", *arguments])


def test_every_application_is_listed_with_what_it_holds_wants_and_waits_for(log: Path) -> None:
    done = run("--pool", POOL, "--pool-log", str(log))
    assert done.exit_code == 0, done.output
    rows = {line.split()[0]: line for line in done.output.splitlines() if line}
    assert "3 cards, 1.50 held" in rows["pool"]
    assert "stay" in rows["stays"]
    assert "7g.80gb is the smallest slice that covers them" in rows["stays"]
    assert "next look at the whole pool: none, replanning is off" in done.output
    assert "7g.80gb on card-0" in rows["stays"]
    assert "in_flight" in rows["under-way"]
    assert "3g.40gb on card-1" in rows["under-way"]
    assert "1 for budget" in rows["waits"]
    assert "the budget is 2" in rows["waits"]
    assert "2 for budget" in rows["behind"]
    assert "auto, paused" in rows["paused"]
    assert "(a look at it)" in rows["paused"]
    assert list(rows)[-5:] == ["waits", "behind", "paused", "stays", "under-way"], "those who wait come first"


def test_json_holds_the_same_and_one_application_can_be_asked_for(log: Path) -> None:
    done = run("--pool", POOL, "--pool-log", str(log), "--app", "waits", "--json")
    found = orjson.loads(done.output)
    (app,) = found["apps"]
    assert (app["app"], app["position"], app["next"]["guard"], app["next"]["commanded"]) == (
        "waits",
        1,
        "budget",
        False,
    )
    assert (found["cards"], found["cards_held"]) == (3, 1.5)


def test_an_unknown_pool_or_application_is_named(log: Path) -> None:
    with pytest.raises(PlanError, match="no pool 'pool-b'; it has pool-a"):
        CliRunner().invoke(cli, ["plan", "--pool", "pool-b", "--pool-log", str(log)], catch_exceptions=False)
    with pytest.raises(PlanError, match="did you mean waits"):
        CliRunner().invoke(
            cli, ["plan", "--pool", POOL, "--pool-log", str(log), "--app", "wait"], catch_exceptions=False
        )


def test_looking_changes_nothing_and_says_what_the_planner_then_does() -> None:
    pool = scene()
    before = to_bytes(pool.state)
    found = outlook(pool.state)
    assert to_bytes(pool.state) == before
    pool.pause(reason="for good")
    assert outlook(pool.state).paused == "for good"
    pool.resume()
    wanted = {one.app: one.next for one in found.apps}
    assert wanted["stays"] is None
    (made,) = pool.resume("paused")
    assert made.guard == "budget"
