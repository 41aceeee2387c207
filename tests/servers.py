"""Real servers for tests, started by our own launcher in directories of their own."""

import asyncio
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.embedded import EmbeddedServer

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
