"""Actions over HTTP: one request that is sent once, waited for, and found again where its answer was lost."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from bot.adapters import pointers, templates
from bot.adapters.content_how import CallDoor, EndDoor, ProbeDoor, RequireDoor, RunnerDoor
from bot.adapters.http_exchange import Answer, NotSentError, Request, Site, site_of
from bot.adapters.plain_values import BadValueError, checked_parameters
from bot.adapters.shapes import items
from bot.adapters.tasks import Task, not_configured, refused
from bot.domain.action import Value
from bot.domain.errors import SourceUnavailableError
from bot.ports.world import Done

OK, NOT_FOUND = 200, 404
MAYBE_DONE = frozenset({408, 425, 499})
"""Refusals that do not say that nothing was done."""

LOST_LOOKS = 3
EVERY_SECONDS = 2
SAID = ("/message", "/error", "/detail", "/msg", "/error/message")


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its values filled in."""

    door: CallDoor
    given: Mapping[str, Value]

    def asked(self, path: str, query: Mapping[str, str], **more: Value) -> Request:
        """A request that only reads."""
        given = {**self.given, **more}
        filled = {name: templates.text(value, given) for name, value in query.items()}
        return Request("GET", templates.path(path, given), filled)

    def started(self) -> Request:
        """The request that changes something."""
        start = self.door.start
        headers = {name: templates.text(value, self.given) for name, value in start.headers.items()}
        if self.door.idempotency_header is not None:
            headers[self.door.idempotency_header] = str(self.given["key"])
        body = None
        if start.body is not None:
            headers["Content-Type"] = "application/json"
            filled = templates.json_body(json.loads(json.dumps(start.body)), self.given)
            body = json.dumps(filled, allow_nan=False).encode("ascii")
        query = {name: templates.text(value, self.given) for name, value in start.query.items()}
        return Request(start.method, templates.path(start.path, self.given), query, headers, body)

    def headers(self) -> dict[str, str]:
        """What every request of the call carries."""
        return {name: templates.text(value, self.given) for name, value in self.door.headers.items()}


def call_of(task: Task) -> Call | None:
    """The call of a task, its values looked at once more; nothing where the target has no such thing.

    Raises BadValueError.
    """
    text = task.action.setting("http")
    door: CallDoor | None = None
    try:
        if text:
            door = CallDoor.model_validate_json(text)
        elif task.procedure and (spec := task.action.setting(f"runner.{task.target.setting('runner')}")):
            door = RunnerDoor.model_validate_json(spec)
    except ValidationError as error:
        raise BadValueError(f"{task.action.id} is not described as a call.") from error
    if door is None:
        return None
    named = {
        f"target.{name.removeprefix('name.')}": value
        for name, value in task.target.settings
        if name.startswith("name.")
    }
    parameters = checked_parameters(task.action, task.step)
    return Call(door, {**named, **parameters, "key": task.key, "procedure": task.procedure})


async def call_over_http(task: Task) -> Done:
    """Send the request of an approved step once, and wait until what it started is over."""
    try:
        call = call_of(task)
        request = call.started() if call else None
        headers = call.headers() if call else {}
    except (BadValueError, KeyError) as error:
        raise refused(_why(error)) from error
    if call is None or request is None:
        return not_configured(task, "url, a runner and the procedure, or a call in the catalogue")
    try:
        async with site_of(task.target, call.door.auth, writing=True, headers=headers) as site:
            failed = await unmet(site, call)
            if failed is not None:
                return Done(ok=False, detail=f"{failed} Nothing was sent.")
            return await _sent(site, call, request, task.step.timeout_seconds)
    except NotSentError as error:
        return Done(ok=False, detail=f"{error.message} Nothing was sent.")


async def unmet(site: Site, call: Call) -> str | None:
    """The first thing that must be so and is not, or cannot be read; nothing where all is as it must be."""
    for wanted in call.door.require:
        try:
            answer = await site.ask(call.asked(wanted.path, {}))
            if answer.status != OK:
                return f"{wanted.says}: this could not be read ({answer.status})."
            if not _holds(wanted, answer.json()):
                return f"{wanted.says}: this is not so."
        except (SourceUnavailableError, TimeoutError, BadValueError, KeyError) as error:
            return f"{wanted.says}: this could not be read ({_why(error)})"
    return None


async def _sent(site: Site, call: Call, request: Request, seconds: int) -> Done:
    answer = await site.ask(request, seconds)
    failed = _turned_down(answer, call)
    if failed is not None:
        return failed
    job = pointers.word(answer.json(), call.door.job) if call.door.job is not None else ""
    if job is None:
        raise SourceUnavailableError("The request was taken, but the answer has no id of what it started.")
    try:
        return await _waited(site, call, job)
    except NotSentError as error:
        raise SourceUnavailableError(f"It was started, but then: {error.message}") from error


