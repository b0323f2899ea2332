"""A backtest's files: what is in them, what they do not depend on, and that nothing in them knows the future."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import pytest

from foretide.deploy.backtest.errors import BacktestError
from foretide.deploy.backtest.run import BacktestSettings, backtest
from foretide.deploy.backtest.sources import from_trace
from support.program import run_program
from support.tracefile import START, write_trace

FILES = ("predictions.csv", "decisions.csv")
CLASSES = {"1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"}


def run(out: Path, trace: Path, jobs: int = 1, signals: frozenset[str] | None = None, steps: int = 5) -> Path:
    """One backtest; its folder."""
    settings = BacktestSettings(out=out, source=trace.name, signals=signals, jobs=jobs, horizons=(steps,))
    backtest(from_trace(trace, ()), settings)
    return out


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished backtest of the whole trace."""
    folder = tmp_path_factory.mktemp("done")
    return run(folder / "out", write_trace(folder / "pods.csv.gz"))


def test_every_sample_with_a_value_is_an_instant_of_issue_of_both_kinds(done: Path) -> None:
    predictions = rows(done, "predictions.csv")
    per = defaultdict(list)
    for row in predictions:
        per[row["app_id"], row["signal"], row["kind"]].append(int(row["issued_ts"]))
    assert {signal for _, signal, _ in per} == {"gpu_duty_pct", "gpu_mem_mib", "queue"}
    for kind in ("point", "peak"):
        assert per["pod-0", "gpu_duty_pct", kind] == [START + 60 * n for n in range(240)]
        # Ten samples have no duty, four are missing altogether.
        assert len(per["pod-2", "gpu_duty_pct", kind]) == 226
        assert len(per["pod-2", "gpu_mem_mib", kind]) == 236


def test_targets_are_samples_of_the_series_five_ahead(done: Path) -> None:
    issued = [r for r in rows(done, "predictions.csv") if (r["app_id"], r["signal"]) == ("pod-2", "gpu_mem_mib")]
    points = [r for r in issued if r["kind"] == "point"]
    times = [int(r["issued_ts"]) for r in points]
    assert [int(r["target_ts"]) for r in points[:-5]] == times[5:]
    assert int(points[-1]["target_ts"]) == times[-1] + 5 * 60


def test_quantiles_do_not_decrease_and_units_are_the_traces(done: Path) -> None:
    for row in rows(done, "predictions.csv"):
        values = [float(row[q]) for q in ("q0.5", "q0.9", "q0.95", "q0.99")]
        assert values == sorted(values)
    late = [r for r in rows(done, "predictions.csv") if r["signal"] == "gpu_mem_mib" and r["app_id"] == "pod-1"][100:]
    assert all(10_000 < float(r["q0.5"]) < 18_000 for r in late), "MiB, as in the trace"


def test_decisions_name_classes_and_begin_with_one_for_each_application(done: Path) -> None:
    decisions = rows(done, "decisions.csv")
    assert {r["class"] for r in decisions} <= CLASSES
    assert {r["app_id"] for r in decisions if int(r["issued_ts"]) == START} == {"pod-0", "pod-1", "pod-2"}
    last: dict[str, int] = {}
    for row in decisions:
        at = int(row["issued_ts"])
        assert at - last.get(row["app_id"], -600) >= 600, "sized at most every ten samples"
        last[row["app_id"]] = at


def test_the_summary_agrees_with_the_files(done: Path) -> None:
    summary = json.loads((done / "summary.json").read_text())
    assert summary["applications"] == 3
    assert summary["predictions"] == len(rows(done, "predictions.csv"))
    assert summary["sizing"]["changes"] == len(rows(done, "decisions.csv")) - 3
    for signal in summary["signals"]:
        assert 0.5 < signal["coverage90"] <= 1


def test_jobs_change_nothing(done: Path, tmp_path: Path) -> None:
    other = run(tmp_path / "out", write_trace(tmp_path / "pods.csv"), jobs=2)
    for name in FILES:
        assert (other / name).read_bytes() == (done / name).read_bytes()
    hashes = [json.loads((f / "summary.json").read_text())["model_hash"] for f in (done, other)]
    assert hashes[0] == hashes[1]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backtest of three horizons into a folder that holds another one's leavings."""
    folder = tmp_path_factory.mktemp("several")
    out = folder / "out"
    out.mkdir()
    (out / "predictions-h30.csv").write_text("of an earlier run\n")
    trace = write_trace(folder / "pods.csv.gz")
    backtest(from_trace(trace, ()), BacktestSettings(out=out, source=trace.name, horizons=(5, 1, 15)))
    return out


