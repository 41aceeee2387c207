"""The gate's judgement: pure, in the order of the rules, the first failure wins."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.errors import PlanCode
from bot.domain.events import Decided, PlanEnd, RosterRead
from bot.domain.ids import SECOND, At, Digest, Fence, PersonId, PlanId
from bot.domain.incident import Incident, Phase, PlanState, StepStatus
from bot.domain.plan import Step, digest_of
from bot.domain.policy import Policy, Role, TierRule
from bot.domain.review import reviewable
from bot.domain.teamwork import ParametersEdited

ROSTER_FRESH_FOR = 30 * SECOND
UNSURE = "the store did not answer in time"
"""The detail of a refusal that may be none: nobody knows whether the decision was written down."""

UNREADABLE = "the pauses cannot be read"
NOT_YET = "its card is not on record yet"
NO_ACCOUNT = "Slack did not say who this is"
VALUE = re.compile(r"1\|([A-Za-z0-9_-]{1,40})\|([1-9][0-9]{0,3})\|([0-9a-f]{12})", re.ASCII)


class Code(StrEnum):
    """Why a click did not count (rule 17)."""

    MALFORMED = "MALFORMED"
    WRONG_ACTION = "WRONG_ACTION"
    WRONG_MESSAGE = "WRONG_MESSAGE"
    UNKNOWN_PLAN = "UNKNOWN_PLAN"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    DECIDED = "DECIDED"
    RESOLVED_ITSELF = "RESOLVED_ITSELF"
    PAUSED = "PAUSED"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    POLICY_CHANGED = "POLICY_CHANGED"
    CATALOGUE_CHANGED = "CATALOGUE_CHANGED"
    PERSON_UNKNOWN = "PERSON_UNKNOWN"
    NOT_HUMAN = "NOT_HUMAN"
    INACTIVE = "INACTIVE"
    GUEST = "GUEST"
    EXTERNAL_TEAM = "EXTERNAL_TEAM"
    SHARED_CHANNEL = "SHARED_CHANNEL"
    ROSTER_UNAVAILABLE = "ROSTER_UNAVAILABLE"
    NOT_AUTHORISED = "NOT_AUTHORISED"
    ORIGINATOR = "ORIGINATOR"
    ALREADY_COUNTED = "ALREADY_COUNTED"
    FROZEN = "FROZEN"
    RATE_LIMIT = "RATE_LIMIT"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"


class ExecutionCode(StrEnum):
    """Why a step did not run (rule 17)."""

    PAUSED = "PAUSED"
    EXPIRED = "EXPIRED"
    TARGET_LOCKED = "TARGET_LOCKED"
    RATE_LIMIT = "RATE_LIMIT"
    ENVIRONMENT_MISMATCH = "ENVIRONMENT_MISMATCH"
    DRIFT = "DRIFT"
    DRY_RUN_DIFFERS = "DRY_RUN_DIFFERS"
    NOT_DURABLE = "NOT_DURABLE"


@dataclass(frozen=True, slots=True)
class Click:
    """A click as the door parsed it: the verdict is the action id, the value names the plan."""

    approve: bool
    plan: PlanId
    revision: int
    digest12: str
    channel: str
    message: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack account as `users.info` describes it now."""

    id: PersonId
    name: str
    team: str
    is_bot: bool = False
    active: bool = True
    guest: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True)
class RosterAnswer:
    """What the roster of one role answered; an error or nobody means that nobody may."""

    role: Role
    roster: str
    source: str
    members: tuple[PersonId, ...]
    at: At
    error: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside the incident that a decision needs, read just before it."""

    policy: Policy
    catalogue_sha256: str
    person: Person | None
    rosters: tuple[RosterAnswer, ...]
    message: tuple[str, str] | None
    paused: str | None
    shared_channel: bool
    now: At


@dataclass(frozen=True, slots=True)
class Refused:
    """A click that did not count, with its reason code and who or what stands behind it."""

    code: Code
    detail: str = ""
    by: PersonId | None = None


def parse_value(value: str) -> tuple[PlanId, int, str] | None:
    """`1|plan|revision|12 hex` taken apart; nothing where it is anything else."""
    found = VALUE.fullmatch(value)
    if found is None:
        return None
    return PlanId(found[1]), int(found[2]), found[3]


def value_of(state: PlanState) -> str:
    """The value of the buttons of a plan's card."""
    return f"1|{state.plan.id}|{state.plan.revision}|{state.digest[:12]}"


