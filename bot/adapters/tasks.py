"""One approved step with all that an executor needs to know of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.action import Action, Value
from bot.domain.errors import ExecutorRefusedError
from bot.domain.ids import At
from bot.domain.plan import Step
from bot.domain.service import Service, Target
from bot.ports.world import Done

WHO = "greenlight"


@dataclass(frozen=True, slots=True)
class Task:
    """One approved step with what the inventory and the catalogue say of it, and its idempotency key."""

    step: Step
    action: Action
    service: Service
    target: Target
    key: str
    now: At

    @property
    def procedure(self) -> str:
        """What the target calls the procedure that the action names; empty where it has none."""
        named = self.action.setting("procedure")
        return self.target.setting(f"procedure.{named}") if named else ""

    @property
    def only_parameter(self) -> Value | None:
        """The value of the step's parameter, where it has exactly one."""
        return self.step.parameters[0][1] if len(self.step.parameters) == 1 else None


Executor = Callable[[Task], Awaitable[Done]]


def not_configured(task: Task, what: str) -> Done:
    """A failure before anything was done: the target lacks settings."""
    return Done(
        ok=False, detail=f"{task.target.id} is not configured for {task.action.how}: it needs {what}."
    )


def refused(why: str) -> ExecutorRefusedError:
    """A value that is not as approved: the step is not run."""
    return ExecutorRefusedError("BAD_PARAMETER", f"{why} Nothing was sent.")
