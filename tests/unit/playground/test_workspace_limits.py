from typing import Any

import pytest

from bot.playground.workspace import limits
from bot.playground.workspace.blocks import BlockCheck, length_problems
from bot.playground.workspace.errors import SlackError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def markup(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(**more: Any) -> Json:
    return {"type": "section", "text": markup("x"), **more}


def option(text: str = "a", value: str = "a") -> Json:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def confirm(**more: Any) -> Json:
    return {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n"), **more}


def row(cells: int = 1) -> list[Json]:
    return [{"type": "raw_text", "text": "x"} for _ in range(cells)]


@pytest.fixture(scope="module")
def check() -> BlockCheck:
    return BlockCheck()


def problem(check: BlockCheck, *blocks: Any) -> str:
    """The error code and message of refused blocks, or "" where Slack would take them."""
    try:
        check.message(list(blocks))
    except SlackError as refused:
        return " ".join((refused.code, *refused.messages))
    return ""


# each pair: the most that fits, and one more
AT_THE_EDGE: list[tuple[Any, Any, str]] = [
    (section(text=markup("x" * 3000)), section(text=markup("x" * 3001)), "3001 characters"),
    (section(fields=[markup("x")] * 10), section(fields=[markup("x")] * 11), "10 items"),
    (section(fields=[markup("x" * 2000)]), section(fields=[markup("x" * 2001)]), "2001 characters"),
    (
        {"type": "header", "text": plain("x" * 150)},
        {"type": "header", "text": plain("x" * 151)},
        "151 characters",
    ),
    (
        {"type": "context", "elements": [markup("x")] * 10},
        {"type": "context", "elements": [markup("x")] * 11},
        "10 items",
    ),
    (
        actions(*(button(action_id=f"a{n}") for n in range(25))),
        actions(*(button(action_id=f"a{n}") for n in range(26))),
        "25 items",
    ),
    (
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "markdown", "text": "x" * 12_001},
        "12001 characters",
    ),
    (actions(button(text=plain("x" * 75))), actions(button(text=plain("x" * 76))), "76 characters"),
    (actions(button(value="x" * 2000)), actions(button(value="x" * 2001)), "2001 characters"),
    (actions(button(action_id="x" * 255)), actions(button(action_id="x" * 256)), "256 characters"),
    (section(block_id="x" * 255), section(block_id="x" * 256), "256 characters"),
    (
        actions(button(url="https://x" + "x" * 2991)),
        actions(button(url="https://x" + "x" * 2992)),
        "3001 characters",
    ),
    (
        actions(button(confirm=confirm(text=plain("x" * 300)))),
        actions(button(confirm=confirm(text=plain("x" * 301)))),
        "301 characters",
    ),
    (
        actions(button(confirm=confirm(title=plain("x" * 100)))),
        actions(button(confirm=confirm(title=plain("x" * 101)))),
        "101 characters",
    ),
    (
        actions(button(confirm=confirm(deny=plain("x" * 30)))),
        actions(button(confirm=confirm(deny=plain("x" * 31)))),
        "31 characters",
    ),
    (actions(select(options=[option()] * 100)), actions(select(options=[option()] * 101)), "100 items"),
    (
        actions(select(options=[option(value="x" * 150)])),
        actions(select(options=[option(value="x" * 151)])),
        "151 characters",
    ),
    ({"type": "table", "rows": [row()] * 100}, {"type": "table", "rows": [row()] * 101}, "100 items"),
    ({"type": "table", "rows": [row(20)]}, {"type": "table", "rows": [row(21)]}, "20 items"),
]


@pytest.mark.parametrize(("fits", "too_much", "words"), AT_THE_EDGE)
def test_what_fits_passes_and_one_more_is_invalid_blocks(
    check: BlockCheck, fits: Json, too_much: Json, words: str
) -> None:
    assert problem(check, fits) == ""
    refused = problem(check, too_much)
    assert refused.startswith("invalid_blocks [ERROR]")
    assert words in refused
    assert "[json-pointer:/blocks/0" in refused


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "section"},
        {"type": "alert", "text": plain("modals only")},
        {"type": "header", "text": markup("not plain")},
        actions(button(style="blue")),
        actions(button(colour="red")),
        actions({"type": "teapot", "action_id": "x"}),
        {
            "type": "plan",
            "title": "p",
            "tasks": [{"type": "task_card", "task_id": "1", "title": "t", "status": "completed"}],
        },
        {"type": "task_card", "task_id": "1", "title": "t", "status": "pending"},
        {"type": "header", "text": plain("")},
        "a string",
    ],
)
def test_a_malformed_block_is_refused(check: BlockCheck, wrong: Any) -> None:
    assert problem(check, wrong).startswith("invalid_blocks")


def test_rules_over_all_blocks_of_a_message(check: BlockCheck) -> None:
    divider = {"type": "divider"}
    assert problem(check, *[divider] * 50) == ""
    assert "no more than 50 items" in problem(check, *[divider] * 51)
    assert "already exists" in problem(check, section(block_id="b"), section(block_id="b"))
    table = {"type": "table", "rows": [row()]}
    assert problem(check, table, table) == "invalid_blocks only_one_table_allowed"
    half = {"type": "markdown", "text": "x" * 6_001}
    assert "in total" in problem(check, half, half)


def test_blocks_beyond_thirteen_thousand_two_hundred_characters_are_too_long(check: BlockCheck) -> None:
    blocks = [section(text=markup("x" * 2900)) for _ in range(5)]
    assert problem(check, *blocks[:4]) == ""
    assert problem(check, *blocks) == "msg_blocks_too_long"


def test_a_plan_of_task_cards_passes(check: BlockCheck) -> None:
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": "4 logs"}]}
    task = {"type": "task_card", "task_id": "1", "title": "Read logs", "status": "pending"}
    task["details"] = {"type": "rich_text", "elements": [words]}  # type: ignore[assignment]
    assert problem(check, {"type": "plan", "title": "Investigation", "tasks": [task]}) == ""


def test_ids_that_were_not_given_are_made(check: BlockCheck) -> None:
    element = {"type": "button", "text": plain("Go")}
    blocks = check.message([actions(element), section(accessory=element)])
    assert all(block["block_id"] for block in blocks)
    assert blocks[0]["elements"][0]["action_id"]
    assert blocks[1]["accessory"]["action_id"]
    assert blocks[1]["text"]["verbatim"] is False


def test_every_limit_names_its_source() -> None:
    marks = ("[sdk]", "[ref]", "[docs]", "[types]", "[sb]", "[gh]", "[K]")
    assert len(limits.BLOCK_LIMITS) >= 40
    assert [one for one in limits.BLOCK_LIMITS if not one.source.startswith(marks)] == []
    assert len({(one.kind, one.path) for one in limits.BLOCK_LIMITS}) == len(limits.BLOCK_LIMITS)


def test_limits_reach_into_nested_blocks() -> None:
    inside = {
        "type": "container",
        "title": plain("t"),
        "child_blocks": [{"type": "header", "text": plain("x" * 151)}],
    }
    assert list(length_problems(inside, "/blocks/0")) == [
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/child_blocks/0/text/text]"
    ]
