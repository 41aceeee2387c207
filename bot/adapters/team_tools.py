"""The read-only tools of a team: each look becomes evidence, and proposing a step only records it."""

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agents.errors import BadArgumentsError, ToolFailedError, choices
from agents.journal import Journal
from agents.memory import MemoryEdit, edit_tool
from agents.tools import Tool, Toolbox, form_of
from bot.adapters.codec import sighting_bytes, sighting_from
from bot.adapters.log_reading import RANKS, narrowed
from bot.adapters.log_shapes import LEVELS
from bot.adapters.patterns import fault
from bot.adapters.team_answers import Clean, Given, step_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Sighting, state_sighting
from bot.domain.finding import ProposedStep
from bot.domain.ids import MINUTE, SECOND, At, EvidenceId
from bot.domain.incident import Incident
from bot.domain.report import report_of
from bot.domain.service import Service
from bot.ports.content import Content
from bot.ports.team import Case
from bot.ports.world import Clock, Eyes, Window

MAX_MINUTES = 24 * 60
MAX_STEPS = 12
MAX_PATTERN = 200
RECALLED = 5
RECORDED = "Recorded as a proposed step; it waits for a human. Nothing was executed."
NAMES = frozenset(
    {
        "fetch_logs",
        "query_metrics",
        "recent_changes",
        "service_state",
        "read_runbook",
        "recall_incident",
        "execute_remediation",
        "offer_plan",
        "propose_memory_edit",
    }
)
"""All tools that a roster may give to an agent."""

Past = Callable[[], Awaitable[tuple[Incident, ...]]]
"""Closed incidents, newest first."""


async def no_past() -> tuple[Incident, ...]:
    """None."""
    return ()


@dataclass(frozen=True, slots=True)
class Reach:
    """What tools may look at."""

    eyes: Eyes
    content: Content
    clock: Clock
    clean: Clean
    past: Past = no_past
    more: tuple[Tool, ...] = ()
    """Tools of other servers, which a roster may give to an agent by their names."""


