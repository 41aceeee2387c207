"""The approval card of one revision of a plan: facts first, the team's words below, then the buttons."""

from bot.domain.decision import value_of
from bot.domain.events import PlanEnd
from bot.domain.ids import grouped
from bot.domain.incident import Incident, Phase, PlanState, StepState, StepStatus
from bot.slack.views.blocks import (
    Block,
    Part,
    Task,
    actions,
    budgeted,
    bullets,
    button,
    confirm,
    context,
    header,
    line,
    may,
    must,
    prose,
    quoted,
    rich,
    said,
    section,
    tasks,
)
from bot.slack.views.facts import facts_of, fits
from bot.slack.views.gate_words import (
    auto_line,
    changed_block,
    drift_rows,
    frozen_line,
    hold_line,
    holding,
    limit_line,
    more_buttons,
    page_line,
    read_line,
    stale_rows,
)
from bot.slack.views.phrases import (
    STEP_WORDS,
    change_line,
    end_sentence,
    environment_words,
    outcome_sentence,
    pause_words,
    step_title,
)
from bot.slack.views.scene import Card, Message, Scene
from bot.slack.views.text import count, esc, esc_fit, mention, mentions, quiet, short, unsigned, when

EXPLANATION = 1_200
REASON = 500
TOO_LARGE = (
    "*This plan is too large to review here, so nobody can approve it* (TOO_LARGE_TO_REVIEW). "
    "Ask for a smaller plan, or do it by hand."
)


def plan_card(incident: Incident, state: PlanState, scene: Scene) -> Card:
    """The card of one revision; its buttons are there only while it can be decided."""
    waits = waiting(incident, state)
    reviewable = fits(state)
    head = status_line(incident, state)
    parts = [must(header(f"{head}: {what(state)}"))]
    parts += _status_parts(incident, state, scene)
    parts += _facts_parts(state, waits=waits) if reviewable else [must(section(TOO_LARGE))]
    parts += _team_parts(state, waits=waits)
    buttons = _buttons(state, approve=waits and reviewable, reject=waits)
    parts.append(must(actions(*buttons, *more_buttons(incident, state, scene.gate))))
    return Card(
        name=f"plan:{state.plan.revision}",
        message=Message(_text(head, state, scene, waits=waits), budgeted(parts)),
        broadcast=waits and not scene.approvers,
        state=f"{head}:{len(state.decisions)}:{incident.paused_by or scene.paused or ''}",
    )


def waiting(incident: Incident, state: PlanState) -> bool:
    """Whether this revision can be decided now."""
    current = incident.current is state and incident.phase is Phase.PROPOSED
    return current and state.open and incident.is_open


def what(state: PlanState) -> str:
    """What a plan does, in one short line."""
    first, others = state.plan.steps[0], len(state.plan.steps) - 1
    more = f" and {count(others, 'more step')}" if others else ""
    return f"{step_title(first)}{more} on {first.target}"


def status_line(incident: Incident, state: PlanState) -> str:
    """The state of a plan in two words."""
    if state.ended is not None:
        return {
            PlanEnd.EXPIRED: "Plan expired",
            PlanEnd.SUPERSEDED: "Plan superseded",
            PlanEnd.RESOLVED_ITSELF: "Plan not needed",
            PlanEnd.REJECTED: "Plan rejected",
            PlanEnd.CLOSED: "Plan closed",
            PlanEnd.DRIFTED: "Plan stale",
        }[state.ended]
    if state.stopped is not None:
        return "Plan stopped"
    if state.in_doubt is not None:
        return "Outcome unknown"
    if state.outcome is not None:
        return "Plan done"
    if state.executed_at is not None:
        return "Plan done, measuring"
    if state.started_at is not None:
        return "Plan running"
    if state.approved:
        return "Plan approved"
    return "Approval needed" if waiting(incident, state) else "Plan closed"


def _status_parts(incident: Incident, state: PlanState, scene: Scene) -> list[Part]:
    lines = [_decision_line(state)]
    if state.ended is PlanEnd.SUPERSEDED:
        lines.append(f"Superseded by plan {state.plan.revision + 1}, below. It will not run.")
    elif state.ended is not None and state.ended is not PlanEnd.REJECTED:
        lines.append(end_sentence(state.ended))
    if state.alive:
        lines.append(read_line(state))
    if waiting(incident, state):
        lines.append(_who_may(incident, state, scene))
        lines.append(page_line(incident, state, scene.gate))
        lines.append(_paused(incident, scene))
        lines.append(frozen_line(scene.gate))
        lines.append(limit_line(state, scene.gate))
    elif holding(incident, state):
        # paused, it does not start at that time
        lines.append("" if incident.paused_by or scene.paused else hold_line(state, scene.now))
        lines.append(_paused(incident, scene))
        lines.append(frozen_line(scene.gate))
    if state.outcome is not None:
        lines.append(f"*{esc(outcome_sentence(state))}*")
    if state.stopped is not None:
        lines.append(f"Stopped: {esc_fit(unsigned(state.stopped[1]), 300)} ({esc(state.stopped[0])})")
    kept = [one for one in lines if one]
    parts: list[Part] = [must(section("\n".join(kept)))] if kept else []
    changed = stale_rows(scene.gate) if waiting(incident, state) else drift_rows(state)
    parts += [must(changed_block(changed))] if changed else []
    rejection = state.rejection
    if rejection is not None and rejection.reason:
        parts.append(
            must(rich(line(said("Reason given:", bold=True)), quoted(short(rejection.reason, REASON))))
        )
    if state.started_at is not None:
        parts.append(must(tasks("Steps", [step_task(step) for step in state.steps])))
    return parts