def decide(incident: Incident | None, click: Click, world: World) -> Decided | Refused:
    """Judge a click: the decision to append, or the first rule that it breaks (rule 16)."""
    state = _named(incident, click)
    if world.message != (click.channel, click.message):
        posting = state is not None and world.message is None
        return Refused(Code.WRONG_MESSAGE, detail=NOT_YET if posting else "")
    if incident is None or state is None:
        return Refused(Code.UNKNOWN_PLAN)
    refused = (
        _plan_refusal(incident, state, click, world)
        or _person_refusal(world)
        or _right_refusal(state, click, world)
    )
    return refused or _decided(state, click, world)


def _named(incident: Incident | None, click: Click) -> PlanState | None:
    if incident is None:
        return None
    wanted = (click.plan, click.revision)
    return next((s for s in incident.plans if (s.plan.id, s.plan.revision) == wanted), None)


def _plan_refusal(incident: Incident, state: PlanState, click: Click, world: World) -> Refused | None:
    closed = _closed_by(state)
    if closed is not None:
        return closed
    if incident.phase is not Phase.PROPOSED or not incident.is_open:
        return Refused(Code.DECIDED)
    edit = incident.wanted
    if click.approve and isinstance(edit, ParametersEdited) and edit.plan == state.plan.id:
        # Somebody was told that this plan goes: nobody's approval of it may overtake the one that comes.
        return Refused(Code.SUPERSEDED, by=edit.person)
    if world.paused is not None or incident.paused_by is not None:
        return Refused(Code.PAUSED, detail=world.paused or "this incident", by=incident.paused_by)
    if world.now >= state.plan.expires_at:
        return Refused(Code.EXPIRED)
    if state.digest[:12] != click.digest12 or digest_of(state.body) != state.digest:
        return Refused(Code.DIGEST_MISMATCH)
    if click.approve and not reviewable(state.plan):
        # Its card never had an Approve button, so no button of ours names this digest (rule 7).
        return Refused(Code.DIGEST_MISMATCH, detail=PlanCode.TOO_LARGE_TO_REVIEW)
    return _content_refusal(state, world)


def _content_refusal(state: PlanState, world: World) -> Refused | None:
    if state.plan.policy != world.policy.sha256:
        return Refused(Code.POLICY_CHANGED)
    other = _reassigned(state, world)
    if other:
        return Refused(Code.POLICY_CHANGED, detail=other)
    if state.plan.catalogue != world.catalogue_sha256:
        return Refused(Code.CATALOGUE_CHANGED)
    return None


def _reassigned(state: PlanState, world: World) -> str:
    """Which role of the service is another roster's than when the plan was made; empty for none."""
    were = state.plan.rosters
    others = (one for one in world.rosters if were and (str(one.role), one.roster) not in were)
    other = next(others, None)
    return f"{other.roster} is its {other.role} roster now" if other else ""


def _closed_by(state: PlanState) -> Refused | None:
    match state.ended:
        case PlanEnd.EXPIRED:
            return Refused(Code.EXPIRED)
        case PlanEnd.SUPERSEDED:
            return Refused(Code.SUPERSEDED)
        case PlanEnd.DRIFTED:
            return Refused(Code.SUPERSEDED, detail=f"it changed under this plan: {state.drift}")
        case PlanEnd.RESOLVED_ITSELF:
            return Refused(Code.RESOLVED_ITSELF)
        case PlanEnd.REJECTED | PlanEnd.CLOSED:
            return Refused(Code.DECIDED, by=state.rejection.person if state.rejection else None)
        case None if state.approved or state.started_at is not None:
            return Refused(Code.DECIDED, by=state.decisions[-1][1].person if state.decisions else None)
        case None:
            return None


def _person_refusal(world: World) -> Refused | None:
    person = world.person
    if person is None:
        return Refused(Code.PERSON_UNKNOWN, detail=NO_ACCOUNT)
    known = world.policy.person(person.id)
    checks: tuple[tuple[bool, Code], ...] = (
        (person.is_bot, Code.NOT_HUMAN),
        (not person.active, Code.INACTIVE),
        (person.guest, Code.GUEST),
        (person.external or person.team not in world.policy.workspaces, Code.EXTERNAL_TEAM),
        (known is None, Code.PERSON_UNKNOWN),
        (world.shared_channel and not world.policy.shared_channels_allowed, Code.SHARED_CHANNEL),
    )
    return next((Refused(code) for failed, code in checks if failed), None)


