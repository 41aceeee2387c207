"""Mentions: answered from the record, or steering; a question never touches a pending approval."""

import re
from collections.abc import Callable

from bot.domain.alert import Place
from bot.domain.events import Answered, Asked, Event, OptionChosen
from bot.domain.incident import PLANNABLE, Incident
from bot.flow.conductor import Table, decide, nudge
from bot.ports.ports import Ports

USE = re.compile(r"use\s+(?:option\s+)?([1-9])", re.IGNORECASE | re.ASCII)
MAX_QUESTION = 2000
MAX_QUESTIONS = 200

Answerer = Callable[[Incident, str], tuple[str, tuple[str, ...]]]
"""From an incident and a question to the answer's text and the evidence ids that it cites."""


async def asked(ports: Ports, table: Table, answerer: Answerer, question: Asked, place: Place) -> bool:
    """Record a question of an incident's thread with its answer; false where the thread has no incident."""
    found = await ports.incidents.by_thread(place)
    if found is None:
        return False
    after = await decide(ports, found, lambda incident: _answered(incident, question, answerer))
    await nudge(ports, after, table)
    return True


def _answered(incident: Incident, question: Asked, answerer: Answerer) -> tuple[Event, ...]:
    known = any(asked.ts == question.ts for asked in incident.questions)
    if known or len(incident.questions) >= MAX_QUESTIONS:
        return ()
    asked = Asked(question.person, question.ts, question.text[:MAX_QUESTION])
    use = USE.fullmatch(question.text.strip().rstrip(".!"))
    if use is not None:
        return (asked, *_use(incident, question, int(use[1])))
    text, evidence = answerer(incident, question.text)
    return (asked, Answered(question.ts, text, evidence))


def _use(incident: Incident, question: Asked, number: int) -> tuple[Event, ...]:
    options = incident.current.options if incident.current else ()
    if incident.phase not in PLANNABLE or not incident.is_open:
        return (Answered(question.ts, f"A plan cannot be changed now: the incident is {incident.phase}."),)
    if not 1 <= number <= len(options):
        there = f"there are {len(options)}" if options else "there are none"
        return (Answered(question.ts, f"There is no option {number}: {there}."),)
    chosen = OptionChosen(question.person, question.ts, number)
    return (chosen,)
