"""Deliberate faults in the gate, each of which the matrix must tell from the rules."""

import inspect
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain import decision
from bot.flow import approval
from tests.integrity.matrix import drivable, killed_by, missing
from tests.integrity.oracle import Roster, Situation, expected
from tests.integrity.situations import matrix
from tests.integrity.through_flow import Judge, clicked
from tests.integrity.worlds import meeting


@dataclass(frozen=True, slots=True)
class Mutant:
    """One textual fault: what it does, the words of the source that go, and what stands there instead.

    Where two guards overlap, the second pair takes the other one away.
    """

    title: str
    old: str
    new: str
    other_old: str = ""
    other_new: str = ""


MUTANTS = (
    Mutant("skip the message check", "if world.message != (click.channel, click.message):", "if False:"),
    Mutant("compare the message, not the channel", "world.message != (click.channel, click.message)",
           "world.message is None or world.message[1] != click.message"),
    Mutant("compare the channel, not the message", "world.message != (click.channel, click.message)",
           "world.message is None or world.message[0] != click.channel"),
    Mutant("take any plan of the incident", "if (s.plan.id, s.plan.revision) == wanted", "if True"),
    Mutant("accept an old revision: judge the newest instead",
           "return next((s for s in incident.plans if (s.plan.id, s.plan.revision) == wanted), None)",
           "return incident.current"),
    Mutant("forget that a plan has ended", "closed = _closed_by(state)", "closed = None"),
    Mutant("call an expired plan decided", "case PlanEnd.EXPIRED:\n            return Refused(Code.EXPIRED)",
           "case PlanEnd.EXPIRED:\n            return Refused(Code.DECIDED)"),
    Mutant("call a superseded plan expired",
           "case PlanEnd.SUPERSEDED:\n            return Refused(Code.SUPERSEDED)",
           "case PlanEnd.SUPERSEDED:\n            return Refused(Code.EXPIRED)"),
    Mutant("let an approved plan be approved again",
           "case None if state.approved or state.started_at is not None:", "case None if False:",
           "if incident.phase is not Phase.PROPOSED or not incident.is_open:", "if False:"),
    Mutant("skip the wider pause", "world.paused is not None or ", ""),
    Mutant("skip the incident's pause", " or incident.paused_by is not None", ""),
    Mutant("skip the expiry", "if world.now >= state.plan.expires_at:", "if False:"),
    Mutant("one millisecond more than the window", "world.now >= state.plan", "world.now > state.plan"),
    Mutant("skip the digest check",
           "if state.digest[:12] != click.digest12 or digest_of(state.body) != state.digest:", "if False:"),
    Mutant("compare eleven digits of the digest", "state.digest[:12] != click.digest12",
           "state.digest[:11] != click.digest12[:11]"),
    Mutant("read the policy at post time only", "if state.plan.policy != world.policy.sha256:", "if False:"),
    Mutant("skip the catalogue check", "if state.plan.catalogue != world.catalogue_sha256:", "if False:"),
    Mutant("let apps decide", "(person.is_bot, Code.NOT_HUMAN),", ""),
    Mutant("let deactivated accounts decide", "(not person.active, Code.INACTIVE),", ""),
    Mutant("let guests decide", "(person.guest, Code.GUEST),", ""),
    Mutant("let strangers decide", "person.external or ", ""),
    Mutant("let other workspaces decide", " or person.team not in world.policy.workspaces", ""),
    Mutant("let unmapped people decide", "(known is None, Code.PERSON_UNKNOWN),", ""),
    Mutant("skip the shared channel",
           "(world.shared_channel and not world.policy.shared_channels_allowed, Code.SHARED_CHANNEL),", ""),
    Mutant("refuse every shared channel", "world.shared_channel and not world.policy.shared_channels_allowed",
           "world.shared_channel"),
    Mutant("anybody may", "if not mine:", "if False:"),
    Mutant("treat an empty list as anyone", "if not mine:",
           "if not mine and any(r.members for r in usable):"),
    Mutant("a failed roster is nobody's roster", "if len(usable) < len(rule.roles):", "if False:"),
    Mutant("every role may on every tier", "if answer.role in rule.roles\n        and", "if"),
    Mutant("believe a roster that failed", "and not answer.error\n", ""),
    Mutant("believe an old roster", "and world.now - answer.at <= ROSTER_FRESH_FOR", ""),
    Mutant("a roster of 30 s is too old", "answer.at <= ROSTER_FRESH_FOR", "answer.at < ROSTER_FRESH_FOR"),
    Mutant("skip the originator check", "click.approve and originates and not rule.originator_may_approve",
           "False"),
    Mutant("no originator on any tier", "originates and not rule.originator_may_approve", "originates"),
    Mutant("originators may not even reject", "if click.approve and originates", "if originates"),
    Mutant("count one person twice",
           "any(world.person.id == decided.person for _, decided in state.decisions)", "False"),
    Mutant("no senior is needed", "if click.approve and _blocks_quorum(state, rule, mine):", "if False:"),
    Mutant("every approval needs a senior", "len(state.approvals) + 1 < state.plan.approvals", "False"),
    Mutant("an earlier senior does not serve", "rule.one_of not in held and ", ""),
    Mutant("skip the freeze", "if click.approve else None\n", "if False else None\n"),
    Mutant("a freeze stops rejects too", "world.now) if click.approve else None", "world.now)"),
    Mutant("a reject approves", "approved=click.approve,", "approved=True,"),
    Mutant("an own request is not flagged", "originator=world.person.id in state.plan.originators,",
           "originator=False,"),
    Mutant("the right before the person",
           "or _person_refusal(world)\n        or _right_refusal(state, click, world)",
           "or _right_refusal(state, click, world)\n        or _person_refusal(world)"),
    Mutant("the person before the plan",
           "_plan_refusal(incident, state, click, world)\n        or _person_refusal(world)",
           "_person_refusal(world)\n        or _plan_refusal(incident, state, click, world)"),
)  # fmt: skip
FLOW_MUTANTS = (
    Mutant("believe the message that Slack names", "_message(ports, incident, click),",
           "_theirs(click),", "async def _record(",
           "async def _theirs(click):\n    return click.channel, click.message\n\n\nasync def _record("),
    Mutant("skip every pause", "hit = in_force(pauses, *((state.plan.environment,) if state else ()))",
           "hit = None"),
    Mutant("skip the environment's pause", ", *((state.plan.environment,) if state else ())", ""),
    Mutant("pauses that cannot be read are none", "return UNREADABLE", "return None"),
    Mutant("no channel is shared", "shared_channel=shared,", "shared_channel=False,"),
    Mutant("read the catalogue at post time only", "catalogue_sha256=ports.content.catalogue().sha256,",
           "catalogue_sha256=incident.plans[0].plan.catalogue,"),
    Mutant("count without writing down",
           "return (replace(verdict.said, click=token),) if isinstance(verdict.said, Decided) else ()",
           "return ()"),
    Mutant("write down a rejection as an approval", "replace(verdict.said, click=token)",
           "replace(verdict.said, click=token, approved=True)"),
    Mutant("a lost store is a decided plan", "return Refused(Code.STORE_UNAVAILABLE, detail=UNSURE)",
           "return Refused(Code.DECIDED)"),
    Mutant("a full limit is a decided plan", "return Refused(Code.RATE_LIMIT, detail=limit_words(full))",
           "del full\n        return Refused(Code.DECIDED)"),
    Mutant("an unknown plan before a wrong message", "Code.UNKNOWN_PLAN if ours else Code.WRONG_MESSAGE",
           "Code.UNKNOWN_PLAN"),
    Mutant("ask the lead's roster who is on call", "name in service.rosters",
           'name in (("oncall", service.lead), *service.rosters[1:])'),
    Mutant("the lead's roster makes seniors", "(ports, name, Role(role))",
           '(ports, service.lead if role == "senior" else name, Role(role))'),
    Mutant("ask no roster but the one on call", "name in service.rosters", "name in service.rosters[:1]"),
    Mutant("refuse without a record", "if isinstance(said, Refused) and said.code is not",
           "if isinstance(said, int) and said.code is not"),
)  # fmt: skip
FLOW_EVERY = 7


