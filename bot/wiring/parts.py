"""What every process needs: settings, content, redaction, logs."""

import sys
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.adapters.clock import SystemClock
from bot.adapters.content import FileContent
from bot.adapters.pager import page_secrets
from bot.adapters.reach import credentials_of
from bot.adapters.secret_refs import Holder
from bot.redaction.redactor import Redactor
from bot.settings import Settings, environment
from bot.telemetry import Metrics, configure_logs

PORT_OF = {"bot": 0, "think": 1, "act": 2}
"""Each process serves its metrics on a port of its own, counted from the configured one."""

SHIPPED = Path(__file__).resolve().parent.parent.parent / "runbooks"
"""Content that comes with Greenlight, for files that the home does not have."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What every process needs."""

    settings: Settings
    content: FileContent
    redactor: Redactor
    clock: SystemClock
    metrics: Metrics


def common_parts(settings: Settings, name: str) -> Parts:
    """Set up logs and read the content; raises ContentError with all its problems."""
    log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()

    def warn(text: str) -> None:
        log.warning("content_not_used", problems=text)

    content = FileContent((settings.runbooks, SHIPPED), environment(), warn, Holder(name))
    called = page_secrets(content.policy().paging.targets, environment())
    redactor = Redactor((*settings.secrets(), *credentials_of(content.inventory()), *called))
    configure_logs(settings.log_level, settings.log_format, redactor, sys.stderr)
    structlog.contextvars.bind_contextvars(process=name)
    metrics = Metrics()
    metrics.serve(settings.metrics_port + PORT_OF[name] if settings.metrics_port else 0)
    return Parts(settings, content, redactor, SystemClock(), metrics)
