"""What a team hands in beside its answer: evidence and cost of the incident, and edits of the memory."""

from bot.domain.events import Event, EvidenceGathered
from bot.domain.ids import PersonId
from bot.domain.incident import Incident
from bot.flow.memory_edits import propose_edit
from bot.ports.ports import Ports
from bot.ports.team import Worksheet


async def handed_in(ports: Ports, worksheet: Worksheet) -> tuple[Event, ...]:
    """Keep what its tools saw, then say so and what it used; neither is left on the worksheet."""
    seen, worked = tuple(worksheet.sightings), tuple(worksheet.worked)
    worksheet.sightings.clear()
    worksheet.worked.clear()
    spoken = tuple(worksheet.spoken)
    worksheet.spoken.clear()
    for sighting in seen:
        await ports.blobs.put(sighting)
    for one in spoken:
        await ports.blobs.keep_spoken(one)
    gathered = (EvidenceGathered(tuple(sighting.evidence for sighting in seen)),) if seen else ()
    return (*gathered, *worked)


async def edits_proposed(
    ports: Ports,
    incident: Incident,
    worksheet: Worksheet,
    asker: PersonId | None = None,
    *,
    asked: bool = False,
) -> tuple[str, ...]:
    """Put each wished edit of AGENTS.md before people, behind its own gate; what became of it, in words."""
    wishes = tuple(worksheet.edits)
    worksheet.edits.clear()
    return tuple([await propose_edit(ports, incident, wish, asker, asked=asked) for wish in wishes])
