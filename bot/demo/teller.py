"""Tells the channel in the terminal: each new message whole, of each edit only the lines that are new."""

import shutil
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.workspace.feed import Change, ChangeKind
from bot.playground.workspace.model import Json
from bot.playground.workspace.workspace import Workspace
from bot.slack.views.plain import render_text

TOLD = {
    ChangeKind.MESSAGE_POSTED,
    ChangeKind.MESSAGE_CHANGED,
    ChangeKind.EPHEMERAL_POSTED,
    ChangeKind.VIEW_OPENED,
}


@dataclass(slots=True)
class Teller:
    """Follows a workspace and prints; `names` turns user ids into names."""

    workspace: Workspace
    names: dict[str, str]
    out: Callable[[str], None] = print
    began: float = field(default_factory=time.monotonic)
    shown: dict[tuple[str, str], tuple[str, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[str, ...]]
    )

    async def follow(self) -> None:
        """Print until cancelled."""
        async for change in self.workspace.changes(0):
            self.tell(change)

    def tell(self, change: Change) -> None:
        """Print one change, if it is something that people see."""
        if change.kind not in TOLD:
            return
        match change.kind:
            case ChangeKind.VIEW_OPENED:
                self._tell_view(change)
            case ChangeKind.EPHEMERAL_POSTED:
                self._lines(f"only {self._name(change.user)} sees", self._text(change.data or {}))
            case _:
                self._tell_message(change)

    def note(self, text: str) -> None:
        """Print something that happens outside Slack."""
        self.out(f"{self._time()}  -- {text}")

    def _tell_message(self, change: Change) -> None:
        message = self.workspace.message(change.channel, change.ts)
        if message is None:
            return
        lines = self._text(message.body)
        before = self.shown.get((change.channel, change.ts), ())
        self.shown[change.channel, change.ts] = lines
        fresh = tuple(
            line for line in lines if line.strip() and line not in before and not _small(line, before)
        )
        if not fresh:
            return
        who = self._name(message.user) or str(message.body.get("username", "app"))
        thread = " (in the thread)" if message.thread_ts and message.thread_ts != message.ts else ""
        self._lines(f"{who}{thread}{' edits' if before else ''}", fresh)

    def _tell_view(self, change: Change) -> None:
        for view in self.workspace.views(change.user)[-1:]:
            title = view.body.get("title", {}).get("text", "")
            self._lines(
                f"{self._name(change.user)} sees a dialog: {title}", self._text({"blocks": view.blocks})
            )

    def _lines(self, who: str, lines: tuple[str, ...]) -> None:
        width = max(60, shutil.get_terminal_size((110, 40)).columns - 12)
        self.out(f"{self._time()}  {who}")
        for line in lines:
            for part in folded(line, width):
                self.out(f"          | {part}")

    def _text(self, body: Json) -> tuple[str, ...]:
        blocks: list[Json] = list(body.get("blocks") or ())
        if blocks:
            text = render_text(tuple(blocks))
        else:
            parts = [str(body.get("text", "")), *(_attachment(one) for one in body.get("attachments") or ())]
            text = "\n".join(part for part in parts if part)
        for user, name in self.names.items():
            text = text.replace(f"<@{user}>", f"@{name}").replace(f"@{user}", f"@{name}")
        return tuple(text.splitlines())

    def _name(self, user: str) -> str:
        return self.names.get(user, user)

    def _time(self) -> str:
        return f"{time.monotonic() - self.began:6.1f}s"


def _small(line: str, before: tuple[str, ...]) -> bool:
    """Whether a line only counts on: of an edit, the new head of the record is not worth a line."""
    return bool(before) and "record head" in line


def _attachment(attachment: Json) -> str:
    return "\n".join(str(attachment[key]) for key in ("title", "text") if attachment.get(key))


def folded(line: str, width: int) -> list[str]:
    """The line in parts that fit, the later ones indented; a word that is too long is broken."""
    return textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False) or [line]
