"""The HTTP client for looking at things: no redirects, no cookies kept, no proxies from the environment."""

from contextlib import AbstractAsyncContextManager

import httpx2

TIMEOUT = httpx2.Timeout(10.0, connect=2.0)


def open_client() -> AbstractAsyncContextManager[httpx2.AsyncClient]:
    """A client whose base URLs come from configuration alone."""
    return httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)
