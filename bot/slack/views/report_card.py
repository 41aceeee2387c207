"""The report of a closed incident as a message: summary, timeline, cause, actions, follow-ups."""

from bot.domain.events import Closing
from bot.domain.incident import Incident
from bot.domain.report import Ran, Report, report_of
from bot.domain.teamwork import DraftKind
from bot.domain.timeline import Row
from bot.slack.views.blocks import (
    Block,
    Part,
    actions,
    at,
    budgeted,
    bullets,
    button,
    context,
    header,
    line,
    may,
    must,
    rich,
    said,
    section,
)
from bot.slack.views.phrases import SIMULATED, closed_word, team_label
from bot.slack.views.scene import Card, Message, Scene
from bot.slack.views.text import count, esc, esc_fit, lasting, short, when, when_day

ROWS_IN_A_BLOCK = 10
ROW = 200


def report_card(incident: Incident, scene: Scene) -> Card:
    """The report; the head of the audit chain stands at its end."""
    report = report_of(incident)
    word = closed_word(incident)
    parts = [must(header(f"{word}: {short(report.title, 110)}")), must(section(_summary(report)))]
    parts.append(must(_list("Root cause", _cause(report))))
    parts.append(
        must(_list("What was done", [_ran(ran, scene) for ran in report.actions] or [_nothing_done()]))
    )
    parts.append(
        must(_list("What should follow", [line(said(short(text, ROW * 2))) for text in report.followups]))
    )
    if report.spent:
        parts.append(
            may(_list("What models used", [line(said(short(text, ROW * 2))) for text in report.spent]))
        )
    if report.ratings:
        parts.append(may(_list("What responders say", [_said(text, scene) for text in report.ratings])))
    parts += _timeline(report.timeline, scene)
    parts.append(must(context(_small_print(incident, scene))))
    parts.append(must(actions(*_draft_buttons(incident))))
    closing = incident.closed.closing if incident.closed else None
    return Card(
        name=f"report:{incident.reopened}" if incident.reopened else "report",
        message=Message(
            esc_fit(f"{word}: {report.title} on {report.service}. {report.ending}", 900), budgeted(parts)
        ),
        broadcast=closing is Closing.VERIFIED,
        state=word,
    )


def _draft_buttons(incident: Incident) -> tuple[Block, ...]:
    wanted = ((DraftKind.POSTMORTEM, "Draft postmortem"), (DraftKind.STAKEHOLDERS, "Draft update"))
    there = {draft.kind for draft in incident.drafts}
    return tuple(
        button(f"{text} again" if kind in there else text, "draft_ask", f"{incident.id}|{kind}", text)
        for kind, text in wanted
    )


def _summary(report: Report) -> str:
    took = f", {lasting(report.ended - report.began)} after it began" if report.ended else ""
    ended = f"; over at {when(report.ended)}{took}" if report.ended else ""
    lines = [
        f"*{esc(report.ending)}*",
        f"*What:* {esc_fit(report.title, 200)} on {esc_fit(report.service, 80)}.",
        f"*How bad:* severity {esc_fit(report.severity, 40)}; {_impact(report)}.",
        f"*When:* began {when_day(report.began)}, noticed {when(report.noticed)}{ended}.",
    ]
    if report.measured:
        lines.append(f"*Measured at the end:* {esc_fit(report.measured, 200)}.")
    return "\n".join(lines)


def _impact(report: Report) -> str:
    return "; ".join(esc_fit(text, 600) for text in report.impact[:4]) or "impact not measured"


def _cause(report: Report) -> list[Block]:
    if not report.cause:
        return [line(said("Not shown by the evidence."))]
    by = f" (confidence {report.confidence}; {short(team_label(report.team), 80)})"
    claims = [line(said(short(claim, ROW))) for claim in report.claims[:5]]
    return [line(said(short(report.cause, 300), bold=True), said(by)), *claims]


def _ran(ran: Ran, scene: Scene) -> Block:
    simulated = f"{SIMULATED} " if ran.simulated else ""
    change = f" ({ran.change})" if ran.change else ""
    by = ", ".join(scene.name(person) for person in ran.approvers)
    by = by or ("the policy, without a person" if ran.by_policy else "nobody")
    outcome = f", measured: {ran.outcome}" if ran.outcome else ""
    status = str(ran.status).replace("_", " ")
    text = f"Plan {ran.revision}: {simulated}{ran.title} on {ran.target}{change}: {status}{outcome}."
    return line(said(short(text, ROW * 2)), said(f" Approved by {by} ({ran.digest})."))


def _nothing_done() -> Block:
    return line(said("Greenlight changed nothing."))


def _list(title: str, rows: list[Block]) -> Block:
    return rich(line(said(title, bold=True)), bullets(*rows))


def _timeline(rows: tuple[Row, ...], scene: Scene) -> list[Part]:
    """The timeline in blocks of ten rows, of which the last go first when there is too much."""
    parts: list[Part] = []
    for start in range(0, len(rows), ROWS_IN_A_BLOCK):
        lines = [_row(row, scene) for row in rows[start : start + ROWS_IN_A_BLOCK]]
        title = "Timeline" if start == 0 else "Timeline, continued"
        parts.append(may(_list(title, lines)))
    return parts


def _said(text: str, scene: Scene) -> Block:
    return line(said(short(scene.named(text), ROW * 2)))


def _row(row: Row, scene: Scene) -> Block:
    by = f"{scene.name(row.person)}: " if row.person else ""
    return line(at(row.at, seconds=True), said(f" {by}{short(scene.named(row.text), ROW)}"))


def _small_print(incident: Incident, scene: Scene) -> str:
    head = (
        f" Record head `{esc_fit(scene.head, 64)}`: "
        f"check it with `greenlight audit verify {esc(incident.id)} --head` and these digits."
        if scene.head
        else ""
    )
    size = count(incident.version, "entry", "entries")
    return f"{esc(incident.id)}, {size}. Every line comes from the record.{head}"
