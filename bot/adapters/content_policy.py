"""`policy.yaml`: who may approve what, from its file to the domain."""

import re
from typing import Literal as OneOf

from pydantic import Field

from bot.adapters.content_doors import Ascii, Door, Flag, Line, Name, Pattern, Whole, parsed
from bot.adapters.content_freezes import FreezeDoor, mistakes, window
from bot.adapters.content_paging import AutoApplyDoor, CallsDoor, auto_apply, calls_mistakes, paging
from bot.adapters.yaml_door import Document
from bot.domain.action import Tier
from bot.domain.ids import PersonId, RosterName
from bot.domain.policy import KnownPerson, Limits, Policy, Role, RosterSpec, TierRule, Tripwire

SOURCES = {
    "usergroup": re.compile(r"S[A-Z0-9]{2,20}", re.ASCII),
    "schedule": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII),
    "pagerduty": re.compile(r"[A-Z0-9]{2,20}(, ?[A-Z0-9]{2,20}){0,9}", re.ASCII),
}
EXPECTED = {
    "usergroup": "the id of a Slack user group, as S0123456789",
    "schedule": "the name of a schedule of oncall.yaml",
    "pagerduty": "ids of PagerDuty schedules, separated by commas, as PI7DH85, PXYZ123",
}

RoleName = OneOf["oncall", "lead", "senior"]


class PersonDoor(Door):
    """A person by Slack id."""

    name: Line
    schedule_id: Ascii | OneOf[""] = ""


class RosterDoor(Door):
    """Where the members of a roster come from."""

    kind: OneOf["list", "usergroup", "schedule", "pagerduty"]
    members: tuple[Name, ...] = ()
    source: Ascii | OneOf[""] = ""


class TierDoor(Door):
    """What a tier asks for."""

    approvals: Whole = Field(ge=1, le=5)
    roles: tuple[RoleName, ...] = Field(min_length=1)
    one_of: RoleName | None = None
    originator_may_approve: Flag = False
    window_minutes: Whole = Field(default=30, ge=1, le=1_440)
    hold_seconds: Whole = Field(default=0, ge=0, le=300)


class TiersDoor(Door):
    """All three tiers: none may be forgotten."""

    low: TierDoor
    medium: TierDoor
    high: TierDoor


class TripwireDoor(Door):
    """A pattern that makes a plan high."""

    pattern: Pattern
    title: Ascii


class LimitsDoor(Door):
    """How often things may happen."""

    per_target: Whole = Field(default=3, ge=1)
    per_workspace: Whole = Field(default=20, ge=1)
    executions_per_incident: Whole = Field(default=5, ge=1)
    plans_per_incident: Whole = Field(default=3, ge=1)
    replans_after_rejection: Whole = Field(default=2, ge=0)
    blast_radius: Whole = Field(default=3, ge=1)
    start_within_seconds: Whole = Field(default=120, ge=1)
    failures_in_a_row: Whole = Field(default=2, ge=1)
    proposals_only_seconds: Whole = Field(default=3600, ge=1)
    first_use_raises: Flag = False


class CommunicationsDoor(Door):
    """Where approved updates to stakeholders go."""

    channel: Ascii = Field(pattern=r"^[CG][A-Z0-9]{2,20}$")


class PolicyDoor(Door):
    """The whole file."""

    workspaces: tuple[Name, ...] = ()
    shared_channels_allowed: Flag = False
    people: dict[Name, PersonDoor] = Field(default_factory=dict)
    rosters: dict[Name, RosterDoor] = Field(default_factory=dict)
    tiers: TiersDoor
    tripwires: tuple[TripwireDoor, ...] = ()
    limits: LimitsDoor = LimitsDoor()
    freezes: tuple[FreezeDoor, ...] = Field(default=(), max_length=200)
    pages: CallsDoor = CallsDoor()
    auto_apply: AutoApplyDoor | None = None
    communications: CommunicationsDoor | None = None


