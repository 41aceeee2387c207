"""Many incidents, one after the other, on one or two targets, under limits that a test sets."""

from collections import deque
from dataclasses import replace

from bot.domain.events import Decided
from bot.domain.finding import ProposedStep, Remediation
from bot.domain.ids import ActionId, IncidentId, TargetId
from bot.domain.incident import Phase
from bot.ports.world import Done
from tests.fakes.content import PROCESS
from tests.fakes.house import PLACE, RAISE, House, alert

BROKEN = Done(ok=False, detail="no")
OTHER = TargetId("checkout/worker")


def limited(home: House, **limits: int | bool) -> None:
    """Let the policy say other limits."""
    policy = home.content.fixed_policy
    home.content.fixed_policy = replace(policy, limits=replace(policy.limits, **limits))


def with_other_target(home: House) -> None:
    """Let the service have a second target like the first."""
    old = home.content.fixed_inventory
    service = old.services[0]
    twin = replace(service.targets[0], id=OTHER)
    home.content.fixed_inventory = replace(
        old, services=(replace(service, targets=(*service.targets, twin)), *old.services[1:])
    )
    home.eyes.set_state(OTHER, **home.eyes.state[PROCESS])


async def fired(home: House, number: int) -> IncidentId:
    """Another incident with a plan that waits for a click."""
    home.content.fixed_alert_rules = replace(home.content.fixed_alert_rules, group_seconds=0)
    place = replace(PLACE, thread=f"1790000000.{number:06d}")
    incident = await home.fires(alert(f"fp-{number}"), place)
    await home.work()
    return incident


def proposes(home: House, *pools: int, target: TargetId = PROCESS) -> None:
    """Let the team propose these pool sizes, one step each."""
    steps = tuple(ProposedStep(ActionId("increase_pool_size"), target, (("pool_size", n),)) for n in pools)
    home.team.remediations = deque([Remediation((replace(RAISE, steps=steps),))])


async def failed_twice(home: House) -> None:
    """Two executions on the target fail, one after the other, in two incidents."""
    for number in (1, 2):
        proposes(home, 30 + number)
        incident = await fired(home, number)
        home.hands.answers.append(BROKEN)
        assert isinstance(await home.click(incident), Decided)
        await home.work()
        assert (await home.incident(incident)).phase is Phase.STOPPED
