"""Which series of a trace the fleet model that ships was trained on."""

from __future__ import annotations

from pathlib import Path

from foretide.deploy.backtest.seen import nothing_seen, seen_by_default


def test_a_topic_and_an_unknown_trace_were_not_seen() -> None:
    assert seen_by_default(None) is nothing_seen
    seen = seen_by_default(Path("/somewhere/never-trained-on.csv.gz"))
    assert not any(seen(f"app-{n}", "cpu") for n in range(20))
