"""The report: whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foretide.exporters.report import Report, write_report
from foretide.schemas.errors import SettingsError


def report(sent: int) -> Report:
    return Report(
        source="s",
        kind="replay",
        pool="p",
        applications=1,
        samples_read=sent,
        samples_sent=sent,
        windows_built=sent,
        windows_sent=sent,
        windows_dropped=0,
        windows_refused=0,
        windows_unsent=0,
        inventory_sent=0,
        first_ms=None,
        last_ms=None,
        seconds=1.0,
        cpu_seconds=0.5,
        max_rss_bytes=1,
        ended="signal",
    )


def test_a_report_replaces_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "report.json"
    for sent in (1, 2):
        write_report(path, report(sent))
        assert json.loads(path.read_text())["windows_sent"] == sent
    assert [p.name for p in path.parent.iterdir()] == ["report.json"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"report: .* cannot be written"):
        write_report(tmp_path / "file" / "report.json", report(1))
