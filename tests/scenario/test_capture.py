"""`greenlight capture` against the local workspace: what is kept, and what is not."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.playground.workspace.model import Message, Team
from bot.playground.workspace.workspace import Workspace
from tests.chaos.stage import notification

CHANNEL = "C0ALERTS"
SECRET = "ghp_" + "Zq3xW8vT1nK5mB7cR9dF2gH4jL6pS0aY4uQe"


@dataclass(frozen=True, slots=True)
class Shop:
    """A workspace with one alert that holds a secret and names a person."""

    workspace: Workspace
    token: str
    home: Path
    alert: Message

    async def capture(self, *words: str) -> tuple[int, str, str]:
        """The command as a process of its own: exit code, output, errors."""
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("SLACK", "GREENLIGHT"))
        }
        given = {
            "SLACK_BOT_TOKEN": self.token,
            "GREENLIGHT_SLACK_BASE_URL": self.workspace.api_url,
            "GREENLIGHT_HOME": str(self.home),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "capture",
            *words,
            "--out",
            str(self.home / "kept.jsonl"),
            env={**own, **given},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), errors.decode()

    def kept(self) -> list[dict[str, object]]:
        """The rows of the file."""
        file = self.home / "kept.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncGenerator[Shop]:
    async with Workspace(Team(id="T0LOCAL")) as workspace, aiohttp.ClientSession() as session:
        app = workspace.install_app("greenlight")
        workspace.add_user("U0ONCALL", "olivia")
        workspace.add_channel(CHANNEL, "alerts", members=("U0ONCALL",))
        workspace.invite(CHANNEL, app.bot_user_id, announce=False)
        await workspace.as_user("U0ONCALL").post(CHANNEL, "good morning")
        body = notification("PoolExhausted", "checkout")
        body["attachments"][0]["text"] += f"\ntoken {SECRET} of <@U0ONCALL>"
        async with session.post(workspace.add_webhook(CHANNEL, "Alertmanager"), json=body) as answer:
            assert answer.status == 200
        yield Shop(workspace, app.bot_token, tmp_path, workspace.messages(CHANNEL)[-1])


async def test_a_message_is_kept_without_secrets_and_people_and_its_reading_is_shown(shop: Shop) -> None:
    code, out, errors = await shop.capture(f"{CHANNEL}:{shop.alert.ts}")
    assert (code, errors) == (0, "")
    assert "alertmanager, firing, severity critical, service checkout: PoolExhausted" in out
    text = json.dumps(shop.kept())
    assert "PoolExhausted" in text
    assert SECRET not in text
    assert "U0ONCALL" not in text


async def test_a_permalink_names_the_message_too(shop: Shop) -> None:
    link = f"https://team.slack.example/archives/{CHANNEL}/p{shop.alert.ts.replace('.', '')}?thread_ts=1"
    assert (await shop.capture(link))[0] == 0
    assert len(shop.kept()) == 1


async def test_a_channel_gives_what_apps_have_posted_and_nothing_of_people(shop: Shop) -> None:
    code, out, _ = await shop.capture("--channel", CHANNEL)
    assert code == 0
    assert "1 kept in" in out
    assert "good morning" not in json.dumps(shop.kept())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((f"{CHANNEL}:1700000000.000100",), 1, "There is no such message"),
        (("yesterday's alert",), 2, "expected a message's link or CHANNEL:TS"),
        (("C0NOWHERE:1700000000.000100",), 2, "channel_not_found"),
        ((), 2, "usage: greenlight capture"),
    ],
)
async def test_what_cannot_be_kept_is_said(shop: Shop, words: tuple[str, ...], code: int, said: str) -> None:
    found, _, errors = await shop.capture(*words)
    assert found == code
    assert said in errors
    assert "Traceback" not in errors
    assert shop.kept() == []
