"""`alerts.yaml`: how alerts become incidents; optional, since every rule has a default."""

from typing import Literal as OneOf

from pydantic import Field

from bot.adapters.content_doors import Door, Name, Whole, parsed
from bot.adapters.yaml_door import Document
from bot.domain.grouping import AlertRules

Severity = OneOf["critical", "error", "warning", "info"]


class GroupingDoor(Door):
    """Which alerts share an incident."""

    window_minutes: Whole = Field(default=5, ge=0, le=60)
    most_alerts: Whole = Field(default=100, ge=1, le=500)
    reopen_minutes: Whole = Field(default=30, ge=0, le=1_440)
    deploy_labels: tuple[Name, ...] = Field(default=AlertRules().deploy_labels, max_length=20)


class InvestigatingDoor(Door):
    """What is investigated by itself, and how much at once."""

    waits_for_a_person: tuple[Severity, ...] = Field(default=("info",), max_length=4)
    at_once: Whole = Field(default=5, ge=1, le=50)


class AlertsDoor(Door):
    """The whole file."""

    grouping: GroupingDoor = GroupingDoor()
    investigations: InvestigatingDoor = InvestigatingDoor()


def alert_rules(document: Document, problems: list[str]) -> AlertRules | None:
    """The rules, or nothing and the reasons among the problems."""
    door = parsed(AlertsDoor, document, problems)
    if door is None:
        return None
    return AlertRules(
        group_seconds=door.grouping.window_minutes * 60,
        most_joined=door.grouping.most_alerts,
        reopen_seconds=door.grouping.reopen_minutes * 60,
        deploy_labels=door.grouping.deploy_labels,
        waiting_severities=door.investigations.waits_for_a_person,
        parallel_investigations=door.investigations.at_once,
    )
