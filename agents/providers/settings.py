"""What a provider is configured with, and the HTTP client that obeys it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import final

import httpx2

MAX_BYTES = 8_000_000
CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, repr=False)
class ProviderSettings:
    """Key, address and proxy of one provider; `silence` is how many seconds may pass without a byte.

    Without a `base_url` the maker's own address is used; the environment is never read.
    """

    api_key: str = ""
    base_url: str | None = None
    proxy: str | None = None
    silence: float = 45.0


@final
class _CappedStream(httpx2.AsyncByteStream):
    """A body that ends with an error after too many bytes."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in self._inner:
            seen += len(chunk)
            if seen > MAX_BYTES:
                raise httpx2.DecodingError(f"more than {MAX_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


@final
class _CappedTransport(httpx2.AsyncBaseTransport):
    """Connections whose answers are plain and not endless."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        # Compressed bodies were not asked for: what they expand to could not be counted here.
        if response.headers.get("content-encoding", "identity") != "identity":
            await stream.aclose()
            raise httpx2.DecodingError("a compressed body that was not asked for")
        response.stream = _CappedStream(stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def http_client(settings: ProviderSettings) -> httpx2.AsyncClient:
    """A client with this proxy or none, no redirects, and limits on silence and size."""
    inner = httpx2.AsyncHTTPTransport(proxy=settings.proxy, trust_env=False)
    return httpx2.AsyncClient(
        transport=_CappedTransport(inner),
        timeout=httpx2.Timeout(settings.silence, connect=CONNECT_SECONDS),
        headers={"accept-encoding": "identity"},
        trust_env=False,
        follow_redirects=False,
    )
