"""The door for YAML: plain data only, and every mistake named with file, line and what was expected."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import final

import yaml

from bot.domain.errors import ContentError

MAX_BYTES = 2_097_152
"""Room for some two thousand services."""
MAX_DEPTH = 12
MAX_NODES = 200_000

Node = str | int | bool | Decimal | list["Node"] | dict[str, "Node"] | None
Path = tuple[str | int, ...]

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})", re.ASCII)
DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}", re.ASCII)
WORDS: Mapping[str, bool | None] = {"null": None, "~": None, "": None, "true": True, "false": False}
# What YAML 1.1 reads as a boolean and YAML 1.2 as a word: too easily meant otherwise than it is read.
AMBIGUOUS = {"yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class Document:
    """The data of one YAML file, with the line of each key and item by its path."""

    file: str
    value: Node
    lines: Mapping[Path, int]

    def where(self, path: Path) -> str:
        """File and line of a path, or of the nearest thing around it that stands in the file."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return f"{self.file}:{self.lines[path[:end]]}"
        return self.file


def load(body: bytes, file: str, first_line: int = 1) -> Document:
    """Read one YAML document; raises ContentError.

    Anchors, aliases, merge keys, tags, duplicate keys and keys that are no text are mistakes; numbers with
    a point become decimals.
    """
    if len(body) > MAX_BYTES:
        raise ContentError((f"{file}: expected at most {MAX_BYTES} bytes, not {len(body)}",))
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ContentError(
            (f"{file}: expected UTF-8 text ({error.reason} at byte {error.start})",)
        ) from error
    reader = _Reader(file, first_line)
    try:
        value = reader.document(_events(text))
    except (yaml.YAMLError, RecursionError) as error:
        raise ContentError(
            (f"{file}{_place(error, first_line)}: not readable as YAML: {_why(error)}",)
        ) from error
    if reader.problems:
        raise ContentError(tuple(reader.problems))
    return Document(file, value, reader.lines)


def _events(text: str) -> Iterator[yaml.Event]:
    """The same events twenty times as quickly where PyYAML was built with libyaml."""
    return yaml.parse(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)


def _place(error: Exception, first_line: int) -> str:
    line: object = getattr(error, "line", getattr(getattr(error, "problem_mark", None), "line", None))
    return f":{line + first_line}" if isinstance(line, int) else ""


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark is not None else 0


def _why(error: Exception) -> str:
    return str(getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__)


class _StoppedError(yaml.YAMLError):
    """Reading on makes no sense."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


@final
@dataclass(slots=True)
class _Reader:
    file: str
    first_line: int
    problems: list[str] = field(default_factory=list[str])
    lines: dict[Path, int] = field(default_factory=dict[Path, int])
    nodes: int = 0

    def document(self, events: Iterator[yaml.Event]) -> Node:
        value: Node = None
        seen = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise _StoppedError("expected one document", _line(event))
            elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                value = self.node(event, events, ())
        return value

    def node(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> Node:
        self._check(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        assert isinstance(event, yaml.ScalarEvent)
        if not event.implicit[0]:
            return event.value
        return self._plain(event, path)

    def _check(self, event: yaml.Event, path: Path) -> None:
        self.nodes += 1
        if isinstance(event, yaml.AliasEvent):
            raise _StoppedError("aliases (*name) are not allowed; write the value out", _line(event))
        if getattr(event, "anchor", None) is not None:
            raise _StoppedError("anchors (&name) are not allowed; write the value out", _line(event))
        if getattr(event, "tag", None) is not None:
            raise _StoppedError("tags (!name) are not allowed", _line(event))
        if len(path) > MAX_DEPTH or self.nodes > MAX_NODES:
            raise _StoppedError(f"more than {MAX_DEPTH} levels or {MAX_NODES} values", _line(event))
        self.lines.setdefault(path, _line(event) + self.first_line)

    def _mapping(self, events: Iterator[yaml.Event], path: Path) -> Node:
        found: dict[str, Node] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, path)
            self.lines.setdefault((*path, key), _line(event) + self.first_line)
            value = self.node(next(events), events, (*path, key))
            if key in found:
                self._problem(event, (*path, key), "stands here twice; expected each key once")
            found[key] = value
        return found

    def _key(self, event: yaml.Event, path: Path) -> str:
        self._check(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            raise _StoppedError("expected a word as key", _line(event))
        if event.value == "<<":
            raise _StoppedError("merge keys (<<) are not allowed; write the keys out", _line(event))
        return event.value

    def _sequence(self, events: Iterator[yaml.Event], path: Path) -> Node:
        found: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self.node(event, events, (*path, len(found))))
        return found

    def _plain(self, event: yaml.ScalarEvent, path: Path) -> Node:
        text = event.value
        lowered = text.lower()
        if lowered in WORDS:
            return WORDS[lowered]
        if lowered in AMBIGUOUS:
            self._problem(event, path, f"expected true, false or a word in quotes, not {text}")
        if INTEGER.fullmatch(text):
            return int(text)
        return Decimal(text) if DECIMAL.fullmatch(text) else text

    def _problem(self, event: yaml.Event, path: Path, what: str) -> None:
        self.problems.append(f"{self.file}:{_line(event) + self.first_line}: {shown(path)}: {what}")


def shown(path: Path) -> str:
    """A path as people write it: `services.checkout.logs[0].kind`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"
