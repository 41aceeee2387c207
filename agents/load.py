"""Loading a roster: everything that is wrong is said at once, by file, agent, key and what would be valid."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import final

from pydantic import ValidationError

from agents.answers import ANSWER, TEXT
from agents.cost import Price, Prices
from agents.desk import Phrases
from agents.errors import ConfigurationError
from agents.limits import Limits, parse_limits
from agents.members import Member, Roster
from agents.roster_files import SHIPPED, RosterFiles, read_files
from agents.skills import LOAD_SKILL, Skill, read_skill
from agents.team_file import (
    AGENT_NAME,
    KEYS,
    PRICE_KEYS,
    AgentEntry,
    Layers,
    ModelsEntry,
    TeamEntry,
    hint,
    layered,
    mistakes,
)
from agents.yaml_door import read_yaml

TASK = "task"
RESERVED = (ANSWER, LOAD_SKILL, TASK)
MODEL = re.compile(r"([a-z]+):([^\s:][^\s]{0,120})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """What a roster may name: the tools, answers and stages of the house, and the providers.

    `open_providers` serve models that no list knows, as a server of one's own does.
    """

    tools: frozenset[str]
    answers: frozenset[str]
    stages: frozenset[str]
    providers: frozenset[str]
    open_providers: frozenset[str] = field(default_factory=frozenset[str])


def load_roster(
    known: Known,
    folders: Iterable[Path] = (SHIPPED,),
    environment: Mapping[str, str] | None = None,
    variable: str = "AGENTS_MODEL",
) -> Roster:
    """Read a roster from folders, the later over the earlier; raises ConfigurationError with all mistakes."""
    return roster_of(read_files(folders), known, environment, variable)


def roster_of(
    files: RosterFiles,
    known: Known,
    environment: Mapping[str, str] | None = None,
    variable: str = "AGENTS_MODEL",
) -> Roster:
    """The roster that these files describe; raises ConfigurationError with all mistakes.

    The variable overrides the model of all agents, with `_<AGENT>` behind it that of one, as
    `AGENTS_MODEL_LOG_ANALYST=openai:gpt-5-mini`.
    """
    loader = _Loader(files, known, list(files.problems))
    roster = loader.roster(dict(environment or {}), variable)
    if loader.problems or roster is None:
        raise ConfigurationError(loader.problems)
    return roster


@final
@dataclass(slots=True)
class _Loader:
    files: RosterFiles
    known: Known
    problems: list[str]
    layers: Layers = field(default_factory=lambda: Layers({}, {}))
    skills: dict[str, Skill] = field(default_factory=dict[str, Skill])

    def roster(self, environment: Mapping[str, str], variable: str) -> Roster | None:
        self.problems += [
            f"the tool {name} is reserved" for name in sorted(self.known.tools) if name in RESERVED
        ]
        prices = self._prices()
        self.skills = self._skills()
        phrases = Phrases(*(self._harness(name) for name in ("house", "last", "repair")))
        self.layers = self._layers("team.yaml", depth=2)
        try:
            entry = TeamEntry.model_validate(self.layers.value)
        except ValidationError as error:
            self.problems += mistakes(error, self.layers, KEYS)
            return None
        overrides = self._overrides(environment, variable, tuple(entry.agents))
        members = {name: self._member(name, agent, prices, overrides) for name, agent in entry.agents.items()}
        self._check_manager(entry)
        return Roster(
            members,
            entry.orchestration,
            entry.manager,
            self._limits(entry.budgets.incident, ("budgets", "incident")),
            self._limits(entry.budgets.day, ("budgets", "day")),
            self.skills,
            self.files.text("AGENTS.md") or "",
            phrases,
            prices,
            self.files.digests(),
        )

    def _layers(self, name: str, depth: int) -> Layers:
        stack = self.files.stacks.get(name, ())
        if not stack:
            self.problems.append(f"{name}: expected in one of the roster's folders")
        documents = [read_yaml(file.text, file.shown) for file in stack]
        self.problems += [problem for document in documents for problem in document.problems]
        return layered(documents, depth)

    def _prices(self) -> Prices:
        layers = self._layers("models.yaml", depth=1)
        try:
            entry = ModelsEntry.model_validate({"models": {}, **layers.value})
        except ValidationError as error:
            self.problems += mistakes(error, layers, PRICE_KEYS)
            return Prices({})
        return Prices(
            {
                name: None
                if price is None
                else Price(
                    Decimal(price.input),
                    Decimal(price.output),
                    None if price.cache_read is None else Decimal(price.cache_read),
                    None if price.cache_write is None else Decimal(price.cache_write),
                )
                for name, price in entry.models.items()
            },
            entry.checked,
        )

    def _skills(self) -> dict[str, Skill]:
        found: dict[str, Skill] = {}
        for path, stack in sorted(self.files.stacks.items()):
            if path.startswith("skills/"):
                folder = path.split("/")[1]
                skill = read_skill(stack[-1].text, stack[-1].shown, folder)
                if isinstance(skill, Skill):
                    found[folder] = skill
                else:
                    self.problems += skill
        return found

    def _harness(self, name: str) -> str:
        text = self.files.text(f"harness/{name}.md")
        if text is None:
            self.problems.append(f"harness/{name}.md: expected in one of the roster's folders")
        return (text or "").strip()

    def _overrides(
        self, environment: Mapping[str, str], variable: str, agents: tuple[str, ...]
    ) -> dict[str, str]:
        """The overriding model by agent; a variable that names no agent is a mistake."""
        prefix = f"{variable}_"
        found = dict.fromkeys(agents, environment[variable]) if environment.get(variable) else {}
        for name, model in environment.items():
            if not name.startswith(prefix) or not model:
                continue
            agent = name.removeprefix(prefix).lower()
            if agent not in agents:
                self.problems.append(f"environment: {name}: unknown agent {agent!r}{hint(agent, agents)}")
            found[agent] = model
        return found

    def _member(self, name: str, entry: AgentEntry, prices: Prices, overrides: Mapping[str, str]) -> Member:
        if not AGENT_NAME.fullmatch(name):
            self._wrong(name, "", "expected a name of lower-case letters, digits and _")
        self._names(name, "tools", entry.tools, self.known.tools)
        self._names(name, "skills", entry.skills, self.skills)
        self._names(name, "inline_skills", entry.inline_skills, self.skills)
        self._names(name, "answer", [entry.answer], {*self.known.answers, TEXT})
        self._names(name, "stage", [entry.stage] if entry.stage else [], self.known.stages)
        if name in overrides:
            self._model(f"environment: agent {name}", overrides[name], None)
        else:
            for model in entry.model:
                self._model(self._place(name, "model"), model, prices)
        return Member(
            name,
            entry.description,
            (overrides[name],) if name in overrides else tuple(entry.model),
            self._prompt(name, entry),
            tuple(entry.tools),
            tuple(entry.skills),
            tuple(entry.inline_skills),
            entry.stage,
            entry.answer,
            self._limits(entry.limits, ("agents", name, "limits")),
            entry.effort,
            entry.max_tokens,
        )

    def _place(self, agent: str, key: str) -> str:
        return f"{self.layers.where(('agents', agent, key))}: agent {agent}: {key}"

    def _wrong(self, agent: str, key: str, text: str) -> None:
        self.problems.append(f"{self._place(agent, key)}: {text}")

    def _names(self, agent: str, key: str, names: Iterable[str], valid: Iterable[str]) -> None:
        for name in names:
            if name not in valid:
                self._wrong(agent, key, f"unknown {key.removesuffix('s')} {name!r}{hint(name, valid)}")

    def _model(self, place: str, model: str, prices: Prices | None) -> None:
        match = MODEL.fullmatch(model)
        providers = self.known.providers
        if match is None:
            self.problems.append(f"{place}: expected provider:model, not {model!r}")
        elif match[1] not in providers:
            self.problems.append(f"{place}: unknown provider {match[1]!r}{hint(match[1], providers)}")
        elif prices is not None and match[1] not in self.known.open_providers and model not in prices.known:
            valid = [name for name in prices.known if name.startswith(f"{match[1]}:")]
            self.problems.append(
                f"{place}: unknown model {model!r}{hint(model, valid)}; others may be added to models.yaml"
            )

    def _prompt(self, name: str, entry: AgentEntry) -> str:
        if bool(entry.system_prompt) == bool(entry.system_prompt_file):
            self._wrong(name, "system_prompt", "expected either system_prompt or system_prompt_file")
            return ""
        if entry.system_prompt:
            return entry.system_prompt
        text = self.files.text(entry.system_prompt_file)
        if text is None:
            prompts = [path for path in self.files.stacks if path.startswith("prompts/")]
            self._names(name, "system_prompt_file", [entry.system_prompt_file], prompts)
        return text or ""

    def _limits(self, text: str, path: tuple[str, ...]) -> Limits:
        try:
            return parse_limits(text)
        except ConfigurationError as error:
            self.problems.append(f"{self.layers.where(path)}: {'.'.join(path)}: {error.problems[0]}")
            return Limits()

    def _check_manager(self, entry: TeamEntry) -> None:
        if entry.manager and entry.manager not in entry.agents:
            where = self.layers.where(("manager",))
            self.problems.append(
                f"{where}: manager: unknown agent {entry.manager!r}{hint(entry.manager, entry.agents)}"
            )
        if entry.orchestration == "manager" and not entry.manager:
            self.problems.append(
                f"{self.layers.where(('orchestration',))}: manager: expected an agent's name"
            )
