"""A house whose team are models with scripts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agents.model import Ask, Model
from agents.pace import Pace
from agents.providers.scripted import Line, Script, ScriptedModel, answers, in_turn, told
from agents.roster_files import SHIPPED
from bot.adapters.rules_team import RulesTeam
from bot.adapters.team import ModelTeam
from bot.adapters.team_crew import Crews, Files
from bot.adapters.team_ledger import Books, MemoryBooks
from bot.adapters.team_tools import Reach
from tests.fakes.content import PROCESS
from tests.fakes.house import QUOTE, House, house
from tests.fakes.paces import JumpingPace


class KilledError(Exception):
    """The worker dies here."""


STAGES = ("log_analyst", "diagnostician", "remediator", "ops_manager", "communicator")
Lines = Mapping[str, Sequence[Line] | Script]


@dataclass(slots=True)
class Cast:
    """Scripted models by the name of their agent."""

    scripts: Lines
    latency: float = 0.0
    pace: Pace = field(default_factory=JumpingPace)
    models: dict[str, ScriptedModel] = field(default_factory=dict[str, ScriptedModel])

    def connect(self, names: Iterable[str]) -> Mapping[str, Model]:
        """Models for these names; one without a script has nothing to say."""
        made: dict[str, Model] = {}
        for name in names:
            agent = name.partition(":")[2]
            script = self.scripts.get(agent, ())
            lines = script if callable(script) else in_turn(script)
            self.models[agent] = self.models.get(agent) or ScriptedModel(
                agent, lines, self.latency, self.pace
            )
            made[name] = self.models[agent]
        return made

    def asked(self, agent: str) -> list[Ask]:
        """What a model was asked."""
        return self.models[agent].asked

    @property
    def calls(self) -> int:
        """How often any was asked."""
        return sum(len(model.asked) for model in self.models.values())


def environment(*agents: str) -> dict[str, str]:
    """Each agent with the scripted model of its own name."""
    return {f"GREENLIGHT_MODEL_{name.upper()}": f"scripted:{name}" for name in agents or STAGES} | {
        "GREENLIGHT_MODEL": "scripted:others"
    }


def model_team(
    home: House, cast: Cast, *, books: Books | None = None, folders: tuple[Path, ...] = ()
) -> ModelTeam:
    """The shipped roster over scripted models, in this house."""
    files = Files((SHIPPED, *folders), None, environment())
    crews = Crews(files, {}, cast.pace, cast.connect)
    reach = Reach(home.eyes, home.content, home.clock, lambda text: text)
    return ModelTeam(crews, RulesTeam(home.content), reach, books or MemoryBooks())


def modelled(cast: Cast, books: Books | None = None, folders: tuple[Path, ...] = ()) -> House:
    """A house with such a team."""
    home = house()
    team = model_team(home, cast, books=books, folders=folders)
    home.ports = replace(home.ports, team=team, speaker=team)
    return home


ID = re.compile(r"evidence (ev-\d+): (\w+)")


def ids(ask: Ask) -> dict[str, str]:
    """The evidence that a model was shown, by its kind."""
    return {kind: known for known, kind in ID.findall(told(ask))}


def analyst(ask: Ask) -> Any:
    """What the logs of the house show."""
    logs = ids(ask)["logs"]
    return answers(
        {"summary": "pool", "findings": [{"statement": "it times out", "evidence": [logs], "quote": QUOTE}]}
    )


def doctor(ask: Ask) -> Any:
    """The cause that the house has."""
    seen = ids(ask)
    pool = {"value": "20", "query": "pool_in_use"}
    return answers(
        {
            "verdict": "cause",
            "cause": "the deploy of 42 leaks connections until checkout's pool is exhausted",
            "mode": "db-pool-exhaustion",
            "confidence": "high",
            "claims": [
                {"statement": "the pool times out", "evidence": [seen["logs"]], "quote": QUOTE},
                {
                    "statement": "20 connections are in use",
                    "evidence": [seen["metrics"]],
                    "numbers": [pool],
                },
            ],
        }
    )


def remediator(_: Ask) -> Any:
    """Two ways that help."""
    raise_it = {"action": "increase_pool_size", "target": PROCESS, "parameters": {"pool_size": 50}}
    back = {"action": "rollback_deployment", "target": PROCESS, "parameters": {"version": "41"}}
    return answers(
        {
            "options": [
                {"title": "Raise the pool", "why": "It is too small for the load.", "steps": [raise_it]},
                {"title": "Roll back", "why": "42 leaks.", "steps": [back]},
            ]
        }
    )


ROAD: Lines = {"log_analyst": analyst, "diagnostician": doctor, "remediator": remediator}


async def proposed(home: House) -> Any:
    """The incident after an alert and all that thinking does."""
    incident = await home.fires()
    await home.work()
    return await home.incident(incident)
