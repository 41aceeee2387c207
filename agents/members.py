"""The roster as it was loaded: members, skills, memory, prices, and the hashes of all files behind them."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.cost import Prices
from agents.desk import Phrases
from agents.limits import Limits
from agents.memory import written
from agents.model import Effort
from agents.skills import LOAD_SKILL, Skill


@dataclass(frozen=True, slots=True)
class Member:
    """One agent of the roster."""

    name: str
    description: str
    models: tuple[str, ...]
    prompt: str
    tools: tuple[str, ...]
    skills: tuple[str, ...]
    inline_skills: tuple[str, ...]
    stage: str
    answer: str
    limits: Limits
    effort: Effort | None
    max_tokens: int

    @property
    def line(self) -> str:
        """What the manager reads."""
        return f"- {self.name}: {' '.join(self.description.split())}"


@dataclass(frozen=True, slots=True)
class Roster:
    """A whole team as its files describe it."""

    members: Mapping[str, Member]
    orchestration: str
    manager: str
    incident_limits: Limits
    day_limits: Limits
    skills: Mapping[str, Skill]
    memory: str
    phrases: Phrases
    prices: Prices
    digests: Mapping[str, str]

    def models(self) -> tuple[str, ...]:
        """All models that any member names."""
        return tuple(sorted({model for member in self.members.values() for model in member.models}))

    def of_stage(self, stage: str) -> tuple[Member, ...]:
        """The members of a stage, in the order of the file."""
        return tuple(member for member in self.members.values() if member.stage == stage)

    def stages(self) -> tuple[str, ...]:
        """All stages, in the order of the file."""
        return tuple(dict.fromkeys(member.stage for member in self.members.values() if member.stage))

    def unpriced(self) -> tuple[str, ...]:
        """The models whose price is unknown, so that no limit in dollars can see them."""
        return tuple(name for name in self.models() if self.prices.known.get(name) is None)

    def system(self, member: Member, memory: str) -> str:
        """The stable part of a member's prompt: house rules, role, memory, skills."""
        told = written(memory)
        parts = [self.phrases.house, member.prompt, *([f"# AGENTS.md\n\n{told}"] if told else [])]
        on_demand = [self.skills[name].line for name in member.skills]
        if on_demand:
            parts.append("\n".join([f"# Skills (read one with `{LOAD_SKILL}`)\n", *on_demand]))
        if member.name == self.manager:
            others = [other.line for other in self.members.values() if other.name != member.name]
            parts.append("\n".join(["# Your team (give work with `task`)\n", *others]))
        parts += [f"# Procedure: {name}\n\n{self.skills[name].body}" for name in member.inline_skills]
        return "\n\n".join(part.strip() for part in parts)