def mutated(mutant: Mutant, module: types.ModuleType, name: str) -> Any:
    """A function of a module from a copy of its source with the fault put in, in memory alone."""
    source = _replaced(mutant, inspect.getsource(module), mutant.old, mutant.new)
    if mutant.other_old:
        source = _replaced(mutant, source, mutant.other_old, mutant.other_new)
    copy = types.ModuleType("mutated")
    code = compile(source, f"<{mutant.title}>", "exec")
    exec(code, copy.__dict__)  # noqa: S102 - our own source with one fault, never anything from outside
    return copy.__dict__[name]


def _replaced(mutant: Mutant, source: str, old: str, new: str) -> str:
    if source.count(old) != 1:
        raise LookupError(f"{mutant.title}: its words stand {source.count(old)} times in the source")
    return source.replace(old, new)


def survivors(mutants: tuple[Mutant, ...] = MUTANTS) -> tuple[str, ...]:
    """The titles of the gate's mutants that the matrix does not tell from the rules."""
    cases = drivable()
    assert killed_by(decision.decide, cases) is None
    alive = (one for one in mutants if killed_by(mutated(one, decision, "decide"), cases) is None)
    return tuple(one.title for one in alive)


async def flow_survivors(mutants: tuple[Mutant, ...] = FLOW_MUTANTS) -> tuple[str, ...]:
    """The titles of the flow's mutants that a part of the matrix does not tell from the rules."""
    numbered = [(number, s) for number, s in enumerate(matrix()) if not missing(s)]
    some = [one for one in numbered[-5000:] if one[1].roster is not Roster.TIMEOUT][::FLOW_EVERY]
    assert not await _told_apart(approval.judge, some)
    alive = [one.title for one in mutants if not await _told_apart(mutated(one, approval, "judge"), some)]
    return tuple(alive)


async def _told_apart(judge: Judge, situations: Sequence[tuple[int, Situation]]) -> bool:
    for number, s in situations:
        try:
            if await clicked(s, meeting(s, number), judge) != expected(s):
                return True
        except Exception:  # noqa: BLE001 - a mutant may fail in any way, and that gives it away
            return True
    return False
