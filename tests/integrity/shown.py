"""What was shown is what ran: a card's blocks, the stored plan and the executor's calls must say the same."""

import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from bot.adapters import executors
from bot.adapters.hands import ApprovedHands
from bot.adapters.store import StorePlan, opened
from bot.adapters.tasks import Task
from bot.domain.alert import Place
from bot.domain.decision import Click, Refused, parse_value
from bot.domain.events import Diagnosed, IncidentOpened
from bot.domain.finding import Option, Remediation
from bot.domain.ids import IncidentId, PersonId, grouped
from bot.domain.incident import Incident, Phase, PlanState
from bot.domain.plan import Plan
from bot.flow.approval import judge
from bot.flow.conductor import append, load, walk
from bot.flow.table import table
from bot.ports.cards import Blobs, Cards, MessageRef, Seen, SentCard
from bot.ports.ports import Ports
from bot.ports.records import Incidents, Queue, WorkerRole
from bot.ports.world import Done
from bot.slack.views.plan_card import plan_card
from bot.slack.views.scene import Scene
from tests.fakes.content import CHECKOUT, LEAD, ONCALL, SENIOR, WORKSPACE, example_persons
from tests.fakes.house import CHANNEL, alert, pool_diagnosis
from tests.fakes.store import memory_store
from tests.fakes.world import FakeClock, FakeEyes, FakePeople, FakeRoster, ScriptedTeam
from tests.integrity.generated import HOW, Proposal, proposal

HEADING = re.compile(r"\non (\S+) \((\S+), run by (\S+), at most (\d+) s\)")
CHANGED = re.compile(r"(\S+): (.*) → (\S+)")
SET = re.compile(r"(\S+) = (\S+)")

Blocks = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """One step as a card, a plan or an executor's call says it; values as people read them."""

    action: str
    target: str
    executor: str
    seconds: int
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person reads and presses on a card."""

    steps: tuple[Said, ...]
    environment: str
    digest: str
    value: str | None


@dataclass(slots=True)
class Tally:
    """Plans that were carried through, those too large to be approved, and every difference."""

    ran: int = 0
    too_large: int = 0
    calls: int = 0
    different: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Shelves:
    """The ports of one store."""

    incidents: Incidents
    queue: Queue
    cards: Cards
    seen: Seen
    blobs: Blobs


def read_card(blocks: Blocks) -> Shown:
    """A card read back from its blocks alone, as they go over the wire."""
    steps: list[Said] = []
    frame = ""
    for block in blocks:
        if block["type"] != "rich_text":
            continue
        texts = [_text(part) for part in block["elements"]]
        heading = HEADING.search(texts[0])
        if texts[0].startswith("Step ") and heading:
            steps.append(_step(heading, texts[1]))
        elif texts[0].startswith("Environment: "):
            frame = texts[0]
    rows = {name: value for name, _, value in (row.partition(": ") for row in frame.split("\n"))}
    return Shown(tuple(steps), rows.get("Environment", ""), rows.get("Digest", ""), _approve(blocks))


def _text(part: dict[str, Any]) -> str:
    return "".join(piece.get("text", piece.get("fallback", "")) for piece in part["elements"])


def _step(heading: re.Match[str], lines: str) -> Said:
    values: dict[str, str] = {}
    for row in lines.split("\n"):
        found = CHANGED.fullmatch(row) or SET.fullmatch(row)
        if found:
            assert values.setdefault(found[1], found[found.re.groups]) == found[found.re.groups]
    named = tuple(sorted((name, value) for name, value in values.items() if not name.startswith("field_")))
    return Said(heading[2], heading[1], heading[3], int(heading[4]), named)


def _approve(blocks: Blocks) -> str | None:
    buttons = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
    return next((one["value"] for one in buttons if one["action_id"] == "decide_approve"), None)


def stored(plan: Plan) -> tuple[Said, ...]:
    """The steps of the stored plan."""
    return tuple(
        Said(
            step.action,
            step.target,
            step.executor,
            step.timeout_seconds,
            tuple(sorted((name, str(value)) for name, value in step.parameters)),
        )
        for step in plan.steps
    )


def called(task: Task) -> Said:
    """A call as the executor received it."""
    parameters = tuple(sorted((name, str(value)) for name, value in task.step.parameters))
    executor = task.target.executor
    return Said(task.action.id, task.target.id, executor, task.step.timeout_seconds, parameters)


async def _quiet() -> None:
    """Nothing happens while a step runs."""


@contextmanager
def recording(meanwhile: Callable[[], Awaitable[None]] = _quiet) -> Generator[list[Task]]:
    """Executors that only write down what they are called with; `meanwhile` happens during each call."""
    calls: list[Task] = []

    async def record(task: Task) -> Done:
        calls.append(task)
        await meanwhile()
        return Done(ok=True, detail="recorded")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executors, "EXECUTORS", {"supervisor": {HOW: record}})
        yield calls


def ports_of(made: Proposal, shelves: Shelves, clock: FakeClock) -> Ports:
    """All ports: the real hands over this store, a team that proposes just this."""
    eyes = FakeEyes(clock, state=made.observed)
    option = Option("Do it", made.steps, "The team says: `p0 = 1` was approved by @everyone.")
    return Ports(
        incidents=shelves.incidents,
        queue=shelves.queue,
        cards=shelves.cards,
        seen=shelves.seen,
        blobs=shelves.blobs,
        content=made.content,
        people=FakePeople(example_persons()),
        roster=FakeRoster(made.content.policy(), clock),
        team=ScriptedTeam(remediations=deque([Remediation((option,))])),
        eyes=eyes,
        hands=ApprovedHands(shelves.incidents, made.content, clock, str),
        clock=clock,
    )


async def carried(ports: Ports, calls: list[Task], tally: Tally) -> None:
    """One plan from the team's words to the executor, by the button of its own card; compare all three."""
    incident = await _proposed(ports)
    state = incident.current
    calls.clear()
    if state is None:
        assert "TOO_LARGE_TO_REVIEW" in incident.escalation, incident.escalation
        tally.too_large += 1
        await walk(ports, incident.id, WorkerRole.ACT, table)
        if calls:
            tally.different.append(f"{incident.id}: ran without a plan")
        return
    shown = _rendered(incident, state)
    ref = MessageRef(CHANNEL, "1790000000.900001")
    await ports.cards.record(incident.id, "plan:1", SentCard(ref, "shown"))
    if shown.value is None:
        tally.too_large += 1
        await walk(ports, incident.id, WorkerRole.ACT, table)
        if calls:
            tally.different.append(f"{incident.id}: ran without a button")
        return
    await _approved(ports, shown.value, ref, state)
    await walk(ports, incident.id, WorkerRole.ACT, table)
    after = await load(ports, incident.id)
    tally.ran += 1
    tally.calls += len(calls)
    tally.different += differences(shown, after, tuple(calls))


