"""The jars are fetched once, by Maven, whole or not at all. Here Maven is a script."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from foretide.deploy.broker import BrokerStartError, jars, maven

SCRIPT = """#!/bin/sh
echo "call $*" >> "{folder}/calls"
for word in "$@"; do case "$word" in -DoutputDirectory=*) out="${{word#-DoutputDirectory=}}";; esac; done
{body}
"""
DOWNLOAD = """
mkdir -p "$out"
echo "[INFO] Downloaded from central: https://repo/kafka-clients.jar (9.7 MB at 5 MB/s)"
touch "$out/kafka_2.13-{version}.jar" "$out/kafka-clients-{version}.jar"
"""


class FakeMaven:
    """A `mvn` on the PATH, and how often it was called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.does(DOWNLOAD.format(version=jars.kafka_version()))

    def does(self, body: str) -> None:
        program = self._folder / "mvn"
        program.write_text(SCRIPT.format(folder=self._folder, body=body))
        program.chmod(0o755)

    def calls(self) -> list[str]:
        path = self._folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMaven:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return FakeMaven(folder)


def test_the_pom_names_kafka_four() -> None:
    assert jars.kafka_version().startswith("4.")
    assert jars.pom_file().is_file()


def test_they_are_fetched_once(fake: FakeMaven, tmp_path: Path) -> None:
    said: list[str] = []
    folder = jars.resolve(said.append)
    assert folder.is_relative_to(tmp_path / "cache" / "foretide")
    assert {p.name for p in folder.iterdir()} == {
        f"kafka_2.13-{jars.kafka_version()}.jar",
        f"kafka-clients-{jars.kafka_version()}.jar",
    }
    assert "45 MB, once" in said[0]
    assert jars.resolve(said.append) == folder
    assert len(fake.calls()) == len(said) == 1
    assert f"-f {jars.pom_file()} dependency:copy-dependencies" in fake.calls()[0]
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith("partial-")] == []


def test_starts_at_the_same_time_fetch_them_once(fake: FakeMaven) -> None:
    fake.does("sleep 0.3\n" + DOWNLOAD.format(version=jars.kafka_version()))
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(jars.resolve())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [jars.jars_folder()] * 3
    assert len(fake.calls()) == 1


def test_what_maven_says_first_is_told_and_nothing_half_stays(fake: FakeMaven) -> None:
    fake.does(
        'mkdir -p "$out"; touch "$out/half.jar"\necho "[ERROR] "\n'
        'echo "[ERROR] Could not transfer kafka.jar: Connection refused"\necho "[ERROR] more"\nexit 1'
    )
    with pytest.raises(BrokerStartError) as caught:
        jars.resolve()
    assert str(caught.value).startswith(
        "Maven could not fetch the broker's jars: Could not transfer kafka.jar: Connection refused. Check the network"
    )
    assert "\n" not in str(caught.value)
    assert not jars.jars_folder().exists()
    assert {p.name for p in jars.cache_folder().iterdir()} == {"lock"}
    fake.does(DOWNLOAD.format(version=jars.kafka_version()))
    assert jars.resolve().is_dir()


def test_a_maven_that_ends_in_silence_is_told_by_its_code(fake: FakeMaven) -> None:
    fake.does("exit 3")
    with pytest.raises(BrokerStartError, match="it ended with code 3 and said nothing"):
        jars.resolve()


def test_a_success_without_jars_is_none(fake: FakeMaven) -> None:
    fake.does('mkdir -p "$out"')
    with pytest.raises(BrokerStartError, match="there are no jars"):
        jars.resolve()
    assert not jars.jars_folder().exists()


def test_a_long_download_tells_how_far_it_is(fake: FakeMaven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maven, "SAY_EVERY_SECONDS", 0.1)
    line = "Downloaded from central: https://repo/a.jar"
    fake.does(
        f'echo "[INFO] {line} (1.5 MB at 3 MB/s)"; echo "{line} (500 kB at 3 MB/s)"; sleep 0.5\n'
        + DOWNLOAD.format(version=jars.kafka_version())
    )
    said: list[str] = []
    jars.resolve(said.append)
    assert any("2 jars, 2 MB downloaded" in line for line in said), said


def test_a_cache_that_cannot_be_written_names_the_remedy(
    fake: FakeMaven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(BrokerStartError, match=r"cannot be written \(Not a directory\); name another .*XDG_CACHE_HOME"):
        jars.resolve()
    assert fake.calls() == []


def test_what_is_missing(fake: FakeMaven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "bin" / "java"
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert jars.missing_tools() == ["java"]
    java.write_text("#!/bin/sh\necho 'version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    (tmp_path / "bin" / "mvn").unlink()
    assert jars.missing_tools() == ["java 17 or later (here is 11.0.2)", "mvn"]
    jars.jars_folder().mkdir(parents=True)
    assert jars.missing_tools() == ["java 17 or later (here is 11.0.2)"], "Maven is not needed once the jars are there"
