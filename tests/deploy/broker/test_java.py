"""Which Java there is, and whether it is new enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretide.deploy.broker.java import find_java

TOLD = {
    "17.0.15": ('openjdk version "17.0.15" 2025-04-15', 17, True),
    "1.8.0_392": ('openjdk version "1.8.0_392"', 8, False),
    "21": ('java version "21" 2023-09-19 LTS', 21, True),
    "11.0.2": ('openjdk version "11.0.2" 2019-01-15', 11, False),
}


def fake(folder: Path, script: str) -> Path:
    folder.mkdir(parents=True)
    program = folder / "java"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("version", TOLD)
def test_its_version_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    line, major, enough = TOLD[version]
    fake(tmp_path / "bin", f"echo '{line}' >&2")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    java = find_java()
    assert java is not None
    assert (java.major, java.new_enough) == (major, enough)
    assert java.version in line


def test_java_home_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = fake(tmp_path / "bin", "echo 'version \"17.0.1\"' >&2")
    at_home = fake(tmp_path / "home" / "bin", "echo 'version \"21.0.1\"' >&2")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    java = find_java()
    assert java is not None
    assert java.program == at_home
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    java = find_java()
    assert java is not None
    assert java.program == on_path


def test_none_and_one_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_java() is None
    fake(tmp_path / "bin", "exit 1")
    java = find_java()
    assert java is not None
    assert (java.version, java.new_enough) == ("unknown", False)
