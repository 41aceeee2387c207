"""The tree of everything that can go wrong by rule; a class's docstring is its default message."""

from enum import StrEnum


class PlanCode(StrEnum):
    """Why a plan is not shown to anybody (rule 17)."""

    UNKNOWN_ACTION = "UNKNOWN_ACTION"
    BAD_PARAMETER = "BAD_PARAMETER"
    UNKNOWN_TARGET = "UNKNOWN_TARGET"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    TOO_MANY_STEPS = "TOO_MANY_STEPS"
    BLAST_RADIUS = "BLAST_RADIUS"
    TOO_LARGE_TO_REVIEW = "TOO_LARGE_TO_REVIEW"
    SAME_STEPS = "SAME_STEPS"


class GreenlightError(Exception):
    """Something in Greenlight went wrong."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip()
        super().__init__(self.message)


class IllegalEventError(GreenlightError):
    """This event cannot follow what the incident already holds."""


class PlanRefusedError(GreenlightError):
    """The plan breaks a rule and is not shown to anybody."""

    def __init__(self, code: PlanCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class ConflictError(GreenlightError):
    """The incident has moved on since it was read."""


class ClaimRefusedError(GreenlightError):
    """Something that must hold across incidents does not allow these events."""

    def __init__(self, code: str, held_by: str = "", limit: str = "", until: int | None = None) -> None:
        super().__init__(f"{code}{f' (held by {held_by})' if held_by else f' ({limit})' if limit else ''}")
        self.code = code
        self.held_by = held_by
        self.limit = limit
        self.until = until


class FencedError(GreenlightError):
    """Another worker holds the lease of this incident now."""


class NotDurableError(GreenlightError):
    """The store took the events but could not confirm that they are on disk."""


class StoreUnavailableError(GreenlightError):
    """The store cannot be reached, or refuses to write."""


class UnknownIncidentError(GreenlightError):
    """There is no such incident."""


class ContentError(GreenlightError):
    """The content of a file is not what was expected."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SourceUnavailableError(GreenlightError):
    """A source of evidence did not answer, or answered with something unusable."""


ALREADY_RUN = "ALREADY_RUN"
"""The code of an executor that began this very step before."""


class ExecutorRefusedError(GreenlightError):
    """The executor was called without a consumed approval."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ModelUnavailableError(GreenlightError):
    """No model of the list gave a usable answer."""
