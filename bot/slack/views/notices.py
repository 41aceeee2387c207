"""Short separate messages for what people must notice, since an edit notifies nobody."""

from bot.domain.due import PROBE_AFTER_SECONDS
from bot.domain.events import (
    Answered,
    Entry,
    Escalated,
    ExecutionStopped,
    NothingProposed,
    Outcome,
    OutcomeUnknown,
    PlanEnd,
    PlanEnded,
    Probed,
    Verified,
)
from bot.domain.finding import Verdict
from bot.domain.ids import Digest, PlanId, grouped
from bot.domain.incident import Incident, PlanState, StepState, StepStatus
from bot.domain.paging import NOBODY
from bot.domain.teamwork import Paged, PageReason, ParametersEdited, Reopened, UndoAsked
from bot.slack.views.blocks import Block, Part, actions, budgeted, button, confirm, may, must, section, tasks
from bot.slack.views.call_notices import escalated, half_time_call
from bot.slack.views.diagnosis import dropped
from bot.slack.views.errors import execution_sentence
from bot.slack.views.phrases import anew_sentence, change_line, outcome_sentence, step_title
from bot.slack.views.plan_card import step_task
from bot.slack.views.scene import Card, Message, Scene
from bot.slack.views.text import code, esc, esc_fit, mention, unsigned
from bot.slack.views.values import record_value

DETAIL = 400


def notice_cards(incident: Incident, scene: Scene) -> tuple[tuple[int, Card], ...]:
    """The notices with the numbers of the entries that they tell of."""
    found: list[tuple[int, Card]] = []
    for entry in incident.entries:
        told = _notice(incident, entry, scene)
        if told is not None:
            text, parts, loud = told
            message = Message(esc_fit(text, 900), budgeted(parts))
            found.append(
                (entry.number, Card(f"notice:{entry.number}", message, loud, _state(incident, entry)))
            )
    return tuple(found)


Notice = tuple[str, list[Part], bool]
"""The plain text, the parts, and whether the channel is told as well."""


def _notice(incident: Incident, entry: Entry, scene: Scene) -> Notice | None:
    match entry.event:
        case ExecutionStopped(digest, stop, detail):
            return _stopped(incident, digest, stop, detail)
        case PlanEnded(plan, revision, PlanEnd.DRIFTED):
            return _stale(incident, plan, revision)
        case OutcomeUnknown(digest, step, detail):
            return _unknown(incident, digest, step, f"Outcome unknown: {detail}", first=True)
        case Probed(digest, step, None, detail) if _last_look(incident, entry):
            return _unknown(
                incident, digest, step, f"Still unknown after the last look: {detail}", first=False
            )
        case Verified(digest, outcome, _) if outcome is not Outcome.IMPROVED:
            return _ineffective(incident, digest)
        case NothingProposed(verdict, reason):
            return _nothing(incident, verdict, reason)
        case Reopened(alert):
            text = (
                f"The alert came back: {alert.title}. This incident goes on here and is investigated again."
            )
            return text, [must(section(esc_fit(text, 600)))], True
        case _:
            return _around(incident, entry, scene)


def _around(incident: Incident, entry: Entry, scene: Scene) -> Notice | None:
    """That people were called, or that nothing came of what somebody wanted."""
    match entry.event:
        case Escalated():
            return escalated(incident, entry, scene)
        case Paged(target, PageReason.HALF_TIME) if target != NOBODY:
            return half_time_call(entry.event)
        case Answered(ts, text) if ts in _wishes(incident):
            return f"No new plan: {text}", [must(section(f"*No new plan.* {esc_fit(text, 900)}"))], False
        case _:
            return None


def _wishes(incident: Incident) -> frozenset[str]:
    """The marks by which edits and undos are answered where no plan comes of them."""
    return frozenset(
        entry.event.ts for entry in incident.entries if isinstance(entry.event, ParametersEdited | UndoAsked)
    )


def _last_look(incident: Incident, entry: Entry) -> bool:
    event = entry.event
    state = incident.plan(event.digest) if isinstance(event, Probed) else None
    if state is None or not isinstance(event, Probed):
        return False
    probes = state.steps[event.step].probes
    return len(probes) >= len(PROBE_AFTER_SECONDS) and probes[-1] is event


def _state(incident: Incident, entry: Entry) -> str:
    event = entry.event
    if isinstance(event, OutcomeUnknown | Probed):
        state = incident.plan(event.digest)
        return str(state.steps[event.step].status) if state else ""
    return "said"


def _stopped(incident: Incident, digest: Digest, stop: str, detail: str) -> Notice | None:
    state = incident.plan(digest)
    if state is None:
        return None
    done = sum(step.status is StepStatus.DONE for step in state.steps)
    rest = sum(step.status in {StepStatus.PENDING, StepStatus.NOT_RUN} for step in state.steps)
    counts = f"{done} done, {len(state.steps) - done - rest} failed, {rest} not run"
    counts = counts if state.acted else "nothing was run"
    text = f"Plan {state.plan.revision} stopped: {counts}. {execution_sentence(stop)}"
    body = f"*Plan {state.plan.revision} stopped: {counts}.*\n{esc(execution_sentence(stop))}"
    if detail:
        body += f"\n{code(unsigned(detail), DETAIL)}"
    after = _after_stopping(incident, state)
    body += f"\n{after}" if after else ""
    return text, [must(section(body)), may(tasks("Steps", [step_task(step) for step in state.steps]))], True


