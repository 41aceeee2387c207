"""Whether Slack would take these blocks, and what it makes of them."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match  # pyright: ignore[reportUnknownVariableType]

from bot.playground.workspace import limits
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.model import Json

MESSAGE_ONLY: Final = frozenset({"markdown", "plan", "task_card", "context_actions"})
NOT_IN_MODALS: Final = MESSAGE_ONLY | {"table", "data_table", "data_visualization", "container"}
MODAL_ONLY: Final = frozenset({"alert"})
# newer than the schema: taken as they come
UNSCHEMED: Final = frozenset({"data_visualization"})
HINTS: Final = {
    "confirm": "confirm",
    "options": "option",
    "initial_option": "option",
    "placeholder": "placeholder",
    "positive_button": "feedback_button",
    "negative_button": "feedback_button",
    "rows": "table.row",
}
NEEDS_ACTION_ID: Final = ("actions", "context_actions")


@dataclass(frozen=True, slots=True)
class Spot:
    """A value inside blocks: its kinds, and its JSON pointer."""

    value: Any
    kinds: tuple[str, ...]
    pointer: str


class BlockCheck:
    """Checks structure by the schema of Slack's own types, and lengths by the table of limits."""

    def __init__(self) -> None:
        text = Path(__file__).with_name("blocks.schema.json").read_text(encoding="utf-8")
        schema: Json = json.loads(text)
        definitions: Json = schema["definitions"]
        # [sdk] 3.46 documents it; the types the schema was made from do not know it yet
        definitions["Button"]["properties"]["visible_to_user_ids"] = {"type": "array"}
        # the types leave tasks open; Slack refuses an unknown status
        definitions["PlanBlock"]["properties"]["tasks"]["items"] = {"$ref": "#/definitions/TaskCardBlock"}
        self._validators: dict[str, Draft7Validator] = {
            block_type(definitions[name]): Draft7Validator(
                {"$ref": f"#/definitions/{name}", "definitions": definitions}
            )
            for name in (str(one["$ref"]).rsplit("/", 1)[1] for one in definitions["KnownBlock"]["anyOf"])
        }

    def message(self, blocks: Any) -> list[Json]:
        """Checked and completed blocks of a message; `invalid_blocks`, `msg_blocks_too_long` otherwise."""
        kept = self._checked(blocks, limits.MESSAGE_BLOCKS, MODAL_ONLY)
        if len(json.dumps(kept, ensure_ascii=False, separators=(",", ":"))) > limits.BLOCKS_JSON:
            raise SlackError("msg_blocks_too_long")
        problems = tuple(message_problems(kept))
        if problems:
            raise SlackError("invalid_blocks", problems)
        return completed(kept)

    def view(self, blocks: Any, view_type: str) -> list[Json]:
        unwanted = NOT_IN_MODALS if view_type == "modal" else MESSAGE_ONLY | MODAL_ONLY
        return completed(self._checked(blocks, limits.VIEW_BLOCKS, unwanted))

    def _checked(self, blocks: Any, most: int, unwanted: frozenset[str]) -> list[Json]:
        if not isinstance(blocks, list):
            raise SlackError("invalid_blocks_format")
        given = cast("list[Any]", blocks)
        if len(given) > most:
            raise SlackError(
                "invalid_blocks", (f"[ERROR] no more than {most} items allowed [json-pointer:/blocks]",)
            )
        problems: list[str] = []
        for index, block in enumerate(given):
            problems += self._block_problems(block, f"/blocks/{index}", unwanted)
        problems += double_ids(given)
        if problems:
            raise SlackError("invalid_blocks", tuple(problems))
        return given

    def _block_problems(self, block: Any, pointer: str, unwanted: frozenset[str]) -> list[str]:
        body: Json = cast("Json", block) if isinstance(block, dict) else {}
        kind = str(body.get("type"))
        if kind in unwanted or (kind not in self._validators and kind not in UNSCHEMED):
            return [f"[ERROR] unsupported type: {kind} [json-pointer:{pointer}/type]"]
        too_long = list(length_problems(body, pointer))
        if too_long or kind in UNSCHEMED:
            return too_long
        first = first_error(self._validators[kind], body)
        if first is not None:
            where = "".join(f"/{part}" for part in first.absolute_path)
            return [f"[ERROR] {first.message[:200]} [json-pointer:{pointer}{where}]"]
        if kind == "section" and not (body.get("text") or body.get("fields")):
            return [f"[ERROR] missing required field: text or fields [json-pointer:{pointer}]"]
        return []


def first_error(validator: Draft7Validator, block: Json) -> ValidationError | None:
    """The most telling mistake; the library's own stubs leave these types open."""
    errors: list[ValidationError] = [*validator.iter_errors(block)]  # pyright: ignore[reportUnknownMemberType]
    return cast("ValidationError | None", best_match(errors))