def policy(document: Document, sha256: str, problems: list[str]) -> Policy | None:
    """The policy, or nothing and the reasons among the problems."""
    known = len(problems)
    door = parsed(PolicyDoor, document, problems)
    if door is None:
        return None
    for name, roster in door.rosters.items():
        where = document.where(("rosters", name))
        problems.extend(f"{where}: rosters.{name}.{what}" for what in _roster_mistakes(roster, door))
    for name in Tier:
        where = document.where(("tiers", name))
        problems.extend(f"{where}: tiers.{name}.{what}" for what in _tier_mistakes(getattr(door.tiers, name)))
    for number, freeze in enumerate(door.freezes):
        where = document.where(("freezes", number))
        problems.extend(f"{where}: freezes[{number}].{what}" for what in mistakes(freeze))
    problems.extend(f"{document.where(('people',))}: people: {what}" for what in _same_ids(door))
    problems.extend(f"{document.where(('pages',))}: pages.{what}" for what in calls_mistakes(door.pages))
    return None if len(problems) > known else _policy(door, sha256)


def _same_ids(door: PolicyDoor) -> list[str]:
    """Two accounts of one person would count as two people."""
    found = list[str]()
    owners: dict[str, str] = {}
    for known, person in door.people.items():
        other = owners.setdefault(person.schedule_id or known, known)
        if other != known:
            found.append(f"{known} and {other} have the same schedule_id; expected one account a person")
        if person.schedule_id != known and person.schedule_id in door.people:
            found.append(f"the schedule_id of {known} is the Slack id of another person")
    return found


def _roster_mistakes(roster: RosterDoor, door: PolicyDoor) -> list[str]:
    if roster.kind != "list":
        found = [] if roster.source else [f"source: is missing; a {roster.kind} needs it"]
        odd = roster.source and not SOURCES[roster.kind].fullmatch(roster.source)
        found += [f"source: expected {EXPECTED[roster.kind]}"] if odd else []
        return [*found, *(["members: expected only in a list"] if roster.members else [])]
    if not roster.members:
        return ["members: is empty; expected at least one person, since nobody could approve"]
    strangers = [person for person in roster.members if person not in door.people]
    return [f"members: {person} is not listed under people" for person in strangers]


def _tier_mistakes(tier: TierDoor) -> list[str]:
    found = list[str]()
    if len(set(tier.roles)) != len(tier.roles):
        found.append("roles: expected each role once")
    if tier.one_of is not None and tier.one_of not in tier.roles:
        found.append(f"one_of: expected one of its roles ({', '.join(tier.roles)}), not {tier.one_of}")
    return found


def _policy(door: PolicyDoor, sha256: str) -> Policy:
    rules = ((Tier.LOW, door.tiers.low), (Tier.MEDIUM, door.tiers.medium), (Tier.HIGH, door.tiers.high))
    return Policy(
        people=tuple(
            KnownPerson(PersonId(known), person.name, person.schedule_id)
            for known, person in door.people.items()
        ),
        rosters=tuple(
            RosterSpec(RosterName(name), each.kind, tuple(map(PersonId, each.members)), each.source)
            for name, each in door.rosters.items()
        ),
        tiers=tuple(_tier(tier, rule) for tier, rule in rules),
        tripwires=tuple(Tripwire(wire.pattern, wire.title) for wire in door.tripwires),
        limits=Limits(**door.limits.model_dump()),
        workspaces=door.workspaces,
        shared_channels_allowed=door.shared_channels_allowed,
        sha256=sha256,
        freezes=tuple(window(each) for each in door.freezes),
        paging=paging(door.pages),
        communications=door.communications.channel if door.communications else "",
        auto_apply=auto_apply(door.auto_apply),
    )


def _tier(tier: Tier, door: TierDoor) -> TierRule:
    return TierRule(
        tier=tier,
        approvals=door.approvals,
        roles=tuple(Role(role) for role in door.roles),
        one_of=Role(door.one_of) if door.one_of else None,
        originator_may_approve=door.originator_may_approve,
        window_seconds=door.window_minutes * 60,
        hold_seconds=door.hold_seconds,
    )
