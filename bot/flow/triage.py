"""Look, then let the team find the likely cause, then check what it says."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from bot.domain.errors import SourceUnavailableError
from bot.domain.events import Diagnosed, Event, EvidenceGathered
from bot.domain.evidence import Observation, Sighting, observation_in, state_sighting
from bot.domain.finding import Confidence, Diagnosis, Verdict, checked
from bot.domain.ids import MINUTE, At, EvidenceId
from bot.domain.incident import Incident
from bot.domain.service import Service
from bot.flow.conductor import Work, stage_of
from bot.flow.handing_in import edits_proposed, handed_in
from bot.flow.standing_in_line import investigating
from bot.ports.cards import Progress
from bot.ports.ports import Ports
from bot.ports.team import Case
from bot.ports.world import Window

LOOK_BACK = 30 * MINUTE
FRESH = 5 * MINUTE
STAGES = ("Look at logs, metrics, changes and state", "Find the likely cause", "Prepare a plan")


async def triage(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Gather evidence in parallel, keep it, ask the team, keep what holds."""
    ports = work.ports
    service = ports.content.inventory().service(incident.service)
    if service is None:
        yield Diagnosed(_unknown_service(incident))
        return
    async with investigating(ports, incident) as my_turn:
        if not my_turn:
            return
        await _progress(ports, incident, 0)
        sightings = await _kept(ports, incident)
        if not sightings:
            sightings = await _look(ports, incident, service)
            incident = yield EvidenceGathered(tuple(sighting.evidence for sighting in sightings))
        await _progress(ports, incident, 1)
        case = _case(ports, incident, service, sightings)
        diagnosis = await ports.team.diagnose(case)
        await _progress(ports, incident, 2)
        sightings = (*sightings, *case.worksheet.sightings)
        for event in await handed_in(ports, case.worksheet):
            incident = yield event
        said = await edits_proposed(ports, incident, case.worksheet)
        diagnosis = replace(diagnosis, notes=(*diagnosis.notes, *said))
        yield Diagnosed(checked(diagnosis, sightings))


def _case(ports: Ports, incident: Incident, service: Service, sightings: tuple[Sighting, ...]) -> Case:
    return Case(
        incident=incident.id,
        alert=incident.alert,
        service=service,
        sightings=sightings,
        catalogue=ports.content.catalogue(),
        now=ports.clock.now(),
        observations=tuple(seen for one in sightings if (seen := observation_in(one))),
        related=incident.joined,
    )


async def _kept(ports: Ports, incident: Incident) -> tuple[Sighting, ...]:
    """What this stage saw before its worker died, so that the team is asked the same again."""
    now = ports.clock.now()
    gathered = (
        entry.event.evidence
        for entry in incident.entries[stage_of(incident) :]
        if isinstance(entry.event, EvidenceGathered)
    )
    fresh = [one for some in gathered for one in some if now - one.end <= FRESH]
    found = [await ports.blobs.get(one.id) for one in fresh]
    return tuple(sighting for sighting in found if sighting is not None)


async def _look(ports: Ports, incident: Incident, service: Service) -> tuple[Sighting, ...]:
    """Look everywhere at once; the bytes are kept before anything is written of them."""
    now = ports.clock.now()
    window = Window(At(min(incident.alert.started_at, now) - LOOK_BACK), now)
    looks = asyncio.gather(
        ports.eyes.logs(service, window),
        ports.eyes.metrics(service, window),
        ports.eyes.changes(service, window),
    )
    observations = await _states(ports, service)
    states = tuple(state_sighting(EvidenceId(ports.clock.new_id("ev")), seen) for seen in observations)
    sightings = (*await looks, *states)
    for sighting in sightings:
        await ports.blobs.put(sighting)
    return sightings


async def _states(ports: Ports, service: Service) -> tuple[Observation, ...]:
    looks = (ports.eyes.observe(service, target.id) for target in service.targets)
    seen: Sequence[Observation | BaseException] = await asyncio.gather(*looks, return_exceptions=True)
    for one in seen:
        if isinstance(one, BaseException) and not isinstance(one, SourceUnavailableError):
            raise one
    return tuple(one for one in seen if isinstance(one, Observation))


async def _progress(ports: Ports, incident: Incident, stage: int) -> None:
    statuses = ("complete",) * stage + ("in_progress",) + ("pending",) * (len(STAGES) - stage - 1)
    tasks = tuple(zip(STAGES, statuses, strict=True))
    await ports.cards.report_progress(incident.id, Progress("triage", tasks))


def _unknown_service(incident: Incident) -> Diagnosis:
    named = incident.alert.service or "no service"
    return Diagnosis(
        verdict=Verdict.INCONCLUSIVE,
        cause="",
        mode=None,
        confidence=Confidence.LOW,
        claims=(),
        team="rules",
        checked=("the inventory",),
        missing=(f"an inventory entry: the alert names {named}, which services.yaml does not know",),
    )
