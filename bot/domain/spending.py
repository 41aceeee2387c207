"""What a team used: calls, tokens, money and time, by stage; an unknown price is said, never guessed."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class StageSpent:
    """What one stage of a team used; `stopped` says why it ended early, `refused` what it asked for in vain.

    `usd` is a decimal over the calls whose price is known; `tokens_in` counts all input, of which
    `tokens_cached` came from a prompt cache.
    """

    stage: str
    models: tuple[str, ...]
    calls: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    milliseconds: int
    usd: str
    unpriced: tuple[str, ...] = ()
    estimated: bool = False
    stopped: str = ""
    refused: tuple[str, ...] = ()


def total(stages: Iterable[StageSpent]) -> StageSpent:
    """All of them as one."""
    each = tuple(stages)
    return StageSpent(
        stage="all",
        models=tuple(dict.fromkeys(model for one in each for model in one.models)),
        calls=sum(one.calls for one in each),
        tokens_in=sum(one.tokens_in for one in each),
        tokens_out=sum(one.tokens_out for one in each),
        tokens_cached=sum(one.tokens_cached for one in each),
        milliseconds=sum(one.milliseconds for one in each),
        usd=str(sum((Decimal(one.usd) for one in each), Decimal(0))),
        unpriced=tuple(dict.fromkeys(model for one in each for model in one.unpriced)),
        estimated=any(one.estimated for one in each),
    )


def spent_words(one: StageSpent) -> str:
    """`4 calls, 8,012 tokens, $0.0123, 4.1 s`."""
    calls = "1 call" if one.calls == 1 else f"{one.calls} calls"
    about = "about " if one.estimated else ""
    tokens = f"{about}{one.tokens_in + one.tokens_out:,} tokens"
    said = f"{calls}, {tokens}, {_money(one)}, {one.milliseconds / 1000:.1f} s"
    stopped = f", stopped: {one.stopped}" if one.stopped else ""
    refused = f", refused: {'; '.join(one.refused)}" if one.refused else ""
    return f"{said}{stopped}{refused}"


def _money(one: StageSpent) -> str:
    known = f"${Decimal(one.usd):.4f}"
    if not one.unpriced:
        return known
    unknown = f"price unknown for {', '.join(one.unpriced)}"
    return f"{known} and {unknown}" if Decimal(one.usd) else unknown
