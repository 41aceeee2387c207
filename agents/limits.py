"""Budgets that compose: `turns(8) | tokens(60_000) | seconds(90) | usd(0.25)`."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agents.errors import ConfigurationError

SOFT_SHARE = Decimal("0.8")
TERM = re.compile(r"\s*(turns|tokens|seconds|usd)\(\s*([0-9][0-9_]{0,11}(?:\.[0-9]{1,9})?)\s*\)\s*", re.ASCII)


class LimitKind(StrEnum):
    """What is counted."""

    TURNS = "turns"
    TOKENS = "tokens"
    SECONDS = "seconds"
    USD = "usd"


class Standing(StrEnum):
    """What may still be done: go on, answer in one last call, or nothing."""

    GO = "go"
    LAST = "last"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used up; `unpriced` counts the calls whose price nobody knows."""

    turns: int = 0
    tokens: int = 0
    seconds: Decimal = Decimal(0)
    usd: Decimal = Decimal(0)
    unpriced: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.turns + other.turns,
            self.tokens + other.tokens,
            self.seconds + other.seconds,
            self.usd + other.usd,
            self.unpriced + other.unpriced,
        )

    def of(self, kind: LimitKind) -> Decimal:
        """The amount of one kind."""
        amounts = {
            LimitKind.TURNS: Decimal(self.turns),
            LimitKind.TOKENS: Decimal(self.tokens),
            LimitKind.SECONDS: self.seconds,
            LimitKind.USD: self.usd,
        }
        return amounts[kind]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most this much of one kind."""

    kind: LimitKind
    amount: Decimal

    def standing(self, spent: Spent) -> Standing:
        """What may still be done: of turns the last one, of all else the last fifth, is for the answer."""
        used = spent.of(self.kind)
        if used >= self.amount:
            return Standing.OVER
        if self.kind is LimitKind.TURNS:
            return Standing.LAST if used >= self.amount - 1 else Standing.GO
        return Standing.LAST if used >= self.amount * SOFT_SHARE else Standing.GO

    def __str__(self) -> str:
        whole = self.amount == int(self.amount)
        return f"{self.kind}({int(self.amount):_})" if whole else f"{self.kind}({self.amount:f})"


@dataclass(frozen=True, slots=True)
class Limits:
    """Several limits; the tightest rules."""

    each: tuple[Limit, ...] = ()

    def __or__(self, other: "Limits") -> "Limits":
        return Limits((*self.each, *other.each))

    def __str__(self) -> str:
        return " | ".join(str(limit) for limit in self.each) or "unlimited"

    def reached(self, spent: Spent, standing: Standing) -> Limit | None:
        """The first limit that stands so, if any."""
        return next((limit for limit in self.each if limit.standing(spent) is standing), None)

    def left(self, spent: Spent, kind: LimitKind) -> Decimal | None:
        """How much of one kind is left, None where it is not limited."""
        amounts = [limit.amount - spent.of(kind) for limit in self.each if limit.kind is kind]
        return max(min(amounts), Decimal(0)) if amounts else None


def turns(amount: int) -> Limits:
    """At most so many calls of a model."""
    return Limits((Limit(LimitKind.TURNS, Decimal(amount)),))


def tokens(amount: int) -> Limits:
    """At most so many tokens in and out, cached ones included."""
    return Limits((Limit(LimitKind.TOKENS, Decimal(amount)),))


def seconds(amount: float) -> Limits:
    """At most so many seconds."""
    return Limits((Limit(LimitKind.SECONDS, Decimal(str(amount))),))


def usd(amount: float | str | Decimal) -> Limits:
    """At most so many US dollars of known prices."""
    return Limits((Limit(LimitKind.USD, Decimal(str(amount))),))


def parse_limits(text: str) -> Limits:
    """Read limits as they are written in a roster; raises ConfigurationError."""
    found: list[Limit] = []
    for term in text.split("|"):
        match = TERM.fullmatch(term)
        if match is None or Decimal(match[2].replace("_", "")) == 0:
            expected = "turns(8) | tokens(60_000) | seconds(90) | usd(0.25), each above zero"
            raise ConfigurationError((f"expected limits such as {expected}, not {text!r}",))
        found.append(Limit(LimitKind(match[1]), Decimal(match[2].replace("_", ""))))
    return Limits(tuple(found))
