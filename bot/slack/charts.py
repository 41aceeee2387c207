"""The chart of an incident's symptom, from the bytes of its evidence; read once and kept for a while."""

from dataclasses import dataclass, field

from bot.domain.chart import Chart, chart_of
from bot.domain.evidence import EvidenceKind, Sighting
from bot.domain.ids import EvidenceId
from bot.domain.incident import Incident, Phase
from bot.ports.cards import Blobs

TOO_EARLY = frozenset({Phase.DETECTED, Phase.TRIAGED})
"""Where the metric by which a plan is measured is not chosen yet, so that the chart would change at once."""
KINDS = frozenset({EvidenceKind.METRICS, EvidenceKind.CHANGES})
MOST_LOOKS = 6
KEPT = 200


@dataclass(frozen=True, slots=True)
class Charts:
    """Reads metrics and changes of each incident once."""

    blobs: Blobs
    _kept: dict[EvidenceId, Sighting | None] = field(default_factory=dict[EvidenceId, Sighting | None])

    async def of(self, incident: Incident) -> Chart | None:
        """The chart; nothing before the cause was looked for, and where no metric has samples."""
        if incident.phase in TOO_EARLY:
            return None
        wanted = [one.id for one in incident.evidence if one.kind in KINDS and not one.failed][:MOST_LOOKS]
        found = [await self._sighting(name) for name in wanted]
        return chart_of(incident, [one for one in found if one is not None])

    async def _sighting(self, name: EvidenceId) -> Sighting | None:
        if name not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[name] = await self.blobs.get(name)
        return self._kept[name]
