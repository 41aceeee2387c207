"""The change record of an incident: who, what, when, why, on which evidence and under which policy."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.domain.decision import Code
from bot.domain.events import Decided, OutcomeRecorded, RosterRead
from bot.domain.evidence import Evidence
from bot.domain.ids import SECOND, At, PersonId, grouped
from bot.domain.incident import Incident, PlanState, StepState
from bot.domain.policy import KnownPerson
from bot.domain.report import ending_of
from bot.domain.timeline import timeline

Refusals = tuple[tuple[At, PersonId, str, str], ...]
"""Refused clicks: when, who, on which plan and revision, and the code."""


def moment(at: At | None) -> str:
    """A moment as records write it: `2026-11-22 18:30:05Z`."""
    return "-" if at is None else f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d %H:%M:%S}Z"


def who(person: PersonId | None, people: tuple[KnownPerson, ...]) -> str:
    """A person by id, with the name that the policy knows now."""
    if person is None:
        return "-"
    name = next((known.name for known in people if known.id == person), "")
    return f"{person} ({name})" if name else person


def record_of(
    incident: Incident, head: str, refusals: Refusals, people: tuple[KnownPerson, ...]
) -> tuple[str, ...]:
    """The record, line by line, as Markdown that also reads as plain text."""
    return (
        f"# Change record: {incident.id}",
        "",
        *_facts(incident, head),
        "",
        "## Why",
        "",
        *_why(incident),
        *(line for state in incident.plans for line in _plan(state, people)),
        *_truths(incident, people),
        *_refused(refusals, people),
        "",
        "## When",
        "",
        *_rows(incident, people),
    )


def _facts(incident: Incident, head: str) -> tuple[str, ...]:
    ended = incident.closed
    return (
        f"- Alert: {incident.alert.title} (from {incident.alert.source})",
        f"- Fingerprint: {incident.alert.fingerprint}",
        f"- Service: {incident.service or 'unknown'}",
        f"- Channel: {incident.place.workspace}/{incident.place.channel}, thread {incident.place.thread}",
        f"- Opened: {moment(incident.opened_at)}; closed: {moment(ended.at if ended else None)}",
        f"- Ending: {ending_of(incident)}",
        f"- Record: {incident.version} entries, head {head}",
    )


def _why(incident: Incident) -> Iterator[str]:
    found = incident.diagnosis
    if found is None:
        yield "- No diagnosis was made."
    else:
        sure = f"{found.verdict}, confidence {found.confidence}"
        yield f"- Diagnosis by {found.team}: {sure}. {found.cause}".rstrip()
        for claim in found.claims:
            quote = f'; it reads "{claim.quote}"' if claim.quote else ""
            yield f"  - {claim.statement} (evidence {', '.join(claim.evidence)}{quote})"
    for one in incident.evidence:
        yield _evidence(one)


def _evidence(one: Evidence) -> str:
    state = "no answer" if one.failed else one.summary
    return f"- Evidence {one.id}: {one.kind} from {one.source}, sha256 {one.sha256}: {state}"


def _plan(state: PlanState, people: tuple[KnownPerson, ...]) -> Iterator[str]:
    plan = state.plan
    yield from ("", f"## Plan {plan.revision} ({grouped(state.digest)}): {fate_of(state)}", "")
    yield f"- Digest: {state.digest}"
    yield f"- Policy: {plan.policy}; catalogue: {plan.catalogue}"
    yield f"- Environment: {plan.environment} ({'production' if plan.production else 'not production'})"
    yield f"- Tier: {plan.tier} ({plan.tier_rule}); approvals needed: {plan.approvals}"
    asked = ", ".join(who(person, people) for person in plan.originators) or "nobody; the bot proposed it"
    yield f"- Asked for by: {asked}"
    yield f"- Proposed: {moment(state.proposed_at)}; valid until: {moment(plan.expires_at)}"
    if state.auto is not None:
        at, auto = state.auto
        yield f"- Approved: {moment(at)} by the policy, without a person ({auto.rule})"
    for at, decided in state.decisions:
        yield from _decision(at, decided, people)
    for at, read in state.read_again:
        yield f"- Looked again: {moment(at)}: {read.unseen or 'nothing had changed'}"
    for number, step in enumerate(state.steps, 1):
        yield from _step(number, step)
    if state.outcome is not None:
        yield f"- Measured: {state.outcome} ({state.outcome_detail})"


def fate_of(state: PlanState) -> str:
    """What became of a revision, in a few words."""
    if state.started_at is None and state.ended is not None:
        changed = f" ({state.drift})" if state.drift else ""
        return f"{str(state.ended).replace('_', ' ')}{changed}"
    if state.started_at is None:
        return "approved, not begun" if state.approved else "open"
    if state.stopped is not None:
        return f"stopped ({state.stopped[0]}: {state.stopped[1]})"
    return f"executed, {state.outcome or 'not measured'}" if state.executed_at else "executing"


def _decision(at: At, decided: Decided, people: tuple[KnownPerson, ...]) -> Iterator[str]:
    what = "Approved" if decided.approved else "Rejected"
    own = ", who also asked for it" if decided.originator else ""
    why = f": {decided.reason}" if decided.reason else ""
    roles = ", ".join(decided.roles)
    yield f"- {what}: {moment(at)} by {who(decided.person, people)} as {roles}{own}{why}"
    yield from (f"  - {_roster(read)}" for read in decided.rosters)


def _roster(read: RosterRead) -> str:
    members = ", ".join(read.members)
    return f"Roster {read.roster} ({read.source}) at {moment(read.at)}: {members}"


def _step(number: int, state: StepState) -> Iterator[str]:
    step = state.step
    given = ", ".join(f"{name}={value}" for name, value in step.parameters)
    simulated = "[SIMULATED] " if step.executor == "simulator" else ""
    named = f"{simulated}{step.title} ({step.action} v{step.version})"
    yield f"- Step {number}: {named} on {step.target}{f'; {given}' if given else ''}"
    yield f"  - {state.status}: begun {moment(state.started_at)}, ended {moment(state.finished_at)}" + (
        f"; {state.code} {state.detail}".rstrip() if state.code or state.detail else ""
    )
    if state.key:
        yield f"  - Ran as {state.key} under lease {state.fence}"
    if state.observed_before or state.observed_after:
        yield f"  - Observed before: {_fields(state.observed_before)}; after: {_fields(state.observed_after)}"


def _fields(fields: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields) or "nothing"


def _truths(incident: Incident, people: tuple[KnownPerson, ...]) -> Iterator[str]:
    said = [(entry.at, entry.event) for entry in incident.entries if isinstance(entry.event, OutcomeRecorded)]
    if said:
        yield from ("", "## Recorded by hand", "")
    for at, truth in said:
        applied = "was applied" if truth.applied else "was not applied"
        by = who(truth.person, people)
        yield f"- {moment(at)} {by}: step {truth.step + 1} {applied}. {truth.note}".rstrip()


def _refused(refusals: Refusals, people: tuple[KnownPerson, ...]) -> Iterator[str]:
    if refusals:
        yield from ("", "## Clicks that did not count", "")
    for at, person, plan, code in refusals:
        known = code if code in {str(each) for each in Code} else f"{code} (unknown code)"
        yield f"- {moment(at)} {who(person, people)} on {plan}: {known}"


def _rows(incident: Incident, people: tuple[KnownPerson, ...]) -> Iterator[str]:
    for row in timeline(incident.entries):
        by = f" [{who(row.person, people)}]" if row.person else ""
        yield f"- {moment(row.at)} {row.text}{by}"
