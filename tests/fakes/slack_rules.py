"""Whether Slack would take a message or a modal: by schema, by a table of lengths, by its SDK's models."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft7Validator
from slack_sdk.models.blocks import Block as SdkBlock

from bot.playground.workspace.blocks import BlockCheck
from bot.slack.views.scene import Message

SCHEMA = Path(__file__).parents[1] / "data" / "slack-blocks.schema.json"
LENGTHS = {
    "section": (("text.text", 3000),),
    "header": (("text.text", 150),),
    "context": (("elements", 10), ("elements.*.text", 3000)),
    "actions": (("elements", 25),),
    "button": (("text.text", 75), ("value", 2000), ("action_id", 255), ("accessibility_label", 75)),
    "confirm": (("title.text", 100), ("text.text", 300), ("confirm.text", 30), ("deny.text", 30)),
    "plan": (("tasks", 50), ("title", 150)),
    "task_card": (("title", 150),),
    "text": (("text", 3000),),
    "plain_text": (("text", 3000),),
    "mrkdwn": (("text", 3000),),
    "input": (("label.text", 2000), ("hint.text", 2000)),
    "radio_buttons": (("options", 10),),
    "overflow": (("options", 5), ("options.*.text.text", 75), ("options.*.value", 150)),
    "static_select": (("options", 100), ("options.*.text.text", 75), ("options.*.value", 150)),
    "feedback_buttons": (("positive_button.text.text", 75), ("negative_button.text.text", 75)),
    "modal": (
        ("title.text", 24),
        ("submit.text", 24),
        ("close.text", 24),
        ("private_metadata", 3000),
        ("blocks", 100),
    ),
}
"""Slack's limits of length and number, by kind of object, with dotted paths."""


@cache
def _schema(kind: str) -> Draft7Validator:
    """The schema of one type of block."""
    definitions = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]
    for one in definitions["KnownBlock"]["anyOf"]:
        name = str(one["$ref"]).rsplit("/", 1)[1]
        variants = definitions[name].get("anyOf", [definitions[name]])
        if variants[0]["properties"]["type"]["const"] == kind:
            return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})
    raise AssertionError(f"Slack knows no block of type {kind}.")


@cache
def _workspace() -> BlockCheck:
    return BlockCheck()


def check_message(message: Message) -> None:
    """Fail where Slack would not take this message, for whichever reason."""
    assert 0 < len(message.text) <= 3000
    assert 0 < len(message.blocks) <= 50
    assert len(json.dumps(list(message.blocks), ensure_ascii=False)) <= 12_000
    _check_blocks(message.blocks)
    _check_in_workspace(json.dumps(list(message.blocks)))


@cache
def _check_in_workspace(text: str) -> None:
    """What the local workspace, which enforces Slack's limits, says."""
    _workspace().message(json.loads(text))


def check_home(view: dict[str, Any]) -> None:
    """Fail where Slack would not take this App Home."""
    assert len(json.dumps(view)) <= 250_000
    assert len(view["blocks"]) <= 100
    _check_blocks(view["blocks"])
    _workspace().view(json.loads(json.dumps(view["blocks"])), "home")


def check_view(view: dict[str, Any]) -> None:
    """Fail where Slack would not take this modal."""
    _check_lengths(view, "modal")
    assert len(json.dumps(view)) <= 250_000
    _check_blocks(view["blocks"])
    _workspace().view(json.loads(json.dumps(view["blocks"])), "modal")


def _check_blocks(blocks: Any) -> None:
    for block in blocks:
        _check_block(json.dumps(block, sort_keys=True))


@cache
def _check_block(text: str) -> None:
    """One block; cached, since most blocks stand in many messages."""
    block = json.loads(text)
    check = _schema(str(block["type"]))
    assert [error.message for error in check.iter_errors(block)] == []  # pyright: ignore[reportUnknownMemberType]
    parsed = SdkBlock.parse(block)  # pyright: ignore[reportUnknownMemberType]
    assert parsed is not None, block
    parsed.validate_json()
    _check_lengths(block, str(block["type"]))


def _check_lengths(value: Any, kind: str) -> None:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            _check_lengths(item, "")
        return
    if not isinstance(value, dict):
        return
    body = cast("dict[str, Any]", value)
    kind = str(body.get("type", kind))
    for path, most in LENGTHS.get(kind, ()):
        for found in _at(body, path.split(".")):
            assert len(found) <= most, f"{kind}.{path} is {len(found)} long"
    for name, inner in body.items():
        _check_lengths(inner, name)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == "*":
        for item in value:
            yield from _at(item, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(cast("dict[str, Any]", value)[path[0]], path[1:])


def strings(value: Any) -> Iterator[tuple[str, str]]:
    """Every string inside blocks with the type of the object that holds it."""
    yield from _strings(value, "")


def _strings(value: Any, kind: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield kind, value
    elif isinstance(value, dict):
        body = cast("dict[str, Any]", value)
        own = str(body.get("type", kind))
        for name, inner in body.items():
            if name != "type":
                yield from _strings(inner, own)
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from _strings(item, kind)
