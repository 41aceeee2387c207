"""A service to draft plans for, and the road from a team's answer to a plan, as it is in production."""

import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from bot.adapters.content import FileContent
from bot.domain.action import Catalogue
from bot.domain.alert import Alert, Place
from bot.domain.apply import replay
from bot.domain.drafting import Desk, draft
from bot.domain.errors import PlanRefusedError
from bot.domain.events import Entry, Event, IncidentOpened
from bot.domain.evidence import Observation
from bot.domain.finding import Option, Remediation
from bot.domain.ids import At, EnvironmentId, IncidentId, PlanId, RosterName, ServiceName, TargetId
from bot.domain.incident import Incident
from bot.domain.plan import Plan
from bot.domain.service import Criticality, Environment, Inventory, MetricSpec, Service, Target
from bot.ports.content import Content

SHIPPED = Path(__file__).resolve().parents[2] / "runbooks"
PAGE = "connection-pool-exhausted.md"
PROCESS = TargetId("process")
HOUSE = EnvironmentId("production")
STATE: Mapping[str, str] = {
    "state": "RUNNING",
    "pid_start": "4242@1790000000",
    "pool_size": "20",
    "version": "42",
    "releases": "41,42",
    "instances": "2",
}
"""What a look at the target shows; the fields that the shipped actions read."""


def shipped() -> FileContent:
    """The runbooks, actions and policy that come with Greenlight."""
    return FileContent((SHIPPED,), {})


@contextmanager
def with_page(name: str, added: str) -> Generator[FileContent]:
    """The shipped content with more text at the end of one page."""
    with tempfile.TemporaryDirectory() as folder:
        page = (SHIPPED / name).read_text(encoding="utf-8")
        safe = added.encode("utf-8", "replace").decode()
        (Path(folder) / name).write_text(f"{page}\n{safe}\n", encoding="utf-8")
        yield FileContent((Path(folder), SHIPPED), {})


def service_of(name: str, catalogue: Catalogue) -> Service:
    """An inventory entry for a service of the material: one target, every action allowed."""
    metrics = (MetricSpec("error_rate", "error_rate", "ratio", normal_high=Decimal("0.02")),)
    return Service(
        name=ServiceName(name),
        title=name,
        environment=HOUSE,
        criticality=Criticality.HIGH,
        oncall=RosterName("oncall"),
        lead=RosterName("lead"),
        metrics=metrics,
        targets=(Target(PROCESS, "simulator"),),
        actions=tuple(action.id for action in catalogue.actions),
    )


def observed(catalogue: Catalogue, now: At) -> Observation:
    """The state of the target, with every field that some action reads."""
    names = {name for action in catalogue.actions for name in action.reads}
    fields = {**dict.fromkeys(sorted(names), "1"), **STATE}
    return Observation(PROCESS, now, tuple(fields.items()))


def drafted(
    remediation: Remediation, alert: Alert, service: Service, content: Content, now: At
) -> tuple[tuple[Option, Plan], ...]:
    """The options that become plans, in their order; the first one is proposed."""
    inventory = Inventory((Environment(HOUSE, production=True),), (service,), "0" * 64)
    seen = observed(content.catalogue(), now)
    desk = Desk(
        inventory=inventory,
        catalogue=content.catalogue(),
        policy=content.policy(),
        observations={PROCESS: seen},
        originators=(),
        tripwire=content.tripwire,
        raise_tier=remediation.raise_tier,
        now=now,
    )
    incident = opened(alert, service, now)
    kept = list[tuple[Option, Plan]]()
    for option in remediation.options:
        try:
            kept.append((option, draft(incident, PlanId("plan-1"), option.steps, desk)))
        except PlanRefusedError:
            continue
    return tuple(kept)


def opened(alert: Alert, service: Service, now: At, *events: Event) -> Incident:
    """An incident of that service to which these events have happened."""
    place = Place("T0EVAL", "C0EVAL", "1790000000.000100")
    first = IncidentOpened(IncidentId("inc-eval"), alert, place, service.name)
    entries = (Entry(number, now, None, event) for number, event in enumerate((first, *events), 1))
    incident = replay(entries)
    assert incident is not None
    return incident
