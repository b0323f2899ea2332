"""`foretide fleet`: a model trained on a small trace, shown, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foretide.deploy.fleet.choosing import EVERY_OTHER, takes
from foretide.streams.fleet.file import load
from support.program import run_program
from support.tracefile import write_trace

NAME = "half"
"""A source of whose three pods the hash takes two."""

SMALL = (
    "--hidden", "6", "--nets", "2", "--passes", "3", "--rows-per-series", "40", "--seed", "4",
    "--no-variants",
)  # fmt: skip


def train(*arguments: str) -> list[dict[str, Any]]:
    """Train, and read what each source gave from the object of the last line."""
    done = run_program("foretide", "fleet", "train", *arguments, *SMALL, "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["sources"]
    return found


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_trace(tmp_path_factory.mktemp("trace") / "pods.csv.gz")


def test_train_and_show(pods: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "my.fleet"
    arguments = ("--from", str(pods), "--synthetic", "4", "--signals", "pods=gpu_duty_pct,gpu.memory_bytes")
    done = run_program(
        "foretide", "fleet", "train", *arguments, "--note", "pods=made up", "--out", str(out), *SMALL, "--json"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"opening {pods}\n")
    for line in ("reading pods: series 6 of 6", "reading synthetic: series 4 of 4", "training: pass 6 of 6, loss "):
        assert f"100 %: {line}" in done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["out"], result["bytes"], result["series"], result["rows"]) == (str(out), out.stat().st_size, 10, 400)
    assert result["sources"][0] == {
        "source": "pods", "series": 6, "rows": 240, "left": 0, "short": 0, "constant": 0, "unreadable": 0,
        "share": "all", "signals": ["gpu_duty_pct", "gpu_mem_mib"],
    }  # fmt: skip

    shown = run_program("foretide", "fleet", "show", str(out))
    assert shown.returncode == 0, shown.stderr
    assert "made up" in next(line for line in shown.stdout.splitlines() if line.startswith("pods "))
    told = json.loads(run_program("foretide", "fleet", "show", str(out), "--json").stdout)
    _, header = load(out)
    assert told["trained_on"] == header.trained_on == {"pods": "made up", "synthetic": ""}
    assert (told["nets"], told["layers"][1:3], told["loss"]) == (2, [6, 6], result["loss"])
    assert told["sources"]["synthetic"]["rows"] == 160
    assert told["training"]["seed"] == 4
    assert told["sha256"] == result["sha256"]


def test_the_same_again_is_the_same_file_and_the_other_half_is_left(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / f"{NAME}.csv")
    one, two = tmp_path / "one.fleet", tmp_path / "two.fleet"
    for out in (one, two):
        of_trace, of_synthetic = train("--from", str(trace), "--every-other", "--synthetic", "16", "--out", str(out))
    assert one.read_bytes() == two.read_bytes()
    taken = sum(takes(NAME, f"pod-{i}", EVERY_OTHER) for i in range(3))
    assert 0 < taken < 3
    assert (of_trace["series"], of_trace["left"]) == (3 * taken, 9 - 3 * taken)
    assert of_synthetic["left"] > 0
    assert load(one)[1].sources["synthetic"].share == EVERY_OTHER


def test_series_that_teach_nothing_are_counted(tmp_path: Path) -> None:
    rows = [f"{60 * n},{app},{value}" for n in range(200) for app, value in (("still", 5), ("good", n * n % 17))]
    rows += [f"{60 * n},new,{n % 3}" for n in range(20)]
    trace = tmp_path / "mixed.csv"
    trace.write_text("\n".join(["ts,app_id,load", *rows]) + "\n")
    [source] = train("--from", str(trace), "--out", str(tmp_path / "a.fleet"))
    assert (source["series"], source["short"], source["constant"]) == (1, 1, 1)

    trace.write_text("\n".join(["ts,app_id,load", *(r for r in rows if "good" not in r)]) + "\n")
    done = run_program("foretide", "fleet", "train", "--from", str(trace), "--out", str(tmp_path / "b.fleet"))
    assert done.returncode == 1
    assert "Error: no series to train on: 1 have fewer than" in done.stderr
    assert not (tmp_path / "b.fleet").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Error: nothing to train on. Give --from"),
        (("--from", "nowhere.csv"), "Error: nowhere.csv: cannot be read"),
        (("--from", "telemetry.v1"), "Give --bootstrap HOST:PORT with --from telemetry.v1"),
        (("--from", "telemetry.v1", "--bootstrap", "127.0.0.1:1"), "Error: 127.0.0.1:1"),
        (("--from", "pool-events.v1"), "that topic holds no telemetry"),
        (
            ("--synthetic", "4", "--signals", "nonsense"),
            "none of them is in any source; there are app.concurrent_users",
        ),
        (("--synthetic", "4", "--signals", "pods=a"), "there is no source 'pods'. There are synthetic"),
        (("--synthetic", "4", "--note", "pods"), "is not SOURCE=TEXT"),
        (("--synthetic", "4", "--out", "/dev/null/a"), "--out /dev/null/a cannot be written"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_a_line(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = run_program("foretide", "fleet", "train", "--out", str(tmp_path / "a.fleet"), *arguments)
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_shown_is_told_in_a_line(pods: Path) -> None:
    for file, says in ((pods, "is no fleet model"), (pods.with_name("none"), "cannot be read")):
        done = run_program("foretide", "fleet", "show", str(file))
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"Error: {file} {says}")
        assert done.stderr.count("\n") == 1


def test_random_families_and_variants_are_trained_on_beside_a_trace(tmp_path: Path) -> None:
    out = tmp_path / "a.fleet"
    small = ("--hidden", "4", "--nets", "1", "--passes", "2", "--decay", "0.5", "--rows-per-series", "20")
    trace = write_trace(tmp_path / f"{NAME}.csv")
    asked = ("--from", str(trace), "--signals", "queue", "--families", "6", "--signals", "families=bursts,memory")
    done = run_program("foretide", "fleet", "train", *asked, "--every-other", *small, "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    of_pods, of_families = json.loads(done.stdout.splitlines()[-1])["sources"]
    assert of_pods["rows"] > 20 * of_pods["series"] > 0, "rows of variants too"
    assert (of_families["series"], of_families["rows"], of_families["left"]) == (6, 120, 0)
    assert of_families["signals"] == ["bursts", "memory"]
    assert load(out)[1].training["decay"] == 0.5
