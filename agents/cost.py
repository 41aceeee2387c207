"""What a call costs; a price that nobody wrote down is said to be unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from agents.messages import Usage

PER = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; cached input costs what plain input costs where no price is given."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None

    def of(self, usage: Usage) -> Decimal:
        """US dollars for one call."""
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        total = (
            usage.input * self.input
            + usage.output * self.output
            + usage.cache_read * read
            + usage.cache_write * write
        )
        return total / PER


@dataclass(frozen=True, slots=True)
class Prices:
    """The models that are known, each with its price or None."""

    known: Mapping[str, Price | None]
    checked: date | None = None
    """When somebody last compared them with the makers' lists."""

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """US dollars for one call, None where the price is unknown; the scripted provider costs nothing."""
        if model.startswith("scripted:") and model not in self.known:
            return Decimal(0)
        price = self.known.get(model)
        return None if price is None else price.of(usage)

    def age(self, today: date) -> str:
        """How old the prices are, as a person reads it."""
        if self.checked is None:
            return "prices from memory, never compared with the makers' lists"
        days = (today - self.checked).days
        return f"prices compared with the makers' lists {days} days ago ({self.checked.isoformat()})"


@dataclass(frozen=True, slots=True)
class Bill:
    """The cost of some calls: what is known, and which models have no known price."""

    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    usd: Decimal = Decimal(0)
    seconds: float = 0.0
    unpriced: tuple[str, ...] = ()

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(
            self.calls + other.calls,
            self.usage + other.usage,
            self.usd + other.usd,
            self.seconds + other.seconds,
            tuple(sorted({*self.unpriced, *other.unpriced})),
        )

    def __str__(self) -> str:
        about = "about " if self.usage.estimated else ""
        said = f"${self.usd:.4f}, {about}{self.usage.total} tokens, {self.calls} calls, {self.seconds:.1f} s"
        return f"{said}, price unknown for {', '.join(self.unpriced)}" if self.unpriced else said
