"""What stands on a plan's card beside its facts: calls, freezes, holds, what changed, Edit, Stop and Undo."""

from collections.abc import Iterator

from bot.domain.action import UndoKind
from bot.domain.decision import ExecutionCode, value_of
from bot.domain.due import half_time
from bot.domain.events import Closing, PlanEnd
from bot.domain.ids import SECOND, At, grouped
from bot.domain.incident import PLANNABLE, Incident, PlanState, StepStatus
from bot.domain.paging import NOBODY
from bot.domain.plan import Step
from bot.domain.teamwork import PageReason
from bot.slack.views.blocks import Block, button, confirm, line, preformatted, rich, said
from bot.slack.views.scene import GateScene
from bot.slack.views.text import esc, esc_fit, when
from bot.slack.views.values import record_value

Row = tuple[str, str, str]
"""What changed: its name, the approved value, the observed one."""

MOST_EDITS = 3
STOP_TEXT = "No step starts until a lead resumes it. After two minutes without a start the plan expires."


def auto_line(state: PlanState) -> str:
    """That the policy itself approved."""
    if state.auto is None:
        return ""
    moment, event = state.auto
    return f"*Approved by the policy, without a person,* at {when(moment)} ({esc_fit(event.rule, 200)})."


def page_line(incident: Incident, state: PlanState, gate: GateScene) -> str:
    """Who is called when nobody answers, or what became of that call."""
    calls = (
        page
        for _, page in incident.pages
        if page.digest == state.digest and page.reason is PageReason.HALF_TIME
    )
    made = next(calls, None)
    if made is not None and made.target != NOBODY:
        became = "was called" if made.ok else f"*could not be called* ({esc_fit(made.detail, 120)})"
        return f"Half of the time is over: *{esc(made.target)}* {became}."
    if made is not None:
        return "Half of the time is over. *Nobody was called:* the policy names no page target."
    if gate.page is None:
        return ""
    if not gate.page:
        return "If nobody decides, nobody is called: the policy names no page target for this."
    return f"If it is not decided by {when(half_time(state))}, *{esc(gate.page)}* is called."


def frozen_line(gate: GateScene) -> str:
    """Why an approval does not count now."""
    return f"*No changes now:* {esc_fit(gate.frozen, 200)}." if gate.frozen else ""


def limit_line(state: PlanState, gate: GateScene) -> str:
    """Why an approval would not count although nothing is paused, until when, and what to do instead."""
    if not gate.full:
        return ""
    over = gate.full_until
    why = f"{esc_fit(gate.full, 200)}{f', until {when(over)}' if over is not None else ''}"
    if over is None:
        then = "Act by hand."
    elif over >= state.plan.expires_at:
        then = "This plan expires before that: mention me for a new one then, or act by hand."
    else:
        then = "Approve it after that, or act by hand."
    return f"*An approval would not count now:* {why}. {then}"


def holding(incident: Incident, state: PlanState) -> bool:
    """Whether it is approved and has not begun."""
    return incident.is_open and state.approved and state.started_at is None and state.ended is None


def hold_line(state: PlanState, now: At) -> str:
    """When it begins, and how long that is."""
    if not state.plan.hold_seconds or state.hold_until is None:
        return "Starts now."
    left = max(0, (state.hold_until - now + SECOND - 1) // SECOND)
    wait = f"{left} s left" if left else "any moment now"
    return f"*On hold:* starts at {when(state.hold_until)} ({wait}). *Stop* below pauses it."


def stale_rows(gate: GateScene) -> tuple[Row, ...]:
    """The files that are other ones than the plan was made from."""
    return gate.stale


def read_line(state: PlanState) -> str:
    """That the targets were looked at again after the newest approval."""
    if not state.read_again:
        return ""
    moment, event = state.read_again[-1]
    found = esc_fit(event.unseen, 200) if event.unseen else "nothing changed since the plan was made"
    return f"Looked again at {when(moment)}: {found}."


def drift_rows(state: PlanState) -> tuple[Row, ...]:
    """The preconditions that were otherwise after an approval, or when a step was about to start."""
    if state.ended is PlanEnd.DRIFTED:
        return tuple(dict.fromkeys(row for step in state.steps for row in _rows(step.step, state.drift)))
    refused = (
        step for step in state.steps if (step.status, step.code) == (StepStatus.NOT_RUN, ExecutionCode.DRIFT)
    )
    return tuple(row for step in refused for row in _rows(step.step, step.detail))


def _rows(step: Step, detail: str) -> Iterator[Row]:
    for name, approved in step.preconditions:
        _, found, rest = detail.partition(f"{name} was {approved}, is ")
        if found:
            yield name, approved, rest.partition("; ")[0]


def changed_block(rows: tuple[Row, ...]) -> Block:
    """What changed since, literally."""
    lines = [f"{name}: approved {was} \u2192 now {now}" for name, was, now in rows]
    return rich(
        line(said("What changed since this plan was made:", bold=True)), preformatted("\n".join(lines))
    )


def more_buttons(incident: Incident, state: PlanState, gate: GateScene) -> list[Block]:
    """Edit while it can be decided, Stop while it is on hold, Undo after it ran."""
    shown: list[Block] = []
    if incident.current is state and incident.is_open:
        shown += _edits(state, gate) if state.open else []
        if holding(incident, state) and incident.paused_by is None and state.plan.hold_seconds:
            asks = confirm("Stop this plan?", STOP_TEXT, "Stop", "Go back")
            shown.append(
                button("Stop", "stop_incident", incident.id, "Stop: this plan does not start", confirm=asks)
            )
    if undo_offered(incident, state):
        asks = confirm(
            "Propose the undo?",
            "A new plan follows, with its own approval. Nothing is taken back before that.",
            "Propose it",
            "Go back",
        )
        label = f"Undo: propose to take back plan {grouped(state.digest)}"
        shown.append(button("Undo\u2026", "plan_undo", value_of(state), label, confirm=asks))
    return shown


def _edits(state: PlanState, gate: GateScene) -> list[Block]:
    if not gate.editable:
        return []
    if len(gate.editable) == 1:
        (index,) = gate.editable
        return [button("Edit", "plan_edit", record_value(state, index), "Edit: propose other parameters")]
    return [
        button(
            f"Edit step {index + 1}",
            f"plan_edit_{index}",
            record_value(state, index),
            f"Edit step {index + 1}: propose other parameters",
        )
        for index in gate.editable[:MOST_EDITS]
    ]


def undo_offered(incident: Incident, state: PlanState) -> bool:
    """Whether the newest plan that ran can be taken back by a plan of its own now."""
    newest = incident.acted[-1] if incident.acted else None
    if newest is not state or state.undo_of is not None:
        return False
    closed = incident.closed
    over = closed is not None and closed.closing is Closing.VERIFIED
    free = over or (incident.is_open and incident.phase in PLANNABLE and incident.wanted is None)
    done = (step for step in state.steps if step.status is StepStatus.DONE)
    return free and any(step.step.undo.kind is UndoKind.ACTION for step in done)
