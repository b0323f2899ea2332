"""The class archive: written at the first orderly end, used afterwards, never half of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretide.deploy.broker.archive import ClassArchive
from foretide.deploy.broker.java import Java

WRITE = "-XX:ArchiveClassesAtExit="
USE = "-XX:SharedArchiveFile="


@pytest.fixture
def java(tmp_path: Path) -> Java:
    program = tmp_path / "java"
    program.write_text("#!/bin/sh\n")
    return Java(program, "17.0.1", 17)


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    folder = tmp_path / "cache" / "jars"
    folder.mkdir(parents=True)
    return folder


def written(archive: ClassArchive) -> Path:
    """What Java would write at its end."""
    (flag,) = archive.flags()
    assert flag.startswith(WRITE)
    path = Path(flag.removeprefix(WRITE))
    path.write_bytes(b"classes")
    return path


def test_what_an_orderly_end_left_is_used_by_the_next_start(java: Java, jars: Path) -> None:
    first = ClassArchive(java, jars)
    assert first.use() == []
    partial = written(first)
    assert first.writing
    first.keep()
    assert not first.writing
    assert not partial.parent.exists()
    second = ClassArchive(java, jars)
    (flag,) = second.flags()
    assert second.use() == [flag]
    assert Path(flag.removeprefix(USE)).read_bytes() == b"classes"
    assert not second.writing
    assert [p.name for p in jars.parent.iterdir() if p != jars] == [Path(flag).name]


def test_what_a_killed_broker_left_is_not_used(java: Java, jars: Path) -> None:
    archive = ClassArchive(java, jars)
    written(archive)
    archive.discard()
    assert archive.use() == []
    assert list(jars.parent.iterdir()) == [jars]


def test_an_end_without_an_archive_keeps_nothing(java: Java, jars: Path) -> None:
    archive = ClassArchive(java, jars)
    archive.flags()
    archive.keep()
    assert archive.use() == []
    assert list(jars.parent.iterdir()) == [jars]


def test_another_java_or_other_jars_have_an_archive_of_their_own(java: Java, jars: Path) -> None:
    archive = ClassArchive(java, jars)
    written(archive)
    archive.keep()
    java.program.write_text("#!/bin/sh\n# replaced by another one\n")
    assert ClassArchive(java, jars).use() == []
    assert ClassArchive(java, jars.with_name("jars-of-another-version")).use() == []


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(java: Java, tmp_path: Path) -> None:
    archive = ClassArchive(java, tmp_path / "no" / "jars")
    assert archive.flags() == []
    assert not archive.writing
    archive.keep()
