"""The door for YAML: plain mappings, lists and text; every mistake is named with file and line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

import yaml

MAX_BYTES = 131_072
MAX_DEPTH = 8
MAX_NODES = 5_000

Value = str | list["Value"] | dict[str, "Value"] | None
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The data of one YAML file, the line of each path, and what is wrong with it."""

    file: str
    value: Value
    lines: Mapping[Path, int] = field(default_factory=dict[Path, int])
    problems: tuple[str, ...] = ()

    def where(self, path: Path) -> str:
        """File and line of a path, or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return f"{self.file}:{self.lines[path[:end]]}"
        return self.file


def read_yaml(text: str, file: str) -> Document:
    """Read one document; scalars stay text, and anchors, aliases, tags and duplicate keys are mistakes."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return Document(file, None, problems=(f"{file}: expected at most {MAX_BYTES} bytes",))
    try:
        problem = _forbidden(text)
        if problem:
            return Document(file, None, problems=(f"{file}:{problem}",))
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        why = getattr(error, "problem", None) or type(error).__name__
        return Document(file, None, problems=(f"{file}{line}: not readable as YAML: {why}",))
    reader = _Reader(file)
    value = None if root is None else reader.value(root, ())
    return Document(file, value, reader.lines, tuple(reader.problems))


def _forbidden(text: str) -> str | None:
    """Where something stands that no roster needs, before anything is built of it."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        line = (event.start_mark.line if event.start_mark is not None else 0) + 1
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            return f"{line}: anchors and aliases are not allowed"
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            return f"{line}: tags are not allowed"
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            return f"{line}: expected at most {MAX_DEPTH} levels and {MAX_NODES} entries"
    return None


@final
@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[str] = field(default_factory=list[str])
    lines: dict[Path, int] = field(default_factory=dict[Path, int])

    def value(self, node: yaml.Node, path: Path) -> Value:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:null":
            return None
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            line = key.start_mark.line + 1
            if not name or name in found or name == "<<":
                wrong = "duplicate key" if name in found else "expected a plain key, not"
                self.problems.append(f"{self.file}:{line}: {wrong} {name!r}")
                continue
            self.lines[*path, name] = line
            found[name] = self.value(value, (*path, name))
        return found
