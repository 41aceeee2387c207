"""What a run of a team used and met, as the incident records it."""

from collections.abc import Callable, Iterable, Mapping

from agents.desk import Outcome
from agents.errors import Failure
from agents.team import TeamRun
from agents.transcript import Called
from bot.domain.events import TeamWorked
from bot.domain.spending import StageSpent

MAX_TRIED = 8
MAX_WORDS = 160
NO_KEY = "no API key is set for its provider"


def worked_of(
    task: str, run: TeamRun, digests: tuple[tuple[str, str], ...], clean: Callable[[str], str]
) -> TeamWorked:
    """The event of a run: its stages, who was asked in vain, the hashes of the files behind it."""
    tried = dict.fromkeys(clean(str(one))[:MAX_WORDS] for one in _failures(run.outcomes))
    return TeamWorked(task, tuple(_spent(one) for one in run.outcomes), tuple(tried)[:MAX_TRIED], digests)


def models_of(run: TeamRun) -> tuple[str, ...]:
    """The models that answered."""
    return tuple(dict.fromkeys(model for outcome in run.outcomes for model in _models(outcome)))


def notes_of(run: TeamRun) -> tuple[str, ...]:
    """What a reader should know of a run: who did not answer, and who was stopped by what.

    A model without a key was never meant to answer; it is told of only where nobody else did.
    """
    failed = [one for one in _failures(run.outcomes) if one.detail != NO_KEY]
    vain = [f"{one.model} did not answer ({one.kind})" for one in failed]
    stopped = [f"{one.agent} was stopped: {one.stopped}"[:MAX_WORDS] for one in run.outcomes if one.stopped]
    return tuple(dict.fromkeys((*stopped, *vain)))


def tried_of(failures: Iterable[Failure]) -> str:
    """Who was asked, each with its reason."""
    return "; ".join(dict.fromkeys(str(one)[:MAX_WORDS] for one in failures))


def _failures(outcomes: Iterable[Outcome]) -> tuple[Failure, ...]:
    return tuple(one for outcome in outcomes for one in (*outcome.tried, *outcome.unavailable))


def _models(outcome: Outcome) -> Mapping[str, None]:
    return dict.fromkeys(entry.model for entry in outcome.transcript if isinstance(entry, Called))


def _spent(outcome: Outcome) -> StageSpent:
    bill = outcome.bill
    usage = bill.usage
    return StageSpent(
        stage=outcome.stage or outcome.agent,
        models=tuple(_models(outcome)),
        calls=bill.calls,
        tokens_in=usage.input + usage.cache_read + usage.cache_write,
        tokens_out=usage.output,
        tokens_cached=usage.cache_read,
        milliseconds=round(bill.seconds * 1000),
        usd=f"{bill.usd:f}",
        unpriced=bill.unpriced,
        estimated=usage.estimated,
        stopped=(outcome.stopped or "")[:MAX_WORDS],
    )
