"""`services.yaml`: the inventory, from its file to the domain."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field, Strict, WithJsonSchema

from bot.adapters import content_kinds as kinds
from bot.adapters.content_actions import PaceDoor
from bot.adapters.content_doors import Ascii, Door, Flag, Line, Literal, Name, Number, parsed
from bot.adapters.content_sources import query_mistake, source_mistakes
from bot.adapters.kinds_schema import settings_schema
from bot.adapters.secret_refs import Holder, Part, ReferenceFaultError, holds, resolved
from bot.adapters.yaml_door import Document
from bot.domain.ids import ActionId, EnvironmentId, RosterName, ServiceName, TargetId
from bot.domain.service import (
    Criticality,
    Environment,
    Inventory,
    MetricSpec,
    Service,
    Source,
    Target,
)


class EnvironmentDoor(Door):
    """An environment; whether it is production must be said."""

    production: Flag
    identity: dict[Name, Ascii | tuple[Ascii, ...]] = Field(default_factory=dict)


Settings = dict[Name, Literal]
"""A source (with its `kind`) or a target (with its `executor`), and the settings that these take."""

Query = Annotated[str, Strict(), Field(min_length=1, max_length=4_000)]

LogSettings = Annotated[Settings, WithJsonSchema(settings_schema("kind", kinds.LOGS))]
ChangeSettings = Annotated[Settings, WithJsonSchema(settings_schema("kind", kinds.CHANGES))]
MetricsSettings = Annotated[Settings, WithJsonSchema(settings_schema("kind", kinds.METRICS))]
TargetSettings = Annotated[Settings, WithJsonSchema(settings_schema("executor", kinds.EXECUTORS))]


class NormalDoor(Door):
    """A normal range, open at the end that is not given."""

    low: Number | None = None
    high: Number | None = None


class MetricDoor(Door):
    """A named query."""

    query: Query
    unit: Ascii | OneOf[""] = ""
    normal: NormalDoor = NormalDoor()


class ServiceDoor(Door):
    """One service."""

    title: Line
    environment: Name
    criticality: OneOf["low", "normal", "high", "critical"]
    oncall: Name
    lead: Name
    senior: Name | None = None
    aliases: tuple[Line, ...] = ()
    depends_on: tuple[Name, ...] = ()
    logs: tuple[LogSettings, ...] = ()
    changes: tuple[ChangeSettings, ...] = ()
    metrics_source: MetricsSettings | None = None
    metrics: dict[Name, MetricDoor] = Field(default_factory=dict)
    symptom: Name = "error_rate"
    targets: dict[Name, TargetSettings] = Field(default_factory=dict)
    actions: tuple[Name, ...] = ()
    pace: PaceDoor | None = None


class ServicesDoor(Door):
    """The whole file."""

    environments: dict[Name, EnvironmentDoor] = Field(default_factory=dict)
    services: dict[Name, ServiceDoor] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the file: where problems go, and the environment that `env:NAME` refers to."""

    document: Document
    environ: Mapping[str, str]
    problems: list[str]
    holder: Holder = Holder.ALL

    def problem(self, path: tuple[str | int, ...], what: str) -> None:
        """Note a mistake."""
        said = ".".join(map(str, path))
        self.problems.append(f"{self.document.where(path)}: {said}{'.' if ': ' in what else ': '}{what}")


def inventory(
    document: Document,
    sha256: str,
    environ: Mapping[str, str],
    problems: list[str],
    holder: Holder = Holder.ALL,
) -> Inventory | None:
    """The inventory as one process needs it, or nothing and the reasons among the problems."""
    door = parsed(ServicesDoor, document, problems)
    if door is None:
        return None
    reading = Reading(document, environ, problems, holder)
    environments = tuple(
        Environment(EnvironmentId(name), each.production, _identities(each))
        for name, each in door.environments.items()
    )
    services = tuple(_service(name, each, reading) for name, each in door.services.items())
    _check(door, reading)
    return Inventory(environments, services, sha256)


def _identities(door: EnvironmentDoor) -> tuple[tuple[str, str], ...]:
    """By executor, one value or several that all count."""
    return tuple(
        (executor, value)
        for executor, values in door.identity.items()
        for value in ((values,) if isinstance(values, str) else values)
    )


