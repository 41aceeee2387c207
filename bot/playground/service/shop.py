"""What every release of checkout works with: orders, outcomes, the pool and the payment gateway."""

import json
from dataclasses import dataclass
from typing import Protocol, cast

import aiohttp

from bot.playground.service.pool import ConnectionPool

GATEWAY_TIMEOUT = aiohttp.ClientTimeout(total=2.0)


class BadOrderError(ValueError):
    """The request is not an order."""


class GatewayUnreachableError(Exception):
    """The payment gateway cannot be reached."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer wants to pay for; the amount in cents."""

    id: str
    cents: int
    card: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The HTTP status and the message that answer an order."""

    status: int
    message: str


class Gateway(Protocol):
    """The payment provider."""

    async def charge(self, order: Order) -> bool:
        """True if the card was charged, False if it was declined; raises GatewayUnreachableError."""
        ...


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything that a release may use."""

    pool: ConnectionPool
    gateway: Gateway


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """The payment provider behind its HTTP address."""

    session: aiohttp.ClientSession
    url: str

    async def charge(self, order: Order) -> bool:
        body = {"order": order.id, "cents": order.cents, "card": order.card}
        try:
            async with self.session.post(f"{self.url}/charge", json=body, timeout=GATEWAY_TIMEOUT) as answer:
                return answer.status == 200  # noqa: PLR2004 - OK
        except aiohttp.ClientConnectorError as error:
            raise GatewayUnreachableError(
                f"payment gateway unreachable: connection refused ({error.host}:{error.port})"
            ) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise GatewayUnreachableError(f"payment gateway unreachable: {type(error).__name__}") from error


def parse_order(raw: bytes) -> Order:
    """Reads the body of a checkout request; raises BadOrderError."""
    try:
        parsed: object = json.loads(raw)
    except ValueError as error:
        raise BadOrderError("expected JSON") from error
    if not isinstance(parsed, dict):
        raise BadOrderError("expected a JSON object")
    table = cast("dict[str, object]", parsed)
    identity, cents, card = table.get("id"), table.get("cents"), table.get("card")
    if not isinstance(identity, str) or not isinstance(card, str):
        raise BadOrderError("expected the strings id and card")
    if not isinstance(cents, int) or isinstance(cents, bool) or cents < 1:
        raise BadOrderError("expected cents above 0")
    return Order(identity[:64], cents, card[:32])
