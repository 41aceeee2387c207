"""How an action is done over HTTP or by a program: the blocks of `actions.yaml` and the runners' files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Annotated, cast
from typing import Literal as OneOf

from pydantic import AfterValidator, Field, JsonValue, Strict

from bot.adapters.content_doors import Ascii, Door, Flag, Whole, parsed
from bot.adapters.pointers import is_pointer
from bot.adapters.shapes import items, mapping
from bot.adapters.templates import ALL, ALL_AS_TEXT, RESERVED, names_in
from bot.adapters.yaml_door import Document

HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
OURS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "authorization", "cookie",
     "accept-encoding", "upgrade", "te", "trailer", "proxy-authorization", "expect"}
)  # fmt: skip
"""Headers that a file cannot set: they carry the request itself, or credentials."""
TARGET = "target."
"""`{target.project}` is the target's setting `name.project`."""


def _template(text: str) -> str:
    list(names_in(text))
    return text


def _path(text: str) -> str:
    if not text.startswith("/") or "//" in text or "/../" in f"{text}/" or set(text) & set("?#%\\ "):
        raise ValueError("expected a path that begins with one /, without .., ?, #, % or spaces")
    return _template(text)


def _header(name: str) -> str:
    if not HEADER.fullmatch(name) or name.casefold() in OURS:
        raise ValueError("expected a header that is not one of the request's own")
    return name


def _pointer(text: str) -> str:
    if not is_pointer(text):
        raise ValueError("expected a JSON pointer such as /status or /results/0/id")
    return text


def _absolute(text: str) -> str:
    path = PurePosixPath(text)
    if not path.is_absolute() or ".." in path.parts or str(path) != text:
        raise ValueError("expected an absolute path without . and ..")
    return text


def _body(value: JsonValue) -> JsonValue:
    if _floats(value):
        raise ValueError("expected numbers with a point in quotes; they are sent as text")
    list(names_in(value))
    return value


def _floats(value: object) -> bool:
    if isinstance(value, dict):
        return any(_floats(each) for each in cast("dict[str, object]", value).values())
    if isinstance(value, list):
        return any(_floats(each) for each in cast("list[object]", value))
    return isinstance(value, float)


Template = Annotated[Ascii, AfterValidator(_template)]
PathTemplate = Annotated[Ascii, AfterValidator(_path)]
Header = Annotated[str, Strict(), AfterValidator(_header)]
Pointer = Annotated[str, Strict(), Field(max_length=200), AfterValidator(_pointer)]
Program = Annotated[Ascii, AfterValidator(_absolute)]
Query = dict[Annotated[str, Strict(), Field(pattern=r"^[A-Za-z0-9_.\[\]-]{1,64}$")], Template]


