import os
from pathlib import Path

import pytest

from bot import settings
from bot.commands.fleet import PARTS, SLACK_ONLY, Fleet
from bot.settings import LogFormat, Problem, Problems, Settings, load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*os.environ,):
        if name.startswith(("GREENLIGHT_", "SLACK_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def loaded() -> Settings:
    found = load()
    assert isinstance(found, Settings)
    return found


def problems(*, slack: bool = False) -> tuple[Problem, ...]:
    found = load(slack=slack)
    assert isinstance(found, Problems)
    return found.problems


def test_nothing_at_all_is_enough_to_start(tmp_path: Path) -> None:
    found = loaded()
    assert (found.home, found.redis_url, found.channels) == (tmp_path, None, ())
    assert found.slack_base_url == "https://slack.com/api/"
    assert found.data == tmp_path / ".greenlight"


def test_every_problem_is_told_at_once_with_its_name_and_never_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {
        "SLACK_BOT_TOKEN": "wrong-value-1",
        "SLACK_APP_TOKEN": "wrong-value-2",
        "GREENLIGHT_SLACK_BASE_URL": "ftp://wrong-value-3",
        "GREENLIGHT_HOME": "/nowhere/wrong-value-4",
        "GREENLIGHT_REDIS_URL": "wrong-value-5",
        "GREENLIGHT_VALKEY_BIN": "/nowhere/wrong-value-6",
        "GREENLIGHT_AUDIT_KEY": "wrong-value-7",
        "GREENLIGHT_PROMETHEUS_URL": "http://user:wrong-value-8@host",
        "GREENLIGHT_LOG_LEVEL": "wrong-value-9",
        "GREENLIGHT_LOG_FORMAT": "wrong-value-10",
        "GREENLIGHT_METRICS_PORT": "99999",
        "GREENLIGHT_CHANNELS": "C0ALERTS,#alerts",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    found = problems()
    assert {problem.name for problem in found} == set(values)
    assert "wrong-value" not in Problems(found).text()
    assert all(problem.expected for problem in found)


def test_both_slack_tokens_are_asked_for_where_slack_is_needed() -> None:
    assert [problem.name for problem in problems(slack=True)] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]


def test_missing_tokens_and_malformed_values_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "wrong")
    monkeypatch.setenv("GREENLIGHT_LOG_LEVEL", "loud")
    names = [problem.name for problem in problems(slack=True)]
    assert names == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "GREENLIGHT_LOG_LEVEL"]


@pytest.mark.parametrize("content", [b"\xff\xfe=1\n", b"# long\n" * 20_000])
def test_a_file_that_cannot_be_read_is_a_problem_and_not_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    assert [problem.name for problem in problems(slack=True)] == [".env"]


def test_the_file_in_the_home_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".env").write_text("GREENLIGHT_LOG_FORMAT=console\nGREENLIGHT_LOG_LEVEL=debug\nSHOP_KEY=a$b\n")
    monkeypatch.setenv("GREENLIGHT_HOME", str(home))
    monkeypatch.setenv("GREENLIGHT_LOG_LEVEL", "error")
    found = loaded()
    assert (found.home, found.log_format, found.log_level) == (home, LogFormat.CONSOLE, "error")
    names = settings.environment()
    assert (names["SHOP_KEY"], names["GREENLIGHT_LOG_LEVEL"]) == ("a$b", "error")


def test_an_empty_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_REDIS_URL", "")
    monkeypatch.setenv("GREENLIGHT_METRICS_PORT", "")
    assert (loaded().redis_url, loaded().metrics_port) == (None, 0)


def test_channels_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_CHANNELS", "C0ALERTS, C0OTHER,")
    assert loaded().channels == ("C0ALERTS", "C0OTHER")


def test_credentials_are_in_no_representation_and_known_to_the_redactor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-very-secret")
    monkeypatch.setenv("GREENLIGHT_REDIS_URL", "redis://:very-secret@host/0")
    found = loaded()
    assert "very-secret" not in repr(found) + str(found)
    assert set(found.secrets()) == {
        "xoxb-1-very-secret",
        "redis://:very-secret@host/0",
        "very-secret",
    }


def test_a_mistyped_name_is_found() -> None:
    assert settings.unknown_names({"GREENLIGHT_REDISURL": "x", "GREENLIGHT_HOME": "y", "OTHER": "z"}) == (
        "GREENLIGHT_REDISURL",
    )


def test_the_example_file_names_every_setting() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert text == settings.example()
    for field in Settings.model_fields:
        assert f"\n{settings.env_name(field)}=" in text


def test_the_example_file_is_itself_valid(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(settings.example(), encoding="utf-8")
    assert isinstance(load(), Settings)


def test_a_process_takes_no_token_from_the_file_that_was_withheld_from_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = ("SLACK_BOT_TOKEN=xoxb-1-abc", "GREENLIGHT_PAGERDUTY_TOKEN=key", "GREENLIGHT_CHANNELS=C0ALERTS")
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    assert loaded().slack_bot_token is not None
    monkeypatch.setenv("GREENLIGHT_WITHHELD", "GREENLIGHT_PAGERDUTY_TOKEN,SLACK_BOT_TOKEN")
    found = loaded()
    assert (found.slack_bot_token, found.pagerduty_token, found.channels) == (None, None, ("C0ALERTS",))
    assert "SLACK_BOT_TOKEN" not in settings.environment()
    assert settings.unknown_names(settings.environment()) == ()


def test_only_the_bot_process_is_given_slacks_tokens_and_the_key_of_the_rosters() -> None:
    tokens = dict.fromkeys(SLACK_ONLY, "secret")
    fleet = Fleet({**tokens, "DATABASE": "write", "OTHER": "x"}, act_only=("DATABASE",))
    given = {part.name: fleet.environment_of(part) for part in PARTS}
    assert {name for name, env in given.items() if tokens.items() <= env.items()} == {"bot"}
    assert [name for name, env in given.items() if "DATABASE" in env] == ["act"]
    assert {name: env["OTHER"] for name, env in given.items()} == {"bot": "x", "think": "x", "act": "x"}
    assert set(given["think"]["GREENLIGHT_WITHHELD"].split(",")) == {*SLACK_ONLY, "DATABASE"}