def _decision_line(state: PlanState) -> str:
    said_by = [
        f"{'Approved' if decided.approved else 'Rejected'} by {mention(decided.person)} at {when(moment)}"
        f"{' (also asked for it)' if decided.originator and decided.approved else ''}."
        for moment, decided in state.decisions
    ]
    said_by += [auto_line(state)] if state.auto is not None else []
    left = state.plan.approvals - len(state.approvals)
    if state.open and state.approvals:
        said_by.append(f"*{len(state.approvals)} of {state.plan.approvals} approvals; {left} more needed.*")
    return "\n".join(said_by)


def _who_may(incident: Incident, state: PlanState, scene: Scene) -> str:
    left = tuple(p for p in scene.approvers if all(p != d.person for _, d in state.decisions))
    if not left:
        why = _barred(state, scene)
        return f"*Nobody can approve this right now*{why}. See `/greenlight oncall`, or act by hand."
    kept = incident.paused_by or scene.paused or scene.gate.frozen or scene.gate.full
    can = "may approve, but not now" if kept else "can approve"
    must = f" One approval must come from a {scene.gate.one_of}." if scene.gate.one_of else ""
    few = _too_few(state, scene, len(left))
    return f"{mentions(left)} {can}.{must} Until {when(state.plan.expires_at)}.{few}"


def _too_few(state: PlanState, scene: Scene, left: int) -> str:
    """That those who can approve are not enough, and why."""
    missing = state.plan.approvals - len(state.approvals)
    return "" if left >= missing else f"\n*That is not enough:* {missing} are needed{_barred(state, scene)}."


def _barred(state: PlanState, scene: Scene) -> str:
    """Why others cannot approve: a roster that does not answer, or the plan is theirs."""
    if scene.roster_note:
        return f" ({esc(scene.roster_note)})"
    asked = tuple(person for person in state.plan.originators if person not in scene.approvers)
    who = ", ".join(scene.people((one,), 1) for one in asked[:4])
    return f" ({who} asked for it, and so cannot approve it)" if asked else ""


def _paused(incident: Incident, scene: Scene) -> str:
    if incident.paused_by is not None:
        how = f"`/greenlight resume incident:{incident.id}` and why"
        return f"*Paused* by {mention(incident.paused_by)}: no step starts until a lead says {how}."
    if not scene.paused:
        return ""
    return f"*Paused*: {esc_fit(pause_words(scene.paused), 200)}. No step starts until a lead resumes."


def step_task(state: StepState) -> Task:
    """A step with what became of it."""
    status, word = STEP_WORDS[state.status]
    lines = [change_line(state.step), f"Code: {state.code}" if state.code else ""]
    if state.detail and state.status is not StepStatus.DONE:
        lines.append(unsigned(state.detail))
    changed = {name for name, _, _ in state.step.changes}
    seen = [f"{name} {value}" for name, value in state.observed_after if name in changed or not changed]
    if seen:
        lines.append(f"now: {', '.join(seen)}")
    title = f"{step_title(state.step)} on {state.step.target}"
    return Task(title, status, "\n".join(filter(None, lines)), word)


def _facts_parts(state: PlanState, *, waits: bool) -> list[Part]:
    """The facts, whole while somebody decides; afterwards what became of the steps goes before them."""
    facts = facts_of(state.plan, state.digest)
    return [must(*facts)] if waits else [may(fact) for fact in facts]


def _team_parts(state: PlanState, *, waits: bool) -> list[Part]:
    parts: list[Part] = []
    if state.explanation.strip():
        label = context("*The team's own words, unverified.* What is approved is what stands above.")
        parts.append(may(label, prose(state.explanation, EXPLANATION)))
    if waits and state.options:
        rows = [
            line(said(f"use {n}: ", bold=True), said(short(o.title, 120)))
            for n, o in enumerate(state.options, 1)
        ]
        intro = line(said("Other ways the team saw (mention me with the words in bold for a new plan):"))
        parts.append(may(rich(intro, bullets(*rows))))
    return parts


def _buttons(state: PlanState, *, approve: bool, reject: bool) -> list[Block]:
    value, digest = value_of(state), grouped(state.digest)
    buttons: list[Block] = []
    if approve:
        asks = confirm("Run this plan?", _confirmation(state), "Approve", "Go back")
        buttons.append(
            button(
                "Approve", "decide_approve", value, f"Approve plan {digest}", style="primary", confirm=asks
            )
        )
    if reject:
        buttons.append(button("Reject", "decide_reject", value, f"Reject plan {digest}, with a reason"))
    buttons.append(button("Details", "plan_details", value, f"Show the whole plan {digest}"))
    return buttons


def _confirmation(state: PlanState) -> str:
    first = state.plan.steps[0]
    more = f" and {count(len(state.plan.steps) - 1, 'more step')}" if len(state.plan.steps) > 1 else ""
    where = environment_words(state.plan.environment, production=state.plan.production)
    loud = where.removesuffix("production)").removesuffix("production")
    where = f"{loud}PRODUCTION{')' if where.endswith(')') else ''}" if state.plan.production else where
    said_first = f"{where}, plan {grouped(state.digest)}. "
    return short(f"{said_first}{step_title(first)} on {first.target}: {change_line(first)}{more}.", 300)


def _text(head: str, state: PlanState, scene: Scene, *, waits: bool) -> str:
    plan = state.plan
    where = environment_words(plan.environment, production=plan.production)
    base = esc_fit(quiet(f"{head}: {what(state)}, {where}, risk {plan.tier}."), 600)
    return f"{base} {mentions(scene.approvers)}" if waits and scene.approvers else base
