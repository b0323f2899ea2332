"""The container and service files start our programs as they are, confined and on loopback."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from foretide.deploy.broker.jars import kafka_version
from support.parsing import PROGRAMS, parsed

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "foretide"}
ONCE = ("topics", "policy", "requests")
"""Services that do one thing and end."""
STAYING = {name: service for name, service in OURS.items() if name not in ONCE}


class Unit(configparser.RawConfigParser):
    """A systemd unit: names keep their case."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(path: Path) -> Unit:
    found = Unit(strict=False, comment_prefixes=("#",), inline_comment_prefixes=None)
    found.read_string(path.read_text())
    return found


def option(context: click.Context, name: str) -> Any:
    return context.params[name]


@pytest.fixture(autouse=True)
def _no_settings_of_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FORETIDE_KAFKA_")]:
        monkeypatch.delenv(name)


def test_the_whole_loop_is_there() -> None:
    started = {" ".join(service["command"][:3]) for service in OURS.values()}
    for program in ("foretide topics create", "foretide worker profile", "foretide worker plan"):
        assert program in started
    assert {service["command"][0] for service in OURS.values()} == set(PROGRAMS)
    assert SERVICES["profile"]["deploy"]["replicas"] == 2
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"


@pytest.mark.parametrize("name", OURS)
def test_its_command_is_one_that_our_program_takes(name: str) -> None:
    program, *arguments = OURS[name]["command"]
    assert parsed(program, arguments).command.name


def test_a_renamed_option_would_be_found() -> None:
    for program, arguments in (
        ("foretide", ["worker", "profile", "--no-such-option"]),
        ("foretide", ["worker", "profil"]),
        ("foretide-exporter", ["synthetic", "--metrics-port=many"]),
    ):
        with pytest.raises(click.UsageError):
            parsed(program, arguments)


def test_the_actuator_has_the_cards_that_the_exporter_announces() -> None:
    actuator = parsed(SERVICES["actuator"]["command"][0], SERVICES["actuator"]["command"][1:])
    exporter = parsed(SERVICES["exporter"]["command"][0], SERVICES["exporter"]["command"][1:])
    profile = parsed(SERVICES["profile"]["command"][0], SERVICES["profile"]["command"][1:])
    assert option(actuator, "cards") == option(exporter, "inventory_cards")
    assert option(actuator, "prefix") == option(exporter, "source")
    assert option(actuator, "pool") == option(exporter, "pool") == option(profile, "pool")
    (volume,) = SERVICES["actuator"]["volumes"]
    for file in ("state", "ledger"):
        assert Path(option(actuator, file)).parent == Path(volume.split(":")[1]), "it must outlive the container"


@pytest.mark.parametrize("name", STAYING)
def test_its_health_is_asked_where_it_serves_it(name: str) -> None:
    program, *arguments = STAYING[name]["command"]
    parameters = parsed(program, arguments).params
    port = parameters["port"] if "port" in parameters else parameters["metrics_port"]
    *how, script = STAYING[name]["healthcheck"]["test"]
    assert how == ["CMD", "python", "-c"]
    assert re.findall(r"http://[^']+", script) == [f"http://127.0.0.1:{port}/healthz"]
    compile(script, "healthcheck", "exec")
    for published in STAYING[name].get("ports", []):
        assert published.endswith(f":{port}")
        assert parameters["metrics_host"] == "0.0.0.0", "else nothing outside the container could reach it"


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == len({port.rsplit(":", 1)[0] for port in published}) == 3
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_gains_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] in ("10001:10001", "appuser")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name in OURS:
        assert service["read_only"] is True
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")


def test_everything_waits_for_its_topics_and_they_for_the_broker() -> None:
    for service in STAYING.values():
        assert service["depends_on"] == {"topics": {"condition": "service_completed_successfully"}}
    assert SERVICES["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}


def test_the_broker_is_reached_inside_and_from_this_machine() -> None:
    broker = SERVICES["kafka"]["environment"]
    advertised = dict(entry.split("://") for entry in broker["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert {service["environment"]["FORETIDE_KAFKA_BOOTSTRAP"] for service in OURS.values()} == {advertised["INSIDE"]}
    assert SERVICES["kafka"]["ports"] == [f"{advertised['HOST']}:9092"]
    listeners = {entry.split(":")[0] for entry in broker["KAFKA_LISTENERS"].split(",")}
    assert {e.split(":")[0] for e in broker["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")} == listeners
    assert SERVICES["kafka"]["volumes"] == [f"kafka:{broker['KAFKA_LOG_DIRS']}"]
    assert set(COMPOSE["volumes"]) == {"kafka", "actuator"}


def test_the_image_is_built_from_what_the_wheel_needs_and_runs_as_nobody() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = {word for line in lines if line.startswith("COPY") and "--from" not in line for word in line.split()[1:-1]}
    assert all((DEPLOY.parent / name).exists() for name in copied)
    roots = {"schemas", "exporters", "streams", "actuators", "deploy/foretide", "deploy/kafka", "pyproject.toml"}
    assert roots <= copied
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert {f"!{name}" for name in copied} <= set(kept)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_our_program_with_the_kafka_file(path: Path) -> None:
    service = unit(path)["Service"]
    # What systemd puts in the place of its own signs.
    program, *arguments = shlex.split(service["ExecStart"].replace("%H", "host"))
    context = parsed(Path(program).name, arguments)
    assert Path(program).parent == Path("/opt/foretide/bin")
    assert option(context, "kafka_config") == Path("/etc/foretide/kafka.toml")
    assert path.stem == Path(program).name
    stop = int(service["TimeoutStopSec"])
    assert stop >= 15, "an orderly stop may take so long while the broker is away"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_confined(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["User"] == "foretide"
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "ProtectKernelModules", "RestrictSUIDSGID"):
        assert service[name] == "yes"
    assert service["ProtectSystem"] == "strict"
    allowed = set(service["CapabilityBoundingSet"].split())
    assert allowed == ({"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"} if "exporter" in path.stem else set())


def test_the_units_state_is_where_systemd_keeps_it() -> None:
    assert [path.stem for path in UNITS] == ["foretide-actuator", "foretide-exporter"]
    service = unit(DEPLOY / "systemd" / "foretide-actuator.service")["Service"]
    context = parsed("foretide-actuator", shlex.split(service["ExecStart"])[1:])
    for file in ("state", "ledger"):
        assert Path(option(context, file)).parent == Path("/var/lib") / service["StateDirectory"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_understands_a_unit(path: Path, tmp_path: Path) -> None:
    text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", path.read_text())
    copy = tmp_path / path.name
    copy.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, timeout=30)
    assert path.name not in done.stderr, done.stderr
