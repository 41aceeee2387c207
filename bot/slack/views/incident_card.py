"""The one card of an incident, edited in place: readable in five seconds on a phone."""

from bot.domain.events import Outcome
from bot.domain.ids import PersonId
from bot.domain.incident import Incident, Phase
from bot.domain.spending import spent_words, total
from bot.slack.views.around import around_buttons, around_lines, is_muted
from bot.slack.views.blocks import (
    Block,
    Part,
    Task,
    budgeted,
    context,
    header,
    may,
    must,
    prose,
    section,
    tasks,
)
from bot.slack.views.diagnosis import diagnosis_parts
from bot.slack.views.phrases import ACTIONS, now, outcome_sentence, pause_words, word
from bot.slack.views.scene import Card, Message, Scene
from bot.slack.views.text import count, esc, esc_fit, fit, mention, short, when, when_day

HEAD_DIGITS = 16
IN_LINE = "Waiting for its turn: as many other alerts as may be at once are being investigated."
THINKING = frozenset({Phase.DETECTED, Phase.TRIAGED, Phase.REJECTED})
STAGES = ("Look", "Find the cause", "Plan", "Approve", "Carry out", "Measure")
REACHED = {
    Phase.DETECTED: (0, "in_progress"),
    Phase.TRIAGED: (2, "in_progress"),
    Phase.PROPOSED: (3, "in_progress"),
    Phase.REJECTED: (2, "in_progress"),
    Phase.APPROVED: (4, "pending"),
    Phase.EXECUTING: (4, "in_progress"),
    Phase.EXECUTED: (5, "in_progress"),
    Phase.INCONCLUSIVE: (1, "error"),
    Phase.STOPPED: (4, "error"),
    Phase.UNKNOWN: (4, "error"),
    Phase.EXPIRED: (3, "error"),
}
"""The stage that a phase has reached, and that stage's status; earlier ones are complete."""
ENDED = {
    Phase.INCONCLUSIVE: "not shown",
    Phase.STOPPED: "stopped",
    Phase.UNKNOWN: "outcome unknown",
    Phase.EXPIRED: "expired",
}
"""How the reached stage ended, where it did not go well."""


def incident_card(incident: Incident, scene: Scene) -> Card:
    """What, since when, how bad, who has it, what is happening, what is needed from whom."""
    head = word(incident)
    parts = [
        must(header(f"{head}: {short(incident.alert.title, 110)}")),
        must(section(_five_seconds(incident, scene))),
        must(context(*_when_and_how_bad(incident, scene))),
    ]
    stages = _stages(incident, scene)
    if stages is not None:
        parts.append(must(stages))
    parts += diagnosis_parts(incident)
    parts += _tried(incident)
    parts += [must(row) for row in around_buttons(incident, scene)]
    parts.append(must(context(_small_print(incident, scene))))
    return Card(
        name="incident",
        message=Message(_text(incident, head, scene), budgeted(parts)),
        state=_state(incident, head, scene),
        tell=_told_directly(incident, scene),
    )


def _five_seconds(incident: Incident, scene: Scene) -> str:
    waits = incident.phase is Phase.DETECTED and scene.progress is not None and scene.progress.stage == "line"
    lines = [f"*Now:* {IN_LINE if waits else esc_fit(now(incident), 500)}"]
    reason = incident.escalation if incident.phase is Phase.ESCALATED else incident.nothing
    if reason and incident.phase in {Phase.ESCALATED, Phase.INCONCLUSIVE, Phase.HEALTHY}:
        lines.append(f"*Why:* {esc_fit(scene.named(reason), 600)}")
    if incident.is_open:
        lines.append(f"*Needed:* {needed(incident, scene)}")
    else:
        lines += _closed(incident)
    return "\n".join(lines)


def _closed(incident: Incident) -> list[str]:
    closed = incident.closed
    if closed is None:
        return []
    by = f" by {mention(closed.person)}" if closed.person else ""
    lines = [f"*Closed* at {when(closed.at)}{by}."]
    return [*lines, f"*Note:* {esc_fit(closed.note, 400)}"] if closed.note and closed.person else lines


def needed(incident: Incident, scene: Scene) -> str:
    """What is needed from whom, in one sentence of mrkdwn."""
    if incident.paused_by is not None:
        return f"paused by {mention(incident.paused_by)}; a lead resumes it."
    if incident.waits:
        return "press *Investigate* if this matters; otherwise nothing."
    if scene.paused:
        return f"{esc_fit(pause_words(scene.paused), 200)} are paused; a lead resumes."
    state = incident.current
    match incident.phase:
        case Phase.PROPOSED if state is not None:
            who = scene.people(scene.approvers, 4) if scene.approvers else "somebody who may"
            return f"{who} to approve or reject the plan below, until {when(state.plan.expires_at)}."
        case Phase.INCONCLUSIVE | Phase.ESCALATED | Phase.EXPIRED | Phase.STOPPED:
            return f"{_owner(incident, scene)} to take over. Ask me in this thread, or close the incident."
        case Phase.HEALTHY:
            return f"{_owner(incident, scene)} to look once and close it, if you agree."
        case Phase.UNKNOWN:
            return (
                f"{_owner(incident, scene)} to look at the target and record what happened (message below)."
            )
        case _:
            return "nothing from you right now."