class StartDoor(Door):
    """The request that changes something; sent once and never again."""

    method: OneOf["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: PathTemplate
    query: Query = Field(default_factory=dict)
    headers: dict[Header, Template] = Field(default_factory=dict)
    body: Annotated[JsonValue, AfterValidator(_body)] = None
    ok: tuple[Annotated[Whole, Field(ge=200, le=299)], ...] = (200, 201, 202, 204)
    refused: dict[Pointer, Ascii] = Field(default_factory=dict)
    """Places in a good answer that must be empty, each with what it means where it is not."""


class AuthDoor(Door):
    """How the target's token is sent."""

    header: Annotated[str, Strict(), Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")] = "Authorization"
    prefix: Annotated[str, Strict(), Field(max_length=20, pattern=r"^[A-Za-z]* ?$")] = "Bearer "


class EndDoor(Door):
    """How a state that was read tells whether the work is over."""

    state: Pointer
    done: tuple[Ascii, ...] = Field(min_length=1)
    failed: tuple[Ascii, ...] = Field(min_length=1)


class WaitDoor(EndDoor):
    """Asking until the work is over; the action's time-out bounds it."""

    path: PathTemplate
    query: Query = Field(default_factory=dict)
    every_seconds: Whole = Field(default=2, ge=1, le=60)


class ProbeDoor(EndDoor):
    """Finding what a lost answer started: the item whose `where` holds the step's key.

    A call without `wait` is waited for in the same way.
    """

    path: PathTemplate
    query: Query = Field(default_factory=dict)
    items: Pointer = ""
    where: Pointer
    holds: Template = "{key}"


class RequireDoor(Door):
    """Something that must be so before anything is sent; read, never changed."""

    path: PathTemplate
    pointer: Pointer
    equals: Annotated[int, Strict()] | Flag | Ascii
    says: Ascii


class CallDoor(Door):
    """An action over HTTP: what must be so, the request, how to wait, how to find out what became of it."""

    headers: dict[Header, Template] = Field(default_factory=dict)
    auth: AuthDoor = AuthDoor()
    idempotency_header: Header | None = "Idempotency-Key"
    require: tuple[RequireDoor, ...] = ()
    start: StartDoor
    job: Pointer | None = None
    wait: WaitDoor | None = None
    probe: ProbeDoor | None = None


class CommandDoor(Door):
    """An action by a program: no shell, and values only after `--`."""

    program: Program
    options: tuple[Ascii, ...] = ()
    arguments: tuple[Template, ...] = ()
    dry_run: tuple[Ascii, ...] | None = None
    """Options in place of `options` with which the program changes nothing and says what it would do."""
    probe: Program | None = None
    directory: Program = "/"
    environment: dict[Annotated[str, Strict(), Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")], Ascii] = Field(
        default_factory=dict
    )


class RunnerDoor(CallDoor):
    """A file of `catalogue/`: how one job runner starts what a target calls a procedure."""

    title: Ascii


def runner(document: Document, problems: list[str]) -> RunnerDoor | None:
    """A runner, or nothing and the reasons among the problems."""
    door = parsed(RunnerDoor, document, problems)
    if door is None:
        return None
    where = document.where(())
    problems.extend(f"{where}: {what}" for what in call_mistakes(door, ("procedure",)))
    if door.probe is None:
        problems.append(f"{where}: probe: is missing; expected how to tell what a lost answer started")
    return door


def call_mistakes(call: CallDoor, parameters: Iterable[str]) -> list[str]:
    """What a call refers to and cannot have, each as key and what was expected."""
    known = {*parameters, "key"}
    found = _unknown(
        call, {*known, ALL, ALL_AS_TEXT}, known, "start", "require", "headers", "probe"
    ) + _unknown(call, known, {*known, "job"}, "wait")
    waits = call.wait is not None and "job" in set(names_in(call.wait.path))
    if waits and call.job is None:
        found.append("job: is missing; expected where the answer has the id that wait.path refers to")
    return found


def _unknown(call: CallDoor, in_body: set[str], elsewhere: set[str], *parts: str) -> list[str]:
    found = list[str]()
    dumped = cast("dict[str, object]", call.model_dump(include=set(parts), mode="json"))
    for part in parts:
        for name, allowed in _references(dumped.get(part), in_body, elsewhere):
            if name not in allowed and not name.startswith(TARGET):
                expected = ", ".join(sorted(allowed))
                found.append(f"{part}: {{{name}}} is unknown; expected {expected} or target.*")
    return found


TEMPLATES = frozenset({"path", "query", "headers", "body", "holds"})
"""The fields of a request that hold templates; the others are places in answers, and words for people."""


def _references(part: object, in_body: set[str], elsewhere: set[str]) -> Iterator[tuple[str, set[str]]]:
    """The names in a part's templates, each with the names that are allowed there."""
    for one in items(part) or [part]:
        fields = mapping(one)
        for key, value in fields.items():
            if key in TEMPLATES or "path" not in fields:
                yield from ((name, in_body if key == "body" else elsewhere) for name in names_in(value))


def command_mistakes(command: CommandDoor, parameters: Iterable[str]) -> list[str]:
    """What a command refers to and cannot have."""
    known = set(parameters)
    names = [name for each in command.arguments for name in names_in(each)]
    found = [
        f"arguments: {{{name}}} is unknown; expected {', '.join(sorted(known)) or 'no names'}"
        for name in names
        if name not in known
    ]
    lost = sorted(known - set(names))
    return found + [f"arguments: {{{name}}} is missing; an approved value must be used" for name in lost]


def reserved(parameters: Iterable[str]) -> list[str]:
    """Parameters whose names templates use for something else."""
    return sorted(name for name in parameters if name in RESERVED or "." in name)
