"""What doctor finds out by thinking: whether the policy and the rosters of now let the gate do its work."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.action import Tier
from bot.domain.decision import RosterAnswer
from bot.domain.ids import At, EnvironmentId, PersonId
from bot.domain.policy import Policy, TierRule
from bot.domain.schedule import Schedule, people_of
from bot.domain.service import Service

PAIR = 2


class Level(StrEnum):
    """How bad it is: FAIL means that something does not work or is not safe."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of doctor: where, what was found, and what to do about it."""

    level: Level
    where: str
    what: str
    todo: str = ""


Answers = tuple[RosterAnswer, ...]


MAP_THEM = "map them under people (Slack id, schedule_id), or take them off the roster"
FILL = {
    "list": "list people under its members in policy.yaml",
    "usergroup": "put people into this user group in Slack",
    "schedule": "mend its turns in oncall.yaml",
    "pagerduty": "look at the schedule in PagerDuty",
}


def _remedy(answer: RosterAnswer) -> str:
    if "not mapped" in answer.error:
        return MAP_THEM
    first = "mend that" if answer.error else FILL.get(answer.source, "mend that")
    return f"{first}, or name another source in policy.yaml"


def roster_findings(answers: Answers, policy: Policy) -> Iterator[Finding]:
    """Every roster that was read, once, whatever roles it serves."""
    for name in dict.fromkeys(answer.roster for answer in answers):
        answer = next(one for one in answers if one.roster == name)
        where = f"roster {name}"
        if answer.error or not answer.members:
            todo = f"{_remedy(answer)}; until then nobody may approve by it"
            yield Finding(Level.FAIL, where, f"{answer.source}: {answer.error or 'nobody is in it'}", todo)
        elif ";" in answer.source:
            yield Finding(Level.WARN, where, answer.source, MAP_THEM)
        else:
            yield Finding(Level.OK, where, f"{answer.source}: {_named(answer.members, policy)}")


def _named(people: Iterable[PersonId], policy: Policy) -> str:
    known = ((person, policy.person(person)) for person in people)
    return ", ".join(f"{one.name} ({person})" if one else person for person, one in known)


def turn_findings(policy: Policy, schedules: tuple[Schedule, ...]) -> Iterator[Finding]:
    """People who have turns in a schedule that a roster uses, now or later, and whom the policy does not map.

    Who is on call now is read by the roster itself; this is about the night when the turn changes.
    """
    used = {roster.source: roster.name for roster in policy.rosters if roster.kind == "schedule"}
    for schedule in (one for one in schedules if one.name in used):
        strangers = [
            one
            for one in people_of(schedule)
            if policy.scheduled(one) is None and policy.person(PersonId(one)) is None
        ]
        if strangers:
            what = f"not mapped: {', '.join(strangers)}; in their turns nobody may approve by it"
            todo = "give them a schedule_id under people in policy.yaml before their turn comes"
            yield Finding(Level.FAIL, f"schedule {schedule.name}", what, todo)


def freeze_findings(policy: Policy, environments: Iterable[EnvironmentId], now: At) -> Iterator[Finding]:
    """Where nothing may be changed at this moment."""
    for name in environments:
        why = policy.frozen(name, now)
        if why is not None:
            todo = (
                "wait for its end, or change freezes in policy.yaml (plans that are open must be made anew)"
            )
            yield Finding(Level.WARN, f"environment {name}", f"no approval counts now: {why}", todo)


def quorum_findings(
    service: Service, policy: Policy, answers: Answers, unable: frozenset[PersonId] = frozenset()
) -> Iterator[Finding]:
    """For every tier, whether those who may approve now are enough, each person counted once.

    `unable` are on rosters, but Slack says that no decision of theirs counts.
    """
    for tier in Tier:
        rule = policy.rule(tier)
        counted = tuple(_able(one, unable) for one in answers if one.role in rule.roles and not one.error)
        yield _quorum(f"{service.name}, {tier}", rule, counted)


