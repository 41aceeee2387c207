"""What the hammer puts into worker processes: a team that proposes three steps, and the deliberate mutant."""

from collections.abc import AsyncGenerator

from bot.domain.decision import Order
from bot.domain.events import Event, StepFinished
from bot.domain.finding import Claim, Confidence, Diagnosis, Option, ProposedStep, Remediation, Verdict
from bot.domain.ids import ActionId
from bot.domain.incident import Incident, Phase
from bot.flow.conductor import Move, Work
from bot.flow.table import table
from bot.ports.records import WorkerRole
from bot.ports.team import Case


class ThreeSteps:
    """Knows one cause and one remedy: restart the service's three programs, one after the other."""

    async def diagnose(self, case: Case) -> Diagnosis:
        looked = tuple(sighting.evidence.id for sighting in case.sightings if not sighting.evidence.failed)
        claim = Claim("the programs answer nothing", looked[:1])
        return Diagnosis(
            Verdict.CAUSE, "three programs hang", None, Confidence.MEDIUM, (claim,), team="hammer"
        )

    async def remedy(self, case: Case) -> Remediation:
        assert case.service is not None
        steps = tuple(ProposedStep(ActionId("restart"), target.id, ()) for target in case.service.targets)
        return Remediation((Option("Restart all three", steps, "They hang."),))


def rerunning(incident: Incident) -> Move | None:
    """The mutant: a step found begun and unfinished is run again, as a bare job queue would."""
    state = incident.current
    if incident.phase is Phase.EXECUTING and state is not None and state.unfinished is not None:
        return Move(_again, WorkerRole.ACT)
    return table(incident)


async def _again(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    state = incident.current
    assert state is not None
    index = state.unfinished
    assert index is not None
    fence = state.steps[index].fence
    assert fence is not None
    done = await work.ports.hands.perform(incident.id, Order(state.digest, index, fence))
    yield StepFinished(state.digest, index, done.ok, done.detail, ())
