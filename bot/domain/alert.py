"""An alert as a sender reported it, whoever the sender is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import At, Fingerprint, ServiceName


class AlertStatus(StrEnum):
    """Whether the sender says that the condition holds."""

    FIRING = "firing"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"


class Severity(StrEnum):
    """How bad the sender says it is; a message without a severity has none."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; all texts are the sender's and untrusted.

    `service` is the sender's word for what is affected; the inventory decides what that means here.
    """

    source: str
    status: AlertStatus
    severity: str | None
    service: str | None
    title: str
    labels: tuple[tuple[str, str], ...]
    fingerprint: Fingerprint
    started_at: At
    summary: str = ""
    count: int = 1
    link: str = ""
    candidates: tuple[str, ...] = ()

    def label(self, name: str) -> str | None:
        """The value of a label, if the sender gave it."""
        return self.named_labels().get(name)

    def named_labels(self) -> Mapping[str, str]:
        """The labels by name."""
        return dict(self.labels)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in Slack an incident lives: the channel and the message that anchors its thread."""

    workspace: str
    channel: str
    thread: str


@dataclass(frozen=True, slots=True)
class Sighted:
    """An alert as it was seen in a channel."""

    alert: Alert
    place: Place
    service: ServiceName | None
