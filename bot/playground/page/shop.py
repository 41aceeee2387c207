"""The service beside the messages: a port, and the playground's own site behind it."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from bot.playground.page.values import FaultButton, Process, Sample, now_ms
from bot.playground.readiness import NotReadyError
from bot.playground.service.layout import release
from bot.playground.service.supervision import SupervisorError
from bot.playground.site import Fault, Site

FAULTS: Final = (
    FaultButton(Fault.LEAK, "Leaking deploy", "Version 42 keeps a connection whenever a card is declined."),
    FaultButton(Fault.OOM, "Out of memory", "Version 43 keeps every receipt in memory until it is killed."),
    FaultButton(Fault.UNFIXABLE, "Provider down", "The payment provider stops. Nothing here can mend that."),
    FaultButton(Fault.HEALTHY, "Just a rush", "Many customers at once. Nothing is broken."),
)

GATE_FAULTS: Final = (
    FaultButton(Fault.BY_HAND, "Change it by hand", "Somebody sets the pool to 30 beside Greenlight: drift."),
    FaultButton(
        Fault.STAGING, "Break staging", "Version 42 goes to staging, where low risks need no person."
    ),
)
"""Where the site has a staging twin."""


class ShopError(Exception):
    """The shop could not do what it was told."""


class Shop(Protocol):
    """A service that can be looked at and broken."""

    @property
    def faults(self) -> tuple[FaultButton, ...]:
        """What a visitor may cause."""
        ...

    async def sample(self) -> Sample:
        """Look once."""
        ...

    async def cause(self, fault: str) -> None:
        """Make something go wrong; raises ShopError."""
        ...

    async def reset(self) -> None:
        """Put everything right again; raises ShopError."""
        ...

    def deployed(self, version: str) -> str:
        """A deployed version in words."""
        ...


@dataclass(slots=True)
class SiteShop:
    """The playground's site; `others` tells of processes that are not the site's."""

    site: Site
    others: Callable[[], tuple[Process, ...]]

    @property
    def faults(self) -> tuple[FaultButton, ...]:
        """All that the site can do."""
        return FAULTS + (GATE_FAULTS if self.site.staging is not None else ())

    async def sample(self) -> Sample:
        """Numbers from the metrics, processes from the supervisor and the site."""
        shot, state = await asyncio.gather(self.site.snapshot(), self._state())
        provider = Process("payment provider", "running" if shot.gateway_up else "stopped", shot.gateway_up)
        return Sample(
            at=now_ms(),
            version=shot.version,
            traffic=shot.traffic,
            errors=shot.error_ratio,
            latency=shot.latency_p95,
            pool=shot.pool_in_use,
            pool_size=shot.pool_size,
            memory=shot.memory,
            alert=shot.alert,
            processes=(Process("checkout", state, state == "running"), provider, *self.others()),
        )

    async def cause(self, fault: str) -> None:
        """Cause it for real."""
        with _told():
            await self.site.cause(Fault(fault))

    async def reset(self) -> None:
        """Version 41, first settings, provider up."""
        with _told():
            await self.site.reset()

    def deployed(self, version: str) -> str:
        """The version with its commit message."""
        try:
            return f"Version {version}: {release(version).message}"
        except KeyError:
            return f"Version {version}"

    async def _state(self) -> str:
        try:
            return (await self.site.supervisor.state(self.site.production.home.name)).lower()
        except SupervisorError:
            return "unreachable"


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except (SupervisorError, NotReadyError, OSError) as error:
        raise ShopError(str(error)) from error
