"""What state an incident is in, in words: said the same on every card, in answers and in notifications."""

from typing import assert_never

from bot.domain.action import Pace
from bot.domain.events import Closing, Outcome, PlanEnd
from bot.domain.finding import Verdict
from bot.domain.incident import Incident, Phase, PlanState, StepStatus, looked_at_anew, went_stale
from bot.domain.plan import Check, Step, metrics_of, pace_of
from bot.slack.views.text import count

SIMULATED = "[SIMULATED]"
RULES_TEAM = "rules, no model"


WORDS = {
    Phase.DETECTED: "Investigating",
    Phase.TRIAGED: "Preparing a plan",
    Phase.PROPOSED: "Approval needed",
    Phase.REJECTED: "Plan rejected",
    Phase.APPROVED: "Approved",
    Phase.EXECUTING: "Carrying out the plan",
    Phase.EXECUTED: "Measuring",
    Phase.VERIFIED: "Not fixed",
    Phase.INCONCLUSIVE: "Cause not found",
    Phase.HEALTHY: "Nothing wrong found",
    Phase.STOPPED: "Plan stopped",
    Phase.UNKNOWN: "Outcome unknown",
    Phase.EXPIRED: "Approval expired",
    Phase.ESCALATED: "Needs a person",
    Phase.CLOSED: "Closed",
}
"""Each phase in two or three words; a test holds that none is missing."""

WAITING = "Not investigated"
WAITING_NOW = "This alert is of low severity, so nothing is looked at until somebody asks."

ACTIONS = {
    Phase.PROPOSED: "Approve or reject the plan in the thread.",
    Phase.INCONCLUSIVE: "A responder takes over.",
    Phase.ESCALATED: "A responder takes over.",
    Phase.EXPIRED: "A responder takes over.",
    Phase.STOPPED: "A responder takes over.",
    Phase.HEALTHY: "Look once and close it, if you agree.",
    Phase.UNKNOWN: "Look at the target and record what happened.",
}
"""What somebody must do, for notifications and screen readers; nothing where nobody must."""

NOW = {
    Phase.DETECTED: "Reading logs, metrics and recent changes.",
    Phase.TRIAGED: "Working out what could help.",
    Phase.PROPOSED: "A plan waits for approval. None of it has been run.",
    Phase.REJECTED: "The plan was rejected; working on another one.",
    Phase.APPROVED: "The plan was approved and is about to start.",
    Phase.INCONCLUSIVE: "Greenlight could not show a cause, so it proposes nothing.",
    Phase.HEALTHY: "Everything measured looks normal, so Greenlight proposes nothing.",
    Phase.STOPPED: "A step failed or could not start; the rest of the plan was cancelled.",
    Phase.UNKNOWN: "A step was started and nobody knows how it ended. Its target stays locked.",
    Phase.EXPIRED: "The plan was not approved and started in time. It will not run.",
    Phase.ESCALATED: "Greenlight cannot go on by itself.",
}
"""What is happening, where the phase alone says it."""


def word(incident: Incident) -> str:
    """The state in two or three words."""
    if incident.phase is Phase.CLOSED:
        return closed_word(incident)
    if incident.paused_by is not None:
        return "Paused"
    if incident.waits:
        return WAITING
    if incident.phase is Phase.VERIFIED and improved(incident):
        return "Fixed"
    return WORDS[incident.phase]


def closed_word(incident: Incident) -> str:
    """How an incident was closed; only a measurement is called resolved."""
    closing = incident.closed.closing if incident.closed else None
    match closing:
        case Closing.VERIFIED:
            return "Resolved" if improved(incident) else "Closed"
        case Closing.RESOLVED_ITSELF:
            return "Closed: the alert stopped"
        case Closing.FIXED_BY_HAND:
            return "Closed: fixed by hand"
        case Closing.NOISE:
            return "Closed: noise"
        case Closing.DUPLICATE:
            return "Closed: duplicate"
        case None:
            return "Closed"
        case _:
            assert_never(closing)


def improved(incident: Incident) -> bool:
    """Whether a measurement says that the last plan helped."""
    return incident.current is not None and incident.current.outcome is Outcome.IMPROVED


def now(incident: Incident) -> str:
    """One sentence on what is happening."""
    state = incident.current
    if incident.waits:
        return WAITING_NOW
    match incident.phase:
        case Phase.EXECUTING:
            return _running(state)
        case Phase.EXECUTED:
            return _measuring(state)
        case Phase.VERIFIED:
            tail = "Closing." if improved(incident) else "Working on what to do next."
            return f"{outcome_sentence(state)} {tail}"
        case Phase.CLOSED:
            return closing_sentence(incident)
        case _:
            return NOW[incident.phase]


def _running(state: PlanState | None) -> str:
    steps = state.steps if state else ()
    done = sum(step.status is StepStatus.DONE for step in steps)
    started = next((step for step in steps if step.status is StepStatus.STARTED), None)
    if started is None:
        return f"Carrying out the approved plan: {done} of {count(len(steps), 'step')} done."
    return f"Running step {done + 1} of {len(steps)}: {step_title(started.step)} on {started.step.target}."


