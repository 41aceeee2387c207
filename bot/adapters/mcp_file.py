"""`mcp.yaml`: which MCP servers the team may ask, and which of their tools, by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.adapters.yaml_door import Document, load
from bot.domain.errors import ContentError

NAME = r"^[a-z][a-z0-9-]{0,20}$"
TOOL = r"^[A-Za-z0-9_-]{1,36}$"
"""Makers of models allow 64 such characters for a tool's whole name."""

REFERENCE = "env:"
ONE_OF = "expected either command, a list of words, or url"


class ServerEntry(BaseModel):
    """One server as it is written; `environment` is all of ours that it is given besides PATH and HOME."""

    model_config = ConfigDict(extra="forbid")
    command: list[Annotated[str, Field(min_length=1, max_length=400)]] = Field([], max_length=40)
    url: str = Field("", pattern=r"^(https?://[^\s]{1,400})?$")
    token: str = Field("", pattern=r"^(env:[A-Z][A-Z0-9_]{0,60})?$")
    environment: dict[str, str] = {}
    tools: list[Annotated[str, Field(pattern=TOOL)]] = Field(min_length=1, max_length=20)
    seconds: int = Field(20, ge=1, le=120)
    tokens: int = Field(2_000, ge=100, le=20_000)
    schema_bytes: int = Field(8_000, ge=200, le=100_000)


class ServersFile(BaseModel):
    """All of mcp.yaml."""

    model_config = ConfigDict(extra="forbid")
    servers: dict[Annotated[str, Field(pattern=NAME)], ServerEntry] = Field(min_length=1, max_length=10)


@dataclass(frozen=True, slots=True)
class Declared:
    """One server as it is declared, with its environment and token resolved; `where` names the file."""

    name: str
    command: tuple[str, ...]
    url: str
    token: str
    environment: Mapping[str, str]
    tools: tuple[str, ...]
    seconds: int
    tokens: int
    schema_bytes: int
    where: str

    def tool_name(self, tool: str) -> str:
        """How an agent calls it, as `mcp.prometheus.execute_query`."""
        return f"mcp.{self.name}.{tool}"

    @property
    def tool_names(self) -> tuple[str, ...]:
        """How an agent calls each of them."""
        return tuple(self.tool_name(tool) for tool in self.tools)


def read_servers(path: Path, environment: Mapping[str, str]) -> tuple[Declared, ...]:
    """The servers of this file, none where there is no file; raises ContentError by file, line and key."""
    if not path.is_file():
        return ()
    document = load(path.read_bytes(), str(path))
    try:
        entries = ServersFile.model_validate(document.value).servers
    except ValidationError as error:
        raise ContentError(_mistakes(error, document)) from error
    problems: list[str] = []
    found = [_declared(name, one, document, environment, problems) for name, one in entries.items()]
    if problems:
        raise ContentError(tuple(problems))
    return tuple(found)


def _declared(
    name: str, entry: ServerEntry, document: Document, environment: Mapping[str, str], problems: list[str]
) -> Declared:
    where = f"{document.where(('servers', name))}: servers.{name}"
    if bool(entry.command) == bool(entry.url):
        problems.append(f"{where}: {ONE_OF}")
    given = {
        key: _resolved(value, environment, f"{where}.environment.{key}", problems)
        for key, value in entry.environment.items()
    }
    token = _resolved(entry.token, environment, f"{where}.token", problems)
    return Declared(
        name,
        tuple(entry.command),
        entry.url,
        token,
        given,
        tuple(dict.fromkeys(entry.tools)),
        entry.seconds,
        entry.tokens,
        entry.schema_bytes,
        where,
    )


def _resolved(value: str, environment: Mapping[str, str], where: str, problems: list[str]) -> str:
    if not value.startswith(REFERENCE):
        return value
    name = value.removeprefix(REFERENCE)
    if not environment.get(name):
        problems.append(f"{where}: expected the environment to have {name}")
    return environment.get(name, "")


def _mistakes(error: ValidationError, document: Document) -> tuple[str, ...]:
    return tuple(
        f"{document.where(tuple(mistake['loc']))}: {'.'.join(map(str, mistake['loc'])) or 'file'}: "
        f"{re.sub(r'^Value error, ', '', mistake['msg'])}"
        for mistake in error.errors(include_url=False, include_input=False, include_context=False)
    )
