"""Who holds a role now, from the source that the policy names."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bot.domain.decision import RosterAnswer
from bot.domain.errors import GreenlightError
from bot.domain.ids import PersonId, RosterName
from bot.domain.policy import Role, RosterSpec
from bot.ports.content import Content
from bot.ports.world import Clock

TIMEOUT_SECONDS = 2.0

Reader = Callable[[RosterSpec], Awaitable[tuple[PersonId, ...]]]
"""Reads the members of one roster; raises GreenlightError or OSError where it cannot."""


async def listed(spec: RosterSpec) -> tuple[PersonId, ...]:
    """The members that the policy itself lists."""
    return spec.members


class PolicyRosters:
    """Answers from the policy's lists, and from a further reader for each other kind that is configured."""

    def __init__(
        self,
        content: Content,
        clock: Clock,
        readers: Mapping[str, Reader] | None = None,
        seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._content = content
        self._clock = clock
        self._readers: Mapping[str, Reader] = {"list": listed, **(readers or {})}
        self._seconds = seconds

    async def read(self, name: RosterName, role: Role) -> RosterAnswer:
        """The members now; whatever goes wrong is in the answer, which then names nobody."""
        spec = self._content.policy().roster(name)
        if spec is None:
            return self._answer(name, role, "unknown", error=f"policy.yaml has no roster {name!r}")
        reader = self._readers.get(spec.kind)
        if reader is None:
            return self._answer(
                name, role, spec.kind, error=f"rosters of kind {spec.kind!r} are not configured"
            )
        try:
            async with asyncio.timeout(self._seconds):
                members = await reader(spec)
        except TimeoutError:
            return self._answer(name, role, spec.kind, error=f"no answer within {self._seconds:g} s")
        except (GreenlightError, OSError) as error:
            return self._answer(name, role, spec.kind, error=str(error)[:200] or type(error).__name__)
        return self._answer(name, role, spec.kind, tuple(dict.fromkeys(members)))

    def _answer(
        self, name: str, role: Role, source: str, members: tuple[PersonId, ...] = (), error: str = ""
    ) -> RosterAnswer:
        return RosterAnswer(role, name, source, members, self._clock.now(), error)
