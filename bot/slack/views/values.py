"""What buttons carry: ids only, parsed strictly."""

import re

from bot.domain.decision import parse_value, value_of
from bot.domain.ids import IncidentId, PlanId
from bot.domain.incident import PlanState

INCIDENT = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)
STEP = re.compile(r"[0-9]", re.ASCII)
CHANNEL = re.compile(r"[A-Z][A-Z0-9]{1,63}", re.ASCII)
TS = re.compile(r"[0-9]{1,15}\.[0-9]{1,9}", re.ASCII)


def record_value(state: PlanState, step: int) -> str:
    """The value of the buttons that record how step `step` (from 0) ended: the plan's value and the step."""
    return f"{value_of(state)}|{step}"


def parse_record_value(value: str) -> tuple[PlanId, int, str, int] | None:
    """Plan, revision, 12 hex and step; nothing where it is anything else."""
    plan, _, step = value.rpartition("|")
    found = parse_value(plan)
    return (*found, int(step)) if found is not None and STEP.fullmatch(step) else None


def parse_incident(value: str) -> IncidentId | None:
    """The incident of a button that names only that."""
    return IncidentId(value) if INCIDENT.fullmatch(value) else None


def metadata(value: str, channel: str, ts: str) -> str:
    """A modal's private metadata `value|channel|ts`: the button's value and its message."""
    return f"{value}|{channel}|{ts}"


def parse_metadata(text: str) -> tuple[str, str, str] | None:
    """Value, channel and ts; nothing where it is anything else."""
    parts = text.rsplit("|", 2)
    if len(parts) != 3 or not CHANNEL.fullmatch(parts[1]) or not TS.fullmatch(parts[2]):  # noqa: PLR2004
        return None
    return parts[0], parts[1], parts[2]


MENU = re.compile(r"[a-z_0-9]{1,20}", re.ASCII)
SUBJECT = re.compile(r"diagnosis|[0-9]{1,15}\.[0-9]{1,9}", re.ASCII)


def menu_value(word: str, incident: str) -> str:
    """The value of an option of the card's menu: `word|incident`."""
    return f"{word}|{incident}"


def parse_menu(value: str) -> tuple[str, IncidentId] | None:
    """Word and incident; nothing where it is anything else."""
    word, _, name = value.partition("|")
    incident = parse_incident(name)
    return (word, incident) if incident is not None and MENU.fullmatch(word) else None


def feedback_value(word: str, subject: str, incident: str) -> str:
    """The value of a feedback button: `helpful` or `wrong`, the subject, the incident."""
    return f"{word}|{subject}|{incident}"


def parse_feedback(value: str) -> tuple[bool, str, IncidentId] | None:
    """Whether it helped, what, and the incident; nothing where it is anything else."""
    parts = value.split("|")
    if len(parts) != 3 or parts[0] not in {"helpful", "wrong"} or not SUBJECT.fullmatch(parts[1]):  # noqa: PLR2004
        return None
    incident = parse_incident(parts[2])
    return (parts[0] == "helpful", parts[1], incident) if incident is not None else None