@dataclass(slots=True)
class Tools:
    """The tools of one run of a team on one case; what they saw goes onto the case's worksheet."""

    case: Case
    reach: Reach
    journal: Journal
    run: str
    memory: str
    steps: list[ProposedStep] = field(default_factory=list[ProposedStep])
    edits: list[MemoryEdit] = field(default_factory=list[MemoryEdit])
    wishes: list[str] = field(default_factory=list[str])
    """Plans that the person asked for, in the model's reading; only a button puts one to planning."""

    def toolbox(self) -> Toolbox:
        """All of them; a roster decides who gets which."""
        looks = (
            self.fetch_logs,
            self.query_metrics,
            self.recent_changes,
            self.service_state,
            self.recall_incident,
        )
        # Looks keep their own journal: a repeated one must put its evidence onto the worksheet again.
        return Toolbox.of(
            (
                *(FORMS[look.__name__].tool(look, kept=False) for look in looks),
                FORMS["read_runbook"].tool(self.read_runbook),
                FORMS["execute_remediation"].tool(self.execute_remediation, outside=False, kept=False),
                self._edit_tool(),
                FORMS["offer_plan"].tool(self.offer_plan, outside=False, kept=False),
                *self.reach.more,
            )
        )

    async def fetch_logs(self, service: str, minutes: int = 30, level: str = "", pattern: str = "") -> str:
        """Log lines of the last minutes, condensed. Fetched once, without (least) level and pattern (RE2)."""
        known = self._service(service)
        if not 1 <= minutes <= MAX_MINUTES:
            raise BadArgumentsError(f"minutes: expected 1 to {MAX_MINUTES}, not {minutes}")
        least = _level(level)
        _check_pattern(pattern)
        asked = replace(known, logs=tuple(narrowed(one, least, pattern) for one in known.logs))

        async def look() -> tuple[Sighting, ...]:
            return (await self.reach.eyes.logs(asked, self._window(minutes)),)

        return await self._looked("fetch_logs", (known.name, minutes, least, pattern), look)

    async def query_metrics(self, service: str, metric: str = "") -> str:
        """One metric of a service (or all) against its normal range."""
        known = self._service(service)
        if metric and known.metric(metric) is None:
            names = choices(spec.name for spec in known.metrics)
            raise BadArgumentsError(f"metric: unknown {metric[:80]!r}; {known.name} has: {names}")
        wanted = tuple(spec for spec in known.metrics if not metric or spec.name == metric)

        async def look() -> tuple[Sighting, ...]:
            asked = replace(known, metrics=wanted)
            return (await self.reach.eyes.metrics(asked, self._window(30)),)

        return await self._looked("query_metrics", (known.name, metric), look)

    async def recent_changes(self, service: str) -> str:
        """What was deployed or changed at a service in the last day."""
        known = self._service(service)

        async def look() -> tuple[Sighting, ...]:
            return (await self.reach.eyes.changes(known, self._window(30)),)

        return await self._looked("recent_changes", (known.name,), look)

    async def service_state(self, service: str) -> str:
        """The observed state of each target of a service: versions, settings, processes."""
        known = self._service(service)

        async def look() -> tuple[Sighting, ...]:
            return tuple([await self._state(known, target.id) for target in known.targets])

        return await self._looked("service_state", (known.name,), look)

    async def recall_incident(self, about: str = "") -> str:
        """Past incidents of this service, and others that mention these words: cause and what helped."""
        name = self.case.service.name if self.case.service else ""
        words = [word for word in about.casefold().split() if len(word) > 2]  # noqa: PLR2004 - telling words
        found = [one for one in await self.reach.past() if _concerns(one, name, words)]
        lines = [_told(one) for one in found[:RECALLED]]
        return self.reach.clean("\n\n".join(lines)) or "No past incident of this kind is on record."

    async def read_runbook(self, mode: str = "") -> str:
        """The runbook page of a failure mode; without a name, the list of all pages."""
        modes = self.reach.content.failure_modes()
        if not mode:
            return "\n".join(f"{one.id}: {one.title}" for one in modes)
        page = next((one for one in modes if one.id == mode), None)
        if page is None:
            raise BadArgumentsError(f"mode: unknown {mode[:80]!r}; there are: {choices(m.id for m in modes)}")
        usual = "\n".join(f"- {cause}" for cause in page.causes)
        return f"# {page.title}\n\nUsual causes:\n{usual}\n\n{page.body}"

    async def execute_remediation(self, action: str, target: str, parameters: Given | None = None) -> str:
        """Record a step of the catalogue as proposed. Executes nothing; a human decides."""
        service = self.case.service
        actions = service.actions if service else ()
        targets = tuple(known.id for known in service.targets) if service else ()
        if action not in actions:
            raise BadArgumentsError(f"action: unknown {action[:80]!r}; allowed here: {choices(actions)}")
        if target not in targets:
            raise BadArgumentsError(f"target: unknown {target[:80]!r}; there are: {choices(targets)}")
        step = step_of(action, target, parameters or {})
        if step not in self.steps and len(self.steps) < MAX_STEPS:
            self.steps.append(step)
        return RECORDED

    async def offer_plan(self, wish: str) -> str:
        """The person clearly asks for another plan than the present one: offer to propose it."""
        self.wishes.append(wish[:300])
        return "Recorded. The person gets a button that asks for this plan; nothing is changed by it."

    def _edit_tool(self) -> Tool:
        async def record(edit: MemoryEdit) -> None:
            self.edits.append(edit)

        return edit_tool(self.memory, record)

    def _service(self, name: str) -> Service:
        inventory = self.reach.content.inventory()
        found = inventory.service(name)
        if found is None:
            names = choices(service.name for service in inventory.services)
            raise BadArgumentsError(f"service: unknown {name[:80]!r}; there are: {names}")
        return found

    def _window(self, minutes: int) -> Window:
        now = self.reach.clock.now()
        return Window(At(now - minutes * MINUTE), now)

    async def _state(self, service: Service, target: str) -> Sighting:
        wanted = next(known.id for known in service.targets if known.id == target)
        try:
            seen = await self.reach.eyes.observe(service, wanted)
        except SourceUnavailableError as error:
            raise ToolFailedError(error.message) from error
        return state_sighting(EvidenceId(self.reach.clock.new_id("ev")), seen)

    async def _looked(
        self,
        name: str,
        arguments: tuple[object, ...],
        look: Callable[[], Awaitable[tuple[Sighting, ...]]],
    ) -> str:
        """Look once per run, also over a restart: the same look has the same evidence."""
        key = f"look:{self.run}:{name}:{json.dumps(arguments)}"
        kept = await self.journal.find(key)
        if kept is None:
            seen = await look()
            kept = await self.journal.keep(key, b"\n".join(sighting_bytes(one) for one in seen))
        sightings = tuple(sighting_from(line) for line in kept.split(b"\n") if line)
        known = {one.evidence.id for one in self.case.worksheet.sightings}
        self.case.worksheet.sightings.extend(one for one in sightings if one.evidence.id not in known)
        return "\n\n".join(shown(one) for one in sightings) or f"{name}: there is nothing to look at"


