"""Log lines of a workload's pods, of the running containers and of those that ended before them.

The newest lines of each container pass through a ring of bounded size, whatever the pod has written.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2

from bot.adapters.kubernetes_objects import Pod, Where, where_of
from bot.adapters.kubernetes_reads import looking, pods_of, revisions_of, workload_of
from bot.adapters.kubernetes_wire import Cluster, RefusedError
from bot.adapters.log_files import moment, time_of
from bot.adapters.log_reading import BATCH, LogAsk, LogBatch
from bot.adapters.tail import MAX_LINE
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At
from bot.domain.service import Source
from bot.ports.world import Window

MAX_STREAMS = 8
MAX_READ = 64_000_000
TAIL_LINES = 50_000
SECONDS = 12.0
STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) ?")
REFUSED = frozenset({400, 404})
"""What the server says of a container that has not begun, or of a former one that is gone."""


@dataclass(slots=True)
class Ring:
    """The newest lines within a number of bytes; `cut` says that earlier ones went."""

    max_bytes: int
    lines: deque[bytes] = field(default_factory=deque[bytes])
    size: int = 0
    cut: bool = False

    def add(self, line: bytes) -> None:
        """Take one line and let the oldest go."""
        self.lines.append(line)
        self.size += len(line)
        while self.size > self.max_bytes:
            self.size -= len(self.lines.popleft())
            self.cut = True


async def read_pod_logs(source: Source, ask: LogAsk, _: httpx2.AsyncClient) -> AsyncGenerator[LogBatch]:
    """The lines of the window, oldest first, batch by batch; raises SourceUnavailableError."""
    lines, cut = await _read(source, ask)
    yield LogBatch((), cut)
    while lines:
        yield LogBatch(tuple(lines.popleft() for _ in range(min(BATCH, len(lines)))))


async def _read(source: Source, ask: LogAsk) -> tuple[deque[str], bool]:
    settings = dict(source.settings)
    where, container = where_of(settings), settings.get("container", "")
    async with looking(settings) as cluster:
        found = await workload_of(cluster, where)
        container = found.container(container).name
        pods = await pods_of(cluster, found, await revisions_of(cluster, found), container)
        streams = _streams(pods)
        rings = [Ring(ask.max_bytes // max(1, len(streams))) for _ in streams]
        try:
            async with asyncio.timeout(SECONDS):
                for (name, previous), ring in zip(streams, rings, strict=True):
                    await _fill(cluster, where, _query(container, ask.window, previous=previous), name, ring)
        except TimeoutError:
            # What came in time is still evidence; that more was there is said.
            if not any(ring.lines for ring in rings):
                raise
            rings[-1].cut = True
    more = len(streams) < len(pods)
    return _within(rings, ask.window), more or any(ring.cut for ring in rings)


def _streams(pods: Sequence[Pod]) -> list[tuple[str, bool]]:
    """Which containers to read: those in trouble first, and of each that began again the former one too."""
    streams: list[tuple[str, bool]] = []
    for one in sorted(pods, key=lambda pod: (pod.ready, not pod.waiting)):
        streams += [(one.name, True)] if one.restarts else []
        streams.append((one.name, False))
    return streams[:MAX_STREAMS]


def _query(container: str, window: Window, *, previous: bool) -> dict[str, str]:
    since = datetime.fromtimestamp(window.start / SECOND, UTC).isoformat(timespec="seconds")
    asked = {"container": container, "timestamps": "true", "tailLines": str(TAIL_LINES)}
    return asked | {"sinceTime": since.replace("+00:00", "Z")} | ({"previous": "true"} if previous else {})


async def _fill(cluster: Cluster, where: Where, query: dict[str, str], name: str, ring: Ring) -> None:
    path = f"/api/v1/namespaces/{where.namespace}/pods/{name}/log"
    read = 0
    try:
        async with aclosing(cluster.stream(path, query)) as chunks:
            async for line in split_lines(chunks):
                ring.add(line)
                read += len(line)
                if read > MAX_READ:
                    ring.cut = True
                    return
    except RefusedError as refused:
        if refused.status not in REFUSED:
            raise SourceUnavailableError(refused.message) from refused


async def split_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Whole lines, each cut at its cap; a line that never ends is held no longer than that."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line[:MAX_LINE]
        rest = rest[: MAX_LINE + 1]
    if rest:
        yield rest[:MAX_LINE]


def _within(rings: Iterable[Ring], window: Window) -> deque[str]:
    """All lines of the window by their time, each container's in its own order; the rings are emptied."""
    kept: list[tuple[At, str]] = []
    for ring in rings:
        at = At(0)
        while ring.lines:
            raw = ring.lines.popleft()
            stamp = STAMP.match(raw)
            at = _moment(stamp[1], at) if stamp else at
            if window.start <= at <= window.end:
                kept.append((at, _shown(raw, stamp.end() if stamp else 0)))
    kept.sort(key=lambda one: one[0])
    return deque(text for _, text in kept if text.strip())


def _shown(raw: bytes, start: int) -> str:
    """The line as the program wrote it, with the server's time before it where it has none of its own."""
    text = raw[start:].decode("utf-8", "replace").rstrip("\r")
    if not start or not text.strip() or time_of(text) is not None:
        return text
    stamp = raw[:start].decode("ascii").rstrip(" ")
    return f'{{"ts":"{stamp}",{text[1:]}' if text.startswith('{"') else f"{stamp} {text}"


def _moment(stamp: bytes, default: At) -> At:
    found = moment(stamp.decode("ascii"))
    return default if found is None else found
