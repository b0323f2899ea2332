"""Kills come in turn and spread over the run."""

from __future__ import annotations

import itertools

from foretide.deploy.demo.chaos import plan_kills


def test_eight_kills_hit_everyone_twice_and_both_workers() -> None:
    kills = plan_kills(8, 120.0)
    assert [k.victim for k in kills] == [
        "profile-1", "plan", "actuator", "broker", "profile-2", "plan", "actuator", "broker",
    ]  # fmt: skip
    gaps = {round(b.at_seconds - a.at_seconds, 6) for a, b in itertools.pairwise(kills)}
    assert len(gaps) == 1
    assert kills[0].at_seconds > 0
    assert kills[-1].at_seconds < 120.0


def test_who_is_spared_is_not_hit() -> None:
    assert [k.victim for k in plan_kills(4, 40.0, spare=["broker"])] == ["profile-1", "plan", "actuator", "profile-2"]


def test_no_chaos_no_kills() -> None:
    assert plan_kills(0, 60.0) == ()
