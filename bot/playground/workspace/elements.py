"""Interactive elements as a person meets them: finding one, and what using it sends."""

from collections.abc import Iterator
from typing import Any, Final, cast

from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.model import Json

SINGLE: Final = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
}
MANY: Final = {
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}
ONE_OPTION: Final = frozenset({"static_select", "radio_buttons", "overflow", "external_select"})
MANY_OPTIONS: Final = frozenset({"checkboxes", "multi_static_select", "multi_external_select"})
CHILDREN: Final = ("elements", "actions", "child_blocks")


def elements_of(blocks: list[Json], block_id: str = "") -> Iterator[tuple[str, Json]]:
    """Every interactive element with the id of its block."""
    for block in blocks:
        here = str(block.get("block_id", block_id))
        if block.get("action_id") and block.get("type") != "input":
            yield here, block
        for key in CHILDREN:
            children = block.get(key)
            if isinstance(children, list) and block.get("type") != "rich_text":
                yield from elements_of(
                    [one for one in cast("list[Any]", children) if isinstance(one, dict)], here
                )
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                yield from elements_of([block[key]], here)


def find(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[str, Json]:
    for here, element in elements_of(blocks):
        if element["action_id"] == action_id and block_id in {"", here}:
            return here, element
    known = sorted({str(element["action_id"]) for _, element in elements_of(blocks)})
    raise RefusedError(f"there is no element {action_id!r} to use here; there are {known}")


def used(element: Json, block_id: str, value: Any, action_ts: str) -> Json:
    """The entry of `actions` that Slack sends when this element is used."""
    kind = str(element["type"])
    action: Json = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": kind,
        "action_ts": action_ts,
    }
    if kind == "button":
        kept = {key: element[key] for key in ("text", "value", "style", "url", "confirm") if key in element}
        return {**action, **kept}
    if kind == "icon_button":
        return {**action, **{key: element[key] for key in ("icon", "value", "confirm") if key in element}}
    if kind == "feedback_buttons":
        return {**action, **feedback(element, value)}
    return {**action, **entered(element, value), "type": kind}


def feedback(element: Json, value: Any) -> Json:
    for key in ("positive_button", "negative_button"):
        if element[key].get("value") == value:
            return {"text": element[key]["text"], "value": value}
    raise RefusedError(f"no feedback button has the value {value!r}")


def entered(element: Json, value: Any) -> Json:
    """The state of an element after a person gave it this value; options by their value."""
    kind = str(element["type"])
    if kind in SINGLE:
        return {"type": kind, SINGLE[kind]: None if value is None else as_entered(kind, value)}
    if kind in MANY:
        return {"type": kind, MANY[kind]: list(value or ())}
    if kind in ONE_OPTION:
        return {"type": kind, "selected_option": None if value is None else option(element, value)}
    if kind in MANY_OPTIONS:
        return {"type": kind, "selected_options": [option(element, one) for one in value or ()]}
    if kind == "rich_text_input":
        return {"type": kind, "rich_text_value": value}
    raise RefusedError(f"a {kind} takes no value")


def as_entered(kind: str, value: Any) -> Any:
    return value if kind == "datetimepicker" else str(value)


def option(element: Json, value: Any) -> Json:
    options: list[Json] = list(element.get("options", ()))
    for group in element.get("option_groups", ()):
        options += group["options"]
    for one in options:
        if one.get("value") == value:
            return one
    if str(element["type"]).endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(value)}, "value": value}
    raise RefusedError(
        f"no option has the value {value!r}; there are {[one.get('value') for one in options]}"
    )


def initial(element: Json) -> Any:
    """What an element holds before anybody touched it, as `entered` takes it."""
    if "initial_option" in element:
        return element["initial_option"].get("value")
    if "initial_options" in element:
        return [one.get("value") for one in element["initial_options"]]
    for key, value in element.items():
        if key.startswith("initial_"):
            return value
    return None


def state_values(blocks: list[Json], given: Json, before: Json) -> Json:
    """`view.state.values` after a person filled in `given`: by action id, or by block id and action id."""
    values: Json = {}
    for block_id, element in elements_of(blocks):
        action_id, kind = str(element["action_id"]), str(element["type"])
        if kind in {"button", "icon_button", "overflow", "feedback_buttons"}:
            continue
        nested = given.get(block_id)
        if isinstance(nested, dict) and action_id in nested:
            state = entered(element, cast("Json", nested)[action_id])
        elif action_id in given:
            state = entered(element, given[action_id])
        else:
            state = before.get(block_id, {}).get(action_id) or entered(element, initial(element))
        values.setdefault(block_id, {})[action_id] = state
    return values


def refusals(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's client says by itself before a submission is sent: block id -> sentence."""
    found: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element: Json = block["element"]
        state: Json = values.get(block["block_id"], {}).get(element["action_id"], {})
        content = next((value for key, value in state.items() if key != "type"), None)
        if not content and not block.get("optional", False):
            found[str(block["block_id"])] = "Please complete this required field."
        elif isinstance(content, str) and content:
            sentence = length_refusal(element, len(content))
            if sentence:
                found[str(block["block_id"])] = sentence
    return found


def length_refusal(element: Json, length: int) -> str:
    if length < int(element.get("min_length", 0)):
        return f"Please enter at least {element['min_length']} characters."
    if length > int(element.get("max_length", 3000)):
        return f"Please enter at most {element.get('max_length', 3000)} characters."
    return ""
