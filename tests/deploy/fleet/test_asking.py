"""What `foretide fleet train` is asked for, taken apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foretide.deploy.fleet.asking import is_topic, parse_notes, parse_signals, source_name, source_names
from foretide.deploy.fleet.errors import FleetError

NAMES = ("pods", "vms", "synthetic")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../traces/pods.csv.gz", "pods"),
        ("pods.csv", "pods"),
        ("/data/pods.gz", "pods"),
        ("vm.2024.csv", "vm.2024"),
        ("./telemetry.v1", "telemetry.v1"),
        ("telemetry.v1", "telemetry.v1"),
    ],
)
def test_a_source_is_called_as_its_file_or_its_topic(given: str, name: str) -> None:
    assert source_name(given) == name


def test_a_topic_is_told_from_a_file_and_only_telemetry_will_do() -> None:
    assert is_topic("telemetry.v1")
    assert not is_topic("./telemetry.v1")
    assert not is_topic("pods.csv")
    with pytest.raises(FleetError, match=r"--from scorecards\.v1: that topic holds no telemetry"):
        is_topic("scorecards.v1")


def test_the_made_up_sources_come_last() -> None:
    made_up = source_names(["a/pods.csv", "vms.csv.gz"], synthetic=True, families=True)
    assert made_up == ["pods", "vms", "synthetic", "families"]
    assert source_names([], synthetic=False, families=True) == ["families"]
    assert source_names(["pods.csv"], synthetic=False, families=False) == ["pods"]


def test_signals_of_one_source_go_before_those_of_all() -> None:
    choice = parse_signals(["cpu, duty", "pods=gpu_mem", "pods=gpu_duty", "mem"], NAMES)
    assert choice.of("pods") == frozenset({"gpu_mem", "gpu_duty"})
    assert choice.of("vms") == frozenset({"cpu", "duty", "mem"})
    assert parse_signals([], NAMES).of("vms") is None
    assert parse_signals(["pods=a"], NAMES).of("vms") is None


def test_notes_of_one_source_are_joined() -> None:
    assert parse_notes(["pods=CC-BY 4.0", "vms=MIT", "pods=a=b"], NAMES) == {"pods": "CC-BY 4.0; a=b", "vms": "MIT"}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda: source_names([], synthetic=False, families=False), "nothing to train on"),
        (
            lambda: source_names(["a/pods.csv", "b/pods.csv.gz"], synthetic=False, families=False),
            "two sources are called pods",
        ),
        (lambda: source_names(["synthetic.csv"], synthetic=True, families=False), "are called synthetic"),
        (lambda: source_names(["families.csv"], synthetic=False, families=True), "two sources are called families"),
        (lambda: parse_signals([" ,"], NAMES), "--signals ' ,' names no signal"),
        (lambda: parse_signals(["pods="], NAMES), "names no signal"),
        (lambda: parse_signals(["pod=a"], NAMES), "no source 'pod'. There are pods, vms, synthetic"),
        (lambda: parse_notes(["pods"], NAMES), "is not SOURCE=TEXT"),
        (lambda: parse_notes(["pods= "], NAMES), "is not SOURCE=TEXT"),
        (lambda: parse_notes(["pod=MIT"], NAMES), "--note pod=MIT: there is no source 'pod'"),
    ],
)
def test_what_cannot_be_meant_is_told(asked: Callable[[], object], says: str) -> None:
    with pytest.raises(FleetError) as raised:
        asked()
    assert says in str(raised.value)
