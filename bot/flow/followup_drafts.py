"""Drafts for people outside of the thread: made on request, edited by a person, sent after an approval."""

import hashlib
import re

from bot.domain.errors import IllegalEventError, UnknownIncidentError
from bot.domain.events import Answered, Asked, Event
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Draft, Incident, Question
from bot.domain.papers import paper, record_of, timeline_part, vouched
from bot.domain.teamwork import DraftEdited, DraftKind, DraftMade, DraftSent
from bot.flow.conductor import Table, decide, nudge
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder
from bot.ports.ports import Ports
from bot.ports.team import Case

DRAFT = (
    r"^\W*(?:please\s+)?(?:can you\s+)?(?:draft|write|prepare|make|give|create|send)?"
    r"\s*(?:me\s+|us\s+)?(?:a|an|the)?\s*"
)
KINDS = (
    (re.compile(DRAFT + r"(?:blameless\s+)?post-?\s?mortem\b", re.IGNORECASE), DraftKind.POSTMORTEM),
    (
        re.compile(
            DRAFT + r"(?:stakeholders?|customers?)(?:'s)?\s*(?:status\s+)?(?:update|message|mail)\b",
            re.IGNORECASE,
        ),
        DraftKind.STAKEHOLDERS,
    ),
    (re.compile(DRAFT + r"escalation\s+(?:message|mail|note)\b", re.IGNORECASE), DraftKind.ESCALATION),
)
MAX_DRAFTS = 20
MAX_TEXT = 3_000
MADE = {
    DraftKind.POSTMORTEM: "Here is a postmortem draft, as a file in this thread.",
    DraftKind.STAKEHOLDERS: "Here is a draft. Nothing is sent before somebody presses Approve and send.",
    DraftKind.ESCALATION: "Here is a draft. Nothing is sent before somebody presses Approve and send.",
}
TOO_MANY = f"There are {MAX_DRAFTS} drafts of this incident already; please use one of those."
BY_RULES = "It was put together from the record, without a model."
NO_CHANNEL = "No channel is set for that. Name one in policy.yaml under communications, then try again."
CHANGED = "The draft was changed meanwhile. Please read the newest text, then approve that."
SENT_ALREADY = "This draft was sent already."
EMPTY = "An empty draft cannot be kept."


def draft_wanted(text: str) -> DraftKind | None:
    """The kind of draft that a mention asks for."""
    plain = re.sub(r"<@[A-Z0-9]+>", " ", text).strip()[:200]
    if "?" in plain and not plain.casefold().startswith(("can you", "please")):
        return None
    return next((kind for pattern, kind in KINDS if pattern.search(plain)), None)


def version_of(text: str) -> str:
    """Which text of a draft was shown: 12 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


async def drafted(
    ports: Ports, incident: Incident, question: Question, case: Case, kind: DraftKind
) -> tuple[Event, ...]:
    """The draft and the word that it is there."""
    if len(incident.drafts) >= MAX_DRAFTS:
        return (Answered(question.ts, TOO_MANY),)
    now = ports.clock.now()
    said = await ports.speaker.draft(case, kind)
    text, note = paper(kind, incident, now), BY_RULES
    if said is not None:
        kept, dropped = vouched(said, record_of(incident, now))
        if kept:
            text = f"{kept}\n\n{timeline_part(incident)}\n" if kind is DraftKind.POSTMORTEM else kept
            note = "A model wrote it"
            note += (
                f"; {dropped} lines with numbers that the record does not have were left out."
                if dropped
                else "."
            )
    made = DraftMade(ports.clock.new_id("draft"), kind, text, question.person)
    return (made, Answered(question.ts, f"{MADE[kind]} {note}"))


async def ask_draft(
    ports: Ports, table: Table, incident: IncidentId, kind: DraftKind, person: PersonId
) -> str | None:
    """A button asks for a draft, as a mention would."""
    if not await is_responder(ports, person):
        return NOT_A_RESPONDER
    now = ports.clock.now()
    # seven decimals: no message of Slack has this ts
    asked = Asked(person, f"{now // 1000}.{now % 1000:03}0001", f"{kind} draft")

    def judged(found: Incident) -> tuple[Event, ...]:
        return () if any(one.ts == asked.ts for one in found.questions) else (asked,)

    try:
        after = await decide(ports, incident, judged)
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    await nudge(ports, after, table)
    return None


async def edit_draft(
    ports: Ports, incident: IncidentId, draft: str, text: str, person: PersonId
) -> str | None:
    """A person gives a draft another text."""
    if not await is_responder(ports, person):
        return NOT_A_RESPONDER
    if not text.strip():
        return EMPTY
    edited = DraftEdited(draft, text.strip()[:MAX_TEXT], person)
    try:
        await decide(ports, incident, lambda found: () if _text(found, draft) == edited.text else (edited,))
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except IllegalEventError:
        return SENT_ALREADY
    return None


async def send_draft(
    ports: Ports, incident: IncidentId, draft: str, version: str, person: PersonId
) -> str | None:
    """A person approves exactly the text that was shown; the record says who, and the message follows."""
    if not await is_responder(ports, person):
        return NOT_A_RESPONDER
    channel = ports.content.policy().communications
    if not channel:
        return NO_CHANNEL
    told: list[str] = []

    def judged(found: Incident) -> tuple[Event, ...]:
        text = _text(found, draft)
        told[:] = [CHANGED] if text is None or version_of(text) != version else []
        return () if told else (DraftSent(draft, channel, "", person),)

    try:
        await decide(ports, incident, judged)
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except IllegalEventError:
        return SENT_ALREADY
    return told[0] if told else None


def draft_of(incident: Incident, draft: str) -> Draft | None:
    """The draft of that id."""
    return next((one for one in incident.drafts if one.id == draft), None)


def _text(incident: Incident, draft: str) -> str | None:
    found = draft_of(incident, draft)
    return found.text if found else None
