"""The connection to Redis or Valkey: scripts, errors in our own words, and what is known to be on disk."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import (
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.domain.errors import NotDurableError, StoreUnavailableError

PREFIX = "{gl}:"
"""One hash tag, so that all keys belong together."""

CONNECT_SECONDS = 2
ANSWER_SECONDS = 5
CONFIRM_MILLISECONDS = 1000
"""How long an append waits for the disk; shorter than ANSWER_SECONDS."""

DURABILITY_FRESH_SECONDS = 30
REFUSING_WORDS = ("MISCONF", "OOM ", "READONLY", "NOREPLICAS", "MASTERDOWN", "BUSY ")
REFUSING_KINDS = (OutOfMemoryError, ReadOnlyError, MasterDownError, NoPermissionError)
"""redis-py takes the word off the message of these; inside a script's message it may still stand."""


class ForeignKeyError(StoreUnavailableError):
    """A key of ours holds something of another type: somebody else wrote it."""


@dataclass(frozen=True, slots=True)
class Durability:
    """What the server promises about the disk (`CONFIG` may be forbidden: then `always` is false)."""

    append_only: bool
    always: bool
    confirms: bool
    """It has WAITAOF."""

    @property
    def enough(self) -> bool:
        """Whether a write can be known to be on disk before anything acts on it."""
        return self.append_only and (self.always or self.confirms)


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script with the name that the server gives it."""

    source: str
    sha: str


def script(name: str) -> Script:
    """The script `lua/<name>.lua`."""
    source = resources.files("bot.adapters").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


@contextmanager
def store_errors() -> Generator[None]:
    """Turn an unreachable or refusing server into StoreUnavailableError; a cancelled task stays cancelled.

    A cancellation that comes within the same few milliseconds as a time-out of redis-py's own leaves it as
    that time-out (69 of 2,400 tried); whoever then went on because the store is away would go on for ever.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise StoreUnavailableError(f"The store cannot be reached: {str(error).rstrip('.')}.") from error
    except ResponseError as error:
        if str(error).startswith("WRONGTYPE"):
            raise ForeignKeyError from error
        if isinstance(error, REFUSING_KINDS) or any(word in str(error) for word in REFUSING_WORDS):
            raise StoreUnavailableError(f"The store refuses: {error}.") from error
        raise


class Link:
    """One process's connection to the store; every answer comes as bytes, numbers and lists of them."""

    def __init__(self, redis: Redis, prefix: str = PREFIX) -> None:
        self.redis = redis
        self.prefix = prefix
        self._scripts: dict[str, Script] = {}
        self._durability: tuple[float, Durability] | None = None

    def key(self, *parts: str) -> str:
        """A key of ours."""
        return self.prefix + ":".join(parts)

    async def call(self, *words: str | bytes | float) -> Any:
        """Send one command."""
        with store_errors():
            return await self._send(*words)

    async def run(self, name: str, keys: Sequence[str], args: Sequence[str | bytes | float] = ()) -> Any:
        """Run one script."""
        wanted = self._script(name)
        with store_errors():
            try:
                return await self._send("EVALSHA", wanted.sha, len(keys), *keys, *args)
            except NoScriptError:
                return await self._send("EVAL", wanted.source, len(keys), *keys, *args)

    async def run_durably(
        self, name: str, keys: Sequence[str], args: Sequence[str | bytes | float] = ()
    ) -> tuple[Any, bool]:
        """Run one script and say whether what it wrote is known to be on disk."""
        promised = await self.durability()
        if not promised.confirms:
            return await self.run(name, keys, args), promised.enough
        wanted = self._script(name)
        with store_errors():
            try:
                return await self._run_and_confirm(("EVALSHA", wanted.sha, len(keys), *keys, *args))
            except NoScriptError:
                return await self._run_and_confirm(("EVAL", wanted.source, len(keys), *keys, *args))

    async def _run_and_confirm(self, command: tuple[str | bytes | float, ...]) -> tuple[Any, bool]:
        # WAITAOF speaks of its own connection alone: both commands go down the same one, in one write.
        async with self.redis.pipeline(transaction=False) as pipe:
            queue = cast("Any", pipe)
            queue.execute_command(*command)
            queue.execute_command("WAITAOF", 1, 0, CONFIRM_MILLISECONDS)
            answer, confirmed = await queue.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        return answer, isinstance(confirmed, list) and cast("list[int]", confirmed)[0] >= 1

    async def durability(self) -> Durability:
        """What the server promises, read again now and then, since it can be reconfigured."""
        now = asyncio.get_running_loop().time()
        if self._durability is None or now - self._durability[0] > DURABILITY_FRESH_SECONDS:
            with store_errors():
                self._durability = (now, await self._read_durability())
        return self._durability[1]

    async def _read_durability(self) -> Durability:
        persistence = await self._send("INFO", "persistence")
        known = await self._send("COMMAND", "INFO", "WAITAOF")
        append_only = str(persistence.get("aof_enabled")) == "1"
        always = append_only and await self._fsync_policy() in {"always", b"always"}
        return Durability(append_only, always, append_only and _knows(known))

    async def _fsync_policy(self) -> str | bytes:
        try:
            answer = cast("Mapping[Any, Any]", await self._send("CONFIG", "GET", "appendfsync"))
        except ResponseError:
            # Hosted servers rename or forbid CONFIG, each in its own way.
            return ""
        return next(iter(answer.values()), "")

    async def _send(self, *words: str | bytes | float) -> Any:
        return await cast("Any", self.redis).execute_command(*words)

    def _script(self, name: str) -> Script:
        if name not in self._scripts:
            self._scripts[name] = script(name)
        return self._scripts[name]


async def require_durable(link: Link) -> None:
    """Refuse to go on where nothing can be known to be on disk; for act processes, at their start."""
    promised = await link.durability()
    if not promised.enough:
        raise NotDurableError(
            "The store must have appendonly yes, and WAITAOF (Redis 7.2, Valkey 7.2) or appendfsync always."
        )


def _knows(answer: object) -> bool:
    """Whether `COMMAND INFO` described the command; an unknown one is answered with nothing."""
    return bool(answer) and answer != [None]


def _as_it_came(answer: object, **_: object) -> object:
    return answer


@asynccontextmanager
async def connected(url: str, prefix: str = PREFIX, connections: int = 64) -> AsyncGenerator[Link]:
    """A link to the server at this URL; nothing is sent until it is used.

    The pool waits for a free connection instead of failing (remedy R7).
    """
    pool = BlockingConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
        url,
        max_connections=connections,
        timeout=ANSWER_SECONDS,
        encoding_errors="replace",
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), retries=2),
    )
    redis = Redis(connection_pool=pool)
    # redis-py's own parser fails where the server does not know the command asked about.
    cast("Any", redis).set_response_callback("COMMAND", _as_it_came)
    try:
        yield Link(redis, prefix)
    finally:
        await redis.aclose()
        await pool.disconnect()
