"""Every appended entry as a log line and in the metrics."""

import re
from dataclasses import dataclass

import structlog

from bot.domain.events import (
    Decided,
    Entry,
    IncidentClosed,
    IncidentOpened,
    PlanProposed,
    StepFinished,
    StepNotRun,
    TeamWorked,
    Verified,
)
from bot.domain.ids import IncidentId
from bot.domain.plan import parsed
from bot.telemetry import Metrics

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


def event_name(entry: Entry) -> str:
    """The name under which an event is logged: `step_started`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(entry.event).__name__).lower()


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells logs and metrics what was appended."""

    metrics: Metrics

    def __call__(self, incident: IncidentId, entry: Entry) -> None:
        """Log and count one entry; nothing that goes wrong here may hold up the incident."""
        try:
            self._tell(incident, entry)
        except Exception:
            # the entry is in the record already: a broken log or metric must not look like a broken store
            log.exception("entry_not_told", number=entry.number)

    def _tell(self, incident: IncidentId, entry: Entry) -> None:
        name = event_name(entry)
        log.info(name, incident=incident, number=entry.number, fence=entry.fence)
        self.metrics.events_appended.labels(name).inc()
        match entry.event:
            case IncidentOpened(_, alert, _, _):
                self.metrics.incidents_opened.labels(alert.severity or "none").inc()
            case IncidentClosed(closing, _, _):
                self.metrics.incidents_closed.labels(closing).inc()
            case PlanProposed(body=body):
                self.metrics.plans_proposed.labels(parsed(body).tier).inc()
            case Decided(approved=approved):
                self.metrics.decisions.labels("approved" if approved else "rejected").inc()
            case StepFinished(ok=ok):
                self.metrics.steps.labels("done" if ok else "failed").inc()
            case StepNotRun(code=code):
                self.metrics.steps.labels(code.lower()).inc()
            case TeamWorked():
                self._tell_of_models(entry.event)
            case Verified(outcome=outcome):
                self.metrics.verifications.labels(outcome).inc()
            case _:
                return

    def _tell_of_models(self, worked: TeamWorked) -> None:
        metrics = self.metrics
        for one in worked.stages:
            metrics.model_calls.labels(one.stage).inc(one.calls)
            metrics.model_tokens.labels(one.stage).inc(one.tokens_in + one.tokens_out)
            metrics.model_usd.labels(one.stage).inc(float(one.usd))
            metrics.model_seconds.labels(one.stage).inc(one.milliseconds / 1000)
        for tried in worked.tried:
            metrics.models_in_vain.labels(tried.partition(": ")[0]).inc()
