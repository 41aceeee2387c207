"""Messages as real senders post them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.ids import At
from bot.slack.alerts.parsing import parse

MESSAGES = Path(__file__).parents[2] / "data" / "alerts" / "messages.jsonl"
ROWS: tuple[dict[str, Any], ...] = tuple(map(json.loads, MESSAGES.read_text(encoding="utf-8").splitlines()))
BY_ID = {row["id"]: row for row in ROWS}
NOW = At(1_763_630_200_000)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_real_message_is_read_as_its_sender_meant_it(row: dict[str, Any]) -> None:
    alert, expected = parse(row["event"], NOW), row["expected"]
    if not expected["is_alert"]:
        assert alert is None
        return
    assert alert is not None
    said = (alert.source, alert.status, alert.severity, alert.title)
    assert said == (expected["source"], expected["status"], expected["severity"], expected["title"])
    assert (alert.service in expected["service_any"]) or (
        alert.service is None and not expected["service_any"]
    )


def test_messages_share_a_fingerprint_exactly_when_they_are_of_one_group() -> None:
    alerts = [(row["fingerprint_group"], parse(row["event"], NOW)) for row in ROWS]
    pairs = {(group, alert.fingerprint) for group, alert in alerts if alert}
    assert len(pairs) == len({group for group, _ in pairs}) == len({fingerprint for _, fingerprint in pairs})


def test_a_list_of_labels_gives_the_labels_that_all_alerts_of_the_message_share() -> None:
    alert = parse(BY_ID["am-details_list-124"]["event"], NOW)
    assert alert is not None
    assert dict(alert.labels) == BY_ID["am-details_list-124"]["expected"]["labels"]


def test_the_count_is_that_of_the_heading() -> None:
    counts = {name: parse(BY_ID[name]["event"], NOW) for name in ("am-default-001", "zulip-attachment")}
    assert {name: alert and alert.count for name, alert in counts.items()} == {
        "am-default-001": 1,
        "zulip-attachment": 2,
    }


def test_an_edit_counts_as_what_the_message_says_now() -> None:
    fired, resolved = (BY_ID[name]["event"] for name in ("am-default-001", "am-default-002"))
    edit = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": "C1",
        "ts": "1763630150.000200",
        "message": resolved,
        "previous_message": fired,
    }
    before, after = parse(fired, NOW), parse(edit, NOW)
    assert before is not None
    assert after is not None
    assert (after.status, after.fingerprint) == ("resolved", before.fingerprint)
    assert after.started_at == 1_763_630_101_000


def test_what_a_person_writes_is_never_an_alert() -> None:
    event = {
        key: value
        for key, value in BY_ID["am-default-001"]["event"].items()
        if key not in {"subtype", "bot_id"}
    }
    assert parse({**event, "user": "U1"}, NOW) is None


def test_an_app_without_the_old_subtype_is_heard() -> None:
    event = {key: value for key, value in BY_ID["am-default-001"]["event"].items() if key != "subtype"}
    assert parse({**event, "user": "U1", "app_id": "A1"}, NOW) is not None


def test_a_reply_in_a_thread_is_no_alert_but_the_message_that_has_a_thread_is() -> None:
    event = BY_ID["am-default-001"]["event"]
    assert parse({**event, "thread_ts": "1763630000.000100"}, NOW) is None
    assert parse({**event, "thread_ts": event["ts"]}, NOW) is not None


@pytest.mark.parametrize(
    "subtype", ["channel_join", "message_deleted", "channel_topic", "bot_add", "tombstone"]
)
def test_news_of_the_channel_is_no_alert(subtype: str) -> None:
    assert parse({**BY_ID["am-default-001"]["event"], "subtype": subtype}, NOW) is None


def test_the_preview_of_a_link_is_not_the_senders_word() -> None:
    alert = BY_ID["am-default-001"]["event"]["attachments"][0]
    event = {
        "type": "message",
        "bot_id": "B1",
        "ts": "1763630101.000100",
        "text": "see https://x.example.org",
    }
    assert parse({**event, "attachments": [{**alert, "from_url": "https://x.example.org"}]}, NOW) is None


def test_the_name_under_which_it_is_posted_changes_nothing() -> None:
    event = BY_ID["am-default-001"]["event"]
    assert parse({**event, "username": "Grafana", "bot_id": "BOTHER"}, NOW) == parse(event, NOW)
