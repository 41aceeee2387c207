"""Real servers for tests, started by our own launcher in directories of their own."""

import asyncio
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.embedded import EmbeddedServer
from bot.adapters.redis_client import Link

# Entries of incidents and what is derived from them; everything else must end by itself.
OF_INCIDENTS = {
    "entries", "incident", "claims", "phase", "due", "open", "threads", "plans", "dirty", "sent", "messages",
}  # fmt: skip
BOUNDED = {"unfinished", "refusals", "pauses", "pause-history", "last-ts", "chain-key"}


@contextmanager
def running(directory: Path, binary: Path | None = None) -> Generator[str]:
    """The URL of a server over this directory, for as long as the block lasts."""
    server = EmbeddedServer(directory, binary)
    asyncio.run(server.start())
    try:
        yield server.url
    finally:
        asyncio.run(server.stop())


def fresh_prefix() -> str:
    """A key prefix that no other test has."""
    return f"{{gl-{uuid.uuid4().hex[:12]}}}:"


async def leaks(link: Link) -> list[str]:
    """Keys of ours that belong to no incident, are not bounded and never end."""
    found: list[str] = []
    keys: list[bytes] = await link.call("KEYS", f"{link.prefix}*")
    for key in keys:
        family = key.decode().removeprefix(link.prefix).split(":")[0]
        endless = await link.call("TTL", key) == -1
        if endless and family not in OF_INCIDENTS | BOUNDED:
            found.append(key.decode())
    return found
