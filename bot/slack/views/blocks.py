"""Small builders of Block Kit, each clamped to Slack's limits, and the budget of a whole message."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import At, PersonId
from bot.slack.views.text import PERSON, quiet, short, utc, visible

Block = dict[str, object]

MESSAGE_BLOCKS = 50
MESSAGE_CHARACTERS = 12_000
"""Slack refuses messages of about 13.2k characters of blocks as `msg_blocks_too_long`."""
MESSAGE_TEXT = 3_000
"""An edit takes 4,000 characters of text."""
VIEW_BLOCKS = 100
VIEW_CHARACTERS = 40_000
"""A view takes 250 kB of JSON, in which one character may need six bytes."""
SECTION = 3_000
HEADER = 150
CONTEXT = 2_000
RICH_TEXT = 2_900
BUTTON = 75
MENU_OPTIONS = 5
VALUE = 2_000
TASK_TITLE = 150
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30


def plain(text: str, limit: int) -> Block:
    """A plain text object; no emoji codes are read in it."""
    return {"type": "plain_text", "text": short(text, limit) or " ", "emoji": False}


def mrkdwn(text: str, limit: int) -> Block:
    """A mrkdwn text object; `verbatim` keeps Slack from linking names and addresses by itself."""
    return {"type": "mrkdwn", "text": _cut(text, limit), "verbatim": True}


def _cut(marked: str, limit: int) -> str:
    """Marked text cut at a line end, since a cut inside a line could open a mention or a code span."""
    if len(marked) <= limit:
        return marked
    kept = marked[: limit - 2]
    at_line = kept.rfind("\n")
    return f"{kept[:at_line]}\n…" if at_line > 0 else f"{kept.rpartition('<')[0] or kept}…"


def header(text: str) -> Block:
    """A header."""
    return {"type": "header", "text": plain(text, HEADER)}


def section(text: str) -> Block:
    """A section of mrkdwn, shown whole."""
    return {"type": "section", "text": mrkdwn(text, SECTION), "expand": True}


def context(*lines: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [mrkdwn(line, CONTEXT) for line in lines[:10]]}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def said(text: str, *, bold: bool = False, italic: bool = False, code: bool = False) -> Block:
    """A piece of rich text, in which Slack reads no markup; its length is the caller's to bound."""
    return _piece(quiet(text, lines=True), bold=bold, italic=italic, code=code)


def fact(text: str, *, bold: bool = False, code: bool = False) -> Block:
    """A piece of rich text that stands exactly as in the plan."""
    return _piece(visible(text, lines=True), bold=bold, code=code)


def _piece(text: str, **style: bool) -> Block:
    on = {name: True for name, wanted in style.items() if wanted}
    piece: Block = {"type": "text", "text": text or " "}
    return {**piece, "style": on} if on else piece


def at(moment: At, *, seconds: bool = False) -> Block:
    """A moment inside rich text."""
    shown = "{time_secs}" if seconds else "{time}"
    fallback = utc(moment, seconds=seconds)
    return {"type": "date", "timestamp": moment // 1000, "format": shown, "fallback": fallback}


def person(who: PersonId) -> Block:
    """A mention inside rich text; anything that is no Slack id is text."""
    return {"type": "user", "user_id": who} if PERSON.fullmatch(who) else said(who)


def line(*pieces: Block) -> Block:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(pieces)}


def bullets(*lines: Block) -> Block:
    """A list of paragraphs."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(lines)}


def preformatted(text: str) -> Block:
    """Facts in a fixed-width font."""
    return {"type": "rich_text_preformatted", "elements": [fact(text)]}


def quoted(text: str) -> Block:
    """Somebody else's words."""
    return {"type": "rich_text_quote", "elements": [said(text)]}


def rich(*elements: Block) -> Block:
    """A rich text block."""
    return {"type": "rich_text", "elements": list(elements)}


def prose(text: str, limit: int = RICH_TEXT) -> Block:
    """Untrusted prose as literal text."""
    return rich(line(said(short(text.strip(), limit, lines=True))))


def long_prose(text: str, limit: int) -> tuple[Block, ...]:
    """Longer untrusted prose as several blocks of literal text."""
    whole = short(text.strip(), limit, lines=True) or " "
    return tuple(prose(whole[start : start + RICH_TEXT]) for start in range(0, len(whole), RICH_TEXT))


@dataclass(frozen=True, slots=True)
class Task:
    """One row of a plan block; status is pending, in_progress, complete or error, `word` says it in words."""

    title: str
    status: str
    output: str = ""
    word: str = ""


STATUS_WORD = {"pending": "to do", "in_progress": "now", "complete": "done", "error": "failed"}


def tasks(title: str, rows: Sequence[Task]) -> Block:
    """A plan block; each row also says its status in words."""
    return {
        "type": "plan",
        "title": short(title, TASK_TITLE),
        "tasks": [_task(*row) for row in enumerate(rows[:50])],
    }


def _task(number: int, task: Task) -> Block:
    word = task.word or STATUS_WORD[task.status]
    card: Block = {
        "type": "task_card",
        "task_id": f"task-{number + 1}",
        "title": f"{short(task.title, TASK_TITLE - 30)} ({word})",
        "status": task.status,
    }
    return {**card, "output": rich(line(said(short(task.output, 300, lines=True))))} if task.output else card


def confirm(title: str, text: str, yes: str, no: str) -> Block:
    """A confirmation dialogue."""
    return {
        "title": plain(title, CONFIRM_TITLE),
        "text": plain(text, CONFIRM_TEXT),
        "confirm": plain(yes, CONFIRM_BUTTON),
        "deny": plain(no, CONFIRM_BUTTON),
    }


def button(text: str, action: str, value: str, label: str, **more: object) -> Block:
    """A button with the words that a screen reader says; `more` is style or confirm."""
    assert len(value) <= VALUE
    face: Block = {"type": "button", "text": plain(text, BUTTON), "action_id": action, "value": value}
    return {**face, "accessibility_label": short(label, BUTTON), **more}


def menu(action: str, options: Sequence[tuple[str, str]]) -> Block:
    """A menu of at most five options, each a text and a value."""
    rows: list[Block] = [{"text": plain(text, BUTTON), "value": value} for text, value in options]
    assert len(rows) <= MENU_OPTIONS
    return {"type": "overflow", "action_id": action, "options": rows}


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def size(blocks: Sequence[Block]) -> int:
    """Characters of blocks as Slack counts them."""
    return len(json.dumps(list(blocks), ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks that stand or go together; only optional ones go when there is too much."""

    blocks: tuple[Block, ...]
    optional: bool = False


def must(*blocks: Block) -> Part:
    """A part that is always shown."""
    return Part(blocks)


def may(*blocks: Block) -> Part:
    """A part that goes first when there is too much."""
    return Part(blocks, optional=True)


def budgeted(
    parts: Sequence[Part], most: int = MESSAGE_BLOCKS, characters: int = MESSAGE_CHARACTERS
) -> tuple[Block, ...]:
    """The blocks within Slack's budget: optional parts are left out, the last first, and that is said."""
    note = must(context("Some of this was too long to show here."))
    costs = [(len(part.blocks), size(part.blocks)) for part in parts]
    kept = set(range(len(parts)))
    room = (most - 1, characters - size(note.blocks))
    for index in reversed(range(len(parts))):
        if all(sum(costs[one][way] for one in kept) <= room[way] for way in (0, 1)):
            break
        if parts[index].optional:
            kept.discard(index)
    shown = [part for index, part in enumerate(parts) if index in kept]
    if len(shown) < len(parts):
        shown.append(note)
    return tuple(block for part in shown for block in part.blocks)
