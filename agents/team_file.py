"""The shape of team.yaml, and how its values become those of the harness."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agents.errors import choices
from agents.model import Effort
from agents.yaml_door import Document, Value

DEFAULT_LIMITS = "turns(8) | tokens(60_000) | seconds(90) | usd(0.25)"
AGENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}", re.ASCII)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_as_list)]


class AgentEntry(BaseModel):
    """One agent as it is written."""

    model_config = ConfigDict(extra="forbid")
    description: str = Field(min_length=1, max_length=600)
    model: Annotated[Names, Field(min_length=1, max_length=6)]
    system_prompt: str = ""
    system_prompt_file: str = ""
    tools: Names = []
    skills: Names = []
    inline_skills: Names = []
    stage: str = ""
    answer: str = "text"
    limits: str = DEFAULT_LIMITS
    effort: Effort | None = None
    max_tokens: int = Field(4096, ge=256, le=64_000)


class BudgetsEntry(BaseModel):
    """The limits that several runs share."""

    model_config = ConfigDict(extra="forbid")
    incident: str = "tokens(300_000) | seconds(600) | usd(1.00)"
    day: str = "usd(20)"


class TeamEntry(BaseModel):
    """All of team.yaml."""

    model_config = ConfigDict(extra="forbid")
    orchestration: Literal["pipeline", "manager"] = "pipeline"
    manager: str = ""
    budgets: BudgetsEntry = Field(default_factory=BudgetsEntry)
    agents: dict[str, AgentEntry] = Field(min_length=1)


class PriceEntry(BaseModel):
    """US dollars per million tokens, as decimal numbers."""

    model_config = ConfigDict(extra="forbid")
    input: Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")]
    output: Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")]
    cache_read: Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")] | None = None
    cache_write: Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")] | None = None


class ModelsEntry(BaseModel):
    """All of models.yaml: each known model with its price, or nothing where the price is unknown.

    `checked`: the day on which somebody last compared the prices with the makers' lists.
    """

    model_config = ConfigDict(extra="forbid")
    checked: date | None = None
    models: dict[str, PriceEntry | None]


@dataclass(frozen=True, slots=True)
class Layers:
    """One YAML file in several folders: what a later one says replaces what an earlier one said."""

    value: dict[str, Value]
    origins: Mapping[tuple[str, ...], Document]

    def where(self, path: tuple[str | int, ...]) -> str:
        """File and line of the last document that says something about this path."""
        words = tuple(str(part) for part in path)
        for end in range(len(words), -1, -1):
            if words[:end] in self.origins:
                return self.origins[words[:end]].where(path)
        return "team.yaml"


def layered(documents: Iterable[Document], depth: int) -> Layers:
    """Put documents over one another, mapping by mapping down to this depth; an empty value removes a key."""
    value: dict[str, Value] = {}
    origins: dict[tuple[str, ...], Document] = {}
    for document in documents:
        origins[()] = document
        if isinstance(document.value, dict):
            _lay(value, document.value, (), origins, (document, depth))
    return Layers(value, origins)


def _lay(
    base: dict[str, Value],
    over: dict[str, Value],
    path: tuple[str, ...],
    origins: dict[tuple[str, ...], Document],
    source: tuple[Document, int],
) -> None:
    document, depth = source
    for key, value in over.items():
        origins[*path, key] = document
        below = base.get(key)
        if value is None and key in base:
            del base[key]
        elif isinstance(value, dict) and len(path) < depth:
            kept = below if isinstance(below, dict) else {}
            base[key] = kept
            _lay(kept, value, (*path, key), origins, source)
        else:
            base[key] = value


def mistakes(error: ValidationError, layers: Layers, shape: Mapping[str, Iterable[str]]) -> list[str]:
    """Validation errors as sentences that name file, line, key and what was expected."""
    found: list[str] = []
    for mistake in error.errors(include_url=False, include_input=False, include_context=False):
        path = mistake["loc"]
        words = [str(part) for part in path]
        key = ".".join(words) or "the file"
        if mistake["type"] == "extra_forbidden":
            valid = shape.get("" if len(words) == 1 else words[0], shape[""])
            found.append(f"{layers.where(path)}: {key}: unknown key{hint(words[-1], valid)}")
        else:
            found.append(f"{layers.where(path)}: {key}: {mistake['msg']}")
    return found


def hint(name: str, valid: Iterable[str]) -> str:
    """The valid names, and the one that was probably meant."""
    names = tuple(valid)
    near = difflib.get_close_matches(name, names, n=1)
    listed = choices(names)
    return f"; did you mean {near[0]}? Valid: {listed}" if near else f"; valid: {listed}"


PRICE_KEYS: Mapping[str, tuple[str, ...]] = {
    "": tuple(ModelsEntry.model_fields),
    "models": tuple(PriceEntry.model_fields),
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "": tuple(TeamEntry.model_fields),
    "agents": tuple(AgentEntry.model_fields),
    "budgets": tuple(BudgetsEntry.model_fields),
}
