# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""One call to Slack's Web API: bounded in time, its failures typed."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.failures import NoAnswerError, RateLimitedError, RefusedBySlackError

CALL_SECONDS = 10.0
RATE_LIMIT_CODES = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})


async def called(
    method: str, call: Awaitable[AsyncSlackResponse], seconds: float = CALL_SECONDS
) -> dict[str, Any]:
    """The answer of a call as an object. Raises ChatError."""
    data = (await answered(method, call, seconds)).data
    if not isinstance(data, dict):
        raise NoAnswerError(method, "not an object")
    return data


async def answered(
    method: str, call: Awaitable[AsyncSlackResponse], seconds: float = CALL_SECONDS
) -> AsyncSlackResponse:
    """The answer of a call with its headers. Raises ChatError."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except SlackApiError as error:
        raise _refused(method, error) from error
    except TimeoutError as error:
        raise NoAnswerError(method, "time-out") from error
    except (aiohttp.ClientError, OSError, SlackClientError) as error:
        raise NoAnswerError(method, type(error).__name__) from error


def header_of(answer: AsyncSlackResponse, wanted: str) -> str:
    """A header of an answer by its name in lower case; empty for none."""
    return next((str(value) for name, value in answer.headers.items() if str(name).lower() == wanted), "")


def _refused(method: str, error: SlackApiError) -> Exception:
    response = error.response
    status = getattr(response, "status_code", getattr(response, "status", 0))
    headers = getattr(response, "headers", {})
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    # 429 is read here: slack_sdk's own handler takes only the first digit of Retry-After
    if status == 429 or code in RATE_LIMIT_CODES:  # noqa: PLR2004 - Too Many Requests
        return RateLimitedError(method, _seconds(headers))
    if not code:
        return NoAnswerError(method, f"status {status}")
    return RefusedBySlackError(method, code)


def _seconds(headers: Mapping[str, str]) -> float:
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return min(float(said), 3600.0) if said.isascii() and said.isdigit() else 1.0
