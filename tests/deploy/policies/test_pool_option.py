"""The world that policies are compared in, from a pool file."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from foretide.deploy.commands.policy_options import kind_of
from foretide.deploy.policies.series import Series
from foretide.deploy.policies.setting import Setting, setting_of
from foretide.deploy.policies.simulator import simulate
from foretide.schemas.messages import ResourceKind
from support.program import run_program
from support.tracefile import write_trace

POOL = """\
kinds:
  - {name: vm, resource_class: gpu_vm, geometry: whole-24gb, price_per_hour: 0.3}
  - name: gpu
    resource_class: mig
    geometry: mig-141gb
    price_per_hour: PRICE
    resize_seconds: 5
    migration_seconds: 40
    provisioning_seconds: 120
resources:
  - {kind: vm, host: n1}
"""


def pool_file(folder: Path, price: float = 4.0, more: str = "  - {kind: gpu, host: n2}\n") -> Path:
    path = folder / f"pool-{price:g}.yaml"
    path.write_text(POOL.replace("PRICE", str(price)) + more)
    return path


def test_the_first_card_that_can_be_cut_tells_geometry_price_and_times(tmp_path: Path) -> None:
    kind = kind_of(pool_file(tmp_path))
    found = setting_of(kind)
    assert (kind.name, found.geometry.name, found.price_per_hour) == ("gpu", "mig-141gb", 4.0)
    assert (found.outage_seconds, found.moving_seconds, found.provisioning_seconds) == (5.0, 40.0, 120.0)
    assert kind_of(pool_file(tmp_path), "vm").geometry == "whole-24gb"


def test_a_pool_without_such_a_card_is_refused_with_what_would_do(tmp_path: Path) -> None:
    path = pool_file(tmp_path, more="")
    with pytest.raises(click.UsageError, match="--pool-kind"):
        kind_of(path)
    with pytest.raises(click.UsageError, match="has vm, gpu"):
        kind_of(path, "tpu")


def kind(**more: Any) -> ResourceKind:
    return ResourceKind(name="gpu", resource_class="mig", geometry="mig-80gb", price_per_hour=4.0, **more)


def outcome(setting: Setting, wishes: list[int]) -> tuple[int, int]:
    """Interrupted and short samples, a minute apart, of one that always uses a quarter of a card."""
    n = len(wishes)
    series = Series("a", [60_000 * i for i in range(n)], [0.25] * n, [1.0] * n)
    found = simulate(series, wishes, setting.layout, replace(setting, decide_seconds=0.0, warm_seconds=0.0))
    return found.interrupted, found.short


def test_a_step_down_is_made_in_place_and_a_step_up_on_another_card() -> None:
    down, up = [0] * 6, [0, 1, 2, 2, 2, 2, 2, 2]
    assert outcome(setting_of(kind(resize_seconds=60.0)), down) == (1, 4)
    assert outcome(setting_of(kind(migration_seconds=60.0)), down) == (0, 5)
    assert outcome(setting_of(kind(migration_seconds=60.0)), up)[0] == 2
    assert outcome(setting_of(kind(resize_seconds=60.0)), up)[0] == 1


def test_a_whole_card_has_to_come_first() -> None:
    up = [0, 5, 5, 5, 5, 5, 5]
    assert outcome(setting_of(kind()), up) == (0, 1)
    assert outcome(setting_of(kind(provisioning_seconds=150.0)), up) == (0, 3)
    assert outcome(setting_of(kind(provisioning_seconds=150.0)), [0, 3, 3, 3]) == (0, 1), "not for a part of one"


def test_cards_of_another_speed_hold_less_compute() -> None:
    assert setting_of(kind(relative_compute=0.5)).layout.compute[-1] == 0.5


@pytest.mark.timeout(90)
def test_a_change_of_price_changes_the_cost_and_not_the_cards(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "pods.csv.gz")
    seen = []
    for price in (2.0, 6.0):
        out = tmp_path / f"out-{price:g}"
        done = run_program(
            "foretide", "backtest", "--trace", str(trace), "--out", str(out), "--jobs", "1", "--no-report",
            "--policy", "foretide", "--policy", "whole-card", "--pool", str(pool_file(tmp_path, price)),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "money" in done.stdout
        with (out / "policies.csv").open() as file:
            seen.append(list(csv.DictReader(file)))
    for cheap, dear in zip(*seen, strict=True):
        assert (cheap["cards"], cheap["changes"], cheap["short"]) == (dear["cards"], dear["changes"], dear["short"])
        assert float(dear["cost"]) == pytest.approx(3.0 * float(cheap["cost"]), rel=1e-4)
        assert cheap["cost_unit"] == "money"
        assert cheap["regret"] == dear["regret"]
    whole = next(row for row in seen[0] if row["policy"] == "whole-card")
    assert float(whole["cost"]) == pytest.approx(48.0), "a card at 2 an hour for a day"
