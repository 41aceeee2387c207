"""Buttons beside answers and drafts, bound to the ports of this process."""

from dataclasses import dataclass

from bot.domain.ids import IncidentId, PersonId
from bot.domain.teamwork import DraftKind
from bot.flow.followup_drafts import ask_draft, edit_draft, send_draft
from bot.flow.followup_plans import propose
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.slack.verbs import Talk


@dataclass(frozen=True, slots=True)
class Talking:
    """The verbs bound to the ports."""

    ports: Ports

    def talk(self) -> Talk:
        """All that listeners may call."""
        return Talk(self._propose, self._draft, self._edit, self._send)

    async def _propose(self, incident: IncidentId, ts: str, person: PersonId) -> str | None:
        return await propose(self.ports, table, incident, ts, person)

    async def _draft(self, incident: IncidentId, kind: DraftKind, person: PersonId) -> str | None:
        return await ask_draft(self.ports, table, incident, kind, person)

    async def _edit(self, incident: IncidentId, draft: str, text: str, person: PersonId) -> str | None:
        return await edit_draft(self.ports, incident, draft, text, person)

    async def _send(self, incident: IncidentId, draft: str, version: str, person: PersonId) -> str | None:
        return await send_draft(self.ports, incident, draft, version, person)
