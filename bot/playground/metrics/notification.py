"""Alerts as Alertmanager words them for Slack."""

from collections.abc import Sequence

from bot.playground.metrics.alerts import Alert, Rule, State

GROUP_BY = ("alertname", "service")


def slack_message(rule: Rule, alerts: Sequence[Alert], external_url: str) -> dict[str, object]:
    """The body that Alertmanager posts to an incoming webhook for one group of alerts.

    The fallback is Alertmanager's default title; the text is the widely used "details list" template.
    """
    firing = [alert for alert in alerts if alert.state is State.FIRING]
    title = _title(alerts, len(firing), frozenset({"environment", "severity"}))
    default = _title(alerts, len(firing), None)
    link = f"{external_url}/#/alerts?receiver=slack"
    return {
        "username": "Alertmanager",
        "attachments": [
            {
                "title": title,
                "title_link": link,
                "text": "".join(_details(rule, alert) for alert in alerts),
                "fallback": f"{default} | {link}",
                "callback_id": "",
                "footer": "",
                "color": "danger" if firing else "good",
                "mrkdwn_in": ["fallback", "pretext", "text"],
            }
        ],
    }


def _title(alerts: Sequence[Alert], firing: int, shown: frozenset[str] | None) -> str:
    common = set(alerts[0].labels).intersection(*(alert.labels for alert in alerts))
    group = " ".join(value for name, value in sorted(common) if name in GROUP_BY)
    rest = " ".join(
        value for name, value in sorted(common) if name not in GROUP_BY and (shown is None or name in shown)
    )
    status = f"[FIRING:{firing}]" if firing else "[RESOLVED]"
    return f"{status} {group} ({rest})" if rest else f"{status} {group}"


def _details(rule: Rule, alert: Alert) -> str:
    labels = dict(alert.labels)
    described = rule.description
    for name, value in {**labels, "value": f"{alert.value * 100:.1f}%"}.items():
        described = described.replace("{" + name + "}", value)
    severity = f" - `{labels['severity']}`" if "severity" in labels else ""
    bullets = "".join(f" • *{name}:* `{value}`\n" for name, value in alert.labels)
    return f"\n*Alert:* {rule.title}{severity}\n *Description:* {described}\n *Details:*\n{bullets}\n\n"
