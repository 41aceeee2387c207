"""The parts of `policy.yaml` on calling people and on approving by itself, from the file to the domain."""

from collections.abc import Iterator
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field, Strict

from bot.adapters.content_doors import Door, Name, Whole
from bot.domain.action import Catalogue, Tier
from bot.domain.auto_apply import AutoApply
from bot.domain.ids import MINUTE, ActionId, EnvironmentId, PersonId, ServiceName
from bot.domain.paging import NOBODY, Commander, PageKind, PageRule, PageTarget, Paging
from bot.domain.service import Inventory

Secret = Annotated[str, Strict(), Field(pattern=r"^env:[A-Z][A-Z0-9_]{0,63}$")]
"""Where a secret stands, as `env:NAME`; the file itself holds none."""
Address = Annotated[str, Strict(), Field(max_length=300, pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?$")]


class TargetDoor(Door):
    """Something that wakes people."""

    kind: OneOf["webhook", "pagerduty"]
    url: Secret | None = None
    routing_key: Secret | None = None
    events_url: Address | None = None


class RuleDoor(Door):
    """Which target is called for what."""

    target: Name
    services: tuple[Name, ...] = ()
    tiers: tuple[OneOf["low", "medium", "high"], ...] = ()


class CommanderDoor(Door):
    """Who decides when plans are used up."""

    person: Name | None = None
    group: Annotated[str, Strict(), Field(pattern=r"^S[A-Z0-9]{2,20}$")] | None = None
    page: Name | None = None


class CallsDoor(Door):
    """Page targets, the rules that choose one, the incident commander."""

    targets: dict[Name, TargetDoor] = Field(default_factory=dict, max_length=50)
    rules: tuple[RuleDoor, ...] = Field(default=(), max_length=100)
    commander: CommanderDoor | None = None
    no_cause_minutes: Whole = Field(default=30, ge=1, le=1_440)


class AutoApplyDoor(Door):
    """Where and what needs no person."""

    environments: tuple[Name, ...] = Field(min_length=1)
    actions: tuple[Name, ...] = Field(min_length=1)


def calls_mistakes(door: CallsDoor) -> Iterator[str]:
    """What is wrong between its parts."""
    for name, target in door.targets.items():
        wanted, other = ("url", "routing_key") if target.kind == "webhook" else ("routing_key", "url")
        if name == NOBODY:
            yield f"targets.{name}: is a name that Greenlight uses itself"
        if getattr(target, wanted) is None:
            yield f"targets.{name}: a {target.kind} needs {wanted}, as env:NAME"
        if getattr(target, other) is not None:
            yield f"targets.{name}: a {target.kind} takes no {other}"
        if target.events_url is not None and target.kind == "webhook":
            yield f"targets.{name}: a webhook takes no events_url"
    named = [rule.target for rule in door.rules]
    named += [door.commander.page] if door.commander and door.commander.page else []
    for name in named:
        if name not in door.targets:
            known = ", ".join(sorted(door.targets)) or "none is listed"
            yield f"expected page targets ({known}), not {name}"
    if door.commander is not None and not any(
        (door.commander.person, door.commander.group, door.commander.page)
    ):
        yield "commander: expected a person, a group or a page target"


def paging(door: CallsDoor) -> Paging:
    """The domain's form."""
    return Paging(
        targets=tuple(_target(name, target) for name, target in door.targets.items()),
        rules=tuple(
            PageRule(rule.target, tuple(map(ServiceName, rule.services)), tuple(map(Tier, rule.tiers)))
            for rule in door.rules
        ),
        commander=_commander(door.commander),
        no_cause_after=door.no_cause_minutes * MINUTE,
    )


def _target(name: str, door: TargetDoor) -> PageTarget:
    return PageTarget(name, PageKind(door.kind), door.url or door.routing_key or "", door.events_url or "")


def _commander(door: CommanderDoor | None) -> Commander | None:
    if door is None:
        return None
    person = PersonId(door.person) if door.person else None
    return Commander(person, door.group or "", door.page or "")


def auto_apply(door: AutoApplyDoor | None) -> AutoApply | None:
    """The domain's form; nothing where the policy does not opt in."""
    if door is None:
        return None
    return AutoApply(tuple(map(EnvironmentId, door.environments)), tuple(map(ActionId, door.actions)))


def auto_apply_mistakes(
    rule: AutoApply | None, inventory: Inventory | None, allowed: Catalogue | None
) -> Iterator[str]:
    """An environment that is production or unknown, or an action that does not exist."""
    for name in rule.environments if rule and inventory else ():
        known = inventory.environment(name) if inventory else None
        if known is None:
            yield f"auto_apply.environments: {name} is not an environment of services.yaml"
        elif known.production:
            yield f"auto_apply.environments: {name} is production; there every plan needs a person"
    for name in rule.actions if rule and allowed else ():
        if allowed is not None and allowed.action(name) is None:
            yield f"auto_apply.actions: {name} is not an action of actions.yaml"


def calls_crossed(known: Paging, inventory: Inventory | None) -> Iterator[str]:
    """A rule for a service that does not exist would call nobody."""
    names = {service.name for service in inventory.services} if inventory else set[ServiceName]()
    for rule in known.rules if inventory else ():
        for name in rule.services:
            if name not in names:
                yield f"pages.rules: {name} is not a service of services.yaml"
