"""The report of an incident, rendered from its events alone: it cannot claim what did not happen."""

from dataclasses import dataclass
from typing import assert_never

from bot.domain.events import (
    Closing,
    Outcome,
)
from bot.domain.finding import Verdict
from bot.domain.ids import At, PersonId, grouped
from bot.domain.incident import Incident, PlanState, StepState, StepStatus
from bot.domain.plan import checks_of, metrics_of
from bot.domain.spending import spent_words, total
from bot.domain.timeline import Row, brief, change_of, timeline


@dataclass(frozen=True, slots=True)
class Ran:
    """One step that was started or refused, with who approved it and how it ended."""

    revision: int
    title: str
    target: str
    change: str
    status: StepStatus
    detail: str
    simulated: bool
    approvers: tuple[PersonId, ...]
    digest: str
    outcome: Outcome | None
    at: At | None
    by_policy: bool = False
    """The policy's opt-in rule approved it, without a person."""


@dataclass(frozen=True, slots=True)
class Report:
    """What happened, when, to whom it mattered, why, what was done, and what should follow."""

    title: str
    service: str
    severity: str
    began: At
    noticed: At
    ended: At | None
    ending: str
    measured: str
    impact: tuple[str, ...]
    timeline: tuple[Row, ...]
    cause: str
    confidence: str
    claims: tuple[str, ...]
    team: str
    actions: tuple[Ran, ...]
    followups: tuple[str, ...]
    spent: tuple[str, ...] = ()
    """What models used, one line per stage and one for all; none where none was asked."""
    ratings: tuple[str, ...] = ()
    """What responders said of the diagnosis and the answers; none where nobody said anything."""


def report_of(incident: Incident) -> Report:
    """The report as the events so far allow it."""
    diagnosis, state = incident.diagnosis, incident.current
    found = diagnosis is not None and diagnosis.verdict is Verdict.CAUSE
    return Report(
        title=incident.alert.title,
        service=incident.service or incident.alert.service or "unknown",
        severity=incident.alert.severity or "not given",
        began=incident.alert.started_at,
        noticed=incident.opened_at,
        ended=incident.closed.at if incident.closed else None,
        ending=ending_of(incident),
        measured=state.outcome_detail if state else "",
        impact=impact_of(incident),
        timeline=timeline(incident.entries),
        cause=diagnosis.cause if diagnosis and found else "",
        confidence=str(diagnosis.confidence) if diagnosis else "",
        claims=tuple(claim.statement for claim in diagnosis.claims) if diagnosis else (),
        team=diagnosis.team if diagnosis else "",
        actions=actions_of(incident),
        followups=followups_of(incident),
        spent=spent_of(incident),
        ratings=ratings_of(incident),
    )


def ending_of(incident: Incident) -> str:
    """How it ended, in one sentence; only a measurement says resolved."""
    if incident.closed is None:
        return f"Still open ({incident.phase})."
    match incident.closed.closing:
        case Closing.VERIFIED:
            return "Measured: the success check that was declared before approval holds."
        case Closing.RESOLVED_ITSELF:
            return "The alert stopped by itself; no measurement shows that a plan fixed it."
        case Closing.FIXED_BY_HAND:
            return "Fixed by hand, as a person said."
        case Closing.NOISE:
            return "Closed as noise by a person."
        case Closing.DUPLICATE:
            return "Closed as a duplicate by a person."
        case _:
            assert_never(incident.closed.closing)


def impact_of(incident: Incident) -> tuple[str, ...]:
    """What was measured of the harm: metric evidence, and the check's metric when a plan began."""
    looked = [one for one in incident.evidence if one.kind == "metrics" and not one.failed]
    # where it was looked at again, the newest look alone
    seen = list({(one.source, one.query): one.summary for one in looked}.values())
    started = next((state for state in incident.executions if state.measured is not None), None)
    if started is not None:
        check = started.plan.steps[-1].check
        measured = brief(started.measured or "unknown")
        seen.append(f"{check.metric} was {measured} when the first plan began")
    return tuple(text.replace(" ABNORMAL", " (abnormal)") for text in seen if text)