def test_each_horizon_has_a_file_the_first_as_if_alone(done: Path, several: Path) -> None:
    assert {p.name for p in several.glob("*.csv")} == {*FILES, "predictions-h1.csv", "predictions-h15.csv"}
    assert (several / "decisions.csv").read_bytes() == (done / "decisions.csv").read_bytes()
    points = [[r for r in rows(f, "predictions.csv") if r["kind"] == "point"] for f in (done, several)]
    # A drift is watched for at the nearest horizon: with others asked it may be told at another time, no more.
    for one, beside in zip(*points, strict=True):
        assert float(one["q0.5"]) == pytest.approx(float(beside["q0.5"]), rel=0.02, abs=0.5)
    for steps in (1, 15):
        found = rows(several, f"predictions-h{steps}.csv")
        assert len(found) == len(rows(done, "predictions.csv"))
        queue = [r for r in found if (r["app_id"], r["signal"], r["kind"]) == ("pod-0", "queue", "peak")]
        assert [int(r["target_ts"]) for r in queue] == [START + 60 * (n + steps) for n in range(240)]


def test_a_peak_is_never_below_that_of_a_nearer_horizon(several: Path) -> None:
    names = ("predictions-h1.csv", "predictions.csv", "predictions-h15.csv")
    for rising in zip(*([r for r in rows(several, n) if r["kind"] == "peak"] for n in names), strict=True):
        for q in ("q0.5", "q0.9", "q0.95", "q0.99"):
            values = [float(r[q]) for r in rising]
            assert values == sorted(values)


def test_the_summary_has_scores_of_each_horizon(several: Path) -> None:
    summary = json.loads((several / "summary.json").read_text())
    assert (summary["horizon_steps"], summary["horizons"]) == (5, [5, 1, 15])
    assert {s["horizon_steps"] for s in summary["signals"]} == {1, 5, 15}
    assert summary["predictions"] == 3 * len(rows(several, "predictions.csv"))
    one = {s["kind"]: s for s in summary["signals"] if (s["signal"], s["horizon_steps"]) == ("queue", 1)}
    # One sample ahead both are of the same value; what the network says of each differs a little.
    assert one["peak"]["error_ratio"] == pytest.approx(one["point"]["error_ratio"], rel=0.05)


def test_nothing_knows_the_future(done: Path, tmp_path: Path) -> None:
    """The same trace cut short gives the same rows up to the cut."""
    cut = run(tmp_path / "out", write_trace(tmp_path / "pods.csv", until=150))
    end = START + 60 * 150
    for name in FILES:
        whole = [r for r in rows(done, name) if int(r["issued_ts"]) < end]
        short = rows(cut, name)
        for row in (*whole, *short):
            row.pop("target_ts", None)  # past the end of the shorter one it can only be guessed
        assert short == whole


def test_signals_choose_by_either_name(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "pods.csv", samples=40)
    ours = run(tmp_path / "a", trace, signals=frozenset({"gpu.sm_ratio"}))
    theirs = run(tmp_path / "b", trace, signals=frozenset({"gpu_duty_pct"}))
    assert (ours / "predictions.csv").read_bytes() == (theirs / "predictions.csv").read_bytes()
    assert {r["signal"] for r in rows(ours, "predictions.csv")} == {"gpu_duty_pct"}


def test_an_unknown_signal_is_told_with_those_there_are(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "pods.csv", samples=5)
    with pytest.raises(BacktestError, match="none of nonsense is there; there are gpu_duty_pct, gpu_mem_mib, queue"):
        run(tmp_path / "out", trace, signals=frozenset({"nonsense"}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Give --trace PATH, or --bootstrap"),
        (("--trace", "nowhere.csv"), "nowhere.csv"),
        (("--trace", "nowhere.csv", "--horizon-steps", "5,0"), "'5,0' is no list of samples ahead"),
        (("--trace", "nowhere.csv", "--since", "1"), "--since and --until go with a topic"),
        (("--bootstrap", "127.0.0.1:1"), "127.0.0.1:1"),
        (("--bootstrap", "127.0.0.1:1", "--since", "yesterday"), "is no time"),
    ],
)
def test_what_cannot_be_backtested_is_told_in_a_line(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = run_program("foretide", "backtest", *arguments, "--out", str(tmp_path / "out"))
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr
