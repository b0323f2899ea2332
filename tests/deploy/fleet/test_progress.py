"""Progress on stderr: lines for a log, a bar for a terminal, and the time that is left."""

from __future__ import annotations

import pytest

from foretide.deploy.fleet.progress import Progress, left


class Clock:
    """Ten seconds a look."""

    def __init__(self) -> None:
        self.now = -10.0

    def __call__(self) -> float:
        self.now += 10.0
        return self.now


def test_a_line_every_tenth_with_the_time_that_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(clock=Clock(), live=False).stage("training", "pass") as told:
        for done in range(1, 41):
            told(done, 40, f"loss {1 / done:.2f}")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "2 %: training: pass 1 of 40, loss 1.00, 6 min left"
    assert lines[1] == "10 %: training: pass 4 of 40, loss 0.25, 6 min left"
    assert lines[-1] == "100 %: training: pass 40 of 40, loss 0.03"


def test_a_bar_on_a_terminal_leaves_nothing_of_a_longer_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(clock=Clock(), live=True).stage("reading pods", "series") as told:
        told(1, 2, "with much to say")
        told(2, 2, "")
    out = capsys.readouterr()
    assert out.out == ""
    first, second = out.err.removesuffix("\n").split("\r")[1:]
    assert first.startswith("█" * 20 + "·" * 20 + "  50 %  reading pods: series 1 of 2, with much to say, 10 s left")
    assert second.rstrip() == "█" * 40 + " 100 %  reading pods: series 2 of 2"
    assert len(second) == len(first)


def test_a_stage_without_any_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(live=True).stage("reading pods", "series"):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "1 s"), (99, "99 s"), (110, "2 min"), (5900, "98 min"), (9000, "2.5 h")]
)
def test_time_that_is_left_is_no_finer_than_it_is_known(seconds: float, text: str) -> None:
    assert left(seconds) == text
