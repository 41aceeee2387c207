"""A bounded pool of SQLite connections."""

import asyncio
import contextlib
import sqlite3
from collections import deque
from pathlib import Path
from typing import final


class PoolTimeout(Exception):  # noqa: N818 - the name that pools of this kind give to it
    """No connection came free in time."""

    def __init__(self, in_use: int, size: int) -> None:
        super().__init__(
            f"connection pool exhausted: timeout waiting for connection (in_use={in_use} max={size})"
        )


@final
class Connection:
    """One lent SQLite connection; whoever acquired it must release it."""

    __slots__ = ("_raw",)

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    async def execute(self, statement: str, *values: object) -> None:
        """Runs one statement, committed at once."""
        await asyncio.to_thread(self._raw.execute, statement, values)

    async def ping(self) -> None:
        """Checks that the database answers."""
        await self.execute("SELECT 1")

    def close(self) -> None:
        """Closes the connection for good."""
        self._raw.close()


@final
class ConnectionPool:
    """At most `size` connections lent at a time; the others wait in line, then give up."""

    def __init__(self, database: Path, size: int, timeout: float) -> None:
        self._database = database
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()
        self._opening = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.size = size
        self.timeout = timeout

    @property
    def in_use(self) -> int:
        """Connections that were acquired and not released."""
        return len(self._lent) + self._opening

    @property
    def waiting(self) -> int:
        """Requests in line for a connection."""
        return len(self._waiting)

    @property
    def opened(self) -> int:
        """Connections to the database that are open now, lent or idle."""
        return len(self._lent) + len(self._idle)

    async def acquire(self) -> Connection:
        """Lends a connection, waiting up to `timeout` seconds; raises PoolTimeout."""
        try:
            async with asyncio.timeout(self.timeout):
                while self.in_use >= self.size:
                    await self._wait_in_line()
        except TimeoutError:
            raise PoolTimeout(self.in_use, self.size) from None
        return await self._lend()

    def release(self, connection: Connection) -> None:
        """Takes a lent connection back; closes it if the pool shrank meanwhile."""
        self._lent.remove(connection)
        if self.in_use + len(self._idle) < self.size:
            self._idle.append(connection)
        else:
            connection.close()
        self._wake()

    def resize(self, size: int) -> None:
        """Changes the bound; lent connections above a smaller bound are closed when they come back."""
        self.size = size
        while self._idle and self.in_use + len(self._idle) > size:
            self._idle.pop().close()
        self._wake()

    async def fill(self) -> None:
        """Opens one more idle connection, if the bound allows for it."""
        if self.in_use + len(self._idle) < self.size:
            self._idle.append(await asyncio.to_thread(_open, self._database))

    def close(self) -> None:
        """Closes every connection, also those that nobody gave back."""
        for connection in (*self._idle, *self._lent):
            connection.close()
        self._idle.clear()
        self._lent.clear()

    async def _wait_in_line(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(turn)
            # A waiter that gives up in the moment of its turn passes the turn on.
            if turn.done() and self.in_use < self.size:
                self._wake()

    def _wake(self) -> None:
        free = self.size - self.in_use
        while self._waiting and free > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1

    async def _lend(self) -> Connection:
        if self._idle:
            connection = self._idle.pop()
        else:
            self._opening += 1
            try:
                connection = await asyncio.to_thread(_open, self._database)
            finally:
                self._opening -= 1
        self._lent.add(connection)
        return connection


def _open(database: Path) -> Connection:
    raw = sqlite3.connect(database, timeout=5, isolation_level=None, check_same_thread=False)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=OFF")
    raw.execute("CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, cents INTEGER, state TEXT)")
    return Connection(raw)
