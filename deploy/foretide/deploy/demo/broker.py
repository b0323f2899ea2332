"""The demo's broker: one of its own on loopback, or somebody's, prepared so that nothing of other runs mixes in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from foretide.deploy import broker as brokers
from foretide.deploy.broker import RunningBroker, jars
from foretide.deploy.demo.errors import DemoError
from foretide.deploy.demo.groups import active_members, has_history, start_at_the_end
from foretide.deploy.demo.processes import Groups
from foretide.deploy.demo.settings import DemoSettings
from foretide.schemas.kafka import topic_admin
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.errors import TopicMissing
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import (
    CATALOGUE,
    PLAN_GROUP,
    POOL_EVENTS,
    PROFILE_GROUP,
    TELEMETRY,
    Topic,
    changelog,
)

OWN_GROUPS = Groups(profile=PROFILE_GROUP, plan=PLAN_GROUP)


@dataclass(frozen=True, slots=True)
class DemoBroker:
    """A broker that is ready for a run. `label` names it in the summary; `running` is None where it is not ours."""

    kafka: KafkaSettings
    label: str
    mock: bool
    groups: Groups
    running: RunningBroker | None
    why_spared: str | None
    """Why chaos must not kill it; None where it may."""

    async def kill_and_restart(self) -> None:
        """SIGKILL, and start it again on the same port and data."""
        if self.running is None or self.why_spared is not None:
            raise DemoError(f"the broker cannot be killed: {self.why_spared}")
        await asyncio.to_thread(self.running.kill)
        await asyncio.to_thread(self.running.restart)

    def stop(self) -> None:
        """End it if it is ours."""
        if self.running is not None:
            self.running.stop()


async def own_broker(settings: DemoSettings, say: Callable[[str], None]) -> DemoBroker:
    """Start a broker on loopback and create the topics; BrokerStartError if it cannot run here."""
    kind = settings.broker
    if kind == "auto" and (lacking := jars.missing_tools()):
        kind = "mock"
        say(f"{' and '.join(lacking)} missing: no real Kafka here (install Java 17 and Maven to get one)")
    data = None if kind == "mock" else settings.out / "broker"
    running = await asyncio.to_thread(brokers.start, kind, data, say=say)
    try:
        kafka = running.settings()
        await topic_admin.create(kafka)
    except BaseException:
        running.stop()
        raise
    mock = running.kind == "mock"
    return DemoBroker(
        kafka=kafka,
        label=running.name,
        mock=mock,
        groups=OWN_GROUPS,
        running=running,
        why_spared="the mock cluster keeps nothing and could not come back" if mock else None,
    )


async def their_broker(kafka: KafkaSettings, run: str, *, create_topics: bool) -> DemoBroker:
    """Prepare an existing broker for this run.

    BrokerError if it cannot be used or topics are missing and may not be created; DemoError if workers are active on
    it: they would learn from the demo's telemetry too. Groups that were used before are left alone: the run then has
    groups of its own, which needs the right to create their changelog topics. Both kinds begin at the present ends.
    """
    info = await check_broker(kafka)
    missing = [f.topic for f in await topic_admin.check(kafka) if f.problem == "missing"]
    if missing and not (create_topics or info.mock):
        raise TopicMissing(tuple(missing))
    if missing:
        await topic_admin.create(kafka)
    for group in (PROFILE_GROUP, PLAN_GROUP):
        if active := await active_members(kafka, group):
            raise DemoError(f"{active} worker(s) are active in the group {group}; stop them, or use another broker")
    groups = OWN_GROUPS
    if await has_history(kafka, groups):
        groups = Groups(profile=f"{PROFILE_GROUP}-demo-{run}", plan=f"{PLAN_GROUP}-demo-{run}")
        await topic_admin.create(kafka, [_changelog_of(groups.profile), _changelog_of(groups.plan)])
    await start_at_the_end(kafka, groups.profile, TELEMETRY)
    await start_at_the_end(kafka, groups.plan, POOL_EVENTS)
    return DemoBroker(
        kafka=kafka,
        label="mock" if info.mock else "kafka",
        mock=info.mock,
        groups=groups,
        running=None,
        why_spared="it was there before the demo",
    )


def _changelog_of(group: str) -> Topic:
    return replace(CATALOGUE[changelog(PLAN_GROUP)], name=changelog(group), meaning="snapshots of one demo run")
