"""The life of an alert, and how it is worded."""

from typing import cast

from bot.playground.metrics.alerts import Alert, Rule, State, advance, alert_labels
from bot.playground.metrics.notification import slack_message
from bot.playground.metrics.samples import Labels

RULE = Rule(
    name="CheckoutHighErrorRate",
    expr="ratio > 0.05",
    hold=3.0,
    keep=5.0,
    labels={"severity": "critical"},
    title="Checkout answers many requests with errors.",
    description="{service} on {instance} fails {value} of its requests.",
)
SERIES = {"service": "checkout", "environment": "production", "job": "checkout", "instance": "127.0.0.1:8080"}
LABELS = alert_labels(RULE, {**SERIES, "__name__": "ratio"})


def story(truth: str) -> list[tuple[int, State]]:
    """Evaluates once a second; `x` is a true expression, `.` a false one; returns when what was told."""
    alerts: dict[Labels, Alert] = {}
    told: list[tuple[int, State]] = []
    for second, sign in enumerate(truth):
        alerts, changed = advance(RULE, alerts, {LABELS: 0.5} if sign == "x" else {}, float(second))
        told.extend((second, alert.state) for alert in changed)
    return told


def test_an_alert_fires_after_its_hold_and_resolves_after_its_keep() -> None:
    assert story("..xxxxxx..........") == [(5, State.FIRING), (12, State.RESOLVED)]


def test_a_short_spike_tells_nobody() -> None:
    assert story("..xx.xx.xx.....") == []


def test_a_gap_shorter_than_the_keep_does_not_resolve() -> None:
    assert story("xxxxx....xxxxx......") == [(3, State.FIRING), (18, State.RESOLVED)]


def test_an_alert_that_comes_back_later_fires_anew() -> None:
    assert [state for _, state in story("xxxxx.......xxxxx.......")] == [
        State.FIRING,
        State.RESOLVED,
        State.FIRING,
        State.RESOLVED,
    ]


def attachment_of(message: dict[str, object]) -> dict[str, object]:
    (attachment,) = cast("list[dict[str, object]]", message["attachments"])
    return attachment


def test_a_firing_alert_is_worded_as_alertmanager_does() -> None:
    alert = Alert(LABELS, State.FIRING, 0.0, 0.4391, 0.0)
    message = slack_message(RULE, (alert,), "http://127.0.0.1:9")
    assert attachment_of(message) == {
        "title": "[FIRING:1] CheckoutHighErrorRate checkout (production critical)",
        "title_link": "http://127.0.0.1:9/#/alerts?receiver=slack",
        "text": (
            "\n*Alert:* Checkout answers many requests with errors. - `critical`\n"
            " *Description:* checkout on 127.0.0.1:8080 fails 43.9% of its requests.\n"
            " *Details:*\n"
            " • *alertname:* `CheckoutHighErrorRate`\n"
            " • *environment:* `production`\n"
            " • *instance:* `127.0.0.1:8080`\n"
            " • *job:* `checkout`\n"
            " • *service:* `checkout`\n"
            " • *severity:* `critical`\n\n\n"
        ),
        "fallback": (
            "[FIRING:1] CheckoutHighErrorRate checkout (production 127.0.0.1:8080 checkout critical)"
            " | http://127.0.0.1:9/#/alerts?receiver=slack"
        ),
        "callback_id": "",
        "footer": "",
        "color": "danger",
        "mrkdwn_in": ["fallback", "pretext", "text"],
    }


def test_a_resolved_alert_is_good_and_carries_no_count() -> None:
    message = slack_message(RULE, (Alert(LABELS, State.RESOLVED, 0.0, 0.1, 0.0),), "http://h")
    attachment = attachment_of(message)
    assert message["username"] == "Alertmanager"
    assert attachment["title"] == "[RESOLVED] CheckoutHighErrorRate checkout (production critical)"
    assert attachment["color"] == "good"
