"""What may be put between a process and its ports; the chaos suite does, nothing that is shipped does."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.adapters.queue import Pace
from bot.flow.conductor import Table
from bot.flow.table import table
from bot.ports.ports import Ports

PACE = Pace(reconcile=0.25)


def unaltered(ports: Ports) -> Ports:
    """The ports as they are."""
    return ports


@dataclass(frozen=True, slots=True)
class Seams:
    """How a worker is put together; as it stands here is how it runs."""

    alter: Callable[[Ports], Ports] = unaltered
    table: Table = table
    pace: Pace = PACE
