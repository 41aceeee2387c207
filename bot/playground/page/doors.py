"""Who may come in: this machine only, with the token, and never on behalf of another site's page."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RULES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(RULES),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(slots=True)
class Doors:
    """Checks every request before anything else reads it; `port` is known once the server listens."""

    token: str
    port: int = 0
    open_paths: frozenset[str] = frozenset()
    """Paths that need no token: the page's own files, in which nothing is secret."""

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let through or turn away."""
        refused = self.refusal(request)
        if refused:
            return web.json_response({"ok": False, "error": refused}, status=403)
        return await handler(request)

    def refusal(self, request: web.Request) -> str:
        """Why this request is turned away, or nothing."""
        hosts = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        if request.host not in hosts:
            return "this address is not the page's own"
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            return "this comes from another site"
        if request.method not in {"GET", "HEAD"} and origin is None:
            return "a page says where it comes from"
        if request.path in self.open_paths and request.method in {"GET", "HEAD"}:
            return ""
        return "" if self._knows(request) else "the token is missing or wrong"

    def _knows(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        # Event sources cannot send headers; what changes something must.
        if not given and request.method in {"GET", "HEAD"}:
            given = request.query.get("token", "")
        return hmac.compare_digest(given.encode(), self.token.encode())


async def with_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on every answer, streams and errors included."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
