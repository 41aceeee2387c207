"""Which events mean something, told by their payloads alone."""

from typing import Any

import pytest

from bot.slack.payloads import Envelope, Identity
from bot.slack.router import Sight, Spoken, content_hash, route

ME = Identity(team_id="T1", user_id="U0BOT", bot_id="B0BOT")
ALERT = {
    "type": "message",
    "subtype": "bot_message",
    "bot_id": "B1",
    "channel": "C1",
    "ts": "10.000001",
    "text": "",
}
OLD = {"bot_id": "B1", "ts": "10.000001", "text": "", "attachments": [{"id": 1, "title": "[FIRING:1] X"}]}
NEW = {**OLD, "attachments": [{"id": 1, "title": "[RESOLVED] X"}]}
EDIT = {"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "11.000001", "hidden": True}


def enveloped(event: dict[str, Any]) -> Envelope:
    return Envelope(event_id="Ev1", team_id="T1", api_app_id="A0BOT", event=event)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"subtype": None, "user": "U9", "app_id": "A1"},
        {"thread_ts": "10.000001"},
        {"unknown": {"field": [1]}},
    ],
)
def test_a_root_message_of_another_app_may_be_an_alert(change: dict[str, Any]) -> None:
    seen = route(enveloped({**ALERT, **change}), ME)
    assert isinstance(seen, Sight)
    assert (seen.key, seen.channel, seen.ts) == ("message:C1:10.000001", "C1", "10.000001")


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": None, "user": "U1", "text": "[FIRING:1] by hand"},
        {"bot_id": "B0BOT"},
        {"user": "U0BOT"},
        {"app_id": "A0BOT"},
        {"thread_ts": "9.000001"},
        {"subtype": "channel_join"},
        {"subtype": "message_deleted"},
        {"ts": "not a ts"},
        {"ts": 10},
        {"channel": None},
        {"type": "reaction_added"},
        {"type": 7},
    ],
)
def test_everything_else_is_left_alone(change: dict[str, Any]) -> None:
    assert route(enveloped({**ALERT, **change}), ME) is None


def test_an_edit_is_seen_with_its_new_message_under_the_thread_of_the_old_one() -> None:
    seen = route(enveloped({**EDIT, "message": NEW, "previous_message": OLD}), ME)
    assert isinstance(seen, Sight)
    assert (seen.key, seen.ts) == ("edit:C1:10.000001:11.000001", "10.000001")
    assert seen.message == {"type": "message", **NEW, "channel": "C1"}


@pytest.mark.parametrize(
    "message",
    [
        OLD,
        {**OLD, "edited": {"ts": "12.0", "user": "U1"}},
        {
            **OLD,
            "attachments": [{"id": 9, "title": "[FIRING:1] X"}, {"from_url": "https://x.example", "id": 2}],
        },
        {**NEW, "bot_id": "B0BOT"},
        {**NEW, "bot_id": None, "app_id": "A0BOT"},
        {**NEW, "bot_id": None, "user": "U1"},
        {**NEW, "thread_ts": "9.000001"},
    ],
)
def test_an_edit_that_says_nothing_new_or_is_our_own_is_left_alone(message: dict[str, Any]) -> None:
    assert route(enveloped({**EDIT, "message": message, "previous_message": OLD}), ME) is None


def test_blocks_are_compared_without_the_ids_that_slack_gives_them() -> None:
    one = {"blocks": [{"type": "section", "block_id": "a", "text": {"text": "x"}}]}
    other = {"blocks": [{"type": "section", "block_id": "b", "text": {"text": "x"}}]}
    assert content_hash(one) == content_hash(other)
    assert content_hash(one) != content_hash({"blocks": [{"type": "section", "text": {"text": "y"}}]})


def test_a_mention_is_heard_from_people_alone_and_keyed_by_its_message() -> None:
    said = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "12.000001", "text": "<@U0BOT> why?"}
    assert route(enveloped(said), ME) == Spoken(
        "mention:C1:12.000001", "C1", "12.000001", "12.000001", "U1", "why?"
    )
    inside = route(enveloped({**said, "thread_ts": "10.000001"}), ME)
    assert isinstance(inside, Spoken)
    assert inside.thread == "10.000001"
    assert route(enveloped({**said, "bot_id": "B1"}), ME) is None
    assert route(enveloped({**said, "user": "U0BOT"}), ME) is None
    assert route(enveloped({**said, "type": "message"}), ME) is None