def _owner(incident: Incident, scene: Scene) -> str:
    if incident.owner is not None:
        return scene.people((incident.owner,), 1)
    return scene.people(scene.oncall, 3) if scene.oncall else "a responder"


def _when_and_how_bad(incident: Incident, scene: Scene) -> list[str]:
    alert = incident.alert
    where = esc_fit(incident.service or alert.service or "unknown service", 80)
    bad = esc_fit(alert.severity or "severity not given", 40)
    firing = "still firing" if incident.firing else "no longer firing"
    if incident.alert_resolved_at is not None:
        firing = f"stopped firing at {when(incident.alert_resolved_at)}"
    lines = [f"*{where}* · {bad} · since {when_day(alert.started_at)} · {firing}"]
    seen = scene.duplicates + 1
    if seen > 1:
        lines.append(f"Alert seen {seen} times.")
    if scene.oncall and incident.is_open:
        lines.append(f"*On call:* {scene.people(scene.oncall, 3)}")
    return [*lines, *around_lines(incident, scene)]


def _stages(incident: Incident, scene: Scene) -> Block | None:
    if incident.waits:
        return None
    if incident.phase in THINKING and scene.progress is not None and incident.paused_by is None:
        rows = [
            Task(title, status if status in STATUSES else "pending") for title, status in scene.progress.tasks
        ]
        done = sum(row.status == "complete" for row in rows)
        return tasks(f"Working: {done} of {len(rows)} done", rows) if rows else None
    reached = REACHED.get(incident.phase)
    if reached is None:
        return None
    at, status = reached
    ended = ENDED.get(incident.phase, "")
    rows = [
        Task(stage, _status(number, at, status), word=ended if number == at else "")
        for number, stage in enumerate(STAGES)
    ]
    return tasks(f"Step {at + 1} of {len(STAGES)}", rows)


STATUSES = frozenset({"pending", "in_progress", "complete", "error"})


def _status(number: int, at: int, status: str) -> str:
    if number < at:
        return "complete"
    return status if number == at else "pending"


def _tried(incident: Incident) -> list[Part]:
    """Earlier plans that were measured and did not help."""
    lines = [
        f"Plan {state.plan.revision}: {outcome_sentence(state)}"
        for state in incident.executions
        if state.outcome is not None and state.outcome is not Outcome.IMPROVED
    ]
    return [may(prose("Tried so far\n" + "\n".join(lines), 900))] if lines else []


def _small_print(incident: Incident, scene: Scene) -> str:
    head = f" · record head `{esc(scene.head[:HEAD_DIGITS])}`" if scene.head else ""
    by = f"Team: {esc_fit(scene.team_note, 100)} · " if scene.team_note else ""
    spent = f"Models: {esc_fit(spent_words(total(incident.spent)), 200)} · " if incident.spent else ""
    return f"{by}{spent}{esc(incident.id)}, {count(incident.version, 'entry', 'entries')}{head}"


def _told_directly(incident: Incident, scene: Scene) -> tuple[PersonId, ...]:
    """Who is told where the channel takes no messages any more; nobody where the alert is muted."""
    if is_muted(incident, scene):
        return ()
    return (incident.owner,) if incident.owner else scene.oncall[:3]


def _state(incident: Incident, head: str, scene: Scene) -> str:
    """What must be seen at once when it changes; the rest may wait a moment."""
    parts = (head, incident.phase, len(incident.plans), _steps(incident), scene.paused or "")
    return ":".join(str(part) for part in (*parts, incident.owner or "", incident.muted_until or ""))


def _steps(incident: Incident) -> str:
    state = incident.current
    return ",".join(step.status for step in state.steps) if state else ""


def _text(incident: Incident, head: str, scene: Scene) -> str:
    service = incident.service or incident.alert.service or "unknown service"
    said = f"{head}: {fit(incident.alert.title, 300)} on {fit(service, 80)}. {now(incident)}"
    action = ACTIONS.get(incident.phase, "") if incident.is_open and incident.paused_by is None else ""
    paused = f" Paused: {pause_words(scene.paused)}." if scene.paused else ""
    return esc_fit(f"{said}{f' {action}' if action else ''}{paused}", 900)
