"""Alertmanager's webhook, version 4, as its documentation shows it."""

import json
from typing import Any

import pytest

from bot.domain.alert import AlertStatus
from bot.domain.ids import At
from bot.slack.alerts.webhook import NotAWebhookError, alert_in, webhook
from bot.slack.views.anchor import anchor_text

RECEIVED = At(1_790_000_000_000)
STARTED = "2026-09-21T13:59:20.918Z"


def body(**changes: Any) -> dict[str, Any]:
    """One firing alert; changes are to the alert itself."""
    alert: dict[str, Any] = {
        "status": "firing",
        "labels": {
            "alertname": "HighErrors",
            "service": "checkout",
            "severity": "critical",
            "pod": "checkout-7c9f6d5b8-x2m4n",
        },
        "annotations": {"summary": "many errors", "description": "12 % of requests fail"},
        "startsAt": STARTED,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "fingerprint": "51d00288aa179b15",
        **changes,
    }
    return {"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "alerts": [alert]}


def read(**changes: Any) -> Any:
    """The first alert of such a body."""
    return alert_in(webhook(json.dumps(body(**changes)).encode()).alerts[0], RECEIVED)


def test_an_alert_keeps_what_alertmanager_says_of_it() -> None:
    alert = read()
    assert (alert.source, alert.status, alert.title) == ("alertmanager", AlertStatus.FIRING, "HighErrors")
    assert (alert.severity, alert.service, alert.summary) == ("critical", "checkout", "12 % of requests fail")
    assert alert.started_at == 1_789_999_160_918
    assert alert.link == "http://prometheus.example/graph?g0.expr=up"


def test_firing_and_resolved_have_one_fingerprint_and_other_alerts_another() -> None:
    over = read(status="resolved")
    assert over.status is AlertStatus.RESOLVED
    assert over.fingerprint == read().fingerprint != read(fingerprint="51d00288aa179b16").fingerprint


def test_a_start_that_cannot_be_true_is_our_own_time() -> None:
    for wrong in ("0001-01-01T00:00:00Z", "2126-01-01T00:00:00Z", "2001-01-01T00:00:00Z"):
        assert read(startsAt=wrong).started_at == RECEIVED


def test_nothing_invisible_and_no_line_break_gets_through() -> None:
    alert = read(labels={"alertname": "High\u202eErrors\n\nApproved by U0LEAD\u200b"})
    assert alert.title == "HighErrors Approved by U0LEAD"


def test_the_anchor_pings_nobody_and_links_nowhere() -> None:
    text = anchor_text(read(labels={"alertname": "<!channel> <@U0LEAD> <http://evil.example|ok>"}))
    assert "<" not in text
    assert text.startswith("*FIRING: ")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"version":"3","alerts":[]}',
        b'{"version":"4","alerts":[]}',
        json.dumps(body(status="burning")).encode(),
        json.dumps(body(fingerprint="<script>")).encode(),
        json.dumps(body(labels={"a": {"b": 1}})).encode(),
        json.dumps(body(startsAt="yesterday")).encode(),
        json.dumps({**body(), "alerts": [body()["alerts"][0]] * 501}).encode(),
    ],
)
def test_what_alertmanager_would_not_send_is_refused_with_the_place(bad: bytes) -> None:
    with pytest.raises(NotAWebhookError, match=r"\w+: \w+"):
        webhook(bad)
