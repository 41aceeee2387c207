"""A described situation as the program meets it: a real incident, a real payload, a real world."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.action import Tier as PlanTier
from bot.domain.decision import Click, Person, Refused, RosterAnswer, World, value_of
from bot.domain.events import Closing, PlanEnd
from bot.domain.freeze import FreezeKind, FreezeWindow, Once
from bot.domain.ids import MINUTE, SECOND, At, EnvironmentId, PersonId
from bot.domain.incident import Incident, PlanState
from bot.domain.policy import KnownPerson, Role
from bot.slack.listeners.clicks import click_of, read_press
from bot.slack.listeners.reasons import rejection
from bot.slack.views.values import metadata
from tests.fakes.content import WORKSPACE, FixedContent, example_content
from tests.fakes.house import CHANNEL
from tests.fakes.story import Story, story
from tests.integrity.oracle import (
    Channel,
    Message,
    Pause,
    Plan,
    Prior,
    Roster,
    Situation,
    Tier,
    User,
    Verdict,
)
from tests.integrity.oracle import Role as OracleRole

CLICKER = PersonId("U0CLICKER")
FIRST = PersonId("U0FIRST")
SECOND_ONE = PersonId("U0SECOND")
OTHERS = {Role.ONCALL: PersonId("U0OTHERONCALL"), Role.LEAD: FIRST, Role.SENIOR: SECOND_ONE}
TS = "1790000000.900001"
OTHER_TS = "1790000000.900002"
OTHER_CHANNEL = "C0ELSEWHERE"
AGES = {Roster.THIRTY_SECONDS_OLD: 30 * SECOND, Roster.STALE: 30 * SECOND + 1}
ROLES = {OracleRole.ON_CALL: Role.ONCALL, OracleRole.LEAD: Role.LEAD, OracleRole.SENIOR: Role.SENIOR}
NAMES = {Role.ONCALL: "checkout-oncall", Role.LEAD: "checkout-lead", Role.SENIOR: "seniors"}
YEARS = Once(datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - local times of the window's own zone
FREEZE = FreezeWindow("holidays", FreezeKind.DENY, ZoneInfo("UTC"), YEARS)
ELSEWHERE = replace(FREEZE, environments=(EnvironmentId("shop-staging"),))
"""A freeze that is none of the plan's business; it stands in every policy here."""
MALFORMED = (
    "",
    "approve",
    "2|plan-000004|1|0123456789ab",
    "1|plan-000004|0|0123456789ab",
    "1|plan-000004|01|0123456789ab",
    "1|plan-000004|1|0123456789AB",
    "1|plan-000004|1|0123456789a",
    "1|plan-000004|1|0123456789ab\n",
    "1|plan-000004|\u0661|0123456789ab",
    "1|plan-000004|1|0123456789ab|approved",
    "1|plan 000004|1|0123456789ab",
    "1|plan-000004|1",
)


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the program is given: the incident, what the door made of the payload, the world."""

    incident: Incident
    state: PlanState
    click: Click | Refused
    world: World


@cache
def content_of(*, mapped: bool, shared_allowed: bool, frozen: bool = False) -> FixedContent:
    """Content whose people include everybody here, the clicker only where mapped."""
    content = example_content()
    known = (*OTHERS.values(), *((CLICKER,) if mapped else ()))
    policy = content.fixed_policy
    people = (*policy.people, *(KnownPerson(person, person.title()) for person in known))
    freezes = (ELSEWHERE, FREEZE) if frozen else (ELSEWHERE,)
    content.fixed_policy = replace(
        policy, people=people, shared_channels_allowed=shared_allowed, freezes=freezes
    )
    return content


def content_for(s: Situation) -> FixedContent:
    """The content of a situation."""
    return content_of(
        mapped=s.user is not User.UNMAPPED,
        shared_allowed=s.channel is not Channel.SHARED_FORBIDDEN,
        frozen=s.frozen,
    )


def meeting(s: Situation, number: int = 0) -> Meeting:
    """The situation made real; `number` varies what does not matter to it."""
    own_role = next((ROLES[role] for role in sorted(s.roles)), Role.ONCALL)
    told = _story(s.tier, s.originator, s.prior, s.plan, s.pause is Pause.INCIDENT, own_role)
    incident = told.incident
    state = incident.plans[0]
    return Meeting(incident, state, _click(s, state, number), world_of(s, state, told.now))


@cache
def _story(
    tier: Tier,
    originator: bool,  # noqa: FBT001 - a key of the cache
    prior: Prior,
    plan: Plan,
    stopped: bool,  # noqa: FBT001 - a key of the cache
    own_role: Role,
) -> Story:
    """Real events, applied by the real machine, up to the moment before the click."""
    told = story(content_of(mapped=True, shared_allowed=True)).opened().diagnosed()
    told.proposed(tier=PlanTier(tier), originators=(CLICKER,) if originator else ())
    match prior:
        case Prior.NONE:
            pass
        case Prior.OWN:
            told.approved(CLICKER, own_role)
        case Prior.BY_ON_CALL:
            told.approved(FIRST, Role.ONCALL)
        case Prior.BY_LEAD:
            told.approved(FIRST, Role.LEAD)
        case Prior.BY_SENIOR:
            told.approved(FIRST, Role.SENIOR)
    if stopped:
        told.paused(OTHERS[Role.ONCALL])
    return _ended(told, plan)


def _ended(told: Story, plan: Plan) -> Story:
    match plan:
        case Plan.EXPIRED:
            return told.expired()
        case Plan.SUPERSEDED:
            return told.proposed()
        case Plan.REJECTED:
            return told.rejected(OTHERS[Role.ONCALL])
        case Plan.RESOLVED_ITSELF:
            return told.alert_resolved().ended(PlanEnd.RESOLVED_ITSELF).closed(Closing.RESOLVED_ITSELF)
        case Plan.APPROVED:
            for person in (SECOND_ONE, OTHERS[Role.ONCALL]):
                if told.plan.open:
                    told.approved(person, Role.SENIOR)
            return told
        case _:
            return told


def payload_of(s: Situation, value: str) -> dict[str, Any]:
    """The payload of a press, as Slack sends it."""
    known = "decide_approve" if s.verdict is Verdict.APPROVE else "decide_reject"
    pressed = {
        "type": "button",
        "action_id": known if s.known_action else "decide_everything",
        "value": value,
    }
    channel = OTHER_CHANNEL if s.message is Message.WRONG_CHANNEL else CHANNEL
    ts = OTHER_TS if s.message is Message.WRONG_MESSAGE else TS
    return {
        "type": "block_actions",
        "user": {"id": CLICKER, "team_id": WORKSPACE},
        "team": {"id": WORKSPACE},
        "channel": {"id": channel},
        "container": {"type": "message", "message_ts": ts, "channel_id": channel},
        "actions": [pressed],
    }


def value_for(s: Situation, state: PlanState, number: int) -> str:
    """The button's value in the situation."""
    if not s.well_formed:
        return MALFORMED[number % len(MALFORMED)]
    value = value_of(state)
    if s.plan is Plan.UNKNOWN:
        value = value.replace(state.plan.id, ("plan-999999", "plan-00000")[number % 2])
    if not s.digest_equal:
        value = f"{value[:-1]}{'0' if value[-1] != '0' else '1'}"
    return value


