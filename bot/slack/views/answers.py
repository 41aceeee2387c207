"""Answers from the record alone, without a model: status, why, evidence, plan, who can approve."""

import re
from collections.abc import Callable

from bot.domain.finding import Diagnosis, Verdict
from bot.domain.ids import grouped
from bot.domain.incident import Incident, Phase, PlanState
from bot.domain.plan import checks_of, pace_of
from bot.slack.views.diagnosis import dropped
from bot.slack.views.facts import change_lines, undo_line
from bot.slack.views.labels import label, labels
from bot.slack.views.phrases import (
    check_line,
    end_sentence,
    now,
    outcome_sentence,
    pause_words,
    step_title,
    team_label,
    verdict_word,
    word,
)
from bot.slack.views.scene import Scene
from bot.slack.views.text import count, fit, utc
from bot.slack.views.why_not import WHY_NOT, why_not_answer

Answer = tuple[str, tuple[str, ...]]
"""Plain text and the ids of the evidence that it cites."""

ITEMS = 12


def answer(incident: Incident, scene: Scene, question: str) -> Answer | None:
    """The answer to a question of the thread; nothing where it needs a model."""
    asked = re.sub(r"<@[A-Z0-9]+>", " ", question).casefold()
    if not asked.strip():
        return status_answer(incident, scene)
    if WHY_NOT.search(asked) and incident.current is not None:
        return why_not_answer(incident, asked[:500])
    for pattern, reply in REPLIES:
        if re.search(pattern, asked[:500]):
            return reply(incident, scene)
    return None


def status_answer(incident: Incident, scene: Scene) -> Answer:
    """Where the incident is and what comes next."""
    lines = [f"{word(incident)}. {now(incident)}", f"Open since {utc(incident.opened_at)}."]
    if incident.closed is not None:
        lines[1] = f"Opened at {utc(incident.opened_at)}, closed at {utc(incident.closed.at)}."
    if incident.paused_by is not None:
        lines.append(f"Paused by {scene.name(incident.paused_by)}; a lead resumes it.")
    if scene.paused:
        lines.append(f"Paused: {pause_words(scene.paused)}.")
    if incident.phase is Phase.ESCALATED and incident.escalation:
        lines.append(f"Why a person is needed: {fit(incident.escalation, 600)}")
    measured = [state for state in incident.executions if state.outcome is not None]
    lines += [f"Plan {state.plan.revision}: {outcome_sentence(state)}" for state in measured]
    return "\n".join(lines), ()


def why_answer(incident: Incident, scene: Scene) -> Answer:
    """The diagnosis with the evidence of each claim."""
    del scene
    diagnosis = incident.diagnosis
    if diagnosis is None:
        return "There is no diagnosis yet; I am still looking.", ()
    sure = f" (confidence {diagnosis.confidence})" if diagnosis.verdict is Verdict.CAUSE else ""
    cause = f" {diagnosis.cause}" if diagnosis.cause else ""
    lines = [f"{verdict_word(diagnosis.verdict)}{sure}:{cause}".rstrip(":")]
    for claim in diagnosis.claims[:ITEMS]:
        quote = f' "{fit(claim.quote, 200)}"' if claim.quote else ""
        lines.append(f"- {fit(claim.statement, 300)}{quote} [{labels(incident, claim.evidence)}]")
    lines += _gaps(diagnosis)
    lines.append(f"Found by: {team_label(diagnosis.team)}.")
    return "\n".join(lines), _cited(diagnosis)


def _gaps(diagnosis: Diagnosis) -> list[str]:
    lines = [dropped(diagnosis.dropped)] if diagnosis.dropped else []
    lines += [f"Against it: {'; '.join(diagnosis.against[:4])}."] if diagnosis.against else []
    return [*lines, f"Missing: {'; '.join(diagnosis.missing[:4])}."] if diagnosis.missing else lines


def _cited(diagnosis: Diagnosis) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for claim in diagnosis.claims[:ITEMS] for one in claim.evidence))


def evidence_answer(incident: Incident, scene: Scene) -> Answer:
    """What was looked at and what it showed."""
    del scene
    if not incident.evidence:
        return "Nothing has been looked at yet.", ()
    shown = incident.evidence[:ITEMS]
    lines = [
        f"{label(incident, one.id)} {one.kind} from {fit(one.source, 80)}: "
        f"{'no answer. ' if one.failed else ''}{fit(one.summary, 200)}"
        for one in shown
    ]
    more = len(incident.evidence) - len(shown)
    if more > 0:
        lines.append(f"and {more} more under Evidence on the card.")
    return "\n".join(lines), tuple(one.id for one in shown)


