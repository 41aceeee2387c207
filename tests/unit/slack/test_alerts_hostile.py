"""Whatever comes in, reading it neither fails nor shows what was hidden."""

import copy
import json
import random
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alert import Alert
from bot.domain.ids import At
from bot.slack.alerts.flat import MAX_CHARACTERS, MAX_PIECES, flatten
from bot.slack.alerts.markup import plain
from bot.slack.alerts.parsing import READERS, parse
from bot.slack.alerts.reading import MAX_LABEL, MAX_LABELS, MAX_SUMMARY

NOW = At(1_763_630_200_000)
MESSAGES = Path(__file__).parents[2] / "data" / "alerts" / "messages.jsonl"
EVENTS = [json.loads(line)["event"] for line in MESSAGES.read_text(encoding="utf-8").splitlines()]

KEYS = st.sampled_from(
    (
        "text",
        "type",
        "title",
        "title_link",
        "attachments",
        "blocks",
        "fields",
        "elements",
        "rows",
        "value",
        "color",
        "fallback",
        "footer",
        "ts",
        "block_id",
        "url",
        "pretext",
        "actions",
        "accessory",
        "subtype",
        "message",
        "thread_ts",
        "bot_profile",
        "name",
        "username",
        "issue",
    )
)
WORDS = st.sampled_from(
    [
        "[FIRING:1] X (a b)",
        "[RESOLVED]",
        "2 firing, 0 resolved",
        "header",
        "section",
        "rich_text",
        "table",
        "context",
        "danger",
        "#zzz",
        "<!channel>",
        "<http://x|y>",
        "LABELS = map[a:b c:d",
        "• *a:* `b`",
        '{"issue":1}',
        "Labels:\n - a = b\nSilence: x",
        "[x] [🔴 Down] y",
        "((((((",
        "1e999",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | WORDS
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)


def well_formed(alert: Alert | None) -> None:
    if alert is None:
        return
    assert alert.title
    assert len(alert.title) <= 2 * MAX_LABEL
    assert len(alert.labels) <= MAX_LABELS
    assert len(alert.summary) <= MAX_SUMMARY
    assert alert.started_at <= NOW
    assert alert.count >= 1
    json.dumps(alert.labels).encode()


@given(message=st.dictionaries(KEYS, JSON, max_size=8))
@settings(max_examples=150, deadline=None)
def test_no_json_makes_it_fail(message: dict[str, object]) -> None:
    well_formed(parse({**message, "type": "message", "subtype": "bot_message"}, NOW))
    well_formed(parse({"subtype": "message_changed", "message": message}, NOW))


def test_2000_damaged_messages_are_read_or_left_without_an_exception() -> None:
    dice = random.Random(7)
    for number in range(2000):
        event = copy.deepcopy(EVENTS[number % len(EVENTS)])
        for _ in range(dice.randint(1, 6)):
            damage(event, dice)
        well_formed(parse(event, NOW))


STRANGE: tuple[Any, ...] = (
    [],
    {},
    [[[]]],
    None,
    True,
    -1,
    1e308,
    "\ud800",
    "\x00",
    "[FIRING:" * 50,
    "(" * 5000,
    "- a = b\n" * 900,
)


def damage(node: Any, dice: random.Random) -> None:
    """Replace or cut something at a random depth."""
    while found := places(node):
        place = dice.choice(found)
        if places(node[place]) and dice.random() < 0.8:
            node = node[place]
            continue
        text = str(node[place])
        cut = text[: dice.randint(0, len(text))] + dice.choice(("", "\u202e", "]", "`*", "<!channel>"))
        node[place] = cut if dice.random() < 0.5 else copy.deepcopy(dice.choice(STRANGE))
        return


def places(node: Any) -> list[Any]:
    """The keys or indices under which a node has something."""
    if isinstance(node, dict):
        return list(cast("dict[str, Any]", node))
    return list(range(len(cast("list[Any]", node)))) if isinstance(node, list) else []


@pytest.mark.parametrize(
    "text",
    [
        "[FIRING:1] " + "(" * 39_000,
        "[FIRING:1] " + "a (" * 13_000 + ")",
        "a-" * 20_000,
        "map[" + "a:b " * 10_000 + "]",
        "• " * 20_000,
        ":fire: " * 6_000,
        "<" * 40_000,
        "*" * 40_000,
        "is down " * 5_000,
        "alert for " * 4_000,
        "[a] " * 10_000,
        "deployment a/" * 3_000,
        "\n" * 40_000,
        " " * 40_000 + "x",
        "aaaa: " * 7_000,
    ],
    ids=lambda text: cast("str", text)[:12].strip(),
)
@pytest.mark.timeout(20)
def test_long_repetitions_are_read_in_little_time(text: str) -> None:
    piece = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    attachment = {"title": text, "text": text, "fallback": text, "color": "danger", "blocks": [piece] * 20}
    event = {"type": "message", "subtype": "bot_message", "text": text, "blocks": [piece] * 50}
    flat = flatten({**event, "attachments": [attachment] * 20})
    for reader in READERS:
        reader(flat)
    assert len(flat.pieces) <= MAX_PIECES
    assert sum(len(piece.text) for piece in flat.pieces) <= MAX_CHARACTERS


def test_deep_nesting_is_left_out() -> None:
    block: dict[str, object] = {"type": "section", "text": {"type": "mrkdwn", "text": "deep"}}
    for _ in range(500):
        block = {"type": "container", "blocks": [block]}
    rich: dict[str, object] = {"type": "text", "text": "deep"}
    for _ in range(500):
        rich = {"type": "rich_text_section", "elements": [rich]}
    assert flatten({"blocks": [block, {"type": "rich_text", "elements": [rich]}]}).body == ""


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("<https://x.example.org|*Pod*> &lt;b&gt; &amp;amp;", "Pod <b> &amp;"),
        ("<!channel> <!subteam^S1|@ops> <@U1> <#C1|ops>", "@ops @U1 #ops"),
        ("a\u202eb\u200bc\u2066d", "abcd"),
        ("**bold** *bold* `code` 2*3*4 _kept_", "bold bold code 2*3*4 _kept_"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("&lt;!channel&gt;", "<!channel>"),
    ],
)
def test_markup_becomes_what_a_reader_sees(written: str, seen: str) -> None:
    assert plain(written) == seen


@pytest.mark.parametrize("wrong", [None, 1, True, [], {}, b"x"])
def test_what_is_no_text_reads_as_empty(wrong: object) -> None:
    assert plain(wrong) == ""


def test_only_web_addresses_become_links() -> None:
    event = {
        "attachments": [
            {
                "title": "x",
                "title_link": "javascript:alert(1)",
                "text": "<javascript:x|y> <https://ok.example|z>",
            }
        ]
    }
    assert flatten(event).links == (("https://ok.example", "z"),)


@pytest.mark.parametrize(
    "stated",
    ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2025-13-45T99:99:99Z", "soon", "2025-11-20 09:00:00"],
)
def test_a_start_that_cannot_be_is_replaced_by_the_messages_time(stated: str) -> None:
    assert started(stated) == 1_763_630_101_000


def test_a_start_with_its_zone_is_taken() -> None:
    assert started("2025-11-20T10:00:00+01:00") == 1_763_629_200_000


def started(stated: str) -> int:
    attachment = {
        "title": "[FIRING:1] X (y)",
        "color": "danger",
        "fields": [{"title": "Started at", "value": stated}],
    }
    event = {
        "type": "message",
        "subtype": "bot_message",
        "ts": "1763630101.000100",
        "attachments": [attachment],
    }
    alert = parse(event, NOW)
    assert alert is not None
    return alert.started_at
