"""What a process does not have: ports that refuse, so that each process can do only what its role allows."""

from bot.domain.decision import Order, Person
from bot.domain.errors import ExecutorRefusedError, ModelUnavailableError, SourceUnavailableError
from bot.domain.evidence import Change, Observation, Sighting
from bot.domain.finding import Diagnosis, Remediation
from bot.domain.ids import IncidentId, PersonId, TargetId
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import MetricSpec, Service
from bot.ports.team import Case
from bot.ports.world import Done, Probe, Window


class NoHands:
    """The hands of a process that may change nothing."""

    async def perform(self, incident: IncidentId, order: Order) -> Done:
        """Refuse."""
        raise ExecutorRefusedError("NOT_HERE", f"This process may not run step {order.step} of {incident}.")


class NoEyes:
    """The eyes of a process that holds no credentials to look with."""

    async def logs(self, service: Service, window: Window) -> Sighting:
        """Refuse."""
        raise SourceUnavailableError(f"This process does not look at {service.name} ({window.end}).")

    async def metrics(self, service: Service, window: Window) -> Sighting:
        """Refuse."""
        return await self.logs(service, window)

    async def changes(self, service: Service, window: Window) -> Sighting:
        """Refuse."""
        return await self.logs(service, window)

    async def sample(self, service: Service, metric: MetricSpec) -> str | None:
        """No answer."""
        del service, metric

    async def observe(self, service: Service, target: TargetId) -> Observation:
        """Refuse."""
        raise SourceUnavailableError(f"This process does not look at {target} of {service.name}.")

    async def recent_changes(self, service: Service, window: Window) -> tuple[Change, ...]:
        """Refuse."""
        raise SourceUnavailableError(f"This process does not look at {service.name} ({window.end}).")

    async def identity(self, service: Service, target: TargetId) -> str | None:
        """Refuse."""
        raise SourceUnavailableError(f"This process does not look at {target} of {service.name}.")

    async def dry_run(self, service: Service, step: Step) -> DryRun | None:
        """Refuse."""
        raise SourceUnavailableError(f"This process does not look at {step.target} of {service.name}.")

    async def probe(self, service: Service, step: Step, key: str) -> Probe | None:
        """No answer."""
        return Probe(None, f"This process does not look for {key} of {step.target} of {service.name}.")


class NoPeople:
    """The people of a process that has no Slack token: nobody is known, every channel counts as shared."""

    async def person(self, person: PersonId) -> Person | None:
        """Nobody."""
        del person

    async def shared(self, channel: str) -> bool:
        """Unknown counts as shared."""
        del channel
        return True


class NoTeam:
    """The team of a process that does not think."""

    async def diagnose(self, case: Case) -> Diagnosis:
        """Refuse."""
        raise ModelUnavailableError(f"This process does not diagnose ({case.incident}).")

    async def remedy(self, case: Case) -> Remediation:
        """Refuse."""
        raise ModelUnavailableError(f"This process does not plan ({case.incident}).")
