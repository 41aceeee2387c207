"""A dry run: what an executor says a step would change, bound to the plan and asked again before the step."""

from dataclasses import dataclass

from bot.domain.errors import PlanCode, PlanRefusedError

NO_DIFFERENCE = "no difference"
MAX_LINES = 40
MAX_LINE = 200


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the executor answered: the difference line by line, or the sentence with which it refused.

    The lines must be the same as long as the step would do the same: no times, no counters.
    """

    difference: tuple[str, ...] = ()
    refused: str = ""


def foretold(run: DryRun | None) -> tuple[str, ...]:
    """The lines that go into the plan, none where there is no dry run; raises PlanRefusedError (rule 7)."""
    if run is None:
        return ()
    if run.refused:
        raise PlanRefusedError(PlanCode.BAD_PARAMETER, f"The dry run was refused: {run.refused:.200}")
    lines = run.difference or (NO_DIFFERENCE,)
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise PlanRefusedError(PlanCode.BAD_PARAMETER, "The dry run's difference is not printable ASCII.")
    if len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines):
        raise PlanRefusedError(
            PlanCode.TOO_LARGE_TO_REVIEW,
            f"The dry run's difference is longer than {MAX_LINES} lines of {MAX_LINE} characters.",
        )
    return lines


def differs(approved: tuple[str, ...], again: DryRun | None) -> str:
    """Why the dry run before the step forbids it; empty where it does not.

    Where planning could make none (it may lack the credential), the executor's refusal still counts.
    """
    if again is not None and again.refused:
        return f"the dry run was refused: {again.refused}"
    if not approved:
        return ""
    if again is None:
        return "the dry run that was approved cannot be made again"
    now = again.difference or (NO_DIFFERENCE,)
    if now == approved:
        return ""
    news = tuple(f"now: {line}" for line in now if line not in approved)
    gone = tuple(f"no longer: {line}" for line in approved if line not in now)
    return "; ".join((*news, *gone)) or "the same lines in another order"
