"""The memory of the team as a proposal needs it: read, keep a text; only executors put one in force."""

from typing import Protocol


class Shelf(Protocol):
    """Where proposed texts of the memory are kept."""

    async def present(self) -> str:
        """The text in force; raises StoreUnavailableError."""
        ...

    async def keep(self, text: str) -> str:
        """Keep a text and say under which hash; raises StoreUnavailableError."""
        ...


class NoShelf:
    """A house whose team has no memory that could be edited."""

    async def present(self) -> str:
        """Nothing."""
        return ""

    async def keep(self, text: str) -> str:
        """Nowhere."""
        del text
        return ""
