"""Numbers in rows. Each carries its full value beside the rounded text, for whoever copies it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from statistics import median

from foretide.deploy.backtest.application import ApplicationRun
from foretide.deploy.backtest.baselines.automatic import OPTIONAL
from foretide.deploy.backtest.baselines.catalogue import BASELINES
from foretide.deploy.backtest.baselines.harness import FORETIDE, Compared
from foretide.deploy.backtest.report.reliability import coverages
from foretide.deploy.backtest.scores import Score, total
from foretide.deploy.backtest.summary import BacktestSummary


def number(value: float | None, digits: int = 3) -> str:
    """A number as text with its full value; a dash for none."""
    return "–" if value is None else f'<data value="{value!r}">{value:.{digits}f}</data>'


def count(value: int) -> str:
    """A whole number."""
    return f'<data value="{value}">{value:,}</data>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> str:
    """Cells are HTML; the first of a row names it."""
    top = "".join(f"<th scope=col>{h}</th>" for h in head)
    body = "".join(f"<tr><th scope=row>{r[0]}</th>{''.join(f'<td>{c}</td>' for c in r[1:])}</tr>" for r in rows)
    return f'<div class="wide"><table id="{name}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def score_table(summary: BacktestSummary) -> str:
    """summary.json's scores by signal, horizon and kind."""
    head = (
        "signal",
        "ahead",
        "kind",
        "scored",
        "error ratio",
        "pinball .9 ratio",
        "≤ q.5",
        "≤ q.9",
        "≤ q.95",
        "≤ q.99",
    )
    rows = (
        (
            escape(s.signal),
            count(s.horizon_steps),
            s.kind,
            count(s.scored),
            number(s.error_ratio),
            number(s.pinball90_ratio),
            *(number(c) for c in coverages(s)),
        )
        for s in summary.signals
    )
    return table(head, rows, "scores")


def baseline_table(lines: Sequence[Compared], name: str) -> str:
    """Rules beside Foretide: the median over the compared series of each ratio."""

    def middle(scores: Sequence[float | None]) -> float | None:
        known = [s for s in scores if s is not None]
        return median(known) if known else None

    words = {b.name: b.description for b in (*BASELINES, *OPTIONAL.values())} | {
        FORETIDE: "its own forecasts at the same instants"
    }
    rows = []
    for rule, own in _by_rule(lines).items():
        errors = [c.point.error_ratio for c in own if c.median]
        rows.append(
            (
                f"{escape(rule)}<small>{escape(words[rule])}</small>",
                number(middle(errors)),
                number(middle([c.point.pinball90_ratio for c in own])),
                number(middle([c.peak.pinball90_ratio for c in own])),
                number(total(c.peak for c in own).coverage(0.9)),
                number(sum(c.answered for c in own) / len(own), 2),
            )
        )
    head = ("rule", "error ratio", "pinball .9, point", "pinball .9, peak", "peak ≤ upper", "has an answer")
    return table(head, rows, name)


def baselines_by_signal(runs: Sequence[ApplicationRun]) -> str:
    """The same for each signal and horizon, ratios of sums over its compared series."""
    keys = sorted({key for run in runs for key in run.compared})
    parts = []
    for place, key in enumerate(keys):
        own = _by_rule([c for run in runs for c in run.compared.get(key, ())])
        rows = [(escape(name), *_summed(lines)) for name, lines in own.items()]
        series = sum(key in run.compared for run in runs)
        head = ("rule", "error ratio", "pinball .9, point", "pinball .9, peak", "peak ≤ upper")
        body = table(head, rows, f"signal-baselines-{place}")
        parts.append(f"<details><summary>{escape(key[0])}, {key[1]} ahead, {series} series</summary>{body}</details>")
    return "".join(parts)


def _summed(lines: Sequence[Compared]) -> tuple[str, ...]:
    point: Score = total(c.point for c in lines)
    peak: Score = total(c.peak for c in lines)
    error = point.error_ratio if any(c.median for c in lines) else None
    return number(error), number(point.pinball90_ratio), number(peak.pinball90_ratio), number(peak.coverage(0.9))


def _by_rule(lines: Sequence[Compared]) -> dict[str, list[Compared]]:
    found: dict[str, list[Compared]] = {}
    for line in lines:
        found.setdefault(line.rule, []).append(line)
    return found