def _right_refusal(state: PlanState, click: Click, world: World) -> Refused | None:
    assert world.person is not None
    rule = world.policy.rule(state.plan.tier)
    usable = _usable(rule, world)
    mine = roles_of(world.person.id, usable)
    if not mine:
        if len(usable) < len(rule.roles):
            return Refused(Code.ROSTER_UNAVAILABLE, detail=_unusable(rule, world, usable))
        return Refused(Code.NOT_AUTHORISED)
    originates = world.person.id in state.plan.originators
    if click.approve and originates and not rule.originator_may_approve:
        return Refused(Code.ORIGINATOR)
    if click.approve and any(world.person.id == decided.person for _, decided in state.decisions):
        return Refused(Code.ALREADY_COUNTED)
    if click.approve and _blocks_quorum(state, rule, mine):
        return Refused(Code.NOT_AUTHORISED, detail=f"the last approval must come from {rule.one_of}")
    frozen = world.policy.frozen(state.plan.environment, world.now) if click.approve else None
    return Refused(Code.FROZEN, detail=frozen) if frozen else None


def _usable(rule: TierRule, world: World) -> tuple[RosterAnswer, ...]:
    return tuple(
        answer
        for answer in world.rosters
        if answer.role in rule.roles
        and not answer.error
        and answer.members
        and world.now - answer.at <= ROSTER_FRESH_FOR
    )


def _unusable(rule: TierRule, world: World, usable: tuple[RosterAnswer, ...]) -> str:
    """Which rosters lend nobody now, each with the reason."""
    read = {answer.role: answer for answer in world.rosters}
    lent = {answer.role for answer in usable}
    return "; ".join(_why_unusable(role, read.get(role)) for role in rule.roles if role not in lent)


def _why_unusable(role: Role, answer: RosterAnswer | None) -> str:
    if answer is None:
        return f"the service has no roster for {role}"
    empty = "its answer is older than 30 s" if answer.members else "nobody is in it"
    return f"{answer.roster}: {answer.error or empty}"


def roles_of(person: PersonId, rosters: tuple[RosterAnswer, ...]) -> tuple[Role, ...]:
    """The roles that the rosters give to a person."""
    return tuple(answer.role for answer in rosters if person in answer.members)


def _blocks_quorum(state: PlanState, rule: TierRule, mine: tuple[Role, ...]) -> bool:
    """Whether this approval would complete the count without the role that must be among them."""
    if rule.one_of is None or len(state.approvals) + 1 < state.plan.approvals:
        return False
    held = {role for decided in state.approvals for role in decided.roles}
    return rule.one_of not in held and rule.one_of not in mine


def missing_role(state: PlanState, rule: TierRule) -> Role | None:
    """The role from which none of the approvals so far came although one must; nothing where all is well."""
    came = {role for one in state.approvals for role in one.roles}
    return None if rule.one_of in came else rule.one_of


def roles_left(state: PlanState, rule: TierRule) -> tuple[Role, ...]:
    """The roles from which the next approval may come: one alone where it is the last that can bring it."""
    wanted = missing_role(state, rule)
    last = state.plan.approvals - len(state.approvals) == 1
    return (wanted,) if wanted is not None and last else rule.roles


def _decided(state: PlanState, click: Click, world: World) -> Decided:
    assert world.person is not None
    rule = world.policy.rule(state.plan.tier)
    usable = _usable(rule, world)
    return Decided(
        plan=state.plan.id,
        revision=state.plan.revision,
        digest=state.digest,
        approved=click.approve,
        person=world.person.id,
        roles=tuple(str(role) for role in roles_of(world.person.id, usable)),
        rosters=tuple(RosterRead(a.roster, a.source, a.members, a.at) for a in usable),
        reason=click.reason,
        originator=world.person.id in state.plan.originators,
    )


@dataclass(frozen=True, slots=True)
class Order:
    """What an executor is given: which plan, which step, under which lease; never parameters."""

    digest: Digest
    step: int
    fence: Fence


def permitted(incident: Incident | None, order: Order) -> Step | str:
    """The step that an executor may run now, or the sentence that refuses it (rule 21)."""
    state = incident.plan(order.digest) if incident else None
    if incident is None or state is None:
        return "No such plan is in the store."
    if digest_of(state.body) != order.digest or not state.approved:
        return "This plan has not been approved with this digest."
    if incident.phase is not Phase.EXECUTING or not 0 <= order.step < len(state.steps):
        return "This plan is not being executed."
    step = state.steps[order.step]
    if step.status is not StepStatus.STARTED or step.fence != order.fence:
        return "This step has not been claimed under this lease."
    return step.step
