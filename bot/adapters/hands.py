"""The gate in the executor: nothing runs but a claimed step of an approved plan, read from the store."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.adapters.executors import executor_for
from bot.adapters.simulator import SIMULATOR
from bot.adapters.tasks import Executor, Task
from bot.domain.apply import replay
from bot.domain.auto_apply import auto_refusal, auto_rule
from bot.domain.decision import Order, permitted
from bot.domain.errors import ALREADY_RUN, ExecutorRefusedError, SourceUnavailableError
from bot.domain.ids import Digest, IncidentId
from bot.domain.plan import Plan, Step, idempotency_key
from bot.domain.service import readdressed
from bot.ports.content import Content
from bot.ports.records import Loaded
from bot.ports.world import Clock, Done

Redact = Callable[[str], str]


class Records(Protocol):
    """Where the approved plans are read."""

    async def load(self, incident: IncidentId) -> Loaded:
        """All entries of an incident."""
        ...


class ApprovedHands:
    """Runs steps by order; parameters come from the stored plan, never from the caller (rule 21)."""

    def __init__(
        self,
        incidents: Records,
        content: Content,
        clock: Clock,
        redact: Redact,
        own: Mapping[str, Mapping[str, Executor]] | None = None,
    ) -> None:
        self._incidents = incidents
        self._content = content
        self._clock = clock
        self._redact = redact
        self._own = own or {}
        self._begun: set[tuple[Digest, int]] = set()

    async def perform(self, incident: IncidentId, order: Order) -> Done:
        """Run one claimed step once; raises ExecutorRefusedError, TimeoutError, SourceUnavailableError."""
        task, executor = self._task(order, *await self._approved(incident, order))
        # The store's fence keeps other processes out; this keeps out a second call in our own.
        if (order.digest, order.step) in self._begun:
            raise ExecutorRefusedError(ALREADY_RUN, "This step was begun before; it is never run again.")
        self._begun.add((order.digest, order.step))
        try:
            async with asyncio.timeout(task.step.timeout_seconds):
                done = await executor(task)
        except SourceUnavailableError as lost:
            raise SourceUnavailableError(self._redact(lost.message)) from lost
        return Done(done.ok, self._redact(done.detail))

    async def _approved(self, incident: IncidentId, order: Order) -> tuple[Plan, Step]:
        found = replay((await self._incidents.load(incident)).entries)
        step = permitted(found, order)
        if isinstance(step, str):
            raise ExecutorRefusedError("NOT_APPROVED", step)
        state = found.plan(order.digest) if found else None
        assert state is not None
        if state.auto is not None:
            self._still_automatic(state.plan, state.auto[1].rule)
        return state.plan, step

    def _still_automatic(self, plan: Plan, rule: str) -> None:
        """An approval by the policy counts only while this very policy still gives it (rule 13)."""
        policy = self._content.policy()
        environment = self._content.inventory().environment(plan.environment)
        why = auto_refusal(plan, policy.auto_apply, policy.sha256, environment)
        if why is not None or rule != auto_rule(plan):
            raise ExecutorRefusedError("NOT_APPROVED", f"The policy does not approve this: {why or rule}.")

    def _task(self, order: Order, plan: Plan, step: Step) -> tuple[Task, Executor]:
        catalogue, inventory = self._content.catalogue(), self._content.inventory()
        action = catalogue.action(step.action)
        if action is None or action.version != step.version or catalogue.sha256 != plan.catalogue:
            raise ExecutorRefusedError("CATALOGUE_CHANGED", "The catalogue is not the one of the approval.")
        service = inventory.owner_of(step.target)
        target = service.target(step.target) if service else None
        if service is None or target is None:
            raise ExecutorRefusedError("UNKNOWN_TARGET", f"{step.target} is not in the inventory any more.")
        moved = readdressed(target, step.address)
        if moved is not None:
            raise ExecutorRefusedError("ENVIRONMENT_MISMATCH", f"{moved}.")
        environment = inventory.environment(service.environment)
        found = (environment.id, environment.production) if environment else None
        if found != (plan.environment, plan.production):
            raise ExecutorRefusedError(
                "ENVIRONMENT_MISMATCH", f"{step.target} is not in {plan.environment} any more."
            )
        shown = SIMULATOR if action.how == "simulate" else target.executor
        own = self._own.get(step.executor, {}).get(action.how)
        executor = (own or executor_for(step, action)) if step.executor == shown else None
        if executor is None:
            raise ExecutorRefusedError("NO_EXECUTOR", f"{step.executor} cannot do {action.how}.")
        key = idempotency_key(order.digest, order.step)
        return Task(step, action, service, target, key, self._clock.now()), executor
