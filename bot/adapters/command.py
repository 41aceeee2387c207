"""Actions by a program: values stand only after `--`, and a program of its own tells what became of it."""

import asyncio
import json
from collections.abc import Mapping

from pydantic import ValidationError

from bot.adapters import templates
from bot.adapters.content_how import CommandDoor
from bot.adapters.plain_values import BadValueError, argument, checked_parameters
from bot.adapters.programs import Ended, Invocation, NotStartedError, ran
from bot.adapters.shapes import mapping
from bot.adapters.tasks import Task, not_configured, refused
from bot.domain.errors import SourceUnavailableError
from bot.domain.rehearsal import DryRun
from bot.domain.service import Target
from bot.ports.world import Done

LOOK_SECONDS = 10.0
MAX_SAID = 200
MAX_DIFFERENCE = 20
APPLIED: Mapping[str, bool | None] = {"applied": True, "not_applied": False, "unknown": None}
"""The words that a probe program answers with."""


async def run_command(task: Task) -> Done:
    """Run the program of an approved step once."""
    try:
        invocation = invocation_of(task)
    except BadValueError as error:
        raise refused(error.message) from error
    if invocation is None:
        return not_configured(task, "the procedure as an absolute path, or a command in the catalogue")
    try:
        ended = await ran(invocation)
    except NotStartedError as error:
        return Done(ok=False, detail=f"{error.message} Nothing was done.")
    said = first_line(ended)
    if ended.code == 0:
        return Done(ok=True, detail=f"{invocation.program} ended well{said}.")
    return Done(ok=False, detail=f"{invocation.program} ended with {ended.code}{said}.")


def invocation_of(task: Task, *, dry: bool = False) -> Invocation | None:
    """The program with its arguments; nothing where there is none, or no dry run. Raises BadValueError."""
    parameters = checked_parameters(task.action, task.step)
    key = (("GREENLIGHT_KEY", task.key),)
    door = _door(task)
    if door is None:
        if dry or not task.procedure:
            return None
        words = tuple(argument(value) for value in parameters.values())
        directory = task.target.setting("directory") or "/"
        return Invocation(task.procedure, ("--", *words), directory, key)
    options = door.dry_run if dry else door.options
    if options is None:
        return None
    for value in parameters.values():
        argument(value)
    words = tuple(templates.text(each, parameters) for each in door.arguments)
    if any(word.startswith("-") for word in words):
        raise BadValueError("An argument begins with a dash.")
    environment = (*door.environment.items(), *key)
    return Invocation(door.program, (*options, "--", *words), door.directory, environment)


async def rehearsed(task: Task) -> DryRun | None:
    """What the program says it would do, by its own dry run; raises SourceUnavailableError."""
    try:
        invocation = invocation_of(task, dry=True)
    except BadValueError as error:
        return DryRun(refused=error.message)
    if invocation is None:
        return None
    ended = await looked(invocation)
    if ended.code != 0:
        return DryRun(refused=f"{invocation.program} ended with {ended.code}{first_line(ended)}")
    lines = [_plain(line) for line in ended.output.splitlines() if line.strip()]
    return DryRun(tuple(lines[:MAX_DIFFERENCE]))


async def probed(task: Task) -> tuple[bool | None, str] | None:
    """Whether a step in doubt was applied, as its probe program says; nothing where there is none."""
    door = _door(task)
    program = door.probe if door else task.target.setting("probe_program")
    if not program:
        return None
    named = task.action.setting("procedure") or task.action.id
    try:
        ended = await looked(Invocation(program, ("--", named, task.key)))
    except SourceUnavailableError as error:
        return None, error.message
    word = ended.output.strip()
    if ended.code != 0 or word not in APPLIED:
        return None, f"{program} ended with {ended.code}{first_line(ended)}."
    return APPLIED[word], f"{program} says {word} for {task.key}."


async def observed(target: Target) -> dict[str, str]:
    """The facts that the target's observe program prints as a JSON object; raises SourceUnavailableError."""
    program = target.setting("observe_program")
    if not program:
        return {}
    ended = await looked(Invocation(program))
    try:
        parsed: object = json.loads(ended.output) if ended.code == 0 and not ended.cut else None
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise SourceUnavailableError(f"{program} ended with {ended.code} and printed no JSON object.")
    facts = mapping(parsed)  # pyright: ignore[reportUnknownArgumentType] - what JSON may hold
    return {name: str(value) for name, value in facts.items() if type(value) in {str, int}}


async def looked(invocation: Invocation) -> Ended:
    """Run a program that only looks; raises SourceUnavailableError."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await ran(invocation)
    except TimeoutError as error:
        raise SourceUnavailableError(f"{invocation.program} did not end in time.") from error
    except NotStartedError as error:
        raise SourceUnavailableError(error.message) from error


def first_line(ended: Ended) -> str:
    """The first line that was written, short and plain, after a colon; empty where there is none."""
    line = next((line for line in ended.output.splitlines() if line.strip()), "")
    return f": {_plain(line)}" if line else ""


def _plain(line: str) -> str:
    shown = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in line.strip())
    return shown[:MAX_SAID]


def _door(task: Task) -> CommandDoor | None:
    text = task.action.setting("command")
    try:
        return CommandDoor.model_validate_json(text) if text else None
    except ValidationError as error:
        raise BadValueError(f"{task.action.id} is not described as a command.") from error
