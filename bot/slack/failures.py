"""How a call to Slack can fail, as types; a class's docstring is its default message."""

from bot.domain.errors import GreenlightError

FATAL = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "link_disabled",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
"""Codes that no retry mends: the app's tokens, scopes or Socket Mode switch must be changed by hand."""

OUT_OF_REACH = frozenset(
    {
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "is_inactive",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
"""The channel does not take our messages; the same words sent again would fare no better."""

BAD_SHAPE = frozenset(
    {
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "only_one_table_allowed",
        "too_many_blocks",
    }
)
"""Slack does not take these blocks; plain text still goes through."""

MESSAGE_GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})
"""The message cannot be edited any more; a new one can be posted."""


class ChatError(GreenlightError):
    """A call to Slack failed."""


class RefusedBySlackError(ChatError):
    """Slack answered with an error code."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"Slack refused {method}: {code}.")
        self.method = method
        self.code = code


class RateLimitedError(ChatError):
    """Slack asks us to wait; `seconds` is its Retry-After."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(f"Slack asks to wait {seconds:g} s before {method}.")
        self.method = method
        self.seconds = seconds


class NoAnswerError(ChatError):
    """Slack did not answer: whether the call was done is unknown."""

    def __init__(self, method: str, detail: str) -> None:
        super().__init__(f"No usable answer to {method}: {detail}.")
        self.method = method


class FatalLinkError(ChatError):
    """The link to Slack cannot work before somebody changes the app's settings or tokens."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack will not let this app in: {code}. {ADVICE.get(code, '')}".strip())
        self.code = code


ADVICE = {
    "account_inactive": "The bot user was removed; install the app again.",
    "invalid_auth": "Check SLACK_BOT_TOKEN (xoxb-) and SLACK_APP_TOKEN (xapp-).",
    "link_disabled": "Switch Socket Mode on in the app's settings.",
    "missing_scope": "Grant the scopes of the manifest and install the app again.",
    "not_allowed_token_type": "SLACK_APP_TOKEN must be an app-level token (xapp-).",
    "token_expired": "Token rotation is not supported; switch it off and install the app again.",
    "token_revoked": "The token was revoked; install the app again.",
}
