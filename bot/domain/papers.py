"""Texts about an incident for people outside of its thread, from its events alone; and a model's, checked."""

import re
from datetime import UTC, datetime

from bot.domain.events import Outcome
from bot.domain.ids import At
from bot.domain.incident import Incident
from bot.domain.report import Ran, report_of
from bot.domain.teamwork import DraftKind

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
LISTED = re.compile(r"^\s*\d{1,2}[.)]\s")
MAX_PAPER = 30_000
NOT_KNOWN = "Not known."


def paper(kind: DraftKind, incident: Incident, now: At) -> str:
    """The whole draft, made by code: every number, name and time in it is one of the record."""
    match kind:
        case DraftKind.POSTMORTEM:
            return postmortem(incident)
        case DraftKind.STAKEHOLDERS:
            return stakeholders(incident, now)
        case DraftKind.ESCALATION:
            return escalation(incident, now)


def postmortem(incident: Incident) -> str:
    """A blameless postmortem as Markdown; what the record does not say is left to people, and says so."""
    report = report_of(incident)
    ended = f", over {_day(report.ended)}" if report.ended else ", not over yet"
    parts = [
        f"# Postmortem (draft): {report.title} on {report.service}",
        f"Incident {incident.id}. Began {_day(report.began)}, noticed {_day(report.noticed)}{ended}.",
        f"## Summary\n\n{report.ending}" + (f" Measured: {report.measured}." if report.measured else ""),
        "## Impact\n\n" + (_bullets(report.impact) or NOT_KNOWN),
        f"## Root cause\n\n{_cause(incident)}",
        "## What was done\n\n"
        + (_bullets(tuple(map(_ran, report.actions))) or "Greenlight changed nothing."),
        timeline_part(incident),
        "## What went well, what went badly, where we were lucky\n\nFor the people who were there to say.",
        "## What follows\n\n" + _bullets(report.followups),
    ]
    return "\n\n".join(parts)[:MAX_PAPER] + "\n"


def timeline_part(incident: Incident) -> str:
    """The timeline, copied from the events."""
    rows = tuple(f"{_clock(row.at)} {row.text}" for row in report_of(incident).timeline)
    return "## Timeline (copied from the record)\n\n" + _bullets(rows)


def stakeholders(incident: Incident, now: At) -> str:
    """A short update without jargon: what is affected, where it stands, what comes next."""
    report = report_of(incident)
    lines = [
        f"{report.service}: {_standing(incident)} (as of {_clock(now)})",
        f"What people notice: {report.title}, since {_clock(report.began)}.",
        f"Where it stands: {report.ending}",
    ]
    helped = [ran for ran in report.actions if ran.outcome is Outcome.IMPROVED]
    lines += [f"What helped: {ran.title}{f' at {_clock(ran.at)}' if ran.at else ''}." for ran in helped[-1:]]
    if incident.is_open:
        lines.append("Next update: when this changes.")
    return "\n".join(lines)


def escalation(incident: Incident, now: At) -> str:
    """Summary, impact, what was done, why it is passed on, what comes next."""
    report = report_of(incident)
    did = "; ".join(map(_ran, report.actions)) or "nothing was changed"
    lines = (
        f"Summary: {report.title} on {report.service}, severity {report.severity}.",
        f"Since: {_clock(report.began)}.",
        f"Impact: {'; '.join(report.impact[:3]) or 'not measured'}.",
        f"Cause: {_cause(incident)}",
        f"Done so far: {did}.",
        f"Why you: {incident.escalation or incident.nothing or report.ending}",
        f"Next: a decision by a person (as of {_clock(now)}).",
    )
    return "\n".join(lines)


def vouched(text: str, record: str) -> tuple[str, int]:
    """A model's draft without the lines whose numbers the record does not have, and how many those were."""
    known = set(NUMBER.findall(record))
    lines = text.strip()[:MAX_PAPER].splitlines()
    kept = [line for line in lines if set(NUMBER.findall(LISTED.sub("", line))) <= known]
    return "\n".join(kept).strip(), len(lines) - len(kept)


def record_of(incident: Incident, now: At) -> str:
    """All that a draft may take its numbers from."""
    seen = "\n".join(one.summary for one in incident.evidence)
    return "\n".join((postmortem(incident), escalation(incident, now), stakeholders(incident, now), seen))


def _cause(incident: Incident) -> str:
    report = report_of(incident)
    if not report.cause:
        return "Not shown by the evidence."
    claims = _bullets(report.claims[:5])
    return f"{report.cause} (confidence {report.confidence})" + (f"\n\n{claims}" if claims else "")


def _ran(ran: Ran) -> str:
    simulated = "[SIMULATED] " if ran.simulated else ""
    change = f" ({ran.change})" if ran.change else ""
    when = f"{_clock(ran.at)} " if ran.at else ""
    outcome = f", measured: {ran.outcome}" if ran.outcome else ""
    return (
        f"{when}{simulated}{ran.title} on {ran.target}{change}: {str(ran.status).replace('_', ' ')}{outcome}"
    )


def _standing(incident: Incident) -> str:
    if incident.closed is not None:
        return f"over since {_clock(incident.closed.at)}"
    return "being worked on" if incident.firing else "the alert has stopped, being watched"


def _bullets(rows: tuple[str, ...]) -> str:
    return "\n".join(f"- {row}" for row in rows)


def _clock(at: At) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S} UTC"


def _day(at: At) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
