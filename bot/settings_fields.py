"""The kinds of values that settings may have: each checked, each error naming what was expected."""

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,20}", re.ASCII)
MIN_AUDIT_KEY = 32
MIN_TOKEN = 24


class LogFormat(StrEnum):
    """How log lines look."""

    JSON = "json"
    CONSOLE = "console"


class TeamChoice(StrEnum):
    """Who finds causes: models where a key is set, or the rules alone."""

    AUTO = "auto"
    RULES = "rules"


class LogLevel(StrEnum):
    """The least important level that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _words(raw: object) -> object:
    return tuple(word.strip() for word in raw.split(",") if word.strip()) if isinstance(raw, str) else raw


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


def _bot_token(value: SecretStr) -> SecretStr:
    return _starting(value, "xoxb-", "a bot token that starts with xoxb-")


def _app_token(value: SecretStr) -> SecretStr:
    return _starting(value, "xapp-", "an app-level token that starts with xapp-")


def _starting(value: SecretStr, prefix: str, expected: str) -> SecretStr:
    if not value.get_secret_value().startswith(prefix):
        raise ValueError(f"expected {expected}, found something else")
    return value


def _slashed_url(value: str) -> str:
    return _http_url(value).rstrip("/") + "/"


def _plain_url(value: str) -> str:
    return _http_url(value).rstrip("/")


def _http_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#@]*)?", value):
        raise ValueError("expected a URL as http(s)://host[:port][/path], without credentials or query")
    return value


def _model(value: str) -> str:
    if not re.fullmatch(r"[a-z]+:[^\s:]\S*", value):
        raise ValueError("expected provider:model, as anthropic:claude-sonnet-4-6")
    return value


def _store_url(value: SecretStr) -> SecretStr:
    if re.match(r"(rediss?|unix)://.", value.get_secret_value()):
        return value
    raise ValueError("expected a URL that starts with redis://, rediss:// or unix://")


def _audit_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MIN_AUDIT_KEY:
        raise ValueError(f"expected at least {MIN_AUDIT_KEY} characters")
    return value


def _channels(value: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [word for word in value if not CHANNEL.fullmatch(word)]
    if wrong:
        raise ValueError(f"expected channel ids such as C0ALERTS, separated by commas, not {wrong[0]!a:.40}")
    return value


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("expected a directory that exists")
    return value.resolve()


def _program(value: Path) -> Path:
    if not os.access(value, os.X_OK):
        raise ValueError("expected a program that may be run")
    return value


def _intake_token(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MIN_TOKEN:
        raise ValueError(f"expected at least {MIN_TOKEN} characters, as `openssl rand -hex 24` gives")
    return value


def _channel(value: str) -> str:
    if not CHANNEL.fullmatch(value):
        raise ValueError("expected a channel id such as C0ALERTS")
    return value


BotToken = Annotated[SecretStr, AfterValidator(_bot_token)]
AppToken = Annotated[SecretStr, AfterValidator(_app_token)]
SlashedUrl = Annotated[str, AfterValidator(_slashed_url)]
PlainUrl = Annotated[str, AfterValidator(_plain_url)]
ModelName = Annotated[str, AfterValidator(_model)]
StoreUrl = Annotated[SecretStr, AfterValidator(_store_url)]
AuditKey = Annotated[SecretStr, AfterValidator(_audit_key)]
Channels = Annotated[Words, AfterValidator(_channels)]
Folder = Annotated[Path, AfterValidator(_folder)]
Program = Annotated[Path, AfterValidator(_program)]
IntakeToken = Annotated[SecretStr, AfterValidator(_intake_token)]
Channel = Annotated[str, AfterValidator(_channel)]
