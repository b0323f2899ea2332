"""One demo from start to end: start everything, watch, hit, drain, stop, reckon."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

import msgspec
import orjson
from rich.console import Console

from foretide.deploy.demo import processes
from foretide.deploy.demo.broker import DemoBroker, own_broker, their_broker
from foretide.deploy.demo.cards import cut_of
from foretide.deploy.demo.chaos import plan_kills
from foretide.deploy.demo.drain import drain, wait_until_ready
from foretide.deploy.demo.errors import DemoError
from foretide.deploy.demo.events import opening_events
from foretide.deploy.demo.figures import Figures
from foretide.deploy.demo.observer import Observer
from foretide.deploy.demo.plan import RunPlan, plan_run
from foretide.deploy.demo.processes import ACTUATOR, EXPORTER, PLAN_WORKER, PROFILE_WORKERS
from foretide.deploy.demo.provoking import hurtful_move, oom_event
from foretide.deploy.demo.reckoning import ExporterReport, reckon
from foretide.deploy.demo.settings import SOURCE, DemoSettings
from foretide.deploy.demo.status import RunStatus
from foretide.deploy.demo.summary import DemoSummary
from foretide.deploy.demo.supervisor import ProcessSpec, Supervisor
from foretide.deploy.demo.view import LiveView, PlainView, View
from foretide.schemas.inventory_file import write_inventory
from foretide.schemas.kafka.sender import Sender
from foretide.schemas.messages import PoolEvent
from foretide.schemas.topics import PARTITIONS, POOL_EVENTS
from foretide.streams.forecasting.warming import warm_up
from foretide.streams.worker.changelog import read_snapshots
from foretide.streams.worker.run import EXIT_UNSAVED

log = logging.getLogger(__name__)

_READY_SECONDS = 60.0
_DRAIN_SECONDS = 120.0


class Demo:
    """One run. `console` is where it shows itself; lines go there too where it is no terminal."""

    def __init__(self, settings: DemoSettings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._status = RunStatus(speed=settings.speed, seconds=settings.seconds)
        self._figures = Figures(settings.pool, SOURCE)
        self._view: View = (
            LiveView(self._figures, self._status, console)
            if console.is_terminal
            else PlainView(self._figures, self._status, lambda line: console.print(line, markup=False, highlight=False))
        )
        self._supervisor = Supervisor(settings.out / "logs")
        self._supervisor.on_failure = self._view.say
        self._kills = 0
        self._broker: DemoBroker | None = None

    async def run(self) -> DemoSummary:
        """Run it; DemoError if it cannot go on. Whatever happens, nothing is left behind."""
        began = time.monotonic()
        settings, status = self._settings, self._status
        plan = await asyncio.to_thread(plan_run, settings)
        status.source, status.cards = plan.source, plan.cards
        try:
            async with self._showing():
                self._view.say(f"{plan.source}: {len(plan.apps)} applications, {plan.cards} cards")
                # Here, that two workers need not do the same side by side.
                await asyncio.to_thread(warm_up, self._view.say)
                broker = self._broker = await self._start_broker()
                status.broker, status.stage = broker.label, "starting"
                self._view.say(f"{broker.label} at {broker.kafka.bootstrap}")
                async with self._observing(broker) as observer:
                    beside = [self._supervisor.watch(), observer.run()]
                    if settings.provoke:
                        beside.append(self._provoke(broker))
                    await self._beside(self._drive(plan, broker, observer), *beside)
                    status.stage = "reckoning"
                    snapshots = await read_snapshots(broker.kafka, broker.groups.profile)
                broker.stop()
                summary = await reckon(
                    settings,
                    plan,
                    broker.label,
                    self._figures,
                    gaps=observer.gaps,
                    report=self._exporter_report(),
                    states={key: envelope.payload for key, envelope in snapshots.items()},
                    kills=self._kills,
                    provoked=status.provoked,
                    seconds=time.monotonic() - began,
                )
                status.stage = "done"
                return summary
        finally:
            await self._supervisor.stop_all([[EXPORTER], [*PROFILE_WORKERS, PLAN_WORKER, ACTUATOR]])
            if self._broker is not None:
                self._broker.stop()

    async def _start_broker(self) -> DemoBroker:
        settings = self._settings
        if settings.kafka is not None:
            return await their_broker(settings.kafka, settings.run, create_topics=settings.create_topics)
        return await own_broker(settings, self._view.say)

    async def _drive(self, plan: RunPlan, broker: DemoBroker, observer: Observer) -> None:
        """Everything between the broker's start and the workers' end."""
        settings, status = self._settings, self._status
        for spec in self._workers(plan, broker):
            self._supervisor.start(spec)
        await wait_until_ready(settings, PARTITIONS, _READY_SECONDS)
        await self._open_pool(plan, broker)
        self._supervisor.start(processes.exporter(settings, broker.kafka))
        status.stage, status.began = "running", time.monotonic()
        await self._hit(broker)
        code = await self._supervisor.wait(EXPORTER, settings.seconds + _DRAIN_SECONDS)
        if code:
            child = self._supervisor.children[EXPORTER]
            raise DemoError(f"the exporter failed (exit code {code}): {child.tail()}; see {child.log}")
        status.stage = "draining"
        await drain(settings, observer, _DRAIN_SECONDS)
        status.stage = "stopping"
        codes = await self._supervisor.stop([*PROFILE_WORKERS, PLAN_WORKER, ACTUATOR])
        # A member that leaves makes its group rebalance, and the other's last commit is refused (EXIT_UNSAVED). Its
        # state is in its snapshots all the same, and the reckoning finds out whether all of it is.
        if bad := {name: code for name, code in codes.items() if code not in (0, EXIT_UNSAVED)}:
            said = "; ".join(f"{n} (exit code {c}): {self._supervisor.children[n].tail()}" for n, c in bad.items())
            raise DemoError(f"not everything stopped in order: {said}")

    def _workers(self, plan: RunPlan, broker: DemoBroker) -> list[ProcessSpec]:
        settings, kafka = self._settings, broker.kafka
        (settings.out / "run").mkdir(parents=True, exist_ok=True)
        write_inventory(settings.inventory, plan.inventory)
        profiles = [
            processes.worker(
                name, "profile", broker.groups.profile, settings, kafka, mock=broker.mock, more=cut_of(plan.inventory)
            )
            for name in PROFILE_WORKERS
        ]
        planner = processes.worker(PLAN_WORKER, "plan", broker.groups.plan, settings, kafka, mock=broker.mock)
        return [*profiles, planner, processes.actuator(settings, kafka)]

    async def _open_pool(self, plan: RunPlan, broker: DemoBroker) -> None:
        """Put the policy and the requests into the pool's log, in order."""
        settings = self._settings
        events = opening_events(
            settings.pool,
            plan.apps,
            plan.start_ms,
            settings.run,
            settings.initial_slice,
            plan.sizing,
            plan.replanning,
            plan.probation,
        )
        await self._tell(broker, events, "the policy and the requests")

    async def _tell(self, broker: DemoBroker, events: Sequence[PoolEvent], what: str) -> None:
        """Write events to the pool's log; DemoError, which names `what` they are, if the broker does not take them."""
        sender = Sender(broker.kafka)
        await sender.start()
        try:
            for event in events:
                await sender.send(POOL_EVENTS, event.pool, event)
            if not await sender.flush(30.0) or sender.counts.failed:
                raise DemoError(f"{what} could not be written to the pool's log within 30 s")
        finally:
            await sender.close(5.0)

    async def _provoke(self, broker: DemoBroker, every_seconds: float = 0.2) -> None:
        """Once a running application has moved to a smaller slice on another card, say that it ran out of memory
        there."""
        figures, settings = self._figures, self._settings
        while (victim := hurtful_move(figures)) is None:  # noqa: ASYNC110 - what the observer saw is no event of ours
            await asyncio.sleep(every_seconds)
        self._view.say(f"provoked: {victim.app}, just moved to {victim.card}, is said to have run out of memory")
        await self._tell(broker, [oom_event(settings.pool, settings.run, victim, figures.event_ms)], "what is provoked")
        self._status.provoked += 1
        await asyncio.Event().wait()

    async def _hit(self, broker: DemoBroker) -> None:
        """Kill who is due, one after the other."""
        began = time.monotonic()
        spare = ["broker"] if broker.why_spared else []
        if self._settings.chaos and spare:
            self._view.say(f"the broker is not killed: {broker.why_spared}")
        for kill in plan_kills(self._settings.chaos, self._settings.seconds, spare=spare):
            await asyncio.sleep(max(0.0, began + kill.at_seconds - time.monotonic()))
            self._view.say(f"{kill.at_seconds:.0f} s: SIGKILL for {kill.victim}")
            if kill.victim == "broker":
                await broker.kill_and_restart()
            else:
                await self._supervisor.kill(kill.victim)
            self._kills += 1
            self._status.kills = self._kills

    def _exporter_report(self) -> ExporterReport:
        path = self._settings.report
        try:
            return msgspec.convert(orjson.loads(path.read_bytes()), ExporterReport)
        except (OSError, orjson.JSONDecodeError, msgspec.ValidationError) as e:
            raise DemoError(f"{path}: the exporter's report cannot be read: {e}") from e

    @contextlib.asynccontextmanager
    async def _observing(self, broker: DemoBroker) -> AsyncIterator[Observer]:
        settings = self._settings
        observer = Observer(broker.kafka, self._figures, settings.telemetry_log, settings.pool_log, mock=broker.mock)
        try:
            await observer.start()
            yield observer
        finally:
            await observer.close()

    @contextlib.asynccontextmanager
    async def _showing(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._view.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @staticmethod
    async def _beside(main: Coroutine[Any, Any, None], *others: Coroutine[Any, Any, None]) -> None:
        """Run `main` to its end beside `others`, which run for ever: an error of any ends all and is raised."""
        tasks = [asyncio.create_task(c) for c in (main, *others)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