def _click(s: Situation, state: PlanState, number: int) -> Click | Refused:
    """What the door makes of the payload; a rejection comes back through its modal's metadata."""
    press = read_press(payload_of(s, value_for(s, state, number)))
    assert press is not None
    pressed = press.single
    if s.verdict is Verdict.APPROVE or pressed is None:
        return click_of(press, approve=True)
    return rejection(metadata(pressed.value, *press.where), "It would not help.")


def now_of(s: Situation, state: PlanState, now: At) -> At:
    """The moment of the click."""
    match s.plan:
        case Plan.AT_EXPIRY:
            return state.plan.expires_at
        case Plan.PAST_EXPIRY:
            return At(state.plan.expires_at + 1)
        case _:
            return At(now + MINUTE)


def person_of(s: Situation) -> Person | None:
    """The account behind the click, as `users.info` gives it."""
    if s.user is User.UNREADABLE:
        return None
    return Person(
        id=CLICKER,
        name="Clara",
        team="T0OTHER" if s.user is User.OTHER_WORKSPACE else WORKSPACE,
        is_bot=s.user is User.BOT,
        active=s.user is not User.DELETED,
        guest=s.user is User.GUEST,
        external=s.user is User.STRANGER,
    )


def answers_of(s: Situation, now: At) -> tuple[RosterAnswer, ...]:
    """The rosters' answers; one that failed still names people, which must not count."""
    held = {ROLES[role] for role in s.roles}
    at = At(now - AGES.get(s.roster, 0))
    error = {Roster.ERROR: "the source is down", Roster.TIMEOUT: "no answer within 2 s"}.get(s.roster, "")
    answers: list[RosterAnswer] = []
    for role in Role:
        members = (OTHERS[role], *((CLICKER,) if role in held else ()))
        empty = s.roster is Roster.EMPTY
        answers.append(RosterAnswer(role, NAMES[role], "list", () if empty else members, at, error))
    return tuple(answers)


def world_of(s: Situation, state: PlanState, told: At) -> World:
    """Everything outside the incident."""
    now = now_of(s, state, told)
    policy = content_for(s).policy()
    wide = {Pause.ALL: "all", Pause.ENVIRONMENT: "environment:shop-production", Pause.UNREADABLE: "unread"}
    return World(
        policy=replace(policy, sha256="d4" * 32) if s.policy_changed else policy,
        catalogue_sha256="e5" * 32 if s.catalogue_changed else state.plan.catalogue,
        person=person_of(s),
        rosters=answers_of(s, now),
        message=(CHANNEL, TS),
        paused=wide.get(s.pause),
        shared_channel=s.channel is not Channel.NORMAL,
        now=now,
    )