def _able(answer: RosterAnswer, unable: frozenset[PersonId]) -> RosterAnswer:
    return replace(answer, members=tuple(person for person in answer.members if person not in unable))


def _quorum(where: str, rule: TierRule, answers: Answers) -> Finding:
    persons = _persons(answers)
    if len(persons) < rule.approvals:
        what = f"{len(persons)} may approve, {rule.approvals} are needed"
        todo = f"put more people on the rosters for {' or '.join(rule.roles)}; holding two roles counts once"
        return Finding(Level.FAIL, where, what, todo)
    if rule.one_of is not None and not _persons(tuple(a for a in answers if a.role is rule.one_of)):
        what = f"one approval must come from {rule.one_of}, and nobody holds that role"
        return Finding(Level.FAIL, where, what, f"give the service a roster for {rule.one_of}")
    named = f"{len(persons)} may approve, {rule.approvals} needed"
    if not rule.originator_may_approve and len(persons) == rule.approvals:
        todo = "add somebody: whoever asks for a plan may not approve it"
        return Finding(Level.WARN, where, f"{named}: nobody is to spare", todo)
    return Finding(Level.OK, where, f"{named}{_several(answers)}")


def _several(answers: Answers) -> str:
    """Who holds more than one role, since such a person still counts once."""
    held = [person for answer in answers for person in answer.members]
    twice = sorted(person for person in set(held) if held.count(person) > 1)
    return f" ({', '.join(twice)}: several roles, counted once)" if twice else ""


def _persons(answers: Answers) -> frozenset[PersonId]:
    return frozenset(person for answer in answers for person in answer.members)


def policy_findings(policy: Policy) -> Iterator[Finding]:
    """What the policy allows that a team would hardly want, and people who may be one."""
    if policy.rule(Tier.HIGH).approvals < PAIR:
        todo = "set tiers.high.approvals to 2"
        yield Finding(Level.WARN, "policy", "one person alone may approve a plan of high risk", todo)
    if policy.rule(Tier.HIGH).one_of is None:
        todo = "set tiers.high.one_of to senior"
        yield Finding(Level.WARN, "policy", "a plan of high risk needs no senior", todo)
    for tier in (Tier.MEDIUM, Tier.HIGH):
        if policy.rule(tier).originator_may_approve:
            what = f"whoever asks for a plan of {tier} risk may approve it"
            yield Finding(Level.WARN, "policy", what, f"set tiers.{tier}.originator_may_approve to false")
    if policy.shared_channels_allowed:
        what = "cards may stand in channels that other organisations read"
        yield Finding(Level.WARN, "policy", what, "set shared_channels_allowed: false unless you mean it")
    if not policy.workspaces:
        todo = "list your workspace's id (T…) under workspaces"
        yield Finding(Level.FAIL, "policy", "no workspace is listed, so nobody may decide", todo)
    names: dict[str, PersonId] = {}
    for person in policy.people:
        other = names.setdefault(person.name.casefold(), person.id)
        if other != person.id:
            what = f"{other} and {person.id} are both called {person.name}"
            yield Finding(
                Level.WARN, "people", what, "if they are one person, keep one: two would count twice"
            )


def page_findings(policy: Policy, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether anybody is called, whether the secrets for it are set, and what needs no person."""
    paging = policy.paging
    if not paging.rules:
        todo = "name page targets under pages in policy.yaml, or live with it: the cards say so"
        yield Finding(Level.OK, "pages", "nobody is called outside Slack when nobody answers", todo)
    for target in paging.targets:
        name = target.secret.removeprefix("env:")
        if environ.get(name):
            yield Finding(Level.OK, f"page target {target.name}", f"{target.kind}, {target.secret} is set")
        else:
            todo = "set it for the think process, which calls"
            yield Finding(Level.FAIL, f"page target {target.name}", f"{target.secret} is not set", todo)
    if policy.auto_apply is not None:
        where, what = ", ".join(policy.auto_apply.environments), ", ".join(policy.auto_apply.actions)
        yield Finding(Level.OK, "auto_apply", f"low risks run without a person in {where}: {what}")
