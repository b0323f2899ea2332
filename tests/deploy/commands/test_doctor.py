"""`foretide doctor`: what is here, what is missing, and whether that matters."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foretide.deploy.broker import MockBroker, jars
from foretide.deploy.commands.doctor import command
from support.program import run_program

pytestmark = pytest.mark.timeout(60)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def line(result: Result, what: str) -> str:
    (found,) = [line for line in result.output.splitlines() if line[8:36].strip() == what]
    return found


def test_a_machine_without_java_can_still_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    result = doctor("--no-broker")
    assert result.exit_code == 0
    assert line(result, "python").startswith("ok")
    for what, remedy in (("java", "install Java 17"), ("mvn", "install Maven"), ("broker jars", "foretide broker run")):
        assert line(result, what).startswith("absent")
        assert f"-> {remedy}" in line(result, what)
    assert "broker  " not in result.output


def test_jars_that_are_there_and_a_java_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "java"
    program.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    jars.jars_folder().mkdir(parents=True)
    result = doctor("--no-broker")
    assert line(result, "java").startswith("absent  java")
    assert f"11.0.2 ({program})  -> install Java 17 or later" in line(result, "java")
    assert line(result, "broker jars").startswith("ok")


def test_a_package_that_is_missing_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    # The name as the command has imported it.
    monkeypatch.setattr(
        "foretide.deploy.commands.doctor.find_spec", lambda name: None if name == "river" else find_spec(name)
    )
    result = doctor("--no-broker")
    assert line(result, "river").endswith("-> pip install 'foretide[streams]'")
    assert line(result, "faust").startswith("ok")


def test_a_broker_without_topics_then_with_them(mock_broker: MockBroker) -> None:
    from foretide.deploy.commands.topics import command as topics

    before = doctor("--bootstrap", mock_broker.bootstrap)
    assert before.exit_code == 1
    assert line(before, "broker").endswith("(mock)")
    assert line(before, "topics").startswith("missing")
    assert "foretide topics create" in line(before, "topics")
    assert CliRunner().invoke(topics, ["create", "--bootstrap", mock_broker.bootstrap]).exit_code == 0
    after = doctor("--bootstrap", mock_broker.bootstrap)
    assert after.exit_code == 0
    assert line(after, "topics").endswith("as in the catalogue")


def test_an_unreachable_broker_is_one_line_among_the_others() -> None:
    done = run_program("foretide", "doctor", "--bootstrap", "127.0.0.1:1")
    assert (done.returncode, done.stderr) == (1, "")
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("missing")]
    assert "127.0.0.1:1: connection refused" in told
    assert told.count("foretide broker run") == 1
