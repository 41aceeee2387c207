"""Block Kit blocks as a stream of plain findings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.slack.alerts.json_shapes import as_list, as_map, as_text
from bot.slack.alerts.markup import is_web, links, plain

MAX_DEPTH = 8
_UNKNOWN_BLOCK_TEXTS = ("title", "text", "subtitle", "body", "details")
_TWO = 2


class Role(StrEnum):
    """What a finding is, and where in the message it stood."""

    HEADER = "header"
    TITLE = "title"
    TEXT = "text"
    PRETEXT = "pretext"
    SECTION = "section"
    BODY = "body"
    CONTEXT = "context"
    FOOTER = "footer"
    FALLBACK = "fallback"
    FIELD = "field"
    LINK = "link"
    BLOCK_ID = "block_id"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: a text, a field under its key, or an address with its label as key."""

    role: Role
    text: str
    key: str = ""


def block_findings(blocks: object, depth: int = 0) -> Iterator[Found]:
    """What the blocks say, in their order; too deep nesting is left out."""
    if depth > MAX_DEPTH:
        return
    for each in as_list(blocks):
        block = as_map(each)
        if block_id := as_text(block.get("block_id"), 255):
            yield Found(Role.BLOCK_ID, block_id)
        yield from _block(block, depth)


def _block(block: Mapping[str, object], depth: int) -> Iterator[Found]:
    match block.get("type"):
        case "header":
            yield from _texts(Role.HEADER, block.get("text"))
        case "section":
            yield from _texts(Role.SECTION, block.get("text"))
            yield from _fields(block.get("fields"))
            yield from _buttons([block.get("accessory")])
        case "markdown":
            yield from _texts(Role.SECTION, block)
        case "context":
            for element in as_list(block.get("elements")):
                yield from _texts(Role.CONTEXT, element)
        case "rich_text":
            yield Found(Role.SECTION, plain(_rich(block, depth)))
        case "table":
            yield from _rows(block, depth)
        case "actions":
            yield from _buttons(as_list(block.get("elements")))
        case "image" | "divider":
            return
        case _:
            yield from _unknown(block, depth)


def _unknown(block: Mapping[str, object], depth: int) -> Iterator[Found]:
    for name in _UNKNOWN_BLOCK_TEXTS:
        yield from _texts(Role.SECTION, block.get(name))
    for name in ("blocks", "elements"):
        yield from block_findings(block.get(name), depth + 1)


def _texts(role: Role, holder: object) -> Iterator[Found]:
    raw = as_map(holder).get("text", holder)
    if text := plain(raw):
        yield Found(role, text)
    for url, label in links(raw):
        yield Found(Role.LINK, url, label)


def _fields(fields: object) -> Iterator[Found]:
    for each in as_list(fields):
        text = plain(as_map(each).get("text"))
        key, newline, value = text.partition("\n")
        if newline and len(key) <= 80:  # noqa: PLR2004 - longer first lines are prose, not a key
            yield Found(Role.FIELD, value.strip(), key.strip().rstrip(":"))
        else:
            yield Found(Role.SECTION, text)


def _buttons(elements: list[object]) -> Iterator[Found]:
    for each in elements:
        button = as_map(each)
        if is_web(button.get("url")):
            yield Found(
                Role.LINK, as_text(button.get("url")), plain(as_map(button.get("text")).get("text"), 300)
            )


def _rows(block: Mapping[str, object], depth: int) -> Iterator[Found]:
    for row in as_list(block.get("rows")):
        cells = [plain(_rich(as_map(cell), depth)) for cell in as_list(row)]
        if len(cells) == _TWO:
            yield Found(Role.FIELD, cells[1], cells[0])
        elif cells:
            yield Found(Role.SECTION, " | ".join(cells))


def _rich(node: Mapping[str, object], depth: int) -> str:
    """The text of a rich text element; lists and sections on lines of their own."""
    if depth > MAX_DEPTH:
        return ""
    own = as_text(node.get("text")) or _inline(node)
    separator = "\n" if node.get("type") in {"rich_text", "rich_text_list"} else ""
    return own + separator.join(_rich(as_map(each), depth + 1) for each in as_list(node.get("elements")))


def _inline(node: Mapping[str, object]) -> str:
    match node.get("type"):
        case "link":
            return as_text(node.get("url"))
        case "emoji":
            return f":{as_text(node.get('name'), 100)}:"
        case _:
            return ""
