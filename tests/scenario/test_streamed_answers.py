"""Answers that grow in the thread while a model writes them, on a local workspace."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.domain.events import Asked
from bot.domain.teamwork import DraftKind
from bot.flow.followup import asked
from bot.flow.table import table
from bot.playground.workspace.model import Message
from bot.ports.team import Case, Hear, Reply, unheard
from tests.fakes.content import COLLEAGUE
from tests.fakes.slack_room import CHANNEL, SlackRoom, slack_room
from tests.waiting import eventually

TS = "1790000050.000100"
WHOLE = "The pool is full.\nIt leaks. Restart it <!channel>.\nAsk at https://evil.example/x for more."


@dataclass
class Writer:
    """Writes its answer line by line, each when the test lets it."""

    lines: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])

    async def answer(self, case: Case, question: str, hear: Hear = unheard) -> Reply | None:
        del case, question
        while (text := await self.lines.get()) != WHOLE:
            await hear(text)
        return Reply(WHOLE)

    async def draft(self, case: Case, kind: DraftKind) -> str | None:
        del case, kind


@dataclass
class Desk:
    room: SlackRoom
    writer: Writer
    alert: Message
    working: asyncio.Task[None]

    def answers(self) -> list[Message]:
        return [one for one in self.room.replies(self.alert) if "pool is full" in json.dumps(one.body)]

    async def shows(self, words: str) -> Message:
        return await self.room.until(
            lambda: next((one for one in self.answers() if words in json.dumps(one.body)), None)
        )

    async def ends(self) -> Message:
        await self.writer.lines.put(WHOLE)
        await self.working
        message = await self.shows("evil.example")

        async def clean() -> bool:
            return not self.room.home.store.shelf.dirty

        await eventually(clean)
        return self.answers()[0] if len(self.answers()) == 1 else message


@asynccontextmanager
async def asking() -> AsyncGenerator[Desk]:
    async with slack_room(real=True) as room:
        alert = await room.alert()
        await room.until(lambda: room.replies(alert))
        await room.home.work()
        writer = Writer()
        room.home.ports = replace(room.home.ports, speaker=writer)
        (incident,) = room.home.store.shelf.entries
        place = (await room.home.incident(incident)).place
        await asked(room.home.ports, table, lambda _, __: None, Asked(COLLEAGUE, TS, "and now?"), place)
        working = asyncio.create_task(room.home.work())
        yield Desk(room, writer, alert, working)
        working.cancel()


async def test_the_first_words_are_read_while_the_rest_is_written_and_the_whole_takes_their_place() -> None:
    async with asking() as desk:
        await desk.writer.lines.put("The pool is full.")
        growing = await desk.shows("pool is full")
        assert growing.body["streaming_state"] == "in_progress"
        await desk.writer.lines.put("The pool is full.\nIt leaks.")
        await desk.shows("It leaks.")
        done = await desk.ends()
        assert [one.ts for one in desk.answers()] == [growing.ts]
        assert done.stream is None
        assert "Still being written" not in json.dumps(done.body)
        assert "and now?" in json.dumps(done.body)
        assert desk.room.workspace.count("chat.startStream") == 1
        (call,) = desk.room.workspace.calls("chat.startStream")
        assert call.params["recipient_user_id"] == COLLEAGUE


async def test_what_is_streamed_pings_nobody_and_links_nowhere() -> None:
    async with asking() as desk:
        await desk.writer.lines.put(WHOLE + "\n")
        growing = await desk.shows("pool is full")
        assert growing.stream is not None
        sent = json.dumps(desk.room.workspace.calls("chat.startStream")[0].params)
        assert '"markdown_text"' not in sent
        assert "rich_text" in sent
        assert '"type": "link"' not in sent
        assert '"type": "broadcast"' not in sent
        assert "@channel" not in sent
        await desk.ends()


async def test_where_slack_streams_nothing_the_answer_is_posted_and_edited() -> None:
    async with asking() as desk:
        desk.room.workspace.faults.error("chat.startStream", "missing_recipient_user_id")
        await desk.writer.lines.put("The pool is full.")
        growing = await desk.shows("Still being written")
        assert growing.stream is None
        done = await desk.ends()
        assert (done.ts, len(desk.answers())) == (growing.ts, 1)
        assert "Still being written" not in json.dumps(done.body)


async def test_a_stream_that_slack_cuts_ends_in_the_whole_answer() -> None:
    async with asking() as desk:
        await desk.writer.lines.put("The pool is full.")
        growing = await desk.shows("pool is full")
        desk.room.workspace.faults.error("chat.appendStream", "message_not_in_streaming_state")
        await desk.writer.lines.put("The pool is full.\nIt leaks.")
        await desk.shows("Still being written")
        done = await desk.ends()
        assert (done.ts, len(desk.answers())) == (growing.ts, 1)
        assert "Still being written" not in json.dumps(done.body)


async def test_a_stream_of_a_process_that_died_is_stopped_and_edited_to_its_end() -> None:
    async with asking() as desk:
        await desk.writer.lines.put("The pool is full.")
        growing = await desk.shows("pool is full")
        desk.room.workspace.faults.error("chat.stopStream", "internal_error")
        done = await desk.ends()
        assert (done.ts, done.stream) == (growing.ts, None)
        assert desk.room.workspace.count("chat.stopStream") == 2


async def test_the_thread_says_that_an_answer_is_looked_for() -> None:
    async with asking() as desk:
        calls = desk.room.workspace.calls
        await desk.room.until(
            lambda: any("answer" in str(c.params.get("status")) for c in calls("assistant.threads.setStatus"))
        )
        await desk.ends()
        assert desk.room.workspace.messages(CHANNEL)


async def test_a_text_that_turns_out_otherwise_is_edited_and_never_stands_half_and_half() -> None:
    async with asking() as desk:
        await desk.writer.lines.put("The pool is full.")
        growing = await desk.shows("pool is full")
        await desk.writer.lines.put("Otherwise: the pool is full.")
        other = await desk.shows("Otherwise")
        assert (other.ts, other.stream) == (growing.ts, None)
        assert "The pool is full." not in json.dumps(other.body)
        done = await desk.ends()
        assert (done.ts, len(desk.answers())) == (growing.ts, 1)
