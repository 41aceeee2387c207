"""Models are asked in order; one that failed rests for a while before it is asked again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import final

from agents.errors import Failure, ModelFailedError, ModelUnavailableError
from agents.messages import Reply
from agents.model import Ask, Listener, Model, StartedAgain
from agents.pace import Pace

REST_SECONDS = 60.0
# While others can still be asked, one model may use no more than this share of the time that is left.
SHARE = 0.5


@final
@dataclass(slots=True)
class Switchboard:
    """Asks the first model that is well; shared by a team, so that a dead server is waited for only once."""

    pace: Pace
    rest_seconds: float = REST_SECONDS
    resting: dict[str, float] = field(default_factory=dict[str, float])

    async def ask(
        self, models: Sequence[Model], ask: Ask, listener: Listener | None = None
    ) -> tuple[Reply, tuple[Failure, ...]]:
        """The first reply, and who was tried in vain before; raises ModelUnavailableError."""
        tried: list[Failure] = []
        until = self.pace.now() + ask.seconds
        order = self._order(models)
        for place, model in enumerate(order):
            left = (until - self.pace.now()) * (SHARE if place < len(order) - 1 else 1.0)
            if left <= 0:
                tried.append(Failure(model.name, "NotAsked", "no time was left"))
                continue
            began = self.pace.now()
            try:
                reply = await model.reply(replace(ask, seconds=left), listener)
            except ModelFailedError as error:
                tried.append(Failure(model.name, type(error).__name__, error.detail[:200]))
                self.resting[model.name] = self.pace.now() + self.rest_seconds
                if listener is not None:
                    await listener(StartedAgain())
                continue
            self.resting.pop(model.name, None)
            return replace(reply, seconds=self.pace.now() - began), tuple(tried)
        raise ModelUnavailableError(tuple(tried))

    def _order(self, models: Sequence[Model]) -> list[Model]:
        """The rested ones first, each group in the order of the roster."""
        now = self.pace.now()
        return sorted(models, key=lambda model: self.resting.get(model.name, 0.0) > now)
