"""Senders without a parser of their own, in the manner of many products; invented, not captured."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.ids import At
from bot.slack.alerts.parsing import parse

NOW = At(1_763_630_200_000)
INVENTED = Path(__file__).parents[2] / "data" / "alerts" / "invented.jsonl"
ROWS: tuple[dict[str, Any], ...] = tuple(map(json.loads, INVENTED.read_text(encoding="utf-8").splitlines()))
CONTENT = {row["name"]: row["content"] for row in ROWS}


def event(content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "subtype": "bot_message", "bot_id": "B1", "ts": "1763630101.000100", **content}


@pytest.mark.parametrize("row", [row for row in ROWS if row["status"]], ids=lambda row: row["name"])
def test_an_alert_of_a_sender_never_seen_is_read(row: dict[str, Any]) -> None:
    alert = parse(event(row["content"]), NOW)
    assert alert is not None
    assert (alert.status, alert.title, alert.severity) == (row["status"], row["title"], row["severity"])
    assert row["service"] in {alert.service, None}


@pytest.mark.parametrize("row", [row for row in ROWS if not row["status"]], ids=lambda row: row["name"])
def test_news_reviews_builds_and_talk_are_no_alerts(row: dict[str, Any]) -> None:
    assert parse(event(row["content"]), NOW) is None


@pytest.mark.parametrize(
    ("fired", "resolved"),
    [
        ("azure", "azure-res"),
        ("datadog", "datadog-rec"),
        ("opsgenie", "opsgenie-closed"),
        ("newrelic", "newrelic-closed"),
        ("zabbix", "zabbix-r"),
        ("nagios", "nagios-r"),
        ("uptimerobot", "uptimerobot-up"),
        ("healthchecks", "healthchecks-up"),
        ("checkly", "checkly-r"),
        ("cw-sns", "cw-sns-ok"),
        ("grafana-legacy", "grafana-legacy-ok"),
        ("cloudwatch", "cloudwatch-ok"),
    ],
)
def test_firing_and_resolved_of_an_unknown_sender_are_one_trouble(fired: str, resolved: str) -> None:
    first, last = parse(event(CONTENT[fired]), NOW), parse(event(CONTENT[resolved]), NOW)
    assert first is not None
    assert last is not None
    assert (first.fingerprint, first.status, last.status) == (last.fingerprint, "firing", "resolved")
