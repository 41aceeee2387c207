"""Edits and undo as the Slack room calls them: each wish gets a mark of its own, by which it is answered."""

from dataclasses import dataclass, replace

from bot.domain.ids import IncidentId
from bot.domain.teamwork import ParametersEdited, UndoAsked
from bot.flow import wishes
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.slack.verbs import Rework


@dataclass(frozen=True, slots=True)
class Reworking:
    """Bound to the ports of this process."""

    ports: Ports

    def rework(self) -> Rework:
        """All of it."""
        return Rework(edit=self._edit, undo=self._undo)

    async def _edit(self, incident: IncidentId, wish: ParametersEdited) -> str | None:
        marked = replace(wish, ts=self.ports.clock.new_id("edit"))
        return await wishes.edit(self.ports, table, incident, marked)

    async def _undo(self, incident: IncidentId, wish: UndoAsked) -> str | None:
        marked = replace(wish, ts=self.ports.clock.new_id("undo"))
        return await wishes.undo(self.ports, table, incident, marked)