def plan_answer(incident: Incident, scene: Scene) -> Answer:
    """The current plan with its undo and its success check."""
    state = incident.current
    if state is None:
        reason = incident.nothing or incident.escalation
        return f"There is no plan{f': {fit(reason, 600)}' if reason else ' yet.'}", ()
    plan = state.plan
    lines = [
        f"Plan {plan.revision} ({grouped(state.digest)}), risk {plan.tier}: {_state(state)}",
        f"In {plan.environment}.",
    ]
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"{number}. {step_title(step)} on {step.target}: {'; '.join(change_lines(step))}")
        lines.append(f"   Undo: {undo_line(step.undo)}")
    pace = pace_of(plan)
    lines += [f"Worked if: {check_line(check, pace)}" for check in checks_of(plan)]
    lines += [f"use {number}: {fit(option.title, 120)}" for number, option in enumerate(state.options, 1)]
    del scene
    return "\n".join(lines), ()


def _state(state: PlanState) -> str:
    if state.outcome is not None:
        return outcome_sentence(state)
    if state.ended is not None:
        return end_sentence(state.ended)
    if state.stopped is not None:
        return f"stopped ({state.stopped[0]})."
    if state.started_at is not None:
        return "being carried out."
    return "approved." if state.approved else f"waits for approval until {utc(state.plan.expires_at)}."


def who_answer(incident: Incident, scene: Scene) -> Answer:
    """Who may approve the current plan, and who may not and why."""
    state = incident.current
    if state is None or not state.open:
        return "No plan waits for approval right now.", ()
    plan = state.plan
    left = plan.approvals - len(state.approvals)
    decided = {one.person for _, one in state.decisions}
    names = [scene.name(one) for one in scene.approvers if one not in decided]
    needs = f"needs {count(left, 'more approval')} until {utc(plan.expires_at)}."
    lines = [f"Plan {plan.revision} (risk {plan.tier}) {needs}"]
    if names:
        lines.append(f"Who can approve now: {', '.join(names)}.")
    else:
        why = f" ({scene.roster_note})" if scene.roster_note else ""
        lines.append(f"Nobody can approve right now{why}.")
    if scene.gate.one_of:
        lines.append(f"One approval must come from a {scene.gate.one_of}.")
    lines += _not_now(incident, scene)
    barred = [scene.name(one) for one in plan.originators if one not in scene.approvers]
    if barred:
        lines.append(f"Asked for this plan, so cannot approve it: {', '.join(barred)}.")
    if decided:
        lines.append(f"Already counted: {', '.join(scene.name(one) for one in sorted(decided))}.")
    return "\n".join(lines), ()


def _not_now(incident: Incident, scene: Scene) -> list[str]:
    """Why an approval would not count now, whoever gave it."""
    found: list[str] = []
    if incident.paused_by is not None:
        found.append(
            f"Paused by {scene.name(incident.paused_by)}: no approval counts until a lead resumes it."
        )
    if scene.paused:
        found.append(f"Paused: {pause_words(scene.paused)}. No approval counts until a lead resumes.")
    if scene.gate.frozen:
        found.append(f"No approval counts now: {scene.gate.frozen}.")
    if scene.gate.full:
        over = scene.gate.full_until
        until = f", until {utc(over)}" if over is not None else ""
        found.append(f"No approval counts now: {scene.gate.full}{until}.")
    return found


REPLIES: tuple[tuple[str, Callable[[Incident, Scene], Answer]], ...] = (
    (
        r"\b(who|whom)\b.*\b(approve|approves|approver|approvers|decide|decides|sign)\b|\bapprovers?\b",
        who_answer,
    ),
    (r"^\W*(why|what happened|what is wrong|cause|root cause|diagnosis)\b", why_answer),
    (r"^\W*(show )?(me )?(the )?(evidence|proof|quotes?)\b|^\W*what did you (see|look)", evidence_answer),
    (
        r"^\W*(show )?(me )?(the )?(plan|undo|steps?)\b|^\W*what (will|would|do) you (do|propose|plan)",
        plan_answer,
    ),
    (r"^\W*(status|state|where are we|what is going on|what's going on|update)\b", status_answer),
)
"""Patterns over a person's own words; the first that matches answers."""
