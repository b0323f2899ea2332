"""`foretide doctor`: what is missing here, and how to get it."""

from __future__ import annotations

import asyncio
import ctypes.util
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec

import click

from foretide.deploy.broker import jars
from foretide.deploy.broker.java import MINIMUM, find_java
from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. A `required` one that is not `ok` fails the whole."""

    what: str
    ok: bool
    found: str
    remedy: str = ""
    required: bool = False


@click.command()
@kafka_options
@click.option("--no-broker", is_flag=True, help="Do not ask for the broker.")
def command(kafka: KafkaSettings, no_broker: bool) -> None:
    """Look at Python, packages, Java, Maven, NVML, the broker and its topics. Exit code 1 if it cannot work."""
    findings = [*_machine(), *([] if no_broker else asyncio.run(_broker(kafka)))]
    for f in findings:
        mark = "ok     " if f.ok else "missing" if f.required else "absent "
        click.echo(f"{mark} {f.what:28} {f.found}" + (f"  -> {f.remedy}" if f.remedy and not f.ok else ""))
    if any(f.required and not f.ok for f in findings):
        raise SystemExit(1)


def _machine() -> list[Finding]:
    packages = {"faust": "streams", "river": "streams", "pynvml": "exporter", "rich": "operator",
                "confluent_kafka": "operator"}  # fmt: skip
    found = [Finding("python", sys.version_info >= (3, 11), sys.version.split()[0], "use 3.11 or later", required=True)]
    for name, extra in packages.items():
        there = _installed(name)
        found.append(Finding(name, there, "installed" if there else "-", f"pip install 'foretide[{extra}]'"))
    java, mvn, folder = find_java(), shutil.which("mvn"), jars.jars_folder()
    told = f"{java.version} ({java.program})" if java else "-"
    found += [
        Finding("java", java is not None and java.new_enough, told,
                f"install Java {MINIMUM} or later to run a real Kafka here"),
        Finding("mvn", mvn is not None, mvn or "-", "install Maven to run a real Kafka here"),
        Finding("broker jars", folder.is_dir(), str(folder), "foretide broker run fetches them once"),
    ]  # fmt: skip
    library = ctypes.util.find_library("nvidia-ml")
    found.append(Finding("NVML library", library is not None, library or "-", "comes with NVIDIA's driver"))
    return found


async def _broker(kafka: KafkaSettings) -> list[Finding]:
    try:
        info = await check_broker(kafka)
        topics = await topic_admin.check(kafka)
    except ForetideError as e:
        return [Finding("broker", False, str(e), required=True)]  # the error names the remedy
    bad = [f for f in topics if f.fatal]
    return [
        Finding("broker", True, f"{', '.join(info.brokers)}{' (mock)' if info.mock else ''}", required=True),
        Finding("topics", not bad, "as in the catalogue" if not bad else str(bad[0]), required=True),
    ]


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:
        return True  # faust replaces its own module when it is imported, and then has no spec
