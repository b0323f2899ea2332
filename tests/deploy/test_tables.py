"""Columns, spans and names that were misspelt."""

from __future__ import annotations

import pytest

from foretide.deploy.tables import aligned, number, span, unknown_name


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("app", "n"), ("a", "100"), ("longer", "7")]) == ["app       n", "a       100", "longer    7"]
    assert aligned([("a", "b"), ("cc", "")], left=2) == ["a   b", "cc"]
    assert aligned([]) == []


@pytest.mark.parametrize(
    ("seconds", "says"), [(0.5, "0.5 s"), (60, "1 min"), (90, "1.5 min"), (3600, "1 h"), (5400, "90 min")]
)
def test_spans(seconds: float, says: str) -> None:
    assert span(seconds) == says


def test_numbers() -> None:
    assert (number(None), number(1.23456)) == ("-", "1.235")


def test_an_unknown_name_is_told_with_those_near_to_it() -> None:
    known = {"train-001", "train-002", "batch-7"}
    assert unknown_name("train-1", known, "x") == (
        "no application 'train-1' in x: did you mean train-001 or train-002?"
    )
    assert unknown_name("zz", known, "x") == "no application 'zz' in x: none of the 3 there is like it"
    assert unknown_name("zz", [], "x") == "no application 'zz' in x: there are none yet"
