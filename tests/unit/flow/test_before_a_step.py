"""What is looked at right before a step, part by part, and what the record says of its beginning and end."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from bot.domain.decision import ExecutionCode
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import ExecutionStarted, OutcomeUnknown, StepStarted
from bot.domain.ids import EnvironmentId, IncidentId, TargetId
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import Environment, Service
from bot.flow import execution_checks
from bot.flow.conductor import Work
from bot.flow.execution import ending
from bot.flow.execution_checks import halted, misplaced_now, paused
from bot.ports.records import Pause
from tests.fakes.content import PROCESS
from tests.fakes.house import House, house
from tests.fakes.incidents import MemoryIncidents
from tests.fakes.story import FENCE, story
from tests.fakes.world import FakeEyes
from tests.unit.flow.test_execution_says import approved as approved_twice
from tests.unit.flow.test_execution_says import told
from tests.unit.flow.test_live_checks import approved, stopped_by


def served(home: House, *services: Service) -> None:
    """Let the inventory have these services, and a second environment."""
    old = home.content.fixed_inventory
    staging = Environment(EnvironmentId("shop-staging"), production=False)
    home.content.fixed_inventory = replace(old, environments=(*old.environments, staging), services=services)


async def test_a_worker_that_was_lost_within_a_step_leaves_an_unknown_outcome_in_these_words() -> None:
    lost = story().opened().diagnosed().proposed().approved().started().step_started()
    said = [event async for event in ending(lost.incident, Work(house().ports, FENCE))]
    words = "The worker was lost after this step had begun."
    assert said == [OutcomeUnknown(lost.plan.digest, 0, words)]


async def test_every_step_of_a_plan_has_a_key_of_its_own() -> None:
    home = house()
    incident = await approved_twice(home)
    await home.work()
    digest = (await home.plan(incident)).digest
    begun = [event for event in told(home, incident, StepStarted) if isinstance(event, StepStarted)]
    assert [one.key for one in begun] == [f"{digest[:12]}:0", f"{digest[:12]}:1"]


class Particular(MemoryIncidents):
    """A store that remembers whose events somebody wanted to know on disk."""

    async def confirmed(self, incident: IncidentId) -> bool:
        return incident in self.shelf.entries and await super().confirmed(incident)


async def test_it_is_the_approval_of_this_very_incident_that_must_be_on_disk() -> None:
    home = house()
    incidents = Particular(home.store.shelf)
    home.store = replace(home.store, incidents=incidents)
    home.ports = replace(home.ports, incidents=incidents)
    home.hands.incidents = incidents
    await approved(home)
    await home.work()
    assert len(home.hands.performed) == 1


async def measured(home: House, incident: IncidentId) -> str | None:
    (begun,) = told(home, incident, ExecutionStarted)
    assert isinstance(begun, ExecutionStarted)
    return begun.measured


async def test_a_metric_that_the_service_has_lost_is_not_measured_before_the_plan_begins() -> None:
    home = house()
    incident = await approved(home)
    (service,) = home.content.fixed_inventory.services
    served(home, replace(service, metrics=()))
    await home.work()
    assert await measured(home, incident) is None


async def test_a_target_that_nobody_owns_any_more_is_in_no_environment_and_is_not_measured() -> None:
    home = house()
    incident = await approved(home)
    served(home)
    said = await stopped_by(home, incident)
    assert said == (ExecutionCode.ENVIRONMENT_MISMATCH, "checkout/process is not in shop-production")
    assert await measured(home, incident) is None


async def test_a_target_that_moved_to_another_environment_is_not_touched() -> None:
    home = house()
    incident = await approved(home)
    (service,) = home.content.fixed_inventory.services
    served(home, replace(service, environment=EnvironmentId("shop-staging")))
    said = await stopped_by(home, incident)
    assert said == (ExecutionCode.ENVIRONMENT_MISMATCH, "checkout/process is not in shop-production")


@dataclass(slots=True)
class Silent(FakeEyes):
    """Eyes that never come back from one kind of look."""

    silent: str = ""
    asked: list[str] = field(default_factory=list[str])

    async def identity(self, service: Service, target: TargetId) -> str | None:
        await self._look("identity")
        return await FakeEyes.identity(self, service, target)

    async def dry_run(self, service: Service, step: Step) -> DryRun | None:
        await self._look("dry run")
        return await FakeEyes.dry_run(self, service, step)

    async def _look(self, kind: str) -> None:
        self.asked.append(kind)
        if kind == self.silent:
            await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("kind", "seconds", "code", "said"),
    [
        (
            "identity",
            "LOOK_SECONDS",
            ExecutionCode.ENVIRONMENT_MISMATCH,
            "supervisor does not say where checkout/process is live within 0.01 s",
        ),
        (
            "dry run",
            "DRY_RUN_SECONDS",
            ExecutionCode.DRY_RUN_DIFFERS,
            "the dry run gave no answer within 0.01 s",
        ),
    ],
)
async def test_a_look_that_never_comes_back_is_given_up_and_the_step_refused(
    kind: str, seconds: str, code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house()
    incident = await approved(home)
    monkeypatch.setattr(execution_checks, seconds, 0.01)
    home.ports = replace(home.ports, eyes=Silent(home.clock, state=home.eyes.state, silent=kind))
    async with asyncio.timeout(20):
        assert await stopped_by(home, incident) == (code, said)


async def test_a_plan_without_its_approvals_is_halted_in_these_words() -> None:
    home = house()
    waiting = story().opened().diagnosed().proposed()
    step = waiting.plan.steps[0].step
    halt, fields = await halted(home.ports, waiting.incident, waiting.plan, step)
    assert (halt, fields) == ((ExecutionCode.EXPIRED, "the approval does not hold"), ())


async def test_an_environment_or_a_target_that_the_inventory_lost_is_no_known_place() -> None:
    home = house()
    (service,) = home.content.fixed_inventory.services
    step = story().opened().diagnosed().proposed().plan.steps[0].step
    gone = replace(service, environment=EnvironmentId("shop-gone"))
    assert await misplaced_now(home.ports, service, step) is None
    for lost in (gone, replace(service, targets=())):
        said = await misplaced_now(home.ports, lost, step)
        assert said == "checkout/process is in no known environment"
    assert home.eyes.looked == [f"identity:checkout:{PROCESS}"]


class Unreadable(MemoryIncidents):
    """A store whose pauses cannot be read."""

    async def pauses(self) -> tuple[Pause, ...]:
        raise StoreUnavailableError


async def test_a_store_that_cannot_be_read_is_a_pause_in_these_words() -> None:
    home = house()
    home.ports = replace(home.ports, incidents=Unreadable(home.store.shelf))
    going = story().opened().diagnosed().proposed().approved()
    assert await paused(home.ports, going.incident, going.plan) == "the store cannot be read"
