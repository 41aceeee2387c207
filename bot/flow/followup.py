"""Mentions: answered from the record, or steering; a question never touches a pending approval."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from bot.domain.alert import Place
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import Answered, Asked, Event, OptionChosen
from bot.domain.evidence import Sighting
from bot.domain.ids import IncidentId
from bot.domain.incident import PLANNABLE, Incident, Question
from bot.domain.orders import wished
from bot.domain.timeline import timeline
from bot.flow.conductor import MAX_ATTEMPTS, Table, decide, leased, load, nudge
from bot.flow.followup_drafts import draft_wanted, drafted
from bot.flow.followup_plans import on_wish
from bot.flow.handing_in import edits_proposed, handed_in
from bot.flow.responders import NOT_A_RESPONDER, is_responder
from bot.ports.cards import Progress, Words
from bot.ports.ports import Ports
from bot.ports.team import Case, Hear, Reply

USE = re.compile(r"use\s+(?:option\s+)?([1-9])", re.IGNORECASE | re.ASCII)
MAX_QUESTION = 2000
MAX_QUESTIONS = 200

NEEDS_A_MODEL = (
    "I can answer that only with a model, and none is set up or none answers. "
    "Without one I know: status, why, evidence, plan, who can approve, and use N for another option."
)
GAVE_UP = "I tried to answer this several times and broke off each time. Please ask a person."

Answerer = Callable[[Incident, str], tuple[str, tuple[str, ...]] | None]
"""From an incident and a question to the answer's text and the evidence that it cites; nothing where the
record alone does not answer it."""


async def asked(ports: Ports, table: Table, answerer: Answerer, question: Asked, place: Place) -> bool:
    """Record a question of an incident's thread with its answer; false where the thread has no incident."""
    found = await ports.incidents.by_thread(place)
    if found is None:
        return False
    content, may_steer = ports.content, await is_responder(ports, question.person)

    def judged(incident: Incident) -> tuple[Event, ...]:
        service = content.inventory().service(incident.service)
        wish = wished(question.text, service, content.catalogue())
        if not may_steer and (wish or _option(question) is not None):
            return _refused(incident, question)
        return _answered(incident, question, answerer, wish=wish)

    after = await decide(ports, found, judged)
    await nudge(ports, after, table)
    return True


def _refused(incident: Incident, question: Asked) -> tuple[Event, ...]:
    """Whoever may not press Edit may not say what the next plan shall be either."""
    asked = _new(incident, question)
    return () if asked is None else (asked, Answered(question.ts, NOT_A_RESPONDER))


def _new(incident: Incident, question: Asked) -> Asked | None:
    """The question as it is kept; nothing where it was kept before, or there are too many."""
    again = any(asked.ts == question.ts for asked in incident.questions)
    if again or len(incident.questions) >= MAX_QUESTIONS:
        return None
    return Asked(question.person, question.ts, question.text[:MAX_QUESTION])


def _option(question: Asked) -> int | None:
    """The number of the option that these words ask for."""
    use = USE.fullmatch(question.text.strip().rstrip(".!"))
    return int(use[1]) if use else None


def _answered(incident: Incident, question: Asked, answerer: Answerer, *, wish: bool) -> tuple[Event, ...]:
    asked, option = _new(incident, question), _option(question)
    if asked is None:
        return ()
    if option is not None:
        return (asked, *_use(incident, question, option))
    if draft_wanted(question.text) is not None:
        return (asked,)
    if wish:
        return (asked, *on_wish(incident, asked))
    known = answerer(incident, question.text)
    return (asked,) if known is None else (asked, Answered(question.ts, *known))


def _use(incident: Incident, question: Asked, number: int) -> tuple[Event, ...]:
    options = incident.current.options if incident.current else ()
    if incident.phase not in PLANNABLE or not incident.is_open:
        return (Answered(question.ts, f"A plan cannot be changed now: the incident is {incident.phase}."),)
    if not 1 <= number <= len(options):
        there = f"there are {len(options)}" if options else "there are none"
        return (Answered(question.ts, f"There is no option {number}: {there}."),)
    chosen = OptionChosen(question.person, question.ts, number)
    return (chosen,)


async def answering(ports: Ports, incident: IncidentId) -> None:
    """Answer the questions that wait, one after the other, in one process at a time.

    It holds no lease of the incident: whatever else is due there goes on meanwhile, and all that it appends
    is the answer, what was looked at for it, and its cost.
    """
    if not (await load(ports, incident)).unanswered:
        return
    async with leased(ports, IncidentId(f"{incident}/answers"), 0) as lease:
        while lease is not None:
            found = await load(ports, incident)
            if not found.unanswered:
                return
            await _answer(ports, found, found.unanswered[0])


async def _answer(ports: Ports, incident: Incident, question: Question) -> None:
    tries, place = IncidentId(f"{incident.id}/answers"), incident.questions.index(question)
    if await ports.incidents.attempt(tries, place) > MAX_ATTEMPTS:
        events: tuple[Event, ...] = (Answered(question.ts, GAVE_UP),)
    else:
        events = await _reply(ports, incident, question)

    def judge(now: Incident) -> tuple[Event, ...]:
        waits = any(one.ts == question.ts for one in now.unanswered)
        return events if waits else ()

    await decide(ports, incident.id, judge)
    await ports.incidents.attempt_ended(tries, place)


async def _reply(ports: Ports, incident: Incident, question: Question) -> tuple[Event, ...]:
    """What answers a question: a draft where one is wanted, else the speaker's words."""
    case = await _case(ports, incident)
    kind = draft_wanted(question.text)
    if kind is not None:
        made = await drafted(ports, incident, question, case, kind)
        await edits_proposed(ports, incident, case.worksheet, question.person, asked=True)
        return (*await handed_in(ports, case.worksheet), *made)
    hear = await _aloud(ports, incident.id, question.ts)
    reply = await ports.speaker.answer(case, question.text, hear) or Reply(NEEDS_A_MODEL)
    said = await edits_proposed(ports, incident, case.worksheet, question.person, asked=True)
    text = "\n\n".join((reply.text, *said))
    answered = Answered(question.ts, text, reply.evidence, reply.offers)
    return (*await handed_in(ports, case.worksheet), answered)


async def _aloud(ports: Ports, incident: IncidentId, ts: str) -> Hear:
    """Shows an answer while it is being written: progress, no event, so that nothing waits for it."""
    _, progress = await ports.cards.progress(incident)
    shown = progress or Progress("answer", ())

    async def hear(text: str) -> None:
        with suppress(StoreUnavailableError):
            await ports.cards.report_progress(incident, replace(shown, answering=Words(ts, text)))

    return hear


async def _case(ports: Ports, incident: Incident) -> Case:
    found = [await ports.blobs.get(evidence.id) for evidence in incident.evidence]
    sightings: tuple[Sighting, ...] = tuple(sighting for sighting in found if sighting is not None)
    return Case(
        incident=incident.id,
        alert=incident.alert,
        service=ports.content.inventory().service(incident.service),
        sightings=sightings,
        catalogue=ports.content.catalogue(),
        now=ports.clock.now(),
        diagnosis=incident.diagnosis,
        related=incident.joined,
        record=tuple(row.text for row in timeline(incident.entries)),
    )