def actions_of(incident: Incident) -> tuple[Ran, ...]:
    """Every step of every plan that was started, in order."""
    return tuple(_ran(state, step) for state in incident.executions for step in state.steps)


def _ran(state: PlanState, step: StepState) -> Ran:
    return Ran(
        revision=state.plan.revision,
        title=step.step.title,
        target=step.step.target,
        change=change_of(step.step),
        status=step.status,
        detail=step.detail,
        simulated=step.step.executor == "simulator",
        approvers=tuple(decided.person for decided in state.approvals),
        digest=grouped(state.digest),
        outcome=state.outcome,
        at=step.started_at,
        by_policy=state.auto is not None,
    )


def followups_of(incident: Incident) -> tuple[str, ...]:
    """Monitoring, prevention, post-mortem, documentation: what these events make worth doing."""
    return (*_left_behind(incident), _monitoring(incident), _prevention(incident), *_papers(incident))


def _left_behind(incident: Incident) -> tuple[str, ...]:
    """Values that a plan without success left behind, by what they were before the first change."""
    first: dict[tuple[str, str], str] = {}
    left: dict[tuple[str, str], str] = {}
    for state in incident.executions:
        done = (step for step in state.steps if step.status is StepStatus.DONE)
        for target, name, before, after in (
            (s.step.target, *change) for s in done for change in s.step.changes
        ):
            key = (target, name)
            was = first.setdefault(key, before)
            if state.outcome is Outcome.IMPROVED or after == was:
                left.pop(key, None)
            else:
                left[key] = f"{name} of {target} was set from {was} to {after}"
    return tuple(f"Clean up: {text} without success, and not taken back." for text in left.values())


def _monitoring(incident: Incident) -> str:
    state = incident.executions[-1] if incident.executions else None
    if state is None:
        return "Monitoring: check that this alert fires early enough, and only when it matters."
    checks = checks_of(state.plan)
    names = " and ".join(metrics_of(state.plan))
    stays = ", ".join(f"{check.metric} {check.comparison} {check.threshold}" for check in checks)
    wanted = stays if len(checks) > 1 else stays.removeprefix(f"{names} ")
    return f"Monitoring: watch {names} for a day; it should stay {wanted}."


def _prevention(incident: Incident) -> str:
    diagnosis = incident.diagnosis
    if diagnosis is None or diagnosis.verdict is not Verdict.CAUSE:
        return "Prevention: the cause is not known yet; find it before calling this done."
    return f"Prevention: remove the cause for good ({diagnosis.cause})."


def _papers(incident: Incident) -> tuple[str, str]:
    mode = incident.diagnosis.mode if incident.diagnosis else None
    page = f"add what was learned to the runbook page {mode}" if mode else "write a runbook page for this"
    return (
        "Post-mortem: hold a blameless one; the timeline of this report is complete.",
        f"Documentation: {page}.",
    )


def spent_of(incident: Incident) -> tuple[str, ...]:
    """What models used: one line per stage, and one for all."""
    if not incident.spent:
        return ()
    lines = (f"{one.stage} ({', '.join(one.models)}): {spent_words(one)}" for one in incident.spent)
    return (*lines, f"in all: {spent_words(total(incident.spent))}")


def ratings_of(incident: Incident) -> tuple[str, ...]:
    """How many responders found the diagnosis and the answers helpful, then their notes."""
    lines: list[str] = []
    for name, rated in (
        ("Diagnosis", [one for one in incident.feedback if one.subject == "diagnosis"]),
        ("Answers", [one for one in incident.feedback if one.subject != "diagnosis"]),
    ):
        if rated:
            good = sum(one.helpful for one in rated)
            lines.append(f"{name}: {good} helpful, {len(rated) - good} not helpful.")
            lines += [f"{one.person}: {one.note}" for one in rated if one.note]
    return tuple(lines)
