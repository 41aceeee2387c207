"""One suite for the hands that tests use and for the hands that act."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from bot.adapters.hands import ApprovedHands
from bot.domain.decision import Order
from bot.domain.errors import ExecutorRefusedError, StoreUnavailableError, UnknownIncidentError
from bot.domain.events import Decided, ExecutionStarted, OutcomeUnknown, StepFinished
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, Fence
from bot.ports.world import Hands
from tests.fakes.claimed import Case, another_digest, claimed, kept
from tests.fakes.content import PROCESS, FixedContent, example_content
from tests.fakes.store import MemoryStore, memory_store
from tests.fakes.world import FakeClock, FakeHands

RAISE = ProposedStep(ActionId("increase_pool_size"), PROCESS, (("pool_size", 40),))
RESTART = ProposedStep(ActionId("restart"), PROCESS)


@dataclass(frozen=True, slots=True)
class Room:
    """Hands over a store that can be looked into."""

    hands: Hands
    store: MemoryStore
    content: FixedContent
    clock: FakeClock
    acted: Callable[[], bool]


def simulated_content() -> FixedContent:
    content = example_content()
    service = content.fixed_inventory.services[0]
    target = replace(service.targets[0], executor="simulator")
    content.fixed_inventory = replace(
        content.fixed_inventory, services=(replace(service, targets=(target,)),)
    )
    return content


@pytest.fixture(params=["fake", "real"])
def room(request: pytest.FixtureRequest) -> Room:
    clock, content = FakeClock(), simulated_content()
    store = memory_store(clock)
    if request.param == "fake":
        fake = FakeHands(store.incidents)
        return Room(fake, store, content, clock, lambda: bool(fake.performed))
    details: list[str] = []

    def noted(text: str) -> str:
        details.append(text)
        return text

    real = ApprovedHands(store.incidents, content, clock, noted)
    return Room(real, store, content, clock, lambda: bool(details))


async def a_claimed_step(room: Room, events: int | None = None) -> Case:
    case = claimed(room.content, room.clock, RAISE, RESTART)
    await kept(room.store.incidents, case, room.clock, events)
    return case


async def test_a_claimed_step_of_an_approved_plan_runs(room: Room) -> None:
    case = await a_claimed_step(room)
    done = await room.hands.perform(case.incident, case.order)
    assert done.ok
    assert room.acted()


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (3, "has not been approved"),  # proposed, nobody clicked
        (4, "is not being executed"),  # approved, execution not begun
        (5, "has not been claimed"),  # execution begun, step not claimed
    ],
)
async def test_without_a_consumed_approval_it_refuses(room: Room, events: int, why: str) -> None:
    case = await a_claimed_step(room, events)
    with pytest.raises(ExecutorRefusedError) as refused:
        await room.hands.perform(case.incident, case.order)
    assert refused.value.code == "NOT_APPROVED"
    assert why in refused.value.message
    assert not room.acted()


async def test_a_rejected_plan_is_refused(room: Room) -> None:
    case = claimed(room.content, room.clock, RAISE)
    decided = case.events[3]
    assert isinstance(decided, Decided)
    rejected = replace(case, events=(*case.events[:3], replace(decided, approved=False)))
    await kept(room.store.incidents, rejected, room.clock)
    with pytest.raises(ExecutorRefusedError) as refused:
        await room.hands.perform(case.incident, case.order)
    assert refused.value.code == "NOT_APPROVED"
    assert not room.acted()


async def test_another_digest_is_refused(room: Room) -> None:
    case = await a_claimed_step(room)
    with pytest.raises(ExecutorRefusedError) as refused:
        await room.hands.perform(case.incident, another_digest(case))
    assert refused.value.message == "No such plan is in the store."


@pytest.mark.parametrize(
    ("step", "later"),
    [(0, 1), (0, -1), (1, 0), (2, 0), (-1, 0)],
    ids=["later fence", "earlier fence", "unclaimed step", "no such step", "negative step"],
)
async def test_an_order_for_anything_but_the_claimed_step_is_refused(
    room: Room, step: int, later: int
) -> None:
    case = await a_claimed_step(room)
    order = Order(case.order.digest, step, Fence(case.order.fence + later))
    with pytest.raises(ExecutorRefusedError):
        await room.hands.perform(case.incident, order)
    assert not room.acted()


@pytest.mark.parametrize("how", ["finished", "unknown"])
async def test_a_step_that_has_ended_is_refused(room: Room, how: str) -> None:
    case = claimed(room.content, room.clock, RAISE)
    ended = (
        StepFinished(case.order.digest, 0, True, "", ())
        if how == "finished"
        else OutcomeUnknown(case.order.digest, 0, "")
    )
    await kept(room.store.incidents, replace(case, events=(*case.events, ended)), room.clock)
    with pytest.raises(ExecutorRefusedError):
        await room.hands.perform(case.incident, case.order)
    assert not room.acted()


async def test_an_incident_that_nobody_knows_runs_nothing(room: Room) -> None:
    case = claimed(room.content, room.clock, RAISE)
    with pytest.raises((ExecutorRefusedError, UnknownIncidentError)):
        await room.hands.perform(case.incident, case.order)
    assert not room.acted()


async def test_a_store_that_is_down_runs_nothing(room: Room) -> None:
    case = await a_claimed_step(room)
    room.store.shelf.down = True
    with pytest.raises(StoreUnavailableError):
        await room.hands.perform(case.incident, case.order)
    assert not room.acted()


def test_the_helper_claims_what_it_says() -> None:
    case = claimed(example_content(), FakeClock(), RAISE)
    assert isinstance(case.events[4], ExecutionStarted)