def differences(shown: Shown, after: Incident, calls: tuple[Task, ...]) -> list[str]:
    """Where the card, the stored plan and the calls are not the same; nothing where they are."""
    state = after.plans[0]
    plan = state.plan
    wanted = stored(plan)
    received = tuple(called(task) for task in calls)
    typed = [task.step.parameters for task in calls] == [step.parameters for step in plan.steps]
    kind = "production" if plan.production else "not production"
    checks = (
        (shown.steps == wanted, "the card shows other steps than the plan holds"),
        (received == wanted and typed, "the executor was called with something else"),
        (shown.environment == f"{plan.environment} ({kind})", "the card shows another environment"),
        (shown.digest == grouped(state.digest), "the card shows another digest"),
        (after.phase is Phase.EXECUTED, f"the plan ended {after.phase}"),
    )
    return [f"{after.id}: {why}" for same, why in checks if not same]


async def _proposed(ports: Ports) -> Incident:
    name = IncidentId(ports.clock.new_id("inc"))
    place = Place(WORKSPACE, CHANNEL, f"1790000000.{int(name.removeprefix('inc-')):06d}")
    opening = (IncidentOpened(name, alert(name), place, CHECKOUT), Diagnosed(pool_diagnosis()))
    await append(ports, None, name, opening)
    await walk(ports, name, WorkerRole.THINK, table)
    return await load(ports, name)


def _rendered(incident: Incident, state: PlanState) -> Shown:
    """The card as Slack gets it, as JSON, read back."""
    card = plan_card(incident, state, Scene(incident.updated_at, approvers=(ONCALL, LEAD)))
    return read_card(cast("Blocks", json.loads(json.dumps(card.message.blocks))))


async def _approved(ports: Ports, value: str, ref: MessageRef, state: PlanState) -> None:
    """As many distinct people as it needs press the card's own button."""
    named = parse_value(value)
    assert named is not None
    people: tuple[PersonId, ...] = (ONCALL, SENIOR)[: state.plan.approvals]
    for person in people:
        said = await judge(ports, table, Click(True, *named, ref.channel, ref.ts), person)
        assert not isinstance(said, Refused), said


async def memory(seeds: range) -> Tally:
    """Generated plans on in-memory stores, one each."""
    tally = Tally()
    with recording() as calls:
        for seed in seeds:
            clock = FakeClock()
            store = memory_store(clock)
            shelves = Shelves(store.incidents, store.queue, store.cards, store.seen, store.blobs)
            await carried(ports_of(proposal(seed), shelves, clock), calls, tally)
    return tally


async def valkey(seeds: range, directory: Path) -> Tally:
    """Generated plans on one embedded server."""
    tally = Tally()
    with recording() as calls:
        async with opened(StorePlan(directory)) as store:
            shelves = Shelves(store.incidents, store.queue, store.cards, store.seen, store.blobs)
            clock = FakeClock()
            for seed in seeds:
                await carried(ports_of(proposal(seed), shelves, clock), calls, tally)
    return tally