def _turned_down(answer: Answer, call: Call) -> Done | None:
    """A certain failure, or nothing where it went well; raises SourceUnavailableError where nobody knows."""
    if answer.status not in call.door.start.ok:
        said = _said(answer)
        if 400 <= answer.status < 500 and answer.status not in MAYBE_DONE:  # noqa: PLR2004 - refusals
            return Done(ok=False, detail=f"Refused with {answer.status}{said}. Nothing was changed.")
        if 300 <= answer.status < 400:  # noqa: PLR2004 - redirects
            raise SourceUnavailableError(f"Answered {answer.status}, a redirect, which is never followed.")
        raise SourceUnavailableError(f"Answered {answer.status}{said}.")
    for place, meaning in call.door.start.refused.items():
        if any(value not in (None, "", False, 0) and value not in ([], {}) for value in
               pointers.found(answer.json(), place)):  # fmt: skip
            raise SourceUnavailableError(f"It was started, but: {meaning}")
    return None


async def _waited(site: Site, call: Call, job: str) -> Done:
    """Ask until it is over; the time-out of the step bounds this. Raises SourceUnavailableError."""
    wait, probe = call.door.wait, call.door.probe
    if wait is None and probe is None:
        return Done(ok=True, detail=f"The request was accepted{_named(job)}.")
    lost = 0
    while True:
        try:
            if wait is not None:
                over, word = _end(wait, await _read(site, call.asked(wait.path, wait.query, job=job)))
            else:
                assert probe is not None
                over, word = await _found(site, call, probe)
            lost = 0
        except (SourceUnavailableError, TimeoutError) as error:
            lost += 1
            if lost >= LOST_LOOKS:
                why = f"It was started{_named(job)}, but its state cannot be read: {_why(error)}"
                raise SourceUnavailableError(why) from error
            over, word = None, ""
        if over is not None:
            return Done(ok=over, detail=f"What was started{_named(job)} ended as {word}.")
        await asyncio.sleep(wait.every_seconds if wait is not None else EVERY_SECONDS)


async def probed(task: Task) -> tuple[bool | None, str] | None:
    """Whether a step in doubt was applied, found by its key; nothing where the call has no probe.

    Only reads, with the token for looking. False means that nothing with this key was found.
    """
    try:
        call = call_of(task)
        if call is None or call.door.probe is None:
            return None
        async with site_of(task.target, call.door.auth, headers=call.headers()) as site:
            over, word = await _found(site, call, call.door.probe)
    except (SourceUnavailableError, TimeoutError, BadValueError, KeyError) as error:
        return None, f"The probe could not look: {_why(error)}"
    if over:
        return True, f"What was started with the key {task.key} ended as {word}."
    if word:
        said = "ended as" if over is False else "is still"
        return None, f"What was started with the key {task.key} {said} {word}."
    return False, f"Nothing was started with the key {task.key}."


async def _found(site: Site, call: Call, probe: ProbeDoor) -> tuple[bool | None, str]:
    """How what has the step's key ended, and its state; no state where there is no such thing."""
    document = await _read(site, call.asked(probe.path, probe.query), missing_is_nothing=not probe.items)
    if document is None:
        return None, ""
    listed = items(next(iter(pointers.found(document, probe.items)), None)) if probe.items else [document]
    if listed is None:
        raise SourceUnavailableError("The answer has no list where the probe looks.")
    wanted = templates.text(probe.holds, call.given)
    for one in listed:
        if wanted in (pointers.word(one, probe.where) or ""):
            over, word = _end(probe, one)
            return over, word or "running"
    return None, ""


async def _read(site: Site, request: Request, *, missing_is_nothing: bool = False) -> object:
    answer = await site.ask(request)
    if answer.status == NOT_FOUND and missing_is_nothing:
        return None
    if answer.status != OK:
        raise SourceUnavailableError(f"Answered {answer.status}{_said(answer)}.")
    return answer.json()


def _end(end: EndDoor, document: object) -> tuple[bool | None, str]:
    word = pointers.word(document, end.state) or ""
    if word in end.done:
        return True, word
    return (False, word) if word in end.failed else (None, word)


def _holds(wanted: RequireDoor, document: object) -> bool:
    values = pointers.found(document, wanted.pointer)
    return len(values) == 1 and type(values[0]) is type(wanted.equals) and values[0] == wanted.equals


def _said(answer: Answer) -> str:
    """What the server says in a place where servers say why, as one short plain line."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    words = (pointers.word(document, place) for place in SAID)
    text = next((word for word in words if word), "")
    return f": {''.join(c if c.isascii() and c.isprintable() else '?' for c in text)[:160]}" if text else ""


def _named(job: str) -> str:
    return f" as {job!a:.60}" if job else ""


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"There is no value for {error}."
    return str(getattr(error, "message", None) or error)
