"""The content files, read whole, checked against each other, and read again when they change on disk."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from bot.adapters import content_kinds as kinds
from bot.adapters.content_actions import catalogue
from bot.adapters.content_alerts import alert_rules
from bot.adapters.content_how import RunnerDoor, runner
from bot.adapters.content_oncall import schedules
from bot.adapters.content_paging import auto_apply_mistakes, calls_crossed
from bot.adapters.content_policy import policy
from bot.adapters.content_runbooks import failure_mode
from bot.adapters.content_senders import sender_rules
from bot.adapters.content_services import inventory
from bot.adapters.patterns import Patterns
from bot.adapters.secret_refs import Holder
from bot.adapters.yaml_door import MAX_BYTES, Document, load
from bot.domain.action import Catalogue
from bot.domain.errors import ContentError
from bot.domain.grouping import AlertRules
from bot.domain.policy import Policy
from bot.domain.schedule import Schedule
from bot.domain.service import Inventory, Service
from bot.ports.content import FailureMode
from bot.ports.senders import SenderRule

SERVICES, ACTIONS, POLICY, ONCALL = "services.yaml", "actions.yaml", "policy.yaml", "oncall.yaml"
ALERTS, SENDERS = "alerts.yaml", "senders.yaml"
FILES = frozenset({SERVICES, ACTIONS, POLICY, ONCALL, ALERTS, SENDERS})
RUNNERS = "catalogue"
"""The folder of the job runners' files."""

NO_PAGES = frozenset({"README.md", "AGENTS.md"})
Seen = tuple[str, int, int, int]
Stamp = tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """All content of one reading."""

    inventory: Inventory
    catalogue: Catalogue
    policy: Policy
    modes: tuple[FailureMode, ...]
    wires: Patterns
    schedules: tuple[Schedule, ...]
    alerts: AlertRules
    senders: tuple[SenderRule, ...]


def _silent(_: str) -> None:
    return None