def block_type(definition: Json) -> str:
    variant: Json = definition if "properties" in definition else definition["anyOf"][0]
    return str(variant["properties"]["type"]["const"])


def length_problems(block: Json, pointer: str) -> Iterator[str]:
    for spot in spots(block, pointer):
        for limit in limits.BLOCK_LIMITS:
            if limit.kind in spot.kinds:
                yield from limit_problems(limit, spot)


def limit_problems(limit: limits.Limit, spot: Spot) -> Iterator[str]:
    value: Any = spot.value
    for part in filter(None, limit.path.split(".")):
        value = cast("Json", value).get(part) if isinstance(value, dict) else None
    where = f"[json-pointer:{spot.pointer}{''.join('/' + part for part in limit.path.split('.') if part)}]"
    if isinstance(value, str):
        if len(value) > limit.most:
            yield f"[ERROR] must be less than {limit.most + 1} characters {where}"
        elif len(value) < limit.least:
            yield f"[ERROR] must be more than {limit.least - 1} characters {where}"
    elif isinstance(value, list):
        size = len(cast("list[Any]", value))
        if size > limit.most:
            yield f"[ERROR] no more than {limit.most} items allowed {where}"
        elif size < limit.least:
            yield f"[ERROR] must provide at least {limit.least} items {where}"


def spots(value: Any, pointer: str, hint: str = "", parent: str = "") -> Iterator[Spot]:
    """Every object and row inside a block, with what kind of thing it is."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if hint == "table.row" and parent != "":
            yield Spot(items, (hint,), pointer)
        for index, item in enumerate(items):
            yield from spots(item, f"{pointer}/{index}", hint, "row" if hint == "table.row" else parent)
    elif isinstance(value, dict):
        item = cast("Json", value)
        kind = str(item.get("type", ""))
        yield Spot(item, ("*", hint, kind), pointer)
        for key, child in item.items():
            yield from spots(child, f"{pointer}/{key}", hint_of(kind, key))


def hint_of(kind: str, key: str) -> str:
    if kind == "section" and key == "fields":
        return "section.field"
    if kind == "context" and key == "elements":
        return "context.element"
    return HINTS.get(key, "")


def double_ids(blocks: list[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = cast("Json", block).get("block_id") if isinstance(block, dict) else None
        if block_id and block_id in seen:
            yield f"[ERROR] block_id {block_id!r} already exists [json-pointer:/blocks/{index}/block_id]"
        seen.add(str(block_id))


def message_problems(blocks: list[Json]) -> Iterator[str]:
    """Rules about the blocks of one message together."""
    kinds = [str(block["type"]) for block in blocks]
    if kinds.count("table") > limits.TABLES_PER_MESSAGE:
        yield "only_one_table_allowed"
    if kinds.count("data_visualization") > limits.CHARTS_PER_MESSAGE:
        yield f"[ERROR] no more than {limits.CHARTS_PER_MESSAGE} data_visualization blocks allowed"
    if "plan" in kinds and "task_card" in kinds:
        yield "[ERROR] plan and task_card blocks cannot be mixed [json-pointer:/blocks]"
    if any(block["type"] == "task_card" and block.get("status") == "pending" for block in blocks):
        yield "[ERROR] a standalone task_card cannot be pending [json-pointer:/blocks]"
    if (
        sum(len(str(block["text"])) for block in blocks if block["type"] == "markdown")
        > limits.MARKDOWN_PER_MESSAGE
    ):
        yield "[ERROR] markdown text must be less than 12001 characters in total [json-pointer:/blocks]"


def completed(blocks: list[Json]) -> list[Json]:
    """Blocks with the ids and text flags that Slack fills in."""
    return [
        {**with_text_flags(block), "block_id": block.get("block_id") or secrets.token_hex(3)}
        for block in blocks
    ]


def with_text_flags(value: Any) -> Any:
    if isinstance(value, list):
        return [with_text_flags(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    item = {key: with_text_flags(child) for key, child in cast("Json", value).items()}
    kind = item.get("type")
    if kind == "plain_text":
        return {**item, "emoji": item.get("emoji", True)}
    if kind == "mrkdwn":
        return {**item, "verbatim": item.get("verbatim", False)}
    if kind in NEEDS_ACTION_ID:
        item["elements"] = [with_action_id(one) for one in item.get("elements", ())]
    if kind == "section" and item.get("accessory", {}).get("type", "image") != "image":
        item["accessory"] = with_action_id(item["accessory"])
    if kind == "input":
        item["element"] = with_action_id(item["element"])
    return item


def with_action_id(element: Json) -> Json:
    return {**element, "action_id": element.get("action_id") or secrets.token_hex(3)}
