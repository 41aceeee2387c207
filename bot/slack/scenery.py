"""What a card shows beside the incident: who may approve now, duplicates, pauses; gathered before drawing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.domain.chart import Chart
from bot.domain.decision import ROSTER_FRESH_FOR, RosterAnswer, roles_left
from bot.domain.ids import At, EnvironmentId, IncidentId, PersonId, RosterName
from bot.domain.incident import Incident, Phase, PlanState
from bot.domain.limits import approval_claims
from bot.domain.pausing import in_force
from bot.domain.policy import Policy, Role, TierRule
from bot.domain.service import Service
from bot.ports.cards import Progress, SentCard
from bot.ports.content import Content
from bot.ports.records import Incidents, Loaded
from bot.ports.world import Clock, Roster
from bot.slack.gate_scene import gate_scene
from bot.slack.troubles import troubles
from bot.slack.views.scene import Card, GateScene, Scene

ROSTER_SECONDS = 2.0

Sent = Callable[[IncidentId], Awaitable[Mapping[str, SentCard]]]


async def nothing_sent(_: IncidentId) -> Mapping[str, SentCard]:
    """Nothing is known of what was sent."""
    return {}


Charted = Callable[[Incident], Awaitable[Chart | None]]


async def nothing_charted(_: Incident) -> Chart | None:
    """Nothing is drawn."""
    return None


Draw = Callable[[Incident, Scene], tuple[Card, ...]]


@dataclass(slots=True)
class Scenery:
    """Draws an incident's cards with everything around it; the first card waits for no roster."""

    incidents: Incidents
    roster: Roster
    content: Content
    clock: Clock
    draw: Draw
    team_note: str = ""
    sent: Sent = nothing_sent
    charted: Charted = nothing_charted
    _read: dict[tuple[RosterName, Role], RosterAnswer] = field(
        default_factory=dict[tuple[RosterName, Role], RosterAnswer]
    )

    async def render(self, incident: Incident, loaded: Loaded, progress: Progress | None) -> tuple[Card, ...]:
        """The cards of an incident as they should look now."""
        return self.draw(incident, await self.of(incident, loaded.head, progress))

    async def of(self, incident: Incident, head: str = "", progress: Progress | None = None) -> Scene:
        """What stands around an incident now. Raises StoreUnavailableError."""
        # one reading of the content for one drawing: every use looks at the files again
        policy, service = self.content.policy(), self._service(incident)
        duplicates, paused, rosters, chart, gate = await asyncio.gather(
            self.incidents.duplicates(incident.id),
            self._paused(incident, service),
            self._rosters(incident, service, policy),
            self.charted(incident),
            self.gate(incident),
        )
        return Scene(
            now=self.clock.now(),
            duplicates=duplicates,
            progress=progress,
            approvers=_approvers(incident, policy, rosters, roles_left),
            eligible=_approvers(incident, policy, rosters, lambda _, rule: rule.roles),
            oncall=_members(rosters, (Role.ONCALL,)),
            names=tuple((person.id, person.name) for person in policy.people),
            head=head,
            paused=paused,
            roster_note=self._note(incident, rosters),
            team_note=self.team_note,
            chart=chart,
            gate=gate,
        )

    async def gate(self, incident: Incident) -> GateScene:
        """What policy and catalogue say, and the limit that an approval would break now (rule 12).

        Raises StoreUnavailableError.
        """
        policy = self.content.policy()
        gate = gate_scene(incident, policy, self.content.catalogue(), self.clock.now())
        claims = approval_claims(incident, policy.limits)
        full = await self.incidents.refusing(incident.id, claims) if claims else None
        if full is None:
            return gate
        until = None if full.until is None else At(full.until)
        return replace(gate, full=full.limit or full.code, full_until=until)

    def freezes(self) -> tuple[str, ...]:
        """The environments in which nothing may be changed now, each with the reason."""
        policy, now = self.content.policy(), self.clock.now()
        environments = (each.id for each in self.content.inventory().environments)
        found = ((name, policy.frozen(name, now)) for name in environments)
        return tuple(f"{name} is {why}" for name, why in found if why is not None)

    async def health(self, incidents: tuple[Incident, ...]) -> tuple[str, ...]:
        """What Slack did not take of these incidents' messages, and what the team is."""
        lines = [f"Team: {self.team_note}."] if self.team_note else []
        for incident in incidents:
            lines += [f"{incident.id}: {one}" for one in troubles(await self.sent(incident.id))]
        return tuple(lines)

    def _service(self, incident: Incident) -> Service | None:
        return self.content.inventory().service(incident.service) if incident.service else None

    async def _paused(self, incident: Incident, service: Service | None) -> str | None:
        state = incident.current
        places = {service.environment} if service else set[EnvironmentId]()
        places |= {state.plan.environment} if state else set()
        hit = in_force(await self.incidents.pauses(), *places)
        return hit.scope if hit else None

    async def _rosters(
        self, incident: Incident, service: Service | None, policy: Policy
    ) -> tuple[RosterAnswer, ...]:
        if service is None or incident.phase in {Phase.DETECTED, Phase.CLOSED}:
            return ()
        named = ((service.oncall, Role.ONCALL), (service.lead, Role.LEAD), (service.senior, Role.SENIOR))
        wanted = _wanted(incident, policy)
        reads = (self.answer(name, role) for name, role in named if name and role in wanted)
        return tuple(await asyncio.gather(*reads))

    def names(self, people: tuple[PersonId, ...]) -> str:
        """Several people by name, so that nobody is paged by it."""
        known = tuple((person.id, person.name) for person in self.content.policy().people)
        return Scene(self.clock.now(), names=known).people(people, 5)

    async def answer(self, name: RosterName, role: Role) -> RosterAnswer:
        """Who is in a roster now, none older than the gate allows; an error is an answer."""
        kept = self._read.get((name, role))
        if kept is not None and self.clock.now() - kept.at <= ROSTER_FRESH_FOR:
            return kept
        try:
            async with asyncio.timeout(ROSTER_SECONDS):
                answer = await self.roster.read(name, role)
        except TimeoutError:
            return RosterAnswer(role, name, "", (), self.clock.now(), error="no answer within 2 s")
        if not answer.error:
            self._read[name, role] = answer
        return answer

    def _note(self, incident: Incident, rosters: tuple[RosterAnswer, ...]) -> str:
        """Why the approvers are not all known; nothing where they are."""
        state = incident.current
        if state is None or not state.open:
            return ""
        failed = [f"{a.roster}: {a.error or 'nobody is in it'}" for a in rosters if a.error or not a.members]
        return "; ".join(failed)


def _wanted(incident: Incident, policy: Policy) -> tuple[Role, ...]:
    state = incident.current
    roles = policy.rule(state.plan.tier).roles if state and state.open else ()
    return (Role.ONCALL, *(role for role in roles if role is not Role.ONCALL))


def _approvers(
    incident: Incident,
    policy: Policy,
    rosters: tuple[RosterAnswer, ...],
    roles: Callable[[PlanState, TierRule], tuple[Role, ...]],
) -> tuple[PersonId, ...]:
    state = incident.current
    if state is None or not state.open:
        return ()
    rule = policy.rule(state.plan.tier)
    barred = set[PersonId]() if rule.originator_may_approve else set(state.plan.originators)
    may = _members(rosters, roles(state, rule))
    return tuple(person for person in may if person not in barred)


def _members(rosters: tuple[RosterAnswer, ...], roles: tuple[Role, ...]) -> tuple[PersonId, ...]:
    found = (person for answer in rosters if answer.role in roles for person in answer.members)
    return tuple(dict.fromkeys(found))
