"""JSON log lines."""

import json
import logging
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 16_000_000


class JsonLines(logging.Formatter):
    """One JSON object a line: ts, level, service, version, msg, fields."""

    def __init__(self, service: str, version: str) -> None:
        super().__init__()
        self._service = service
        self._version = version

    def format(self, record: logging.LogRecord) -> str:
        fields: object = getattr(record, "fields", {})
        return json.dumps(
            {
                "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname,
                "service": self._service,
                "version": self._version,
                "msg": record.getMessage(),
                "fields": fields,
            }
        )


def open_log(path: Path, service: str, version: str) -> logging.Logger:
    """The logger of the service, writing to a file that is rotated before it grows too large."""
    handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(JsonLines(service, version))
    log = logging.getLogger(f"playground.{service}")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
    return log


def fields(**values: object) -> dict[str, object]:
    """The `extra` of a log call that carries structured fields."""
    return {"fields": values}
