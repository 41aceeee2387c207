"""Looks at logs, metrics, changes and targets through whatever sources the inventory names."""

from pathlib import Path

import httpx2

from bot.adapters.change_logs import all_changes, changes_seen
from bot.adapters.deploy_log import inside
from bot.adapters.live import DRY_RUNS, IDENTITIES
from bot.adapters.log_digest import Condense, LogDigest
from bot.adapters.observer import observed_fields
from bot.adapters.prometheus import Prometheus, decimal_text
from bot.adapters.readings import measured
from bot.adapters.sightings import Look, Redact, Sightings
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change, EvidenceKind, Observation, Sighting
from bot.domain.ids import DAY, At, TargetId
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import MetricSpec, Service, Source
from bot.ports.world import Clock, Window

CHANGES_BEFORE = DAY


class SourceEyes:
    """Eyes over configured sources; holds nothing that could change anything."""

    def __init__(self, clock: Clock, redact: Redact, client: httpx2.AsyncClient, condense: Condense) -> None:
        self._clock = clock
        self._redact = redact
        self._client = client
        self._sightings = Sightings(clock, redact)
        self._digest = LogDigest(condense, redact)

    async def logs(self, service: Service, window: Window) -> Sighting:
        """The log lines of the window, condensed to patterns."""
        files = ", ".join(Path(source.setting("path")).name for source in service.logs)
        look = Look(EvidenceKind.LOGS, _kinds(service.logs), files, window)
        try:
            return self._sightings.made(look, await self._digest.of(service.logs, window))
        except SourceUnavailableError as error:
            return self._sightings.failed(look, error)

    async def metrics(self, service: Service, window: Window) -> Sighting:
        """Every named metric of the service against its normal range."""
        queries = "; ".join(f"{metric.name}: {metric.query}" for metric in service.metrics)
        look = Look(EvidenceKind.METRICS, "prometheus", queries, window)
        try:
            return self._sightings.made(
                look, await measured(self._prometheus(service), service.metrics, window)
            )
        except SourceUnavailableError as error:
            return self._sightings.failed(look, error)

    async def changes(self, service: Service, window: Window) -> Sighting:
        """What was changed in the window and in the day before it."""
        wide = Window(At(window.start - CHANGES_BEFORE), window.end)
        look = Look(EvidenceKind.CHANGES, _kinds(service.changes), f"service {service.name}", wide)
        try:
            return self._sightings.made(look, changes_seen(await all_changes(service), wide))
        except SourceUnavailableError as error:
            return self._sightings.failed(look, error)

    async def sample(self, service: Service, metric: MetricSpec) -> str | None:
        """The metric now as a decimal string; nothing without an answer, or with more than one series."""
        try:
            series = await self._prometheus(service).instant(metric.query, self._clock.now())
        except SourceUnavailableError:
            return None
        only = series[0].samples if len(series) == 1 else ()
        return decimal_text(only[-1][1]) if only else None

    async def observe(self, service: Service, target: TargetId) -> Observation:
        """The target's state now; raises SourceUnavailableError."""
        known = service.target(target)
        if known is None:
            raise SourceUnavailableError(f"{target} is no target of {service.name}.")
        fields = await observed_fields(service, known)
        clean = tuple((name, self._redact(value)) for name, value in fields)
        return Observation(target, self._clock.now(), clean)

    async def recent_changes(self, service: Service, window: Window) -> tuple[Change, ...]:
        """The changes of the window alone; none where no source answers, which `changes` would tell."""
        try:
            found = await all_changes(service)
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
        rehearse = DRY_RUNS.get(step.executor) if known else None
        return await rehearse(service, known, step) if known and rehearse else None

    def _prometheus(self, service: Service) -> Prometheus:
        source = service.metrics_source
        if source is None or source.kind != "prometheus" or not source.setting("url"):
            raise SourceUnavailableError(f"{service.name} has no metrics source of kind prometheus.")
        return Prometheus(self._client, source.setting("url"), source.setting("token"))


def _kinds(sources: tuple[Source, ...]) -> str:
    return ", ".join(dict.fromkeys(source.kind for source in sources)) or "none"