FORMS = {
    form.name: form
    for form in map(
        form_of,
        (
            Tools.fetch_logs,
            Tools.query_metrics,
            Tools.recent_changes,
            Tools.service_state,
            Tools.recall_incident,
            Tools.read_runbook,
            Tools.execute_remediation,
            Tools.offer_plan,
        ),
    )
}
"""Made once: an incident's tools are made again for each run."""


def shown(sighting: Sighting) -> str:
    """A sighting as a model reads it: the id to cite, where it is from, and its text."""
    evidence = sighting.evidence
    failed = " (did not answer)" if evidence.failed else ""
    start, end = clock_time(evidence.start), clock_time(evidence.end)
    head = f"evidence {evidence.id}: {evidence.kind} from {evidence.source}, {start} to {end}{failed}"
    return f"{head}\n{sighting.text}"


def clock_time(at: At) -> str:
    """A moment as `2026-11-02 13:45:09Z`."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _level(word: str) -> str:
    """The level by one of its names, empty for all; raises BadArgumentsError."""
    least = LEVELS.get(word.strip().casefold(), "")
    if word.strip() and not least:
        raise BadArgumentsError(f"level: unknown {word[:40]!r}; there are: {', '.join(RANKS)}")
    return least


def _check_pattern(pattern: str) -> None:
    """Raises BadArgumentsError where RE2 does not take it, with what RE2 says."""
    if len(pattern) > MAX_PATTERN:
        raise BadArgumentsError(f"pattern: expected at most {MAX_PATTERN} characters, not {len(pattern)}")
    wrong = fault(pattern)
    if wrong is not None:
        raise BadArgumentsError(
            f"pattern: expected RE2 (no look-around, no back-references), case is ignored: {wrong[:160]}"
        )


def _concerns(incident: Incident, service: str, words: Iterable[str]) -> bool:
    cause = incident.diagnosis.cause if incident.diagnosis else ""
    text = f"{incident.alert.title} {incident.service} {cause}".casefold()
    return incident.service == service or any(word in text for word in words)


def _told(incident: Incident) -> str:
    report = report_of(incident)
    did = [
        f"- {ran.title} on {ran.target} ({ran.change}): {ran.outcome or ran.status}" for ran in report.actions
    ]
    return "\n".join(
        (
            f"{clock_time(report.began)} {report.service}: {report.title}",
            f"cause: {report.cause or 'not found'}",
            *did,
            f"ending: {report.ending}",
        )
    )
