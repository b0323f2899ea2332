"""report.html: it stands alone, its numbers are the summary's, the worst comes first, odd traces do not break it."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from foretide.deploy.backtest.baselines.catalogue import BASELINES
from foretide.deploy.backtest.run import BacktestSettings, backtest
from foretide.deploy.backtest.sources import from_trace
from support.page import Page
from support.tracefile import START, write_trace

SCORES = ("scored", "error_ratio", "pinball90_ratio", "coverage50", "coverage90", "coverage95", "coverage99")


def run(folder: Path, trace: Path, *, report: bool = True) -> Path:
    """A backtest's folder."""
    backtest(from_trace(trace, ()), BacktestSettings(out=folder, source=trace.name, report=report))
    return folder


def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def made_up(path: Path, rows: Iterable[tuple[float, str, object, object]]) -> Path:
    """A trace of (seconds from the start, application, duty, MiB)."""
    lines = [f"{START + at},{app},{duty},{memory}" for at, app, duty, memory in rows]
    path.write_text("\n".join(["ts,app_id,gpu_duty_pct,gpu_mem_mib", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return run(folder / "out", write_trace(folder / "pods.csv"))


def test_it_loads_nothing_and_is_small(done: Path) -> None:
    page = Page(text(done))
    assert page.loads == []
    assert not {"script", "link", "img", "iframe", "object", "embed", "image", "use"} & set(page.tags)
    assert not re.search(r"https?://|url\(|@import|src=", text(done))
    assert "prefers-color-scheme:dark" in text(done)
    assert len(text(done)) < 2_000_000


def test_its_scores_are_the_summarys(done: Path) -> None:
    summary = json.loads((done / "summary.json").read_text())
    rows = Page(text(done)).tables["scores"]
    assert rows == [
        [s["signal"], s["horizon_steps"], s["kind"], *(s[name] for name in SCORES)] for s in summary["signals"]
    ]
    sizing = summary["sizing"]
    assert Page(text(done)).values["sizing"] == [
        sizing[name] for name in ("cards_held_mean", "shortage_ratio", "out_of_memory_ratio", "changes", "decisions")
    ]


def test_every_baseline_stands_beside_foretide(done: Path) -> None:
    rows = {str(row[0]): row[1:] for row in Page(text(done)).tables["baselines-5"]}
    assert set(rows) == {"Foretide", *(b.name for b in BASELINES)}
    assert rows["last value"] == [1.0, 1.0, 1.0, rows["last value"][3], 1.0]
    assert len(rows["Kruize performance"]) == 5, "a dash for the expected value it does not name"
    assert rows["Kruize performance"][0] == "–"
    assert "On 9 of 9 series" in text(done)


def error_ratios(folder: Path, trace: Path) -> dict[str, float]:
    """Each series' error ratio, from predictions.csv and the trace alone."""
    with trace.open() as file:
        actual = {
            (row["app_id"], name, row["ts"]): float(row[name])
            for row in csv.DictReader(file)
            for name in ("gpu_duty_pct", "gpu_mem_mib", "queue")
            if row[name]
        }
    own: dict[str, float] = defaultdict(float)
    last: dict[str, float] = defaultdict(float)
    with (folder / "predictions.csv").open() as file:
        for row in csv.DictReader(file):
            outcome = actual.get((row["app_id"], row["signal"], row["target_ts"]))
            if row["kind"] == "point" and outcome is not None:
                name = f"{row['app_id']} · {row['signal']}"
                own[name] += abs(outcome - float(row["q0.5"]))
                last[name] += abs(outcome - actual[row["app_id"], row["signal"], row["issued_ts"]])
    return {name: own[name] / last[name] for name in own}


def test_the_worst_is_the_worst_and_says_why(done: Path) -> None:
    ratios = error_ratios(done, done.parent / "pods.csv")
    order = sorted(ratios, key=lambda name: -ratios[name])
    shown = [h for h in Page(text(done)).headings if ": " in h]
    assert shown == [
        f"Worst: {order[0]}",
        f"Second worst: {order[1]}",
        f"Third worst: {order[2]}",
        f"Median: {order[4]}",
        f"Best: {order[8]}",
    ]
    assert f"Its median errs {ratios[order[0]]:.3f} times as much as last value does" in text(done)


def test_without_a_report_there_is_none_and_an_old_one_goes(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "pods.csv", samples=12)
    assert (run(tmp_path / "out", trace) / "report.html").exists()
    run(tmp_path / "out", trace, report=False)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"predictions.csv", "decisions.csv", "summary.json"}


ODD: dict[str, list[tuple[float, str, object, object]]] = {
    "one sample": [(0, "a", 40, 9000)],
    "constant": [(60 * n, "a", 40, 9000) for n in range(80)],
    "level shift": [(60 * n, "a", 10 if n < 60 else 90, 9000 if n < 60 else 60000) for n in range(120)],
    "irregular": [(60 * n + n * n % 47 + (n > 50) * 9000, "a", n % 13, 9000 + n % 7) for n in range(100)],
    "missing": [(60 * n, "a", "" if n % 3 else n % 11, "" if 20 < n < 60 else 9000 + n % 5) for n in range(120)],
    "one signal never": [(60 * n, "a", n % 11, "") for n in range(60)],
    "comes and goes": [
        (60 * n, a, n % 9, 9000 + n % 4) for n in range(120) for a in "abc" if n // 40 == "abc".index(a)
    ],
    "names": [(60 * n, "<b>&'x", n % 9, 9000 + n % 4) for n in range(50)],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_traces_give_a_page(name: str, tmp_path: Path) -> None:
    folder = run(tmp_path / "out", made_up(tmp_path / "odd.csv", ODD[name]))
    page = Page(text(folder))
    summary = json.loads((folder / "summary.json").read_text())
    assert [[row[0], row[2]] for row in page.tables["scores"]] == [[s["signal"], s["kind"]] for s in summary["signals"]]
    assert not re.search(r"\bnan\b|\binf\b", text(folder))
    assert "<b>" not in text(folder)
    if name in ("one sample", "constant"):
        assert "None can be ranked" in text(folder)
    else:
        assert any(h.startswith("Worst: ") for h in page.headings)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two horizons, one application of which the fleet model was trained on."""
    folder = tmp_path_factory.mktemp("several")
    trace = write_trace(folder / "pods.csv")
    settings = BacktestSettings(
        out=folder / "out", source="pods", horizons=(5, 1), seen=lambda app, signal: app == "pod-1"
    )
    backtest(from_trace(trace, ()), settings)
    return folder / "out"


def test_scores_baselines_and_fans_are_there_for_every_horizon(several: Path) -> None:
    page = Page(text(several))
    assert {(row[1], row[2]) for row in page.tables["scores"]} == {
        (n, k) for n in (1.0, 5.0) for k in ("point", "peak")
    }
    for n in (5, 1):
        assert {str(row[0]) for row in page.tables[f"baselines-{n}"]} == {"Foretide", *(b.name for b in BASELINES)}
    worst = text(several)[text(several).index("Worst: ") :]
    first = worst[: worst.index("</section>")]
    assert first.count("<svg") == 2, "one drawing a horizon"
    assert first.index("5 samples ahead") < first.index("1 sample ahead")


def test_coverage_is_drawn_for_each_signal_horizon_and_kind(several: Path) -> None:
    summary = json.loads((several / "summary.json").read_text())
    drawn = text(several)
    assert drawn.count("<figure>") == 3
    for s in summary["signals"]:
        for level, name in ((0.5, "coverage50"), (0.9, "coverage90"), (0.95, "coverage95"), (0.99, "coverage99")):
            words = (
                f"{s['signal']}, {s['horizon_steps']} ahead, {s['kind']}: {100 * s[name]:.2f} % at or under quantile"
            )
            assert f"<title>{words} {level:g}</title>" in drawn


def test_series_seen_in_training_are_marked(done: Path, several: Path) -> None:
    marked = re.findall(r'<circle class="seen"[^>]*><title>([^<]*)</title>', text(several))
    assert len(marked) == 2 * 3, "its three signals at both horizons"
    assert all(m.startswith("pod-1 · ") and m.endswith(", seen in training") for m in marked)
    assert "Hollow dots are the 3 series the fleet model was trained on" in text(several)
    assert "seen in training" not in text(done)
