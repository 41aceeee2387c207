"""The flow's verbs as the Slack room calls them."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from bot.domain.alert import Alert, Place, Sighted
from bot.domain.apply import replay
from bot.domain.decision import Click, Code, Refused
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import Asked, Decided, IncidentClosed, OutcomeRecorded
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident
from bot.flow import control
from bot.flow.approval import judge
from bot.flow.followup import asked
from bot.flow.intake import alert_seen, home_of
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.slack.faces import status_text
from bot.slack.scenery import Scenery
from bot.slack.verbs import Verbs
from bot.slack.views.answers import answer
from bot.wiring.care import Caring
from bot.wiring.rework import Reworking
from bot.wiring.talk import Talking

ELSEWHERE = (
    "Mention me in an incident's thread to ask about it: status, why, evidence, plan, who can approve."
)
SHOWN_ANEW = frozenset(
    {Code.POLICY_CHANGED, Code.CATALOGUE_CHANGED, Code.FROZEN, Code.PAUSED, Code.EXPIRED, Code.RATE_LIMIT}
)
"""Refusals by what changed around a plan, which no event of its incident tells."""
NO_SUCH_STEP = "This step is no longer in doubt. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Flow:
    """The verbs bound to the ports of this process."""

    ports: Ports
    scenery: Scenery
    turns: asyncio.Lock = field(default_factory=asyncio.Lock)

    def verbs(self) -> Verbs:
        """All that listeners may call."""
        return Verbs(
            alert_seen=self._alert_seen,
            home_of=self._home_of,
            judge=self._judge,
            asked=self._asked,
            pause=self._pause,
            resume=self._resume,
            stop=self._stop,
            record_truth=self._record_truth,
            close=self._close,
            care=Caring(self.ports, self._sighted).care(),
            talk=Talking(self.ports).talk(),
            rework=Reworking(self.ports).rework(),
        )

    async def _alert_seen(self, sighted: Sighted) -> None:
        await self._sighted(sighted)

    async def _sighted(self, sighted: Sighted) -> IncidentId | None:
        # one at a time, so that of two related alerts the second finds the incident of the first
        async with self.turns:
            return await alert_seen(self.ports, sighted)

    async def _home_of(self, alert: Alert) -> Place | None:
        return await home_of(self.ports, alert)

    async def _judge(self, click: Click | Refused, person: PersonId) -> Decided | Refused:
        said = await judge(self.ports, table, click, person)
        if isinstance(click, Click) and isinstance(said, Refused) and said.code in SHOWN_ANEW:
            await self._draw_anew(click)
        return said

    async def _draw_anew(self, click: Click) -> None:
        """The card should say by itself what the person was just told."""
        with suppress(StoreUnavailableError):
            incident = await self.ports.incidents.by_plan(click.plan)
            if incident is not None:
                await self.ports.cards.mark(incident)

    async def _asked(self, place: Place, person: PersonId, ts: str, text: str) -> str | None:
        """A question in an incident's thread is answered by a card; elsewhere by what is open."""
        found = await self.ports.incidents.by_thread(place)
        if found is None:
            return await self._elsewhere()
        scene = await self.scenery.of(await self._incident(found))

        def answerer(incident: Incident, question: str) -> tuple[str, tuple[str, ...]] | None:
            return answer(incident, scene, question)

        await asked(self.ports, table, answerer, Asked(person, ts, text), place)
        return None

    async def _elsewhere(self) -> str:
        names = await self.ports.incidents.opened(20)
        incidents = tuple([await self._incident(name) for name in names])
        pauses = await self.ports.incidents.pauses()
        return f"{status_text(incidents, pauses, self.scenery.freezes())}\n{ELSEWHERE}"

    async def _incident(self, name: IncidentId) -> Incident:
        incident = replay((await self.ports.incidents.load(name)).entries)
        assert incident is not None
        return incident

    async def _pause(self, scope: str, person: PersonId, reason: str) -> str:
        one = _incident_of(scope)
        if one is not None:
            return await control.pause_one(self.ports, one, person, reason)
        return await control.pause(self.ports, scope, person, reason)

    async def _resume(self, scope: str, person: PersonId, reason: str) -> str:
        one = _incident_of(scope)
        if one is not None:
            return await control.go_on(self.ports, table, one, person, reason)
        return await control.resume(self.ports, scope, person, reason)

    async def _stop(self, incident: IncidentId, person: PersonId) -> str:
        return await control.stop(self.ports, incident, person)

    async def _record_truth(
        self,
        incident: IncidentId,
        digest12: str,
        step: int,
        applied: bool,  # noqa: FBT001 - the very thing that is recorded
        person: PersonId,
        note: str,
    ) -> str:
        state = (await self._incident(incident)).current
        if state is None or not state.digest.startswith(digest12):
            return NO_SUCH_STEP
        truth = OutcomeRecorded(state.digest, step, applied, person, note)
        return await control.record_truth(self.ports, table, incident, truth)

    async def _close(self, incident: IncidentId, closed: IncidentClosed) -> str:
        return await control.close(self.ports, incident, closed)


def _incident_of(scope: str) -> IncidentId | None:
    """The incident that a scope of pause or resume names, if it is one: `incident:<id>`."""
    kind, _, name = scope.partition(":")
    return IncidentId(name) if kind == "incident" else None
