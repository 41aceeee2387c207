"""Logs and own metrics: one line per thing that happened, without secrets."""

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import TextIO, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, start_http_server
from structlog.typing import EventDict, Processor, WrappedLogger

MAX_DEPTH = 6
MAX_TEXT = 8_000

Redact = Callable[[str], str]


def configure_logs(level: str, style: str, redact: Redact, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's logs to one stream; style is `json` or `console`."""
    out = stream or sys.stderr
    shared = _shared(redact)
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(style, out)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx2", "httpcore2", "slack_sdk", "slack_bolt", "docket", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _shared(redact: Redact) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redacting(redact),
    ]


def _renderer(style: str, out: TextIO) -> Processor:
    if style == "console":
        return structlog.dev.ConsoleRenderer(
            colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(sort_keys=True)


def redacting(redact: Redact) -> Processor:
    """A processor that takes secrets out of every text of an event, however deep, and caps long ones."""

    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, object]:
        # Keys that begin with an underscore are structlog's own and are never written.
        return {
            key: value if key.startswith("_") else cleaned(_hidden(key, value), redact, MAX_DEPTH)
            for key, value in event.items()
        }

    return process


def cleaned(value: object, redact: Redact, depth: int) -> object:
    """A value of a log event without secrets: plain data of limited depth and length."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > 0 and isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return {redact(str(key)): cleaned(_hidden(key, one), redact, depth - 1) for key, one in pairs}
    if depth > 0 and isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [cleaned(one, redact, depth - 1) for one in cast("Sequence[object]", value)]
    text = redact(str(value))
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text) - MAX_TEXT} more)"


def _hidden(key: object, value: object) -> object:
    """Values under a key that names a credential are never written, whatever they look like."""
    name = str(key).casefold()
    secret = any(word in name for word in ("password", "secret", "token", "authorization", "api_key"))
    return "[hidden]" if secret and isinstance(value, str | bytes) else value


class Metrics:
    """Own metrics, in a registry of their own so that a process (or a test) can have several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.incidents_opened = self._counter("incidents_opened", "Incidents opened", "severity")
        self.incidents_closed = self._counter("incidents_closed", "Incidents closed", "closing")
        self.events_appended = self._counter("events_appended", "Events appended", "event")
        self.plans_proposed = self._counter("plans_proposed", "Plans proposed", "tier")
        self.decisions = self._counter("decisions", "Decisions that counted", "verdict")
        self.steps = self._counter("steps", "Steps by how they ended", "outcome")
        self.model_calls = self._counter("model_calls", "Calls of models", "stage")
        self.model_tokens = self._counter("model_tokens", "Tokens of models, in and out", "stage")
        self.model_usd = self._counter("model_usd", "US dollars for models whose price is known", "stage")
        self.model_seconds = self._counter("model_seconds", "Seconds that models took", "stage")
        self.models_in_vain = self._counter("models_in_vain", "Models that were asked in vain", "model")
        self.verifications = self._counter("verifications", "Verifications", "outcome")

    def serve(self, port: int) -> None:
        """Serve them on loopback from a thread of the client library; port 0 serves none."""
        if port:
            start_http_server(port, addr="127.0.0.1", registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"greenlight_{name}", text, labels, registry=self.registry)
