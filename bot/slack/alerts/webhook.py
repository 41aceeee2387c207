"""Alertmanager's webhook, version 4: one body, several alerts; each keeps Alertmanager's own fingerprint.

The shape is that of Alertmanager's documentation ("webhook_config") and of its type `template.Data`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain.alert import Alert, AlertStatus
from bot.domain.ids import SECOND, At
from bot.slack.alerts.markup import is_web, visible
from bot.slack.alerts.naming import named_services
from bot.slack.alerts.reading import MAX_LABEL, MAX_LABELS, MAX_SUMMARY, OLDEST, fingerprint
from bot.slack.alerts.severity import severity_of

SOURCE = "alertmanager"
MAX_ALERTS = 500
MAX_TITLE = 300
NEVER = datetime(1, 1, 1, tzinfo=UTC)


class _Door(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class WebhookAlert(_Door):
    """One alert of the body."""

    status: str = Field(pattern="^(firing|resolved)$")
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: datetime = Field(NEVER, alias="startsAt")
    generator: str = Field("", alias="generatorURL", max_length=8_000)
    fingerprint: str = Field(pattern="^[0-9a-f]{8,64}$")


class Webhook(_Door):
    """The whole body; `truncated` alerts were left out by Alertmanager itself."""

    version: str = Field(pattern="^4$")
    alerts: tuple[WebhookAlert, ...] = Field(min_length=1, max_length=MAX_ALERTS)
    truncated: int = Field(0, alias="truncatedAlerts")


class NotAWebhookError(ValueError):
    """A body that Alertmanager would not send; the message names the first thing that is wrong."""


def webhook(body: bytes) -> Webhook:
    """The body, typed; raises NotAWebhookError."""
    try:
        return Webhook.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise NotAWebhookError(f"{where}: {first['msg']}") from error


def alert_in(one: WebhookAlert, received_at: At) -> Alert:
    """The alert as the flow knows it; texts are cut and what nobody sees is taken out."""
    labels = {_clean(name, MAX_LABEL): _clean(value, MAX_LABEL) for name, value in one.labels.items()}
    services = named_services(labels)
    about = one.annotations.get("description") or one.annotations.get("summary") or ""
    name = labels.get("alertname", "")
    return Alert(
        source=SOURCE,
        status=AlertStatus(one.status),
        severity=severity_of(labels.get("severity", "")),
        service=services[0] if services else None,
        title=_clean(name or one.annotations.get("summary") or "Unnamed alert", MAX_TITLE),
        labels=tuple(sorted(labels.items())[:MAX_LABELS]),
        fingerprint=fingerprint(SOURCE, ("webhook", one.fingerprint)),
        started_at=_started(one.starts_at, received_at),
        summary=_clean(about, MAX_SUMMARY),
        link=one.generator if is_web(one.generator) else "",
        candidates=services[1:],
    )


def _started(stated: datetime, received_at: At) -> At:
    aware = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    moment = int(aware.timestamp() * SECOND) if aware > NEVER else 0
    return At(moment) if received_at - OLDEST <= moment <= received_at else received_at


def _clean(text: str, most: int) -> str:
    """One line of what a reader sees."""
    return " ".join(visible(text[: 2 * most]).split())[:most]


def heard(event: Mapping[str, object]) -> WebhookAlert:
    """The alert of a stored event; raises ValidationError."""
    return WebhookAlert.model_validate(event.get("alert"))