def _check(door: ServicesDoor, reading: Reading) -> None:
    owners: dict[str, str] = {}
    for name, service in door.services.items():
        path = ("services", name)
        if service.environment not in door.environments:
            known = ", ".join(sorted(door.environments)) or "none is listed"
            reading.problem((*path, "environment"), f"expected one of environments ({known})")
        for other in service.depends_on:
            if other not in door.services:
                reading.problem((*path, "depends_on"), f"{other} is not a service of this file")
        if service.metrics and service.metrics_source is None:
            reading.problem(path, "metrics_source: is missing; there are metrics")
        if service.metrics and service.symptom not in service.metrics:
            expected = ", ".join(sorted(service.metrics))
            reading.problem(path, f"symptom: expected one of its metrics ({expected}), not {service.symptom}")
        for word in {name.casefold(), *(alias.casefold() for alias in service.aliases)}:
            if owners.setdefault(word, name) != name:
                reading.problem((*path, "aliases"), f"{word} also names {owners[word]}")
        if service.actions and not service.targets:
            reading.problem((*path, "actions"), "expected targets, since there are actions")


def _service(name: str, door: ServiceDoor, reading: Reading) -> Service:
    path = ("services", name)
    metrics_source = None
    if door.metrics_source is not None:
        metrics_source = _source((*path, Part.METRICS), door.metrics_source, kinds.METRICS, reading)
    return Service(
        name=ServiceName(name),
        title=door.title,
        environment=EnvironmentId(door.environment),
        criticality=Criticality(door.criticality),
        oncall=RosterName(door.oncall),
        lead=RosterName(door.lead),
        senior=RosterName(door.senior) if door.senior else None,
        aliases=door.aliases,
        depends_on=tuple(map(ServiceName, door.depends_on)),
        logs=_sources((*path, Part.LOGS), door.logs, kinds.LOGS, reading),
        changes=_sources((*path, Part.CHANGES), door.changes, kinds.CHANGES, reading),
        metrics_source=metrics_source,
        metrics=tuple(
            _metric(each, spec, metrics_source.kind if metrics_source else "", path, reading)
            for each, spec in door.metrics.items()
        ),
        targets=tuple(_target(name, each, target, reading) for each, target in door.targets.items()),
        actions=tuple(map(ActionId, door.actions)),
        symptom=door.symptom,
        pace=door.pace.pace() if door.pace else None,
    )


def _sources(
    path: tuple[str | int, ...],
    doors: tuple[Settings, ...],
    known: Mapping[str, kinds.Kind],
    reading: Reading,
) -> tuple[Source, ...]:
    return tuple(_source((*path, place), door, known, reading) for place, door in enumerate(doors))


def _source(
    path: tuple[str | int, ...], door: Settings, known: Mapping[str, kinds.Kind], reading: Reading
) -> Source:
    kind, settings = _settled(path, door, "kind", known, reading)
    for what in source_mistakes(kind, dict(settings)):
        reading.problem(path, what)
    return Source(kind, settings)


def _target(service: str, name: str, door: Settings, reading: Reading) -> Target:
    path = ("services", service, "targets", name)
    executor, settings = _settled(path, door, "executor", kinds.EXECUTORS, reading)
    return Target(TargetId(f"{service}/{name}"), executor, settings, _address(door))


def _address(door: Settings) -> str:
    """16 hex digits over the executor and the settings as they are written, whatever they refer to."""
    said = json.dumps({name: str(value) for name, value in door.items()}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _settled(
    path: tuple[str | int, ...],
    door: Settings,
    key: str,
    known: Mapping[str, kinds.Kind],
    reading: Reading,
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The kind or executor with its settings, checked against what that kind takes."""
    settings = {
        name: _resolved((*path, name), str(value), reading) for name, value in door.items() if name != key
    }
    kind = str(door.get(key, ""))
    expected = ", ".join(sorted(known))
    if key not in door:
        reading.problem(path, f"{key}: is missing; expected one of {expected}")
    elif kind not in known:
        reading.problem((*path, key), f"expected one of {expected}, not {kind}")
    else:
        for what in kinds.mistakes(known[kind], kind, settings):
            reading.problem(path, what)
    return kind, tuple(settings.items())


def _resolved(path: tuple[str | int, ...], value: str, reading: Reading) -> str:
    """A setting with what it refers to; empty for what other processes hold, and where something is wrong."""
    name = str(path[-1])
    part = next(part for part in Part if part in path)
    try:
        return resolved(name, value, reading.environ, held=holds(reading.holder, part, name))
    except ReferenceFaultError as error:
        reading.problem(path, str(error))
        return ""


def _metric(name: str, door: MetricDoor, source: str, path: tuple[str, ...], reading: Reading) -> MetricSpec:
    low, high = door.normal.low, door.normal.high
    if low is not None and high is not None and low > high:
        reading.problem((*path, "metrics", name, "normal"), "expected low to be at most high")
    wrong = query_mistake(source, door.query)
    if wrong:
        reading.problem((*path, "metrics", name, "query"), f"expected a query: {wrong}")
    return MetricSpec(name, door.query, door.unit, low, high)
