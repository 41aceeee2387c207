"""What can go wrong on the wire, as the harness's own errors."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
from pydantic import ValidationError

from agents.errors import (
    DisconnectedError,
    GarbledError,
    ModelFailedError,
    OverloadedError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
)
from agents.fence import visible

TOO_MANY = 429
SERVER_FAULT = 500
PASSING = {408, 409, 425}
MAX_DETAIL = 160

# What the SDKs let through unwrapped.
UNWRAPPED = (httpx2.HTTPError, httpx2.StreamError, json.JSONDecodeError, UnicodeDecodeError, ValidationError)
UnwrappedFault = (
    httpx2.HTTPError | httpx2.StreamError | json.JSONDecodeError | UnicodeDecodeError | ValidationError
)


def unwrapped(error: UnwrappedFault) -> ModelFailedError:
    """A fault of the connection or of the bytes on it."""
    if isinstance(error, httpx2.TimeoutException):
        return TimedOutError(f"silence: {type(error).__name__}")
    if isinstance(error, httpx2.TransportError):
        return DisconnectedError(type(error).__name__)
    return GarbledError(type(error).__name__)


def of_connection(error: Exception) -> ModelFailedError:
    """A fault that an SDK wrapped as one of the connection: its cause says what it was."""
    cause = error.__cause__
    return unwrapped(cause) if isinstance(cause, UNWRAPPED) else DisconnectedError(type(error).__name__)


def of_status(status: int, message: str, headers: Mapping[str, str], secret: str) -> ModelFailedError:
    """A refusal by its HTTP status; the key is taken out of what the server said."""
    said = visible(message.replace(secret, "[key]") if secret else message)[:MAX_DETAIL]
    detail = f"HTTP {status}: {said}"
    if status == TOO_MANY:
        return RateLimitedError(detail, retry_after(headers))
    if status >= SERVER_FAULT or status in PASSING:
        return OverloadedError(detail, retry_after(headers))
    return RejectedError(detail)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks us to wait, given as a number or a date; None where it does not."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isascii() and value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