@final
class FileContent:
    """The content of some folders; a file is taken from the first folder that has it.

    Raises ContentError with every problem at once when made; later, broken files leave the last good content
    in force, and each new set of problems is told to `warn`.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        environ: Mapping[str, str],
        warn: Callable[[str], None] = _silent,
        holder: Holder = Holder.ALL,
    ) -> None:
        self._folders = tuple(folder.resolve() for folder in folders)
        self._environ = dict(environ)
        self._warn = warn
        self._holder = holder
        self._stamp = self._now()
        self._loaded = read(self._folders, self._environ, self._holder)

    def inventory(self) -> Inventory:
        """`services.yaml`."""
        return self._current().inventory

    def catalogue(self) -> Catalogue:
        """`actions.yaml`."""
        return self._current().catalogue

    def policy(self) -> Policy:
        """`policy.yaml`."""
        return self._current().policy

    def schedules(self) -> tuple[Schedule, ...]:
        """`oncall.yaml`; none where there is no such file."""
        return self._current().schedules

    def alert_rules(self) -> AlertRules:
        """`alerts.yaml`; the defaults where there is no such file."""
        return self._current().alerts

    def senders(self) -> tuple[SenderRule, ...]:
        """`senders.yaml`; none where there is no such file."""
        return self._current().senders

    def tripwire(self, text: str) -> str | None:
        """The title of the first trip-wire of the policy that matches this text, without case."""
        loaded = self._current()
        hits = loaded.wires.matching(text)
        return loaded.policy.tripwires[hits[0]].title if hits else None

    def failure_modes(self) -> tuple[FailureMode, ...]:
        """One per Markdown page, by name."""
        return self._current().modes

    def _now(self) -> Stamp:
        return tuple(_stamps(self._folders))

    def _current(self) -> Loaded:
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._loaded = read(self._folders, self._environ, self._holder)
            except ContentError as error:
                self._warn(f"Changed content is not used; the last good one stays in force:\n{error.message}")
        return self._loaded


def read(folders: Sequence[Path], environ: Mapping[str, str], holder: Holder = Holder.ALL) -> Loaded:
    """Read all content; raises ContentError with every problem at once."""
    problems = list[str]()
    services, actions, rules = (_file(name, folders, problems) for name in (SERVICES, ACTIONS, POLICY))
    shifts = _file(ONCALL, folders, problems) if _found(ONCALL, folders) else None
    known = inventory(*services, environ, problems, holder) if services else None
    runners, extra = _runners(folders, problems)
    allowed = catalogue(actions[0], _with(actions[1], extra), problems, runners) if actions else None
    ruled = policy(*rules, problems) if rules else None
    turns = schedules(shifts[0], problems) if shifts else ()
    coming = _file(ALERTS, folders, problems) if _found(ALERTS, folders) else None
    rules_of_alerts = alert_rules(coming[0], problems) if coming else None
    described = _file(SENDERS, folders, problems) if _found(SENDERS, folders) else None
    senders = sender_rules(described[0], problems) if described else ()
    modes = tuple(_pages(folders, problems))
    if rules and ruled is not None:
        problems.extend(_scheduled(rules[0], ruled, turns))
        problems.extend(_frozen(rules[0], ruled, known))
        problems.extend(_called(rules[0], ruled, known, allowed))
    if services and known is not None:
        problems.extend(_crossed(services[0], known, allowed, ruled))
    if allowed is not None:
        modes = tuple(_without_strangers(modes, allowed, _strict_pages(folders)))
        problems.extend(_remedies(modes, allowed))
    if problems or known is None or allowed is None or ruled is None:
        raise ContentError(tuple(problems))
    wires = Patterns([wire.pattern for wire in ruled.tripwires])
    return Loaded(known, allowed, ruled, modes, wires, turns, rules_of_alerts or AlertRules(), senders)


def _stamps(folders: Sequence[Path]) -> Iterator[Seen]:
    """What tells whether a file changed; read at every use of the content, so in the quickest way."""
    for folder in folders:
        yield from _stamped(folder, _is_content)
        yield from _stamped(folder / RUNNERS, _is_runner)


def _stamped(folder: Path, wanted: Callable[[str], bool]) -> list[Seen]:
    found = list[Seen]()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if wanted(entry.name):
                    with suppress(OSError):
                        seen = entry.stat()
                        # a copy may keep time and size; the moment of its last change is the kernel's own
                        found.append((entry.path, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size))
    except OSError:
        return []
    return sorted(found)


def _is_content(name: str) -> bool:
    return name in FILES or _is_page(name)


def _is_page(name: str) -> bool:
    return name.endswith(".md") and name not in NO_PAGES


def _is_runner(name: str) -> bool:
    return name.endswith(".yaml")


def _runner_files(folder: Path) -> list[Path]:
    return sorted((folder / RUNNERS).glob("*.yaml"))


def _runners(folders: Sequence[Path], problems: list[str]) -> tuple[dict[str, RunnerDoor], list[str]]:
    """The runners by name, and the hashes of their files: they are part of what is approved."""
    files: dict[str, Path] = {}
    for path in (path for folder in folders for path in _runner_files(folder)):
        files.setdefault(path.stem, path)
    found: dict[str, RunnerDoor] = {}
    hashes = list[str]()
    for name, path in sorted(files.items()):
        read = _loaded(path, problems)
        door = runner(read[0], problems) if read else None
        if read and door:
            found[name] = door
            hashes.append(f"{name}:{read[1]}")
    return found, hashes


def _with(sha256: str, extra: list[str]) -> str:
    """The hash of a file together with those of the files that complete it; its own where there are none."""
    return hashlib.sha256("\n".join((sha256, *extra)).encode()).hexdigest() if extra else sha256


def _page_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if _is_page(path.name))


def _file(name: str, folders: Sequence[Path], problems: list[str]) -> tuple[Document, str] | None:
    path = _found(name, folders)
    if path is None:
        problems.append(f"{name}: is missing; expected in {' or '.join(map(str, folders))}")
        return None
    return _loaded(path, problems)


def _loaded(path: Path, problems: list[str]) -> tuple[Document, str] | None:
    body = _bytes(path, problems)
    if body is None:
        return None
    try:
        return load(body, str(path)), hashlib.sha256(body).hexdigest()
    except ContentError as error:
        problems.extend(error.problems)
        return None


def _found(name: str, folders: Sequence[Path]) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _bytes(path: Path, problems: list[str]) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
        return None


def _pages(folders: Sequence[Path], problems: list[str]) -> Iterator[FailureMode]:
    files: dict[str, Path] = {}
    for folder in folders:
        for path in _page_files(folder):
            files.setdefault(path.stem, path)
    for name, path in sorted(files.items()):
        body = _bytes(path, problems)
        page = failure_mode(name, str(path), body, problems) if body is not None else None
        if page is not None:
            yield page


def _crossed(
    document: Document, known: Inventory, allowed: Catalogue | None, ruled: Policy | None
) -> Iterator[str]:
    for service in known.services:
        at = ("services", str(service.name))
        for role, roster in (("oncall", service.oncall), ("lead", service.lead), ("senior", service.senior)):
            if roster is not None and ruled is not None and ruled.roster(roster) is None:
                names = ", ".join(sorted(each.name for each in ruled.rosters)) or "none is listed"
                yield (
                    f"{document.where((*at, role))}: services.{service.name}.{role}: "
                    f"expected a roster of policy.yaml ({names}), not {roster}"
                )
        if allowed is not None:
            where = document.where((*at, "actions"))
            for what in _actions_of(service, allowed):
                yield f"{where}: services.{service.name}.actions: {what}"


def _scheduled(document: Document, ruled: Policy, turns: tuple[Schedule, ...]) -> Iterator[str]:
    names = sorted(turn.name for turn in turns)
    for roster in ruled.rosters:
        if roster.kind == "schedule" and roster.source not in names:
            where = document.where(("rosters", str(roster.name), "source"))
            known = ", ".join(names) or "none is listed"
            yield f"{where}: rosters.{roster.name}.source: expected a schedule of oncall.yaml ({known})"


def _frozen(document: Document, ruled: Policy, inventory: Inventory | None) -> Iterator[str]:
    """A freeze of an environment that does not exist would freeze nothing."""
    names = sorted(each.id for each in inventory.environments) if inventory else []
    for number, freeze in enumerate(ruled.freezes):
        for name in freeze.environments:
            if inventory is not None and name not in names:
                where = document.where(("freezes", number, "environments"))
                known = ", ".join(names) or "none is listed"
                yield f"{where}: freezes[{number}].environments: expected environments ({known}), not {name}"


def _called(
    document: Document, ruled: Policy, known: Inventory | None, allowed: Catalogue | None
) -> Iterator[str]:
    """What the policy says of services, environments and actions that the other files do not have."""
    for what in calls_crossed(ruled.paging, known):
        yield f"{document.where(('pages',))}: {what}"
    for what in auto_apply_mistakes(ruled.auto_apply, known, allowed):
        yield f"{document.where(('auto_apply',))}: {what}"


def _actions_of(service: Service, allowed: Catalogue) -> Iterator[str]:
    for name in service.actions:
        action = allowed.action(name)
        if action is None:
            names = ", ".join(sorted(each.id for each in allowed.actions))
            yield f"expected actions of actions.yaml ({names}), not {name}"
            continue
        settings, targets = dict(action.settings), service.targets
        reached = (
            kinds.reachable(action.how, settings, each.executor, dict(each.settings)) for each in targets
        )
        if targets and not any(reached):
            yield f"{name} needs {_wanted(action.how, settings)}"
        metric = service.symptom if action.check.metric == "symptom" else action.check.metric
        if service.metric(metric) is None:
            yield f"{name} is checked by the metric {metric}, which the service does not have"


def _wanted(how: str, settings: Mapping[str, str]) -> str:
    """What a target lacks, as people read it."""
    executors = " or ".join(sorted(kinds.HOWS[how].executors))
    wanted = f"a target of {executors} with the settings {', '.join(sorted(kinds.needed(how, settings)))}"
    runners = sorted(name.removeprefix("runner.") for name in settings if name.startswith("runner."))
    return (
        f"{wanted}, and for http a runner ({', '.join(runners) or 'none is known'})"
        if (how == "procedure.run")
        else wanted
    )


def _strict_pages(folders: Sequence[Path]) -> frozenset[str]:
    """The pages that must agree with the catalogue: all but those of folders behind it.

    A page that comes with Greenlight may propose what a home's own, older `actions.yaml` does not have.
    """
    catalogue_at = next((n for n, folder in enumerate(folders) if (folder / ACTIONS).is_file()), 0)
    return frozenset(path.stem for folder in folders[: catalogue_at + 1] for path in _page_files(folder))


def _without_strangers(
    modes: tuple[FailureMode, ...], allowed: Catalogue, strict: frozenset[str]
) -> Iterator[FailureMode]:
    for mode in modes:
        if mode.id in strict:
            yield mode
            continue
        kept = (
            one for one in mode.remedies if not any(remedy_mistakes(replace(mode, remedies=(one,)), allowed))
        )
        yield replace(mode, remedies=tuple(kept))


def _remedies(modes: tuple[FailureMode, ...], allowed: Catalogue) -> Iterator[str]:
    for mode in modes:
        yield from (f"{mode.id}.md: {what}" for what in remedy_mistakes(mode, allowed))


def remedy_mistakes(mode: FailureMode, allowed: Catalogue) -> Iterator[str]:
    """What a page proposes that the catalogue does not know, each as key and what was expected."""
    for remedy in mode.remedies:
        action = allowed.action(remedy.action)
        if action is None:
            yield f"remedies: {remedy.action} is not an action of actions.yaml"
            continue
        unknown = {name for name, _ in remedy.parameters} ^ {spec.name for spec in action.parameters}
        if unknown:
            yield f"remedies: {remedy.action} takes other parameters: {sorted(unknown)}"


def read_catalogue(folders: Sequence[Path]) -> Catalogue:
    """The catalogue alone, from the first folder that has it; raises ContentError."""
    problems = list[str]()
    actions = _file(ACTIONS, folders, problems)
    runners, extra = _runners(folders, problems)
    found = catalogue(actions[0], _with(actions[1], extra), problems, runners) if actions else None
    if found is None or problems:
        raise ContentError(tuple(problems))
    return found


def page_bytes(path: Path) -> bytes:
    """A page, no further than its limit; blocks, raises OSError."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
