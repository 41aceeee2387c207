"""A target whose settings change in services.yaml under a plan: what was approved is not what would run."""

from dataclasses import replace

import pytest

from bot.domain.decision import ExecutionCode
from bot.domain.events import Decided, Probed
from bot.domain.incident import Phase, StepStatus
from bot.domain.plan import digest_of, parsed
from tests.fakes.house import House, house
from tests.unit.flow.test_probes import in_doubt


def moved(home: House, address: str) -> None:
    """Write other settings of the only target into the inventory."""
    service = home.content.fixed_inventory.services[0]
    targets = tuple(replace(target, address=address) for target in service.targets)
    services = (replace(service, targets=targets), *home.content.fixed_inventory.services[1:])
    home.content.fixed_inventory = replace(home.content.fixed_inventory, services=services)


async def test_settings_of_a_target_that_changed_after_the_approval_stop_the_step() -> None:
    home = house()
    moved(home, "one")
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident), Decided)
    moved(home, "another")
    await home.work()
    step = (await home.plan(incident)).steps[0]
    assert (step.status, step.code) == (StepStatus.NOT_RUN, ExecutionCode.ENVIRONMENT_MISMATCH)
    assert "services.yaml" in step.detail
    assert home.hands.performed == []


async def test_the_same_settings_let_the_step_run_and_stand_in_the_hash() -> None:
    home = house()
    moved(home, "one")
    incident = await home.fires()
    await home.work()
    state = await home.plan(incident)
    assert parsed(state.body).steps[0].address == "one"
    assert digest_of(state.body.replace('"address":"one"', '"address":"two"')) != state.digest
    await home.click(incident)
    await home.work()
    assert len(home.hands.performed) == 1


@pytest.mark.parametrize("address", ["one", "another"])
async def test_a_probe_that_would_look_elsewhere_says_nothing_of_the_step(address: str) -> None:
    home = house()
    moved(home, "one")
    home, incident = await in_doubt(home)
    await home.work()
    moved(home, address)
    await home.pass_time(90)
    events = (entry.event for entry in home.store.shelf.entries[incident])
    probes = [event for event in events if isinstance(event, Probed)]
    if address == "one":
        assert probes[-1].applied is False
        return
    assert [event.applied for event in probes] == [None, None, None]
    assert "services.yaml" in probes[0].detail
    assert (await home.incident(incident)).phase is Phase.UNKNOWN
