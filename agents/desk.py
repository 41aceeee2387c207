"""What a run works with: models' switchboard, budgets, journal, fence."""

from dataclasses import dataclass, field

from pydantic import BaseModel

from agents.choice import Switchboard
from agents.cost import Bill, Prices
from agents.errors import Failure
from agents.fence import Fence
from agents.journal import Charge, Journal, Kept, Ledger
from agents.limits import Limits, Spent, Standing
from agents.model import Effort, Listener, Model
from agents.tools import Toolbox
from agents.transcript import Entry


@dataclass(frozen=True, slots=True)
class Phrases:
    """The harness's own words to a model, from the roster's files."""

    house: str
    last: str
    repair: str


@dataclass(frozen=True, slots=True)
class Agent:
    """One member of the team, ready to run; `system` is the stable part of its prompt."""

    name: str
    system: str
    models: tuple[Model, ...]
    toolbox: Toolbox
    answer: type[BaseModel] | None = None
    limits: Limits = field(default_factory=Limits)
    effort: Effort | None = None
    max_tokens: int = 4096
    call_seconds: float = 90.0
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits on an account that several runs share, as in `incident:INC-7` or `day:2026-11-02`."""

    account: str
    limits: Limits


@dataclass(slots=True)
class Sheet:
    """The totals of a desk's accounts as the last settling left them; None where they have to be read."""

    totals: tuple[Spent, ...] | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a run needs besides its agent; `key` tells its calls in the journal from those of others."""

    switchboard: Switchboard
    prices: Prices
    journal: Journal
    ledger: Ledger
    fence: Fence
    phrases: Phrases
    budgets: tuple[Budget, ...] = ()
    listener: Listener | None = None
    cache_key: str = ""
    fresh: bool = False
    """Nothing was kept in the journal before this run began, so that there is nothing to recall."""

    sheet: Sheet = field(default_factory=Sheet)

    async def totals(self) -> tuple[Spent, ...]:
        """What stands on each shared account; read where something else has happened since the last call."""
        known = self.sheet.totals
        return await self.ledger.totals(self.accounts) if known is None else known

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that all runs at this desk share."""
        return tuple(budget.account for budget in self.budgets)

    def shared(self, totals: tuple[Spent, ...], standing: Standing) -> str | None:
        """The first shared limit that stands so, named with its account."""
        for budget, spent in zip(self.budgets, totals, strict=True):
            limit = budget.limits.reached(spent, standing)
            if limit is not None:
                return f"{limit} of {budget.account}"
        return None

    async def settle(self, spent: Spent, kept: Kept) -> bytes:
        """Keep a reply and charge for it to all shared accounts; the value that stands there now."""
        value, self.sheet.totals = await self.ledger.settle(Charge(self.accounts, spent), self.journal, kept)
        return value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a run: an answer or the reason why there is none, and all that happened.

    `stopped` names the limit or the fault that ended it early; an answer given within a last call counts.
    """

    agent: str
    stage: str
    answer: BaseModel | str | None
    said: str
    bill: Bill
    transcript: tuple[Entry, ...]
    stopped: str | None = None
    unavailable: tuple[Failure, ...] = ()
    tried: tuple[Failure, ...] = ()
    spent: Spent = field(default_factory=Spent)
