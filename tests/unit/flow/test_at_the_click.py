"""What each part of the world says at a click: the append, the pauses, the channel, the freeze."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.claim import Claim
from bot.domain.claims import Index
from bot.domain.decision import NOT_YET, UNSURE, Click, Code, Refused
from bot.domain.errors import ClaimRefusedError, ConflictError, IllegalEventError, StoreUnavailableError
from bot.domain.events import Decided, Entry
from bot.domain.ids import Fence, IncidentId, PlanId
from bot.flow.approval import judge, standing
from bot.flow.control import pause
from bot.flow.table import table
from bot.ports.records import Appended
from bot.ports.records import Pause as Paused
from tests.fakes.busy import limited
from tests.fakes.content import COLLEAGUE, ONCALL
from tests.fakes.house import CHANNEL, House, house
from tests.fakes.incidents import MemoryIncidents
from tests.unit.flow.test_freezes import NOW, SAID, freeze


async def waiting(home: House) -> IncidentId:
    """An incident whose plan waits for a click."""
    incident = await home.fires()
    await home.work()
    return incident


class Unwilling(MemoryIncidents):
    """A store that fails in one way at each append, once it is told how."""

    def how(self, fault: Exception) -> None:
        self.fault = fault

    async def append(
        self,
        incident: IncidentId,
        version: int,
        entries: Sequence[Entry],
        claims: Sequence[Claim],
        index: Index,
        fence: Fence | None = None,
    ) -> Appended:
        if hasattr(self, "fault"):
            raise self.fault
        return await super().append(incident, version, entries, claims, index, fence)


def unwilling() -> tuple[House, Unwilling]:
    home = house()
    incidents = Unwilling(home.store.shelf)
    home.store = replace(home.store, incidents=incidents)
    home.ports = replace(home.ports, incidents=incidents)
    return home, incidents


async def test_what_stopped_the_append_decides_what_the_person_is_told() -> None:
    home, incidents = unwilling()
    incident = await waiting(home)
    for fault, said in (
        (IllegalEventError("no"), Refused(Code.DECIDED)),
        (ConflictError(), Refused(Code.STORE_UNAVAILABLE)),
        (StoreUnavailableError(), Refused(Code.STORE_UNAVAILABLE, UNSURE)),
    ):
        incidents.how(fault)
        assert await home.click(incident) == said


async def test_a_plan_whose_incident_the_store_has_lost_is_an_unknown_plan() -> None:
    home = house()
    state = await home.plan(incident := await waiting(home))
    ref = await home.posted(incident)
    click = Click(True, state.plan.id, 1, state.digest[:12], ref.channel, ref.ts)
    del home.store.shelf.entries[incident]
    assert await judge(home.ports, table, click, ONCALL) == Refused(Code.UNKNOWN_PLAN)


async def test_a_plan_that_its_incident_does_not_have_is_an_unknown_plan() -> None:
    home = house()
    incident = await waiting(home)
    ref = await home.posted(incident)
    home.store.incidents.plans[PlanId("plan-999999")] = incident
    click = Click(True, PlanId("plan-999999"), 1, "0" * 12, ref.channel, ref.ts)
    assert await judge(home.ports, table, click, ONCALL) == Refused(Code.UNKNOWN_PLAN)


async def test_a_pause_of_the_plans_environment_holds_at_the_click_and_that_of_another_does_not() -> None:
    home = house()
    incident = await waiting(home)
    await home.store.incidents.set_pause(Paused("environment:shop-staging", COLLEAGUE, "", home.clock.now()))
    found = await home.incident(incident)
    assert await standing(home.ports, found, ONCALL) == Refused(Code.WRONG_MESSAGE, NOT_YET)
    await home.posted(incident)
    assert await standing(home.ports, await home.incident(incident), ONCALL) is None
    await pause(home.ports, "environment:shop-production", COLLEAGUE, "careful")
    assert await home.click(incident) == Refused(Code.PAUSED, "environment:shop-production")


async def test_pauses_that_cannot_be_read_are_called_so() -> None:
    home = house()
    incident = await waiting(home)

    class Unreadable(MemoryIncidents):
        """A store whose pauses cannot be read."""

        async def pauses(self) -> tuple[Paused, ...]:
            raise StoreUnavailableError

    store = Unreadable(home.store.shelf, plans=home.store.incidents.plans)
    home.ports = replace(home.ports, incidents=store)
    assert await home.click(incident) == Refused(Code.PAUSED, "the pauses cannot be read")
    assert [refusal.code for refusal in store.refused] == [Code.PAUSED]


async def test_a_channel_that_became_shared_is_refused_where_the_policy_forbids_it() -> None:
    home = house()
    incident = await waiting(home)
    home.people.shared_channels.add(CHANNEL)
    assert await home.click(incident) == Refused(Code.SHARED_CHANNEL)
    home.people.shared_channels.clear()
    assert isinstance(await home.click(incident), Decided)


async def test_who_could_approve_is_asked_as_an_approval_which_a_freeze_stops() -> None:
    home = house()
    incident = await waiting(home)
    await home.posted(incident)
    freeze(home, NOW)
    said = await standing(home.ports, await home.incident(incident), ONCALL)
    assert said == Refused(Code.FROZEN, SAID.removeprefix("shop-production is "))


async def test_each_click_is_written_down_under_a_name_of_its_own_by_which_a_store_tells_two_apart() -> None:
    home = house()
    incident = await waiting(home)
    assert isinstance(await home.click(incident, approve=False, reason="not this one"), Decided)
    (written,) = (e.event for e in home.stored(incident).entries if isinstance(e.event, Decided))
    assert (written.approved, written.reason, written.click) == (False, "not this one", "click-000001")
    assert home.clock.new_id("click") == "click-000002"


async def test_who_could_approve_is_told_of_a_full_limit_of_this_incident_before_the_click() -> None:
    home = house()

    class Asked(MemoryIncidents):
        """A store that remembers about whose limits it was asked."""

        async def refusing(self, incident: IncidentId, claims: Sequence[Claim]) -> ClaimRefusedError | None:
            assert incident in self.shelf.entries
            return await super().refusing(incident, claims)

    home.ports = replace(home.ports, incidents=Asked(home.store.shelf))
    incident = await waiting(home)
    await home.posted(incident)
    found = await home.incident(incident)
    assert await standing(home.ports, found, ONCALL) is None
    limited(home, executions_per_incident=0)
    said = await standing(home.ports, found, ONCALL)
    assert said == Refused(Code.RATE_LIMIT, "at most 0 executions in one incident")
