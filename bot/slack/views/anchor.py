"""The message that stands for an alert which no other app posted: the root of its incident's thread."""

from bot.domain.alert import Alert
from bot.slack.views.text import esc_fit

TITLE = 300
SUMMARY = 700
LABELS = 12
QUIET = frozenset({"alertname", "severity", "service"})
"""Labels that the first line says already."""


def anchor_text(alert: Alert) -> str:
    """What fires, where, how bad, since when; mrkdwn, everything of the sender's escaped."""
    head = f"*FIRING: {esc_fit(alert.title, TITLE)}*"
    facts = [alert.service or "", f"severity {alert.severity}" if alert.severity else ""]
    said = " · ".join(esc_fit(fact, 100) for fact in facts if fact)
    labels = [
        f"{esc_fit(name, 60)}={esc_fit(value, 100)}" for name, value in alert.labels if name not in QUIET
    ]
    lines = (head, said, esc_fit(alert.summary, SUMMARY), ", ".join(labels[:LABELS]))
    return "\n".join(line for line in lines if line)
