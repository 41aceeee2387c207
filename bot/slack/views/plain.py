"""Messages as readable terminal text: for the demo, for tests, and for people without Slack at hand."""

import re
from collections.abc import Sequence
from typing import cast

from bot.slack.views.blocks import Block
from bot.slack.views.scene import Message

DATE = re.compile(r"<!date\^[0-9]+\^[^|>]*\|([^>]*)>")
PERSON = re.compile(r"<@([UW][A-Z0-9]+)>")
LINK = re.compile(r"<(https://[^|>]+)\|([^>]*)>")
BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
RULE = "─" * 40
MARK = {"complete": "[x]", "in_progress": "[>]", "error": "[!]", "pending": "[ ]"}


def render_message(message: Message) -> str:
    """A message whole: its blocks, or its text where it has none."""
    return render_text(message.blocks) or plain_of(message.text)


def plain_of(marked: str) -> str:
    """Slack's mrkdwn as plain text."""
    text = LINK.sub(r"\2 (\1)", PERSON.sub(r"@\1", DATE.sub(r"\1", BOLD.sub(r"\1", marked))))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def render_text(blocks: Sequence[Block]) -> str:
    """Blocks as lines of text."""
    return "\n".join(line for block in blocks for line in _block(block))


def render_view(view: Block) -> str:
    """A modal as text: title, blocks, buttons."""
    title = f"== {_text(view['title'])} =="
    ends = [f"[{_text(view[name])}]" for name in ("submit", "close") if name in view]
    return "\n".join([title, render_text(_blocks(view["blocks"])), " ".join(ends)])


def _block(block: Block) -> list[str]:
    match block["type"]:
        case "header":
            return [f"# {_text(block['text'])}"]
        case "section":
            return _text(block["text"]).split("\n")
        case "context":
            return [f"  ({_text(element)})" for element in _blocks(block["elements"])]
        case "divider":
            return [RULE]
        case "rich_text":
            return [line for element in _blocks(block["elements"]) for line in _rich(element)]
        case "plan":
            return [f"{block['title']}", *(line for task in _blocks(block["tasks"]) for line in _task(task))]
        case "actions" | "context_actions":
            return [" ".join(_usable(element) for element in _blocks(block["elements"]))]
        case "input":
            return _input(block)
        case _:
            return [f"<{block['type']}>"]


def _usable(element: Block) -> str:
    """A button, the options of a menu, or the two buttons that ask for feedback."""
    match element["type"]:
        case "overflow":
            return f"(more: {'; '.join(_text(option['text']) for option in _blocks(element['options']))})"
        case "feedback_buttons":
            sides = (cast("Block", element[name]) for name in ("positive_button", "negative_button"))
            return " ".join(f"[{_text(side['text'])}]" for side in sides)
        case _:
            return f"[{_text(element['text'])}]"


def _rich(element: Block) -> list[str]:
    match element["type"]:
        case "rich_text_list":
            return [f"- {line}" for row in _blocks(element["elements"]) for line in _rich(row)]
        case "rich_text_quote":
            return [f"> {line}" for line in _pieces(element).split("\n")]
        case "rich_text_preformatted":
            return [f"    {line}" for line in _pieces(element).split("\n")]
        case _:
            return _pieces(element).split("\n")


def _pieces(element: Block) -> str:
    return "".join(_piece(piece) for piece in _blocks(element["elements"]))


def _piece(piece: Block) -> str:
    match piece["type"]:
        case "user":
            return f"@{piece['user_id']}"
        case "date":
            return str(piece["fallback"])
        case _:
            return str(piece["text"])


def _task(task: Block) -> list[str]:
    lines = [f"{MARK[str(task['status'])]} {task['title']}"]
    output = task.get("output")
    if output is not None:
        lines += [f"      {line}" for line in _block(cast("Block", output))]
    return lines


def _input(block: Block) -> list[str]:
    element = cast("Block", block["element"])
    options = _blocks(element.get("options", []))
    return [f"{_text(block['label'])}:", *(f"  ( ) {_text(option['text'])}" for option in options)]


def _text(given: object) -> str:
    text = cast("Block", given)
    words = str(text["text"])
    return plain_of(words) if text["type"] == "mrkdwn" else words


def _blocks(given: object) -> list[Block]:
    return cast("list[Block]", given)
