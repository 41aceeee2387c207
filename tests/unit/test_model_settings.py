"""Keys of models: who holds them, what turns models on, what the demo lets through."""

import os
from pathlib import Path

import pytest

from bot.commands.fleet import PARTS, Fleet
from bot.settings import Settings, TeamChoice, load, of_models, unknown_names

KEYS = {"ANTHROPIC_API_KEY": "sk-ant-xyz-123456", "OPENAI_API_KEY": "sk-abc-123456"}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*os.environ,):
        if name.startswith(("GREENLIGHT_", "SLACK_", "ANTHROPIC_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def loaded() -> Settings:
    found = load()
    assert isinstance(found, Settings)
    return found


def test_without_a_key_there_are_no_models() -> None:
    assert not loaded().models_wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [*KEYS.items(), ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"), ("GREENLIGHT_MODEL", "openai:gpt-5")],
)
def test_a_key_an_address_or_a_named_model_turns_them_on(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert loaded().models_wanted
    monkeypatch.setenv("GREENLIGHT_TEAM", "rules")
    assert loaded().team is TeamChoice.RULES
    assert not loaded().models_wanted


def test_keys_are_secrets_and_are_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    found = loaded()
    assert set(KEYS.values()) <= set(found.secrets())
    assert not any(value in repr(found) for value in KEYS.values())


def test_only_think_is_given_the_keys_of_models() -> None:
    fleet = Fleet({**KEYS, "SLACK_BOT_TOKEN": "x", "PATH": "/bin"})
    given = {part.name: fleet.environment_of(part) for part in PARTS}
    assert {name for name, names in given.items() if any(names.get(key) for key in KEYS)} == {"think"}


def test_what_says_which_models_are_used_passes_into_the_demo_and_is_no_typing_mistake() -> None:
    ours = {**KEYS, "GREENLIGHT_MODEL": "openai:x", "GREENLIGHT_MODEL_LOG_ANALYST": "openai:y"}
    assert of_models({**ours, "GREENLIGHT_HOME": "/x", "SLACK_BOT_TOKEN": "x"}) == ours
    assert unknown_names(ours) == ()