def _measuring(state: PlanState | None) -> str:
    if state is None:
        return "Measuring whether it helped."
    names = " and ".join(metrics_of(state.plan))
    taken, needed = len(state.samples), pace_of(state.plan).samples
    return f"The plan was carried out. Measuring {names}: {taken} of {needed} samples so far."


def closing_sentence(incident: Incident) -> str:
    """How it ended."""
    closing = incident.closed.closing if incident.closed else None
    match closing:
        case Closing.VERIFIED if improved(incident):
            return outcome_sentence(incident.current)
        case Closing.RESOLVED_ITSELF:
            return "The sender says that the alert is over. Greenlight did not measure that it fixed it."
        case Closing.FIXED_BY_HAND:
            return "A person fixed it by hand."
        case Closing.NOISE:
            return "A person called this alert noise."
        case Closing.DUPLICATE:
            other = incident.closed.of if incident.closed else None
            return f"A person called this a duplicate{f' of {other}' if other else ''}."
        case _:
            return "It is over."


def outcome_sentence(state: PlanState | None) -> str:
    """What verification measured."""
    detail = state.outcome_detail if state else ""
    outcome = state.outcome if state else None
    match outcome:
        case Outcome.IMPROVED:
            return f"It helped: measured {detail}."
        case Outcome.UNCHANGED:
            return f"It did not help: measured {detail}."
        case Outcome.WORSE:
            return f"It got worse: measured {detail}."
        case Outcome.NO_DATA:
            return "Nobody knows whether it helped: the metric gave no data."
        case None:
            return "Not measured yet."
        case _:
            assert_never(outcome)


def environment_words(environment: str, *, production: bool) -> str:
    """An environment and its kind; an environment that is called by its kind is said once."""
    kind = "production" if production else "not production"
    return environment if environment == kind else f"{environment} ({kind})"


def end_sentence(how: PlanEnd) -> str:
    """How a plan ended without being executed."""
    match how:
        case PlanEnd.EXPIRED:
            return "Expired: its time ran out before it could start. It will not run."
        case PlanEnd.SUPERSEDED:
            return "Superseded: a newer plan took its place. It will not run."
        case PlanEnd.RESOLVED_ITSELF:
            return "Not needed any more: the alert stopped before anything was run."
        case PlanEnd.REJECTED:
            return "Rejected. It will not run."
        case PlanEnd.CLOSED:
            return "The incident was closed. It will not run."
        case PlanEnd.DRIFTED:
            return "Stale: what it was made for has changed. It will not run."
        case _:
            assert_never(how)


def anew_sentence(incident: Incident, state: PlanState) -> str:
    """What follows a plan that went stale; nothing where a person goes on."""
    if not (went_stale(state) and looked_at_anew(incident, state)):
        return ""
    return "I look at everything again, and propose anew if something is still to be done."


def step_title(step: Step) -> str:
    """A step's title; a simulated one says so."""
    return f"{SIMULATED} {step.title}" if step.executor == "simulator" else step.title


STEP_WORDS = {
    StepStatus.PENDING: ("pending", "not run yet"),
    StepStatus.STARTED: ("in_progress", "running"),
    StepStatus.DONE: ("complete", "done"),
    StepStatus.FAILED: ("error", "failed"),
    StepStatus.NOT_RUN: ("error", "not run"),
    StepStatus.UNKNOWN: ("error", "outcome unknown"),
}
"""A step's status as Slack's task status and in words."""


def change_line(step: Step) -> str:
    """What a step changes, on one line."""
    changes = ", ".join(f"{name} {before} → {after}" for name, before, after in step.changes)
    return changes or ", ".join(f"{name}={value}" for name, value in step.parameters)


def check_line(check: Check, pace: Pace) -> str:
    """A success check in words; the pace is that of the whole plan."""
    unit = f" {check.unit}" if check.unit not in {"", "ratio"} else ""
    samples = f"{pace.needed} of {count(pace.samples, 'sample')}"
    return (
        f"{check.metric} {check.comparison} {check.threshold}{unit} in {samples}, "
        f"one every {pace.every_seconds} s, from {pace.settle_seconds} s after the last step"
    )


def team_label(team: str) -> str:
    """A team's name; the rules team says that no model took part."""
    return RULES_TEAM if team == "rules" else team


def pause_words(scope: str) -> str:
    """What a wider pause covers: `all` or `environment:<id>` in words, anything else as it is."""
    if scope == "all":
        return "all changes"
    kind, _, name = scope.partition(":")
    return f"all changes in {name}" if kind == "environment" and name else scope


def verdict_word(verdict: Verdict) -> str:
    """A verdict as a heading."""
    match verdict:
        case Verdict.CAUSE:
            return "Likely cause"
        case Verdict.INCONCLUSIVE:
            return "No cause could be shown"
        case Verdict.HEALTHY:
            return "Nothing wrong was found"
        case _:
            assert_never(verdict)
