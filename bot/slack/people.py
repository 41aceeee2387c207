"""Who somebody is and where a channel reaches, as Slack says now; no answer means no."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import structlog

from bot.domain.decision import Person
from bot.domain.ids import PersonId
from bot.slack.failures import ChatError
from bot.slack.payloads import Account, ChannelInfo

FRESH_SECONDS = 30.0
"""Rule 9 lets an answer be used again for this long."""
KEPT = 1000

T = TypeVar("T")

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


class Accounts(Protocol):
    """The two calls that answer; both raise ChatError."""

    async def account(self, person: str) -> Account:
        """`users.info`."""
        ...

    async def channel(self, channel: str) -> ChannelInfo:
        """`conversations.info`."""
        ...


@dataclass(slots=True)
class SlackPeople:
    """Answers from `users.info` and `conversations.info`, none older than 30 seconds.

    `home` is our own workspace; `now` counts seconds and never runs backwards.
    """

    chat: Accounts
    home: str
    now: Callable[[], float]
    _accounts: dict[str, tuple[float, Account]] = field(default_factory=dict[str, tuple[float, Account]])
    _channels: dict[str, tuple[float, ChannelInfo]] = field(
        default_factory=dict[str, tuple[float, ChannelInfo]]
    )
    _teams: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])

    def clicked_from(self, person: PersonId, team: str | None) -> None:
        """Note of which workspace a click said its account is; nothing said counts as another one."""
        _keep(self._teams, person, (self.now(), team or ""))

    async def person(self, person: PersonId) -> Person | None:
        """The account, or nothing where Slack does not know it or does not answer."""
        account = _fresh(self._accounts, person, self.now())
        if account is None:
            try:
                account = await self.chat.account(person)
            except ChatError as error:
                log.warning("person_not_read", person=person, error=error.message)
                return None
            _keep(self._accounts, person, (self.now(), account))
        said = _fresh(self._teams, person, self.now())
        found = person_of(account, self.home)
        return found if said in {None, self.home} else replace(found, team=said or "", external=True)

    async def shared(self, channel: str) -> bool:
        """Whether a channel is shared with another organisation; unknown counts as shared."""
        info = _fresh(self._channels, channel, self.now())
        if info is None:
            try:
                info = await self.chat.channel(channel)
            except ChatError as error:
                log.warning("channel_not_read", channel=channel, error=error.message)
                return True
            _keep(self._channels, channel, (self.now(), info))
        return info.is_ext_shared or info.is_pending_ext_shared


def person_of(account: Account, home: str) -> Person:
    """A Slack account as the gate sees it; a team that is missing or not ours is external."""
    return Person(
        id=PersonId(account.id),
        name=account.real_name or account.name,
        team=account.team_id or "",
        is_bot=account.is_bot or account.id == "USLACKBOT",
        active=not account.deleted,
        guest=account.is_restricted or account.is_ultra_restricted,
        external=account.is_stranger or account.team_id != home,
    )


def _fresh(kept: dict[str, tuple[float, T]], key: str, now: float) -> T | None:
    read = kept.get(key)
    return read[1] if read is not None and now - read[0] < FRESH_SECONDS else None


def _keep(kept: dict[str, tuple[float, T]], key: str, value: tuple[float, T]) -> None:
    if len(kept) >= KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = value
