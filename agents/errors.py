"""Three families of errors: told to the model, ending a run, and mistakes in the configuration."""

from collections.abc import Iterable
from dataclasses import dataclass


class AgentsError(Exception):
    """Something went wrong in the team."""

    def __init__(self, detail: str = "") -> None:
        sentence = self.__doc__ or ""
        super().__init__(f"{sentence.rstrip('.')}: {detail}" if detail else sentence)
        self.detail = detail


class ToModelError(AgentsError):
    """The call was refused."""


class UnknownToolError(ToModelError):
    """There is no tool of this name."""


class BadArgumentsError(ToModelError):
    """The arguments do not fit the tool."""


class ToolFailedError(ToModelError):
    """The tool has no answer."""


class ToolTimedOutError(ToModelError):
    """The tool took too long."""


class RepeatedCallError(ToModelError):
    """The same call was made before."""


class UnknownAgentError(ToModelError):
    """There is no agent of this name."""


class UnknownSkillError(ToModelError):
    """There is no skill of this name."""


class RunError(AgentsError):
    """The run ended without an answer."""


class NoAnswerError(RunError):
    """A stage gave no answer."""


class ModelFailedError(RunError):
    """The model gave no usable reply."""

    transient = False


class OverloadedError(ModelFailedError):
    """The model's server is overloaded."""

    transient = True

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class RateLimitedError(OverloadedError):
    """The model's server limits our rate."""


class DisconnectedError(ModelFailedError):
    """The connection to the model's server broke."""

    transient = True


class TimedOutError(ModelFailedError):
    """The model did not answer in time."""

    transient = True


class CutShortError(ModelFailedError):
    """The model's reply ended before it was complete."""

    transient = True


class GarbledError(ModelFailedError):
    """The model's server sent something that is no reply."""

    transient = True


class RejectedError(ModelFailedError):
    """The model's server rejected the request."""


class DeclinedError(ModelFailedError):
    """The model declined to answer."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A model that was tried in vain, and why."""

    model: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.model}: {self.kind} ({self.detail})" if self.detail else f"{self.model}: {self.kind}"


class ModelUnavailableError(RunError):
    """No model could be reached."""

    def __init__(self, tried: tuple[Failure, ...]) -> None:
        super().__init__("; ".join(str(failure) for failure in tried))
        self.tried = tried


class ConfigurationError(AgentsError):
    """The team is not configured well."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def choices(names: Iterable[str]) -> str:
    """Names as a sentence lists them, in order; "none" where there are none."""
    return ", ".join(sorted(names)) or "none"
