"""What all listeners share, and how a person is told something."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.domain.decision import Refused
from bot.domain.errors import GreenlightError
from bot.domain.ids import ActionId, IncidentId, PersonId
from bot.domain.incident import Incident, PlanState
from bot.ports.records import Incidents, Pause
from bot.slack.chat import Chat
from bot.slack.failures import ChatError
from bot.slack.home_watch import HomeWatch
from bot.slack.inbox import Inbox
from bot.slack.payloads import Press, Submission
from bot.slack.people import SlackPeople
from bot.slack.verbs import Standing, Verbs
from bot.slack.views.spoken_modal import Where

TRIGGER_SECONDS = 2.5
"""Slack takes a trigger for three seconds; the call itself needs some of them."""

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


View = Mapping[str, Any]
Place = tuple[str, str]
"""Channel and ts of a message."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The modals of plans and steps, and what is wrong with a value typed there."""

    editing: Callable[[Incident, PlanState, int, Place, PersonId], Awaitable[View | None]]
    """Other parameters for one step (from 0); nothing where it has no bounded ones."""
    recording: Callable[[str, Place, bool], View]
    """The button's value, its card, and whether the step was applied."""
    wrong_values: Callable[[ActionId, tuple[tuple[str, str], ...]], Mapping[str, str]]
    """By parameter, what was expected; by the catalogue alone."""


@dataclass(frozen=True, slots=True)
class Screens:
    """What people are shown besides cards."""

    refusal: Callable[[Refused], str]
    trouble: Callable[[GreenlightError], str]
    notice: Callable[[str], View]
    plan: Callable[[PlanState], View]
    closing: Callable[[IncidentId, Place, tuple[Incident, ...], bool], View]
    """Incident, card, the open incidents, and whether the person has fixed it by hand."""
    reason: Callable[[Incident, PlanState, PersonId, Place], Awaitable[View]]
    """The modal that asks for a rejection's reason, and names who could approve next."""
    evidence: Callable[[Incident], Awaitable[View]]
    handing: Callable[[Incident, Place], View]
    history: Callable[[Incident], Awaitable[View]]
    spoken: Callable[[Incident, Where], Awaitable[View]]
    """A page of what the models were asked and answered."""
    wrong: Callable[[IncidentId, str], View]
    """Asks what was wrong with the diagnosis, or with the answer to a question."""
    resuming: Callable[[str], View]
    incident: Callable[[Incident], Awaitable[str]]
    """One incident in words, as mrkdwn."""
    oncall: Callable[[], Awaitable[str]]
    home: Callable[[PersonId, Standing, str], Awaitable[View]]
    """Of a person, with the workspace's address for links (empty where it is not known)."""
    forms: Forms
    status: Callable[[tuple[Incident, ...], tuple[Pause, ...]], str]
    help: str


@dataclass(frozen=True, slots=True)
class Room:
    """Everything that listeners reach; `now` counts seconds and never runs backwards."""

    verbs: Verbs
    screens: Screens
    inbox: Inbox
    incidents: Incidents
    people: SlackPeople
    chat: Chat
    now: Callable[[], float]
    homes: HomeWatch


@dataclass(frozen=True, slots=True)
class Asker:
    """Who did something where, and until when a modal can answer it."""

    person: PersonId
    channel: str
    thread: str
    trigger: str
    until: float


def asker_of(room: Room, did: Press | Submission, channel: str = "", thread: str = "") -> Asker:
    """The person behind an interaction; notes of which workspace the account says it is."""
    person = PersonId(did.user.id)
    room.people.clicked_from(person, did.user.team_id)
    if isinstance(did, Press):
        channel, thread = did.where[0], did.container.thread_ts or did.where[1]
    return Asker(person, channel, thread, did.trigger_id, room.now() + TRIGGER_SECONDS)


async def answer(room: Room, asker: Asker, work: Awaitable[str | None]) -> None:
    """Show what comes out of the work: its sentence, why it failed, or nothing."""
    try:
        text = await work
    except GreenlightError as error:
        log.warning("person_not_served", person=asker.person, error=error.message)
        text = room.screens.trouble(error)
    if text:
        await show(room, asker, room.screens.notice(text), text)


async def show(room: Room, asker: Asker, view: View, text: str) -> None:
    """Show a modal while the trigger is fresh, otherwise the text to this person alone."""
    if asker.trigger and room.now() < asker.until:
        try:
            await room.chat.open_view(asker.trigger, view)
        except ChatError as error:
            log.info("modal_not_opened", person=asker.person, error=error.message)
        else:
            return
    await tell(room, asker, text)


async def tell(room: Room, asker: Asker, text: str) -> None:
    """Show a sentence to one person below the message that they used."""
    try:
        await room.chat.whisper(asker.channel, asker.person, text, asker.thread)
    except ChatError as error:
        log.warning("person_not_told", person=asker.person, error=error.message)
