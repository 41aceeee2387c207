"""A desk, agents and tools for tests of the harness."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.choice import Switchboard
from agents.cost import Price, Prices
from agents.desk import Agent, Budget, Desk, Phrases
from agents.fence import Fence
from agents.journal import Journal, Ledger, MemoryJournal, MemoryLedger
from agents.load import Known
from agents.model import Model
from agents.pace import Pace
from agents.providers.scripted import Line, ScriptedModel, in_turn
from agents.tools import Toolbox, tool_from
from tests.fakes.paces import JumpingPace

PHRASES = Phrases("HOUSE RULES", "ANSWER NOW", "REPAIR: {reason}")
PRICES = Prices({"scripted:dear": Price(Decimal(10_000), Decimal(10_000)), "scripted:unpriced": None})


class Verdict(BaseModel):
    """A typed answer as a team might register it."""

    model_config = ConfigDict(extra="forbid")
    cause: str = Field(min_length=3)
    confidence: Literal["high", "medium", "low"]


async def fetch_logs(service: str, minutes: int = 30) -> str:
    """Log lines of a service."""
    return f"{minutes} min of {service}: pool exhausted"


async def query_metrics(service: str, metric: Literal["cpu", "memory"]) -> str:
    """One metric of a service."""
    return f"{metric} of {service}: 45%"


TOOLS = Toolbox.of((tool_from(fetch_logs), tool_from(query_metrics)))


def scripted(
    *lines: Line, name: str = "one", pace: Pace | None = None, latency: float = 0.0
) -> ScriptedModel:
    """A model that says these lines one after the other."""
    return ScriptedModel(name, in_turn(lines), latency, pace or JumpingPace())


def agent(*models: Model, **changes: Any) -> Agent:
    """An agent with the log and metric tools."""
    given: dict[str, Any] = {"name": "analyst", "system": "You look.", "toolbox": TOOLS, **changes}
    return Agent(models=models, **given)


def desk(
    pace: Pace | None = None,
    journal: Journal | None = None,
    ledger: Ledger | None = None,
    budgets: tuple[Budget, ...] = (),
) -> Desk:
    """A desk in memory."""
    return Desk(
        Switchboard(pace or JumpingPace()),
        PRICES,
        journal or MemoryJournal(),
        ledger or MemoryLedger(),
        Fence("00ff"),
        PHRASES,
        budgets,
    )


KNOWN = Known(
    frozenset(
        {
            "fetch_logs",
            "query_metrics",
            "recent_changes",
            "service_state",
            "read_runbook",
            "recall_incident",
            "execute_remediation",
            "propose_memory_edit",
            "offer_plan",
        }
    ),
    frozenset({"findings", "diagnosis", "remediation"}),
    frozenset({"log_analysis", "diagnosis", "remediation"}),
    frozenset({"anthropic", "openai", "scripted"}),
    frozenset({"scripted"}),
)
