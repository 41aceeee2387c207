"""A connection that is cut between a write and its answer: whoever wrote must know its own write again."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.adapters.redis_cards import RedisCards
from bot.adapters.redis_client import Link, connected, script
from bot.adapters.redis_seen import RedisSeen
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import At, IncidentId
from tests.servers import fresh_prefix, running

EVER = At(10**14)


@dataclass(slots=True)
class Cutter:
    """Stands between us and the server; swallows the answer to a script as often as it is told to."""

    server: str
    sha: bytes = b""
    cuts: int = 0
    heard: bool = True
    serving: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def cut(self, name: str, times: int = 1, *, heard: bool = True) -> None:
        """The next answers to this script get lost with their connections, or its server hears nothing."""
        self.sha, self.cuts, self.heard = script(name).sha.encode(), times, heard

    def start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.serving.add(asyncio.create_task(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass everything on until it is time to cut."""
        theirs, ours = await asyncio.open_unix_connection(self.server)
        answering = asyncio.create_task(_pass_on(theirs, writer))
        with suppress(OSError):
            while asked := await reader.read(65536):
                if self.cuts and self.sha in asked:
                    self.cuts -= 1
                    answering.cancel()
                    await asyncio.gather(answering, return_exceptions=True)
                    if self.heard:
                        ours.write(asked)
                        await theirs.read(65536)
                    break
                ours.write(asked)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        for end in (writer, ours):
            end.close()
            with suppress(OSError):
                await end.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while said := await reader.read(65536):
            writer.write(said)


@asynccontextmanager
async def cutting(url: str, folder: Path) -> AsyncGenerator[tuple[Link, Cutter]]:
    cutter = Cutter(url.removeprefix("unix://"))
    door = await asyncio.start_unix_server(cutter.start, folder / "cut.sock")
    try:
        async with connected(f"unix://{folder}/cut.sock", fresh_prefix()) as link:
            # every script is known to the server, so that the one to be cut is sent by its name
            for name in ("keep", "mine", "give_back"):
                await link.call("SCRIPT", "LOAD", script(name).source)
            yield link, cutter
    finally:
        door.close()
        await asyncio.gather(*cutter.serving)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running(tmp_path_factory.mktemp("cut")) as found:
        yield found


async def test_an_event_whose_storing_had_its_answer_cut_off_is_new(url: str, tmp_path: Path) -> None:
    async with cutting(url, tmp_path) as (link, cutter):
        seen = RedisSeen(link)
        cutter.cut("keep")
        assert await seen.store("Ev1", '{"a":1}')
        assert cutter.cuts == 0
        assert not await seen.store("Ev1", '{"a":1}')
        assert await seen.unfinished(EVER, 10) == (("Ev1", '{"a":1}'),)
        await seen.done("Ev1")
        assert not await seen.store("Ev1", '{"a":1}')
        assert await seen.unfinished(EVER, 10) == ()


async def test_an_event_is_the_first_though_the_answer_that_says_so_was_cut_off(
    url: str, tmp_path: Path
) -> None:
    async with cutting(url, tmp_path) as (link, cutter):
        seen = RedisSeen(link)
        cutter.cut("mine")
        assert await seen.first("C1:10.1")
        assert cutter.cuts == 0
        assert not await seen.first("C1:10.1")


async def test_a_turn_is_ours_though_the_answer_was_cut_off(url: str, tmp_path: Path) -> None:
    async with cutting(url, tmp_path) as (link, cutter):
        cards = RedisCards(link)
        cutter.cut("mine")
        async with cards.turn(IncidentId("inc-1")) as mine, cards.turn(IncidentId("inc-1")) as theirs:
            assert (mine, theirs, cutter.cuts) == (True, False, 0)


async def test_a_turn_ends_though_the_store_did_not_hear_of_it_at_first(url: str, tmp_path: Path) -> None:
    async with cutting(url, tmp_path) as (link, cutter):
        cards = RedisCards(link)
        async with cards.turn(IncidentId("inc-1")) as mine:
            assert mine
            # more often than the client tries by itself
            cutter.cut("give_back", times=4, heard=False)
        async with cards.turn(IncidentId("inc-1")) as again:
            assert again


async def test_without_any_answer_it_is_said_that_the_store_is_away(url: str, tmp_path: Path) -> None:
    async with cutting(url, tmp_path) as (link, cutter):
        cutter.cut("keep", times=10)
        with pytest.raises(StoreUnavailableError):
            await RedisSeen(link).store("Ev1", "{}")
