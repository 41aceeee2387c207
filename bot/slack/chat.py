# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Every call to Slack's Web API; answers are typed, failures are ours, and nothing here waits for long."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ValidationError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.ports.cards import MessageRef
from bot.slack.calling import CALL_SECONDS, answered, called, header_of
from bot.slack.failures import NoAnswerError, RefusedBySlackError
from bot.slack.payloads import Account, ChannelInfo, Found, Group, Identity
from bot.slack.views.scene import Upload

SLACK_URL = "https://slack.com/api/"
HOOKS_HOST = "hooks.slack.com"
ASK_SECONDS = 2.0
"""How long a person's click waits for `users.info` and `conversations.info`."""
CARD_EVENT = "greenlight_card"
PAGE = 200
PAGES = 5

Model = TypeVar("Model", bound=BaseModel)
Blocks = Sequence[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Post:
    """A message to post: where, what, and the incident and card that it is."""

    channel: str
    thread: str
    text: str
    blocks: Blocks = ()
    broadcast: bool = False
    card: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """Slack's Web API as this house needs it.

    `calm` repeats a call once after a broken connection or a 5xx answer and serves calls that may be
    repeated; `once` never repeats, so that a lost answer cannot post twice.
    """

    calm: AsyncWebClient
    once: AsyncWebClient
    session: aiohttp.ClientSession

    async def who_am_i(self) -> Identity:
        """`auth.test`."""
        return _typed(Identity, await called("auth.test", self.calm.auth_test()), "auth.test")

    async def socket_opens(self, app_token: str) -> None:
        """`apps.connections.open`: an address for Socket Mode is given out; nothing connects to it."""
        await called("apps.connections.open", self.once.apps_connections_open(app_token=app_token))

    async def server_date(self) -> str:
        """Slack's own clock, as its answers' header says it."""
        return header_of(await answered("auth.test", self.calm.auth_test()), "date")

    async def text_of(self, ref: MessageRef) -> str:
        """What a message of a channel says now; empty where it is gone."""
        asked = self.calm.conversations_history(
            channel=ref.channel, latest=ref.ts, oldest=ref.ts, inclusive=True, limit=1
        )
        rows = (await called("conversations.history", asked)).get("messages") or ()
        return next((str(row.get("text", "")) for row in rows if isinstance(row, dict)), "")

    async def granted(self) -> tuple[str, ...]:
        """The scopes that the bot token has: the header `x-oauth-scopes` of `auth.test`."""
        said = header_of(await answered("auth.test", self.calm.auth_test()), "x-oauth-scopes")
        return tuple(scope.strip() for scope in said.split(",") if scope.strip())

    async def post(self, post: Post) -> MessageRef:
        """Post a message; NoAnswerError means that it may stand in the channel all the same."""
        answer = await called(
            "chat.postMessage",
            self.once.chat_postMessage(
                channel=post.channel,
                thread_ts=post.thread or None,
                text=post.text,
                blocks=list(post.blocks) or None,
                reply_broadcast=True if post.broadcast and post.thread else None,
                unfurl_links=False,
                unfurl_media=False,
                metadata=_metadata(post.card),
            ),
        )
        return MessageRef(str(answer["channel"]), str(answer["ts"]))

    async def update(self, ref: MessageRef, text: str, blocks: Blocks = ()) -> None:
        """Edit one of our messages; its metadata stays."""
        edit = self.calm.chat_update(
            channel=ref.channel,
            ts=ref.ts,
            text=text,
            blocks=list(blocks),
        )
        await called("chat.update", edit)

    async def whisper(self, channel: str, person: str, text: str, thread: str = "") -> None:
        """Show a sentence to one person."""
        await called(
            "chat.postEphemeral",
            self.once.chat_postEphemeral(channel=channel, user=person, text=text, thread_ts=thread or None),
        )

    async def open_view(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a modal; the trigger lasts three seconds."""
        await called("views.open", self.once.views_open(trigger_id=trigger, view=dict(view)))

    async def push_view(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Lay a modal over the one that is open; the trigger lasts three seconds."""
        await called("views.push", self.once.views_push(trigger_id=trigger, view=dict(view)))

    async def turn_view(self, name: str, view: Mapping[str, Any]) -> None:
        """Show something else in an open modal."""
        await called("views.update", self.calm.views_update(view_id=name, view=dict(view)))

    async def publish_home(self, person: str, view: Mapping[str, Any]) -> None:
        """Show a person their App Home."""
        await called("views.publish", self.calm.views_publish(user_id=person, view=dict(view)))

    async def respond(self, response_url: str, text: str) -> None:
        """Answer a slash command to the person alone, also where the bot is no member."""
        if not self._is_slacks(response_url):
            raise RefusedBySlackError("response_url", "not_slacks_address")
        body = {"response_type": "ephemeral", "text": text}
        try:
            async with self.session.post(response_url, json=body, allow_redirects=False) as answer:
                if answer.status != 200:  # noqa: PLR2004 - the only good answer
                    raise RefusedBySlackError("response_url", str(answer.status))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswerError("response_url", type(error).__name__) from error

    async def set_status(self, channel: str, thread: str, status: str) -> None:
        """Show what is going on below a thread; an empty status clears it."""
        await called(
            "assistant.threads.setStatus",
            self.once.assistant_threads_setStatus(channel_id=channel, thread_ts=thread, status=status),
        )

    async def start_stream(
        self, channel: str, thread: str, reader: tuple[str, str], blocks: Blocks
    ) -> MessageRef:
        """`chat.startStream` for a reader (person, workspace), with the first blocks."""
        answer = await called(
            "chat.startStream",
            self.once.chat_startStream(
                channel=channel,
                thread_ts=thread,
                recipient_user_id=reader[0],
                recipient_team_id=reader[1],
                chunks=_chunks(blocks),
            ),
        )
        return MessageRef(str(answer.get("channel") or channel), str(answer["ts"]))

    async def append_stream(self, ref: MessageRef, blocks: Blocks) -> None:
        """`chat.appendStream`; a lost answer leaves open whether the blocks are there."""
        await called(
            "chat.appendStream",
            self.once.chat_appendStream(channel=ref.channel, ts=ref.ts, chunks=_chunks(blocks)),
        )

    async def stop_stream(self, ref: MessageRef, card: tuple[str, str]) -> None:
        """`chat.stopStream`: only then can the message be edited."""
        await called(
            "chat.stopStream",
            self.once.chat_stopStream(channel=ref.channel, ts=ref.ts, metadata=_metadata(card)),
        )

    async def account(self, person: str) -> Account:
        """`users.info`."""
        answer = await called("users.info", self.once.users_info(user=person), ASK_SECONDS)
        return _typed(Account, answer.get("user"), "users.info")

    async def channel(self, channel: str) -> ChannelInfo:
        """`conversations.info`."""
        answer = await called(
            "conversations.info", self.once.conversations_info(channel=channel), ASK_SECONDS
        )
        return _typed(ChannelInfo, answer.get("channel"), "conversations.info")

    async def group(self, group: str) -> tuple[str, ...]:
        """`usergroups.users.list`: the members of a user group that is switched on."""
        answer = await called(
            "usergroups.users.list", self.once.usergroups_users_list(usergroup=group), ASK_SECONDS
        )
        return _typed(Group, answer, "usergroups.users.list").users

    async def my_channels(self) -> tuple[str, ...]:
        """The channels that the bot was invited to; without groups:read, the public ones."""
        try:
            return await self._channels("public_channel,private_channel")
        except RefusedBySlackError as refused:
            if refused.code != "missing_scope":
                raise
            return await self._channels("public_channel")

    async def _channels(self, types: str) -> tuple[str, ...]:
        rows = await self._pages(
            "users.conversations",
            "channels",
            lambda cursor: self.calm.users_conversations(
                types=types, exclude_archived=True, limit=PAGE, cursor=cursor
            ),
        )
        return tuple(str(row["id"]) for row in rows if row.get("id"))

    async def history(self, channel: str, oldest: str, latest: str = "") -> tuple[dict[str, Any], ...]:
        """The messages of a channel after a moment, up to `latest` where given, oldest first (1,000)."""
        rows = await self._pages(
            "conversations.history",
            "messages",
            lambda cursor: self.calm.conversations_history(
                channel=channel,
                oldest=oldest,
                latest=latest or None,
                inclusive=bool(latest),
                limit=PAGE,
                cursor=cursor,
            ),
        )
        return tuple(reversed(rows))

    async def find_card(self, channel: str, thread: str, card: tuple[str, str]) -> MessageRef | None:
        """Our own message that was posted as this incident's card, found by its metadata."""
        rows = await self._pages(
            "conversations.replies",
            "messages",
            lambda cursor: self.calm.conversations_replies(
                channel=channel, ts=thread, limit=PAGE, include_all_metadata=True, cursor=cursor
            ),
        )
        return _ours(channel, rows, card)

    async def find_root(self, channel: str, since: int, card: tuple[str, str]) -> MessageRef | None:
        """Our own message outside of threads that was posted as this card, since a moment (milliseconds)."""
        rows = await self._pages(
            "conversations.history",
            "messages",
            lambda cursor: self.calm.conversations_history(
                channel=channel,
                oldest=f"{since // 1000}",
                limit=PAGE,
                include_all_metadata=True,
                cursor=cursor,
            ),
        )
        return _ours(channel, rows, card)

    async def find_file(self, channel: str, thread: str, name: str) -> MessageRef | None:
        """Our message of a thread that has a file of that name."""
        rows = await self._pages(
            "conversations.replies",
            "messages",
            lambda cursor: self.calm.conversations_replies(
                channel=channel, ts=thread, limit=PAGE, cursor=cursor
            ),
        )
        for row in rows:
            if any(isinstance(file, dict) and file.get("name") == name for file in row.get("files") or ()):
                return MessageRef(channel, str(row.get("ts", "")))
        return None

    async def upload(self, channel: str, thread: str, upload: Upload) -> None:
        """Put a text file into a thread; needs the scope files:write."""
        file = await self._sent(upload.name, upload.text.encode())
        await self._finished(file, upload.title, channel, thread)

    async def picture(self, name: str, body: bytes, title: str) -> str:
        """Put a picture where our own blocks can show it; its id. Needs the scope files:write."""
        file = await self._sent(name, body)
        await self._finished(file, title)
        return file

    async def _sent(self, name: str, body: bytes) -> str:
        asked = self.once.files_getUploadURLExternal(filename=name, length=len(body))
        place = await called("files.getUploadURLExternal", asked)
        try:
            async with self.session.post(
                str(place["upload_url"]), data=body, allow_redirects=False
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004 - the only good answer
                    raise NoAnswerError("files.upload", f"status {answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswerError("files.upload", type(error).__name__) from error
        return str(place["file_id"])

    async def _finished(self, file: str, title: str, channel: str = "", thread: str = "") -> None:
        files: list[dict[str, str | None]] = [{"id": file, "title": title}]
        done = self.once.files_completeUploadExternal(
            files=files, channel_id=channel or None, thread_ts=thread or None
        )
        await called("files.completeUploadExternal", done)

    async def _pages(
        self, method: str, field: str, fetch: Callable[[str | None], Awaitable[AsyncSlackResponse]]
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(PAGES):
            answer = await called(method, fetch(cursor))
            rows.extend(row for row in answer.get(field) or [] if isinstance(row, dict))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return rows

    def _is_slacks(self, url: str) -> bool:
        wanted, api = urlsplit(url), urlsplit(self.once.base_url)
        if (wanted.scheme, wanted.hostname) == ("https", HOOKS_HOST):
            return True
        return bool(wanted.netloc) and (wanted.scheme, wanted.netloc) == (api.scheme, api.netloc)


def open_chat(token: str, base_url: str = SLACK_URL) -> Chat:
    """The Web API with one shared session; close it with `chat.session.close()`."""
    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
    calm = AsyncWebClient(
        token=token,
        base_url=base_url,
        session=session,
        retry_handlers=[AsyncConnectionErrorRetryHandler(), AsyncServerErrorRetryHandler()],
    )
    once = AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=[])
    return Chat(calm, once, session)


def _ours(channel: str, rows: list[dict[str, Any]], card: tuple[str, str]) -> MessageRef | None:
    wanted = _metadata(card)
    for row in rows:
        found = _typed(Found, row, "conversations.replies")
        if found.bot_id and found.metadata == wanted:
            return MessageRef(channel, found.ts)
    return None


def _chunks(blocks: Blocks) -> list[dict[str, object]]:
    return [{"type": "blocks", "blocks": list(blocks)}]


def _metadata(card: tuple[str, str] | None) -> dict[str, Any] | None:
    if card is None:
        return None
    return {"event_type": CARD_EVENT, "event_payload": {"incident": card[0], "card": card[1]}}


def _typed(model: type[Model], raw: object, method: str) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise NoAnswerError(method, f"unexpected shape ({error.error_count()} problems)") from error
