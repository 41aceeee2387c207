"""Looks at logs, metrics, changes and targets through whatever sources the inventory names."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import httpx2

from bot.adapters.change_logs import all_changes, changes_seen
from bot.adapters.change_readers import CHANGE_READERS
from bot.adapters.change_reading import ChangeReader, inside
from bot.adapters.content_how import AuthDoor
from bot.adapters.http_look import auth_of
from bot.adapters.live import DRY_RUNS, IDENTITIES
from bot.adapters.log_digest import Condense, LogDigest
from bot.adapters.log_reading import place_of
from bot.adapters.metrics_readers import MetricsReaders
from bot.adapters.observer import observed_fields
from bot.adapters.readings import measured
from bot.adapters.rehearsals import KEY, PROBES, REHEARSALS
from bot.adapters.scrape import Scrapes
from bot.adapters.series import decimal_text
from bot.adapters.sightings import Look, Redact, Sightings
from bot.adapters.tasks import Task
from bot.domain.action import Catalogue
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change, EvidenceKind, Observation, Sighting
from bot.domain.ids import DAY, At, TargetId
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import MetricSpec, Service, Source, Target
from bot.ports.world import Clock, Probe, Window

CHANGES_BEFORE = DAY
PROBE_SECONDS = 12.0


class SourceEyes:
    """Eyes over configured sources; holds nothing that could change anything."""

    def __init__(
        self,
        clock: Clock,
        redact: Redact,
        client: httpx2.AsyncClient,
        condense: Condense,
        catalogue: Callable[[], Catalogue] | None = None,
        readers: Mapping[str, ChangeReader] | None = None,
    ) -> None:
        self._changes = {**CHANGE_READERS, **(readers or {})}
        self._catalogue = catalogue
        self._clock = clock
        self._redact = redact
        self._client = client
        self._sightings = Sightings(clock, redact)
        self._scrapes = Scrapes(client, clock)
        self._metrics = MetricsReaders(client, self._scrapes)
        self._digest = LogDigest(condense, redact, client)

    async def logs(self, service: Service, window: Window) -> Sighting:
        """The log lines of the window, condensed to patterns."""
        places = "; ".join(map(place_of, service.logs))
        look = Look(EvidenceKind.LOGS, _kinds(service.logs), places, window)
        try:
            return self._sightings.made(look, await self._digest.of(service.logs, window))
        except SourceUnavailableError as error:
            return self._sightings.failed(look, error)

    async def metrics(self, service: Service, window: Window) -> Sighting:
        """Every named metric of the service against its normal range."""
        queries = "; ".join(f"{metric.name}: {metric.query}" for metric in service.metrics)
        look = Look(
            EvidenceKind.METRICS,
            service.metrics_source.kind if service.metrics_source else "none",
            queries,
            window,
        )
        try:
            return self._sightings.made(
                look, await measured(self._metrics.of(service), service.metrics, window)
            )
        except SourceUnavailableError as error:
            return self._sightings.failed(look, error)

    async def changes(self, service: Service, window: Window) -> Sighting:
        """What was changed in the window and in the day before it."""
        wide = Window(At(window.start - CHANGES_BEFORE), window.end)
        look = Look(EvidenceKind.CHANGES, _kinds(service.changes), f"service {service.name}", wide)
        try:
            return self._sightings.made(
                look, changes_seen(await all_changes(service, wide, self._client, self._changes), wide)
            )
        except SourceUnavailableError as error:
            return self._sightings.failed(look, error)

    async def sample(self, service: Service, metric: MetricSpec) -> str | None:
        """The metric now as a decimal string; nothing without an answer, or with more than one series."""
        try:
            series = await self._metrics.of(service).instant(metric.query, self._clock.now())
        except SourceUnavailableError:
            return None
        only = series[0].samples if len(series) == 1 else ()
        return decimal_text(only[-1][1]) if only else None

    async def observe(self, service: Service, target: TargetId) -> Observation:
        """The target's state now; raises SourceUnavailableError."""
        known = service.target(target)
        if known is None:
            raise SourceUnavailableError(f"{target} is no target of {service.name}.")
        fields = await observed_fields(service, known, self._auth(known))
        clean = tuple((name, self._redact(value)) for name, value in fields)
        return Observation(target, self._clock.now(), clean)

    async def recent_changes(self, service: Service, window: Window) -> tuple[Change, ...]:
        """The changes of the window alone; none where no source answers, which `changes` would tell."""
        try:
            found = await all_changes(service, window, self._client, self._changes)
        except SourceUnavailableError:
            return ()
        return tuple(self._sightings.clean_change(change) for change in inside(found.changes, window))

    async def identity(self, service: Service, target: TargetId) -> str | None:
        """Where the target is live; nothing where its executor cannot tell."""
        known = service.target(target)
        identify = IDENTITIES.get(known.executor) if known else None
        return await identify(known) if known and identify else None

    async def dry_run(self, service: Service, step: Step) -> DryRun | None:
        """What the step would change, by its executor's own dry run; nothing where it has none."""
        known = service.target(step.target)
        task = self._task(service, known, step)
        by_action = REHEARSALS.get(step.executor)
        if task is not None and by_action is not None:
            return self._clean(await by_action(task))
        rehearse = DRY_RUNS.get(step.executor) if known else None
        return self._clean(await rehearse(service, known, step)) if known and rehearse else None

    def _clean(self, run: DryRun | None) -> DryRun | None:
        if run is None:
            return None
        return DryRun(tuple(self._redact(line) for line in run.difference), self._redact(run.refused))

    async def probe(self, service: Service, step: Step, key: str) -> Probe | None:
        """What became of a step in doubt, found by its key; nothing where its executor has no such probe."""
        task = self._task(service, service.target(step.target), step, key)
        probe = PROBES.get(step.executor)
        if task is None or probe is None:
            return None
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                found = await probe(task)
        except TimeoutError:
            found = None, "The probe did not answer in time."
        if found is None and not task.action.observes:
            # The target shows nothing that this action changes: that nothing has changed would prove nothing.
            found = None, f"Nothing tells what became of {step.action}."
        return Probe(found[0], self._redact(found[1])) if found is not None else None

    def _auth(self, target: Target) -> AuthDoor | None:
        """How the target's runner wants the token, which is the same for looking and for changing."""
        named = f"runner.{target.setting('runner')}"
        actions = self._catalogue().actions if self._catalogue is not None else ()
        spec = next((text for action in actions if (text := action.setting(named))), "")
        return auth_of(spec) if spec else None

    def _task(self, service: Service, target: Target | None, step: Step, key: str = KEY) -> Task | None:
        action = self._catalogue().action(step.action) if self._catalogue is not None else None
        if action is None or target is None or action.version != step.version:
            return None
        return Task(step, action, service, target, key, self._clock.now())

    async def keep_looking(self, services: Callable[[], Iterable[Service]]) -> None:
        """Keep the short past of pages that nobody else keeps, until cancelled."""
        await self._scrapes.keep_looking(services)


def _kinds(sources: tuple[Source, ...]) -> str:
    return ", ".join(dict.fromkeys(source.kind for source in sources)) or "none"
