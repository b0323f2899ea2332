"""Pool files: what they say is read, and what is wrong is told with field, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from foretide.deploy.cli import cli
from foretide.deploy.pools import PoolFileError, read_pool

GOOD = """\
kinds:
  - name: a100
    resource_class: mig
    geometry: mig-80gb
    price_per_hour: 3.7
    migration_seconds: 40
    throughput:
      - {workload: llm, per_second: 900}
      - {workload: llm, per_second: 140, slice: 1g.10gb}
  - name: spot-vm
    resource_class: gpu_vm
    geometry: whole-24gb
    price_per_hour: 0.3
    availability: interruptible
    interruptions_per_hour: 0.05
    capacity: {cpu_cores: 8}
resources:
  - {kind: a100, host: n1, count: 2}
  - {kind: spot-vm, host: n2}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "pool.yaml"
    path.write_text(text)
    return path


def test_a_pool_file_is_read_as_an_inventory_would_say_it(tmp_path: Path) -> None:
    pool = read_pool(write(tmp_path, GOOD))
    assert [k.name for k in pool.kinds] == ["a100", "spot-vm"]
    assert [(r.resource, r.geometry, r.host, r.kind) for r in pool.resources] == [
        ("n1/a100-00", "mig-80gb", "n1", "a100"),
        ("n1/a100-01", "mig-80gb", "n1", "a100"),
        ("n2/spot-vm-00", "whole-24gb", "n2", "spot-vm"),
    ]
    assert pool.resources[0].price_per_hour == 3.7
    assert pool.kinds[1].capacity == {"cpu_cores": 8.0}


@pytest.mark.parametrize(
    ("old", "new", "field", "line"),
    [
        ("geometry: mig-80gb", "geometry: mig-81gb", "kinds[0].geometry", 4),
        ("price_per_hour: 3.7", "price_per_hour: -1", "kinds[0].price_per_hour", 5),
        ("price_per_hour: 3.7", "price: 3.7", "kinds[0].price", 5),
        ("slice: 1g.10gb", "slice: 9g", "kinds[0].throughput[1].slice", 9),
        ("availability: interruptible", "availability: on_demand", "kinds[1].interruptions_per_hour", 15),
        ("name: spot-vm", "name: a100", "kinds[1].name", 10),
        ("kind: spot-vm", "kind: spot", "resources[1].kind", 19),
        ("count: 2", "count: 0", "resources[0].count", 18),
        ("resources:", "resource:", "file", 1),
        ("capacity: {cpu_cores: 8}", "capacity: {cpu_cores: 8", "file", 17),
    ],
)
def test_what_is_wrong_is_told_with_field_line_and_remedy(
    tmp_path: Path, old: str, new: str, field: str, line: int
) -> None:
    with pytest.raises(PoolFileError) as caught:
        read_pool(write(tmp_path, GOOD.replace(old, new)))
    assert (caught.value.field, caught.value.line) == (field, line)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_a_table_gives_kinds_their_throughput(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "job,n_gpus,gpu,unconsolidated,steps_per_s\nRes Net,1,v100,0,4.5\nRes Net,2,v100,0,8\n"
    )
    (tmp_path / "l.csv").write_text("gpu,model,tp,tokens,layer_ms\na100,m,1,10,5\na100,m,1,100,20\na100,m,2,200,1\n")
    text = GOOD + "tables:\n  - {file: t.csv, gpus: {v100: spot-vm}}\n  - {file: l.csv, gpus: {a100: a100}}\n"
    a100, spot = read_pool(write(tmp_path, text)).kinds
    assert [(t.workload, t.per_second) for t in spot.throughput] == [("Res_Net", 4.5)]
    assert (a100.throughput[-1].workload, a100.throughput[-1].per_second) == ("m", 5000.0)
    with pytest.raises(PoolFileError, match="the table has no GPU k80"):
        read_pool(write(tmp_path, text.replace("v100: spot-vm", "k80: spot-vm")))
    (tmp_path / "t.csv").write_text("job,gpu,steps_per_s\nx,v100,fast\n")
    with pytest.raises(PoolFileError, match=r"line 2: 'fast' is no number"):
        read_pool(write(tmp_path, text))


def test_the_check_command_shows_the_pool_or_the_one_line_error(tmp_path: Path) -> None:
    good = CliRunner().invoke(cli, ["pool", "check", str(write(tmp_path, GOOD))])
    assert good.exit_code == 0, good.output
    assert "a100" in good.output
    assert "3 resources of 2 kinds on 2 hosts" in good.output
    bad = CliRunner().invoke(cli, ["pool", "check", str(write(tmp_path, GOOD.replace("mig-80gb", "x")))])
    assert isinstance(bad.exception, PoolFileError)
