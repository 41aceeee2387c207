"""AWS through SNS and the usual Lambda: an attachment whose fields name the alarm or finding."""

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.naming import named_services
from bot.slack.alerts.pairs import first_value
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import severity_of
from bot.slack.alerts.status import field_state, shown_state
from bot.slack.alerts.words import FIRING

SOURCE = "aws"

_ALARM_MARKS = ("current state", "new state", "old state", "alarm reason", "link to alarm")
_STABLE = ("account id", "affected region", "region", "affected resource", "affected resources")


def read_aws(flat: Flat) -> Reading | None:
    """A CloudWatch alarm (it has a state, no severity) or a finding (a severity, it never resolves)."""
    alarm = first_value(flat.fields, "alarm name") if first_value(flat.fields, *_ALARM_MARKS) else ""
    finding = first_value(flat.fields, "finding type")
    if not (alarm or finding):
        return None
    headline = next(iter(flat.of(Role.BODY, Role.FALLBACK)), "")
    state = field_state(flat.fields) or shown_state(flat)
    severity = first_value(flat.fields, "severity")
    labels = {key: value for key, value in flat.fields if key and value}
    resource = first_value(flat.fields, "affected service", "affected resource")
    return Reading(
        source=SOURCE,
        status=state.status if alarm and state else FIRING,
        title=alarm or finding,
        identity=(alarm or headline, *(f"{key}={first_value(flat.fields, key)}" for key in _STABLE)),
        severity=severity_of(severity) if severity else None,
        labels=labels,
        services=named_services({"service": resource}) if resource else (),
        summary=first_value(flat.fields, "alarm description", "description", "alarm reason") or headline,
    )
