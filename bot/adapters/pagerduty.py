"""Who is on call by PagerDuty's schedules: `GET /oncalls` of its REST API, version 2."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import final

import httpx2

from bot.adapters.rosters import Reader
from bot.adapters.shapes import items, mapping
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At
from bot.domain.policy import RosterSpec
from bot.ports.world import Clock

Client = httpx2.AsyncClient
URL = "https://api.pagerduty.com"
TIMEOUT = httpx2.Timeout(2.0, connect=1.0)
MAX_BYTES = 1_000_000
LIMIT = 100
OK, TOO_MANY = 200, 429
USER = re.compile(r"[A-Z0-9]{2,20}", re.ASCII)


@final
class PagerDuty:
    """One account; the token should be a read-only key of its REST API."""

    def __init__(self, client: httpx2.AsyncClient, clock: Clock, token: str, url: str = URL) -> None:
        self._client = client
        self._clock = clock
        self._url = url.rstrip("/")
        self._headers = {
            "Authorization": f"Token token={token}",
            "Accept": "application/vnd.pagerduty+json;version=2",
            "Accept-Encoding": "identity",
        }

    def reader(self) -> Reader:
        """Reads rosters of kind `pagerduty`."""

        async def read(spec: RosterSpec) -> tuple[str, ...]:
            return await self.oncall(tuple(re.split(r", ?", spec.source)))

        return read

    async def oncall(self, schedules: tuple[str, ...]) -> tuple[str, ...]:
        """The PagerDuty ids of those on call now; raises SourceUnavailableError on anything odd."""
        asked: dict[str, str | list[str]] = {"schedule_ids[]": list(schedules), "limit": str(LIMIT)}
        try:
            async with self._client.stream(
                "GET",
                f"{self._url}/oncalls",
                params=asked,
                headers=self._headers,
                timeout=TIMEOUT,
                follow_redirects=False,
            ) as answer:
                body = await _capped(answer)
        except httpx2.HTTPError as error:
            raise SourceUnavailableError(f"PagerDuty did not answer ({type(error).__name__}).") from error
        rows = _rows(answer.status_code, body)
        return tuple(dict.fromkeys(_users(rows, schedules, self._clock.now())))


async def _capped(answer: httpx2.Response) -> bytes:
    if answer.headers.get("content-encoding", "identity").casefold() != "identity":
        raise SourceUnavailableError("PagerDuty sent a compressed answer that was not asked for.")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceUnavailableError(f"PagerDuty answered with more than {MAX_BYTES} bytes.")
    return bytes(body)


def _rows(status: int, body: bytes) -> list[object]:
    if status == TOO_MANY:
        raise SourceUnavailableError("PagerDuty is asked too often (429); try again in a minute.")
    if status != OK:
        raise SourceUnavailableError(f"PagerDuty answered {status}{_why(body)}.")
    answer = _parsed(body)
    rows = items(answer.get("oncalls"))
    if rows is None:
        raise SourceUnavailableError("PagerDuty answered without a list of those on call.")
    if answer.get("more") is not False:
        raise SourceUnavailableError(f"PagerDuty has more than {LIMIT} on call in these schedules.")
    return list(rows)


def _why(body: bytes) -> str:
    try:
        said = mapping(_parsed(body).get("error")).get("message")
    except SourceUnavailableError:
        return ""
    return f": {said!a:.100}" if isinstance(said, str) else ""


def _parsed(body: bytes) -> Mapping[str, object]:
    try:
        return mapping(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise SourceUnavailableError("PagerDuty answered with something else than JSON.") from error


def _users(rows: list[object], schedules: tuple[str, ...], now: At) -> Iterator[str]:
    """The user of every row that speaks of these schedules and of now; a row of another shape denies all."""
    for row in rows:
        fields = mapping(row)
        user, schedule = mapping(fields.get("user")).get("id"), mapping(fields.get("schedule")).get("id")
        if not isinstance(user, str) or not USER.fullmatch(user) or schedule not in schedules:
            raise SourceUnavailableError(
                "PagerDuty answered with a row that names no user of these schedules."
            )
        start, end = _moment(fields.get("start")), _moment(fields.get("end"))
        if (start is None or start <= now) and (end is None or now < end):
            yield user


def _moment(raw: object) -> At | None:
    """A bound of a turn; nothing means that it has none on this side."""
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(str(raw))
    except ValueError as error:
        raise SourceUnavailableError("PagerDuty answered with a turn that has no readable time.") from error
    if moment.tzinfo is None:
        raise SourceUnavailableError("PagerDuty answered with a time that has no zone.")
    return At(int(moment.timestamp() * SECOND))
