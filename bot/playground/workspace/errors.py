"""What the workspace answers when it says no."""

from typing import Any


class SlackError(Exception):
    """Slack's `ok: false` answer with its error code and further fields."""

    def __init__(self, code: str, messages: tuple[str, ...] = (), **extra: Any) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


class RateLimitedError(Exception):
    """HTTP 429 with Retry-After in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class RefusedError(Exception):
    """What Slack's own client would not let this person do; the message says why."""
