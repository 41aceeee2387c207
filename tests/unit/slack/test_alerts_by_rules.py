"""Senders described in YAML: read as written there, before the readers in code, and never by names alone."""

from pathlib import Path

import pytest

from bot.adapters.content_senders import sender_rules
from bot.adapters.yaml_door import load
from bot.domain.alert import Alert, AlertStatus
from bot.domain.errors import ContentError
from bot.domain.ids import At
from bot.slack.alerts.by_rules import all_readers
from bot.slack.alerts.parsing import parse

NOW = At(1_790_000_000_000)
SHIPPED = Path("runbooks/senders.yaml").read_bytes()
OURS = b"""
senders:
  nightwatch:
    match: [{in: footer, pattern: '^Nightwatch v[0-9]'}]
    title: [{in: title, pattern: '^(?:OK|BAD) - (.+)$'}]
    resolved: [{in: title, pattern: '^OK'}]
    severity: [{in: 'field:level', pattern: '(.+)'}]
    service: [{in: 'field:unit', pattern: '([a-z-]+)'}]
    identity: [{in: body, pattern: 'check=(\\d+)'}]
"""


def read(rules: bytes, **attachment: object) -> Alert | None:
    """One message of an app with one attachment, read by these rules and those in code."""
    problems: list[str] = []
    known = sender_rules(load(rules, "senders.yaml"), problems)
    assert problems == []
    username = attachment.pop("username", "Someone")
    message = {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B1",
        "username": username,
        "ts": "1789999990.000100",
        "text": attachment.pop("message", ""),
        "attachments": [attachment],
    }
    return parse(message, NOW, all_readers(known))


def nightwatch(title: str, check: int = 7) -> Alert | None:
    """A message of the sender that only our YAML knows."""
    fields = [{"title": "level", "value": "critical"}, {"title": "unit", "value": "billing"}]
    return read(OURS, title=title, text=f"check={check}", footer="Nightwatch v3", fields=fields)


def test_a_sender_is_added_by_yaml_alone() -> None:
    bad, good, other = (
        nightwatch("BAD - ledger drifts"),
        nightwatch("OK - ledger holds"),
        nightwatch("BAD - x", 8),
    )
    assert bad is not None
    assert good is not None
    assert other is not None
    assert (bad.source, bad.status, bad.severity) == ("nightwatch", AlertStatus.FIRING, "critical")
    assert (bad.title, bad.service) == ("ledger drifts", "billing")
    assert good.status is AlertStatus.RESOLVED
    assert bad.fingerprint == good.fingerprint != other.fingerprint


def test_a_message_that_does_not_match_is_left_to_the_readers_in_code() -> None:
    found = read(OURS, title="[FIRING:1] HighErrors checkout (production critical)", footer="Nightwatch 3")
    assert found is None or found.source != "nightwatch"


@pytest.mark.parametrize(
    ("username", "title", "text", "source", "status", "named"),
    [
        (
            "Datadog",
            "[Triggered] Error rate is high on checkout",
            "service:checkout P2",
            "datadog",
            "firing",
            "Error rate is high on checkout",
        ),
        (
            "Datadog",
            "[Recovered] Error rate is high on checkout",
            "service:checkout P2",
            "datadog",
            "resolved",
            "Error rate is high on checkout",
        ),
        (
            "PagerDuty",
            "#4711: Disk is full",
            "Triggered by monitoring",
            "pagerduty",
            "firing",
            "Disk is full",
        ),
        ("PagerDuty", "#4711: Disk is full", "Resolved by Lee", "pagerduty", "resolved", "Disk is full"),
        (
            "PagerDuty",
            "#4711: Disk is full",
            "Acknowledged by Lee",
            "pagerduty",
            "acknowledged",
            "Disk is full",
        ),
        ("Opsgenie", "#22: [Prometheus] Disk is full", "priority P1", "opsgenie", "firing", "Disk is full"),
        (
            "Opsgenie",
            "#22: [Prometheus] Disk is full",
            "Closed by Sam",
            "opsgenie",
            "resolved",
            "Disk is full",
        ),
    ],
)
def test_the_rules_that_are_shipped_do_what_they_say(
    username: str, title: str, text: str, source: str, status: str, named: str
) -> None:
    alert = read(SHIPPED, username=username, title=title, text=text)
    assert alert is not None
    assert (alert.source, alert.status.value, alert.title) == (source, status, named)


def test_firing_and_resolved_of_a_shipped_rule_are_one_alert() -> None:
    texts = ("Triggered by monitoring", "Resolved by Lee")
    prints = {
        alert.fingerprint
        for text in texts
        if (alert := read(SHIPPED, username="PagerDuty", title="#4711: Disk is full", text=text))
    }
    assert len(prints) == 1


def test_every_shipped_rule_says_that_nobody_has_checked_it() -> None:
    rules = sender_rules(load(SHIPPED, "senders.yaml"), [])
    assert [(rule.name, rule.captured) for rule in rules] == [
        ("datadog", False),
        ("pagerduty", False),
        ("opsgenie", False),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            b"senders: {a: {title: [{in: title, pattern: x}], resolved: [{in: title, pattern: x}]}}",
            "match: is missing",
        ),
        (
            b"senders: {a: {match: [{in: subject, pattern: x}], title: [], resolved: []}}",
            "expected one of body",
        ),
        (
            (
                b"senders: {a: {match: [{in: title, pattern: '(?=x)'}], title: [{in: title, pattern: x}], "
                b"resolved: [{in: title, pattern: x}]}}"
            ),
            "expected an RE2 pattern",
        ),
        (b"senders: {a: {match: [{in: title, pattern: x}], titel: 1}}", "titel: is not a known key"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: bytes, said: str) -> None:
    problems: list[str] = []
    try:
        sender_rules(load(text, "senders.yaml"), problems)
    except ContentError as error:
        problems.extend(error.problems)
    assert any(said in problem and "senders" in problem for problem in problems), problems
