"""What the policy and the catalogue say of an incident's plan now, for its card."""

from bot.domain.action import Catalogue
from bot.domain.decision import missing_role
from bot.domain.editing import editable
from bot.domain.ids import At
from bot.domain.incident import Incident, PlanState
from bot.domain.policy import Policy
from bot.slack.views.scene import GateScene
from bot.slack.views.text import mention

HEX = 12


def gate_scene(incident: Incident, policy: Policy, catalogue: Catalogue, now: At) -> GateScene:
    """Gathered at drawing; a plan that is over needs none of it but whom the policy calls."""
    state = incident.current
    tier = state.plan.tier if state else None
    target = policy.paging.target(incident.service, tier)
    waiting = state if state is not None and state.alive else None
    return GateScene(
        editable=_editable(waiting, catalogue) if waiting is not None and waiting.open else (),
        page=target.name if target else "",
        commander=_commander(policy),
        frozen=(policy.frozen(waiting.plan.environment, now) or "") if waiting else "",
        one_of=_one_of(waiting, policy) if waiting is not None and waiting.open else "",
        stale=_stale(waiting, policy, catalogue) if waiting is not None and waiting.open else (),
    )


def _editable(state: PlanState, catalogue: Catalogue) -> tuple[int, ...]:
    if catalogue.sha256 != state.plan.catalogue:
        return ()
    steps = enumerate(state.plan.steps)
    return tuple(number for number, step in steps if editable(catalogue.action(step.action)))


def _stale(state: PlanState, policy: Policy, catalogue: Catalogue) -> tuple[tuple[str, str, str], ...]:
    """Which file is another one than the plan was made from, so that nobody can approve it any more."""
    files = (
        ("policy.yaml", state.plan.policy, policy.sha256),
        ("actions.yaml", state.plan.catalogue, catalogue.sha256),
    )
    return tuple((name, was[:HEX], now[:HEX]) for name, was, now in files if was != now)


def _one_of(state: PlanState, policy: Policy) -> str:
    return missing_role(state, policy.rule(state.plan.tier)) or ""


def _commander(policy: Policy) -> str:
    commander = policy.paging.commander
    if commander is None:
        return ""
    if commander.person is not None:
        return mention(commander.person)
    return f"<!subteam^{commander.group}>" if commander.group else ""
