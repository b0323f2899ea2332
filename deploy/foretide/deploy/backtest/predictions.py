"""predictions.csv: every forecast of one horizon, a line for each series, instant and kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from foretide.deploy.backtest.naming import seconds_text, value_text
from foretide.deploy.backtest.tracks import KINDS, Track

HEADER: Final = "app_id,signal,issued_ts,target_ts,kind,q0.5,q0.9,q0.95,q0.99"


def file_name(steps: int, horizons: Sequence[int]) -> str:
    """The first horizon asked for is in predictions.csv, every other in a file with its steps in the name."""
    return "predictions.csv" if steps == horizons[0] else f"predictions-h{steps}.csv"


def write_predictions(folder: Path, tracks: Sequence[Track], horizons: Sequence[int]) -> None:
    """A file for each horizon; those of other horizons an earlier run left are removed."""
    for old in folder.glob("predictions-h*.csv"):
        old.unlink()
    for steps in horizons:
        with (folder / file_name(steps, horizons)).open("w") as file:
            file.write(HEADER + "\n")
            file.writelines(row + "\n" for row in rows(t for t in tracks if t.steps == steps))


def rows(tracks: Iterable[Track]) -> Iterator[str]:
    """The lines: series by series, in time order."""
    for track in tracks:
        series = f"{_quoted(track.app)},{_quoted(track.column.name)}"
        gaps = sorted(b - a for a, b in pairwise(track.times))
        step_ms = gaps[len(gaps) // 2] if gaps else track.step_ms
        for i, issued in enumerate(track.times):
            past_end = i + track.steps - len(track.times) + 1
            target = track.times[-1] + past_end * step_ms if past_end > 0 else track.times[i + track.steps]
            times = f"{seconds_text(issued)},{seconds_text(target)}"
            for kind in KINDS:
                numbers = ",".join(value_text(q, track.column) for q in track.quantiles(kind, i))
                yield f"{series},{times},{kind},{numbers}"


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(c in text for c in ',"\n\r') else text