def _after_stopping(incident: Incident, state: PlanState) -> str:
    if not state.acted:
        return anew_sentence(incident, state)
    return "Nothing more is run from this plan. What was done stays as it is; see the steps."


def _stale(incident: Incident, plan: PlanId, revision: int) -> Notice | None:
    state = next((s for s in incident.plans if (s.plan.id, s.plan.revision) == (plan, revision)), None)
    if state is None:
        return None
    head = f"Plan {revision} is stale: what it was made for has changed, so it will not run."
    next_ = anew_sentence(incident, state)
    body = f"*{head}*\n{code(state.drift, DETAIL)}\nNothing was run. {next_}".strip()
    return f"{head} {next_}".strip(), [must(section(body))], True


def _unknown(incident: Incident, digest: Digest, index: int, head: str, *, first: bool) -> Notice | None:
    state = incident.plan(digest)
    if state is None:
        return None
    step = state.steps[index]
    title = f"Step {index + 1}: {step_title(step.step)} on {step.step.target}"
    if step.status is not StepStatus.UNKNOWN:
        body = f"*{esc(title)}*\n{_settled_mrkdwn(step)}"
        return f"{title}: {_settled(step)}", [must(section(body))], not first
    text = f"{head} ({title}). Please look and record what happened."
    body = f"*{esc_fit(head, DETAIL)}*\n{esc(title)}"
    parts = [must(section(body)), must(section(_instructions(state, step, looking=first and _looking(step))))]
    return text, [*parts, must(actions(*_record_buttons(state, index)))], not first


def _looking(step: StepState) -> bool:
    return len(step.probes) < len(PROBE_AFTER_SECONDS)


def _instructions(state: PlanState, step: StepState, *, looking: bool) -> str:
    lines = ["*Do not run it again by hand before you have looked.* Greenlight never repeats it."]
    if looking:
        times = ", ".join(str(seconds) for seconds in PROBE_AFTER_SECONDS)
        lines.append(f"Greenlight looks (and changes nothing) {times} s after it lost track.")
    lines.append(f"1. Look at {code(step.step.target, DETAIL)}.")
    changes = step.step.changes
    if changes:
        applied = ", ".join(f"{name} is {after}" for name, _, after in changes)
        untouched = ", ".join(f"{name} is {before}" for name, before, _ in changes)
        lines += [
            f"2. If {code(applied, DETAIL)}: press *It was applied*.",
            f"3. If {code(untouched, DETAIL)}: press *It was not*.",
        ]
    else:
        before = ", ".join(f"{name} {value}" for name, value in step.observed_before) or "not observed"
        lines.append(
            f"2. Before the step it showed {code(before, DETAIL)}. If that has changed: *It was applied*."
        )
        lines.append("3. If nothing has changed: *It was not*.")
    lines.append(f"The target stays locked until then. Plan {grouped(state.digest)}.")
    return "\n".join(lines)


def _record_buttons(state: PlanState, index: int) -> tuple[Block, Block]:
    value = record_value(state, index)
    number = index + 1
    sure = confirm(
        "Did you look?", "This frees the target and cannot be taken back.", "Yes, record it", "Go back"
    )
    return (
        button("It was applied", "record_applied", value, f"Record: step {number} was applied", confirm=sure),
        button(
            "It was not", "record_not_applied", value, f"Record: step {number} was not applied", confirm=sure
        ),
    )


def _settled(step: StepState) -> str:
    return "settled, it was applied." if step.status is StepStatus.DONE else "settled, it was not applied."


def _settled_mrkdwn(step: StepState) -> str:
    who, _, note = step.detail.partition(": ")
    told = (
        f"{mention(who)}: {esc_fit(note, DETAIL)}" if who.isalnum() and note else esc_fit(step.detail, DETAIL)
    )
    return f"The outcome was unknown and is now {_settled(step)}\n{told}"


def _ineffective(incident: Incident, digest: Digest) -> Notice | None:
    state = incident.plan(digest)
    if state is None:
        return None
    changes = "; ".join(change_line(step.step) for step in state.steps if step.status is StepStatus.DONE)
    body = f"*Not fixed.* {esc_fit(outcome_sentence(state), DETAIL)}"
    body += f"\nPlan {state.plan.revision} was carried out ({esc_fit(changes, DETAIL)})."
    body += "\nThe next plan needs its own approval."
    return f"Not fixed. {outcome_sentence(state)}", [must(section(body))], False


def _nothing(incident: Incident, verdict: Verdict, reason: str) -> Notice:
    if verdict is Verdict.HEALTHY:
        head, tail = (
            "Nothing wrong was found, so nothing is proposed.",
            "If you still see a problem, tell me.",
        )
    else:
        head, tail = "No cause could be shown, so nothing is proposed.", "A person should look."
    body = f"*{head}* {tail}\n{esc_fit(reason, 900)}"
    diagnosis = incident.diagnosis
    if diagnosis is not None and diagnosis.dropped:
        body += f"\n{dropped(diagnosis.dropped)}"
    return f"{head} {reason}", [must(section(body))], False
