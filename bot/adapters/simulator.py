"""The executor that changes nothing and says so; the default where no real one is configured."""

from bot.domain.plan import Step
from bot.ports.world import Done

MARK = "[SIMULATED]"
SIMULATOR = "simulator"


def simulated(step: Step) -> Done:
    """What a real executor would have been asked to do."""
    parameters = ", ".join(f"{name}={value}" for name, value in step.parameters)
    return Done(ok=True, detail=f"{MARK} {step.action}({parameters}) on {step.target}: nothing was changed.")
