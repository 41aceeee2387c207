"""Rosters from Slack user groups."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.domain.policy import RosterSpec
from bot.slack.failures import ChatError, RefusedBySlackError

WHY = {
    "plan_upgrade_required": "user groups need a paid plan of Slack; name a list or a schedule instead",
    "missing_scope": "the app lacks the scope usergroups:read; add it and install the app again",
    "no_such_subteam": "there is no such user group, or it is switched off",
}
"""What Slack's codes mean to those who wait for an approver."""


class Groups(Protocol):
    """The call that answers; raises ChatError."""

    async def group(self, group: str) -> tuple[str, ...]:
        """`usergroups.users.list`."""
        ...


class GroupUnreadableError(ChatError):
    """The user group cannot be read."""


def group_reader(chat: Groups) -> Callable[[RosterSpec], Awaitable[tuple[str, ...]]]:
    """Reads rosters of kind `usergroup`; raises ChatError."""

    async def read(spec: RosterSpec) -> tuple[str, ...]:
        try:
            return await chat.group(spec.source)
        except RefusedBySlackError as refused:
            raise GroupUnreadableError(f"{spec.source}: {WHY.get(refused.code, refused.code)}") from refused

    return read
