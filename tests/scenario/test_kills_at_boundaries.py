"""kill -9 at boundaries of the road, with real processes; `make chaos` has all of them."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.chaos.boundaries import ACTIONS, survive
from tests.chaos.mortal import Boundary
from tests.chaos.stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANDFUL = (
    Boundary("IncidentOpened", "before", "bot"),
    Boundary("PlanProposed", "after", "think"),
    Boundary("record plan:1", "before", "bot"),
    Boundary("StepStarted", "before", "act"),
    Boundary("StepStarted", "after", "act"),
    Boundary("StepFinished", "before", "act"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    async with staged(tmp_path_factory.mktemp("home"), actions=ACTIONS) as one:
        yield one


@pytest.mark.parametrize("boundary", HANDFUL, ids=str)
async def test_the_incident_ends_as_it_would_have(stage: Stage, boundary: Boundary) -> None:
    told = await survive(stage, boundary)
    assert told.unknown == (boundary.what in {"StepStarted", "StepFinished"} and boundary != HANDFUL[3])
