"""What a card needs beside the incident: read fresh from the rosters and the store each time it is drawn."""

import asyncio
from dataclasses import dataclass

from bot.domain.decision import RosterAnswer
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import PersonId
from bot.domain.incident import Incident, PlanState
from bot.domain.policy import Policy, Role
from bot.flow.approval import read_rosters
from bot.ports.cards import Progress
from bot.ports.ports import Ports
from bot.slack.views.scene import Scene


@dataclass(frozen=True, slots=True)
class Scenes:
    """Builds scenes from the ports."""

    ports: Ports

    async def of(self, incident: Incident, head: str = "", progress: Progress | None = None) -> Scene:
        """The scene of an incident now."""
        policy = self.ports.content.policy()
        service = self.ports.content.inventory().service(incident.service)
        rosters, duplicates, paused = await asyncio.gather(
            read_rosters(self.ports, service),
            self.ports.incidents.duplicates(incident.id),
            self._paused(incident),
        )
        return Scene(
            now=self.ports.clock.now(),
            duplicates=duplicates,
            progress=progress,
            approvers=approvers(incident.current, policy, rosters),
            oncall=tuple(member for a in rosters if a.role is Role.ONCALL for member in a.members),
            names=tuple((person.id, person.name) for person in policy.people),
            head=head,
            paused=paused,
            roster_note="; ".join(f"{a.roster}: {a.error}" for a in rosters if a.error),
        )

    async def _paused(self, incident: Incident) -> str | None:
        environment = incident.current.plan.environment if incident.current else ""
        try:
            pauses = await self.ports.incidents.pauses()
        except StoreUnavailableError:
            return "all"
        scopes = {"all", f"environment:{environment}"}
        return next((pause.scope for pause in pauses if pause.scope in scopes), None)


def approvers(
    state: PlanState | None, policy: Policy, rosters: tuple[RosterAnswer, ...]
) -> tuple[PersonId, ...]:
    """Who may approve this plan now; originators only where the tier lets them."""
    if state is None:
        return ()
    rule = policy.rule(state.plan.tier)
    members = [member for a in rosters if a.role in rule.roles and not a.error for member in a.members]
    barred = () if rule.originator_may_approve else state.plan.originators
    return tuple(dict.fromkeys(member for member in members if member not in barred))
