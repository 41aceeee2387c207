"""The team's memory as people approved it: in the store, over the file AGENTS.md, with its history.

The newest word of a person counts: an approved edit stands over the file as it was then; a file that somebody
changed by hand afterwards stands over the edit.
"""

import asyncio
import difflib
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from bot.adapters.redis_client import Link
from bot.adapters.tasks import Task, not_configured
from bot.domain.errors import SourceUnavailableError, StoreUnavailableError
from bot.domain.evidence import Change, Observation, Sighting
from bot.domain.ids import TargetId
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import MetricSpec, Service
from bot.ports.world import Clock, Done, Eyes, Probe, Window

KIND = "memory"
FIELD = "memory"
"""The observed field: the SHA-256 of the text in force."""
TEXTS = "texts"
"""The observed field that lists what may be put in force."""
KEPT = 8
MAX_TEXT = 16_000
DONE, ELSE, SAME = 1, 0, 2


def sha256(text: str) -> str:
    """Which text it is."""
    return hashlib.sha256(text.encode()).hexdigest()


@final
class Memory:
    """The memory in force; `file` reads AGENTS.md as it is on disk."""

    def __init__(self, link: Link, file: Callable[[], str]) -> None:
        self._link = link
        self._file = file

    async def over(self, file: str) -> str:
        """The text in force over this text of the file; raises StoreUnavailableError."""
        current, then = await self._link.call("HMGET", self._link.key("memory"), "current", "file")
        known = {None if one is None else one.decode() for one in (current, then)} - {None}
        if current is None or sha256(file) not in known:
            return file
        return await self.text(current.decode()) or file

    async def present(self) -> str:
        """The text in force; raises StoreUnavailableError."""
        return await self.over(await asyncio.to_thread(self._file))

    async def keep(self, text: str) -> str:
        """Keep a text under its hash, for ever; puts nothing in force."""
        name = sha256(text)
        await self._link.call("SET", self._link.key("memory", name), text)
        await self._link.call("LREM", self._link.key("memory-kept"), 0, name)
        await self._link.call("LPUSH", self._link.key("memory-kept"), name)
        await self._link.call("LTRIM", self._link.key("memory-kept"), 0, KEPT - 1)
        return name

    async def kept(self) -> tuple[str, ...]:
        """The hashes of the texts that were kept last, newest first: only these can be put in force."""
        names = await self._link.call("LRANGE", self._link.key("memory-kept"), 0, KEPT - 1)
        return tuple(name.decode() for name in names)

    async def text(self, name: str) -> str | None:
        """The kept text of that hash."""
        kept = await self._link.call("GET", self._link.key("memory", name))
        text = None if kept is None else kept.decode()
        return text if text is not None and sha256(text) == name else None

    async def put_in_force(self, before: str, after: str, row: dict[str, str | int]) -> int:
        """Change the text in force from one hash to another: DONE, SAME, or ELSE where another is there."""
        file = await asyncio.to_thread(self._file)
        await self.keep(await self.over(file))
        keys = (self._link.key("memory"), self._link.key("memory-log"))
        return int(await self._link.run("remember", keys, (before, sha256(file), after, json.dumps(row))))

    async def history(self) -> tuple[dict[str, str | int], ...]:
        """Each approved edit, oldest first: when, from, to, and the step's key."""
        rows = await self._link.call("LRANGE", self._link.key("memory-log"), 0, -1)
        return tuple(json.loads(row) for row in rows)

    async def edit(self, task: Task) -> Done:
        """Put the approved text in force; the gate stands before this, in the hands."""
        after, before = task.only_parameter, dict(task.step.preconditions).get(FIELD)
        if not isinstance(after, str) or before is None:
            return not_configured(task, f"one parameter and the precondition {FIELD}")
        text = await self.text(after)
        if text is None:
            return Done(ok=False, detail="The approved text is not kept any more. Nothing was changed.")
        row: dict[str, str | int] = {"at": task.now, "before": before, "after": after, "step": task.key}
        try:
            done = await self.put_in_force(before, after, row)
        except StoreUnavailableError as error:
            raise SourceUnavailableError(f"The memory may or may not be changed: {error.message}") from error
        if done == ELSE:
            return Done(
                ok=False, detail="The memory is not the one that was approved over. Nothing was changed."
            )
        return Done(
            ok=True, detail=f"AGENTS.md is {after[:12]} now; the file follows by `greenlight memory export`."
        )

    async def difference(self, step: Step) -> DryRun:
        """What the step would change, line by line, as it is approved."""
        after = dict(step.parameters).get(FIELD)
        text = await self.text(after) if isinstance(after, str) else None
        if text is None:
            return DryRun(refused="the proposed text is not kept")
        if len(text) > MAX_TEXT:
            return DryRun(refused=f"the text has more than {MAX_TEXT} characters")
        return DryRun(difference(await self.present(), text))


def difference(before: str, after: str) -> tuple[str, ...]:
    """A unified difference as printable ASCII: any other character is spelled out."""
    old, new = before.split("\n"), after.split("\n")
    lines = difflib.unified_diff(old, new, "AGENTS.md", "proposed", "", "", 1, "")
    return tuple(_spelled(line) for line in lines)


def _spelled(line: str) -> str:
    return "".join(
        c if c.isascii() and c.isprintable() else c.encode("unicode_escape").decode() for c in line
    )


@dataclass(frozen=True, slots=True)
class MemoryEyes:
    """Eyes that also see the memory; for everything else the eyes they are put over."""

    eyes: Eyes
    memory: Memory
    clock: Clock

    async def logs(self, service: Service, window: Window) -> Sighting:
        """As the eyes below."""
        return await self.eyes.logs(service, window)

    async def metrics(self, service: Service, window: Window) -> Sighting:
        """As the eyes below."""
        return await self.eyes.metrics(service, window)

    async def changes(self, service: Service, window: Window) -> Sighting:
        """As the eyes below."""
        return await self.eyes.changes(service, window)

    async def recent_changes(self, service: Service, window: Window) -> tuple[Change, ...]:
        """As the eyes below."""
        return await self.eyes.recent_changes(service, window)

    async def identity(self, service: Service, target: TargetId) -> str | None:
        """As the eyes below."""
        return await self.eyes.identity(service, target)

    async def probe(self, service: Service, step: Step, key: str) -> Probe | None:
        """As the eyes below."""
        return await self.eyes.probe(service, step, key)

    async def sample(self, service: Service, metric: MetricSpec) -> str | None:
        """`0` where the text in force is whole and the last approved one, else `1`."""
        if service.metrics_source is None or service.metrics_source.kind != KIND:
            return await self.eyes.sample(service, metric)
        try:
            rows, present = await self.memory.history(), await self.memory.present()
        except StoreUnavailableError:
            return None
        return "0" if rows and rows[-1]["after"] == sha256(present) else "1"

    async def observe(self, service: Service, target: TargetId) -> Observation:
        """The hash of the text in force."""
        known = service.target(target)
        if known is None or known.executor != KIND:
            return await self.eyes.observe(service, target)
        try:
            present, kept = await self.memory.present(), await self.memory.kept()
        except StoreUnavailableError as error:
            raise SourceUnavailableError(error.message) from error
        fields = ((FIELD, sha256(present)), (TEXTS, ",".join(kept)))
        return Observation(target, self.clock.now(), fields)

    async def dry_run(self, service: Service, step: Step) -> DryRun | None:
        """The difference that a step makes to the memory."""
        if step.executor != KIND:
            return await self.eyes.dry_run(service, step)
        try:
            return await self.memory.difference(step)
        except StoreUnavailableError as error:
            raise SourceUnavailableError(error.message) from error
