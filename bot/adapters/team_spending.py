"""What a run of a team used and met, as the incident records it."""

from collections.abc import Callable, Iterable, Mapping

from agents.desk import Outcome
from agents.errors import (
    BadArgumentsError,
    Failure,
    UnknownAgentError,
    UnknownSkillError,
    UnknownToolError,
)
from agents.messages import Results
from agents.team import TeamRun
from agents.transcript import Called
from bot.domain.events import TeamWorked
from bot.domain.spending import StageSpent

MAX_TRIED = 8
MAX_WORDS = 160
MAX_REFUSED = 4
NOTHING_DONE = " (nothing was done)"
OF_NAMES = tuple(
    (kind.__doc__ or "").rstrip(".")
    for kind in (UnknownToolError, UnknownAgentError, UnknownSkillError, BadArgumentsError)
)
"""How refusals of what an agent was not given begin; a look that failed or was repeated is none."""

NO_KEY = "no API key is set for its provider"


def worked_of(
    task: str, run: TeamRun, digests: tuple[tuple[str, str], ...], clean: Callable[[str], str]
) -> TeamWorked:
    """The event of a run: its stages, who was asked in vain, the hashes of the files behind it."""
    tried = dict.fromkeys(clean(str(one))[:MAX_WORDS] for one in _failures(run.outcomes))
    stages = tuple(_spent(one, clean) for one in run.outcomes)
    return TeamWorked(task, stages, tuple(tried)[:MAX_TRIED], digests)


def models_of(run: TeamRun) -> tuple[str, ...]:
    """The models that answered."""
    return tuple(dict.fromkeys(model for outcome in run.outcomes for model in _models(outcome)))


def notes_of(run: TeamRun) -> tuple[str, ...]:
    """What a reader should know of a run: who did not answer, who was stopped by what, who was refused.

    A model without a key was never meant to answer; it is told of only where nobody else did.
    """
    failed = [one for one in _failures(run.outcomes) if one.detail != NO_KEY]
    vain = [f"{one.model} did not answer ({one.kind})" for one in failed]
    stopped = [f"{one.agent} was stopped: {one.stopped}"[:MAX_WORDS] for one in run.outcomes if one.stopped]
    refused = [f"{one.agent} asked in vain: {said}" for one in run.outcomes for said in _refused(one)]
    return tuple(dict.fromkeys((*stopped, *vain, *refused)))


def tried_of(failures: Iterable[Failure]) -> str:
    """Who was asked, each with its reason."""
    return "; ".join(dict.fromkeys(str(one)[:MAX_WORDS] for one in failures))


def _failures(outcomes: Iterable[Outcome]) -> tuple[Failure, ...]:
    return tuple(one for outcome in outcomes for one in (*outcome.tried, *outcome.unavailable))


def _refused(outcome: Outcome) -> tuple[str, ...]:
    """The calls that named a tool, an agent, a skill, a service or a value that there is not."""
    texts = (
        result.text.removesuffix(NOTHING_DONE)
        for entry in outcome.transcript
        if isinstance(entry, Results)
        for result in entry.results
        if result.refused and result.text.startswith(OF_NAMES)
    )
    return tuple(dict.fromkeys(" ".join(text.split())[:MAX_WORDS] for text in texts))[:MAX_REFUSED]


def _models(outcome: Outcome) -> Mapping[str, None]:
    return dict.fromkeys(entry.model for entry in outcome.transcript if isinstance(entry, Called))


def _spent(outcome: Outcome, clean: Callable[[str], str]) -> StageSpent:
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
        refused=tuple(clean(said) for said in _refused(outcome)),
    )
