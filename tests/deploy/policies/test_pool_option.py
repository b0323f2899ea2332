"""The geometry that policies are compared on, from a pool file."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from foretide.deploy.commands.policy_options import geometry_of

POOL = """\
kinds:
  - {name: vm, resource_class: gpu_vm, geometry: whole-24gb, price_per_hour: 0.3}
  - {name: gpu, resource_class: mig, geometry: mig-141gb, price_per_hour: 4.0}
resources:
  - {kind: vm, host: n1}
"""


def test_the_first_card_that_can_be_cut_tells_the_geometry(tmp_path: Path) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(POOL + "  - {kind: gpu, host: n2}\n")
    assert geometry_of(path).name == "mig-141gb"


def test_a_pool_without_such_a_card_is_refused_with_what_would_do(tmp_path: Path) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(POOL)
    with pytest.raises(click.UsageError, match="mig-80gb"):
        geometry_of(path)
