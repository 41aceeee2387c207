"""What a team hands in beside its answer becomes evidence and cost of the incident."""

from bot.domain.events import Event, EvidenceGathered
from bot.ports.ports import Ports
from bot.ports.team import Worksheet


async def handed_in(ports: Ports, worksheet: Worksheet) -> tuple[Event, ...]:
    """Keep what its tools saw, then say so and what it used; the worksheet is empty afterwards."""
    seen, worked = tuple(worksheet.sightings), tuple(worksheet.worked)
    worksheet.sightings.clear()
    worksheet.worked.clear()
    for sighting in seen:
        await ports.blobs.put(sighting)
    gathered = (EvidenceGathered(tuple(sighting.evidence for sighting in seen)),) if seen else ()
    return (*gathered, *worked)
