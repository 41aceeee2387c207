"""Alertmanager's webhook over the wire: authenticated, kept before it is answered, shown once."""

import io
import json
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.events import Closing
from bot.domain.incident import Phase
from bot.playground.workspace.model import Message
from tests.chaos.home import CHANNEL
from tests.chaos.stage import Stage, staged
from tests.unit.slack.test_alerts_webhook import body

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "a-token-of-the-test-with-enough-characters"


@dataclass(frozen=True, slots=True)
class Door:
    """The stage, and where its door for webhooks is."""

    stage: Stage
    url: str

    async def sends(self, sent: Any, token: str = TOKEN) -> tuple[int, dict[str, Any]]:
        """One request as Alertmanager makes it; status and answer."""
        data = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        async with self.stage.session.post(self.url, data=io.BytesIO(data), headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    def anchors(self, name: str) -> list[Message]:
        """Our own messages in the channel that stand for this alert."""
        return [one for one in self.stage.workspace.messages(CHANNEL) if f"FIRING: {name}*" in one.text]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    variables = {
        "GREENLIGHT_INTAKE_PORT": str(port),
        "GREENLIGHT_INTAKE_TOKEN": TOKEN,
        "GREENLIGHT_INTAKE_CHANNEL": CHANNEL,
    }
    async with staged(tmp_path_factory.mktemp("home"), variables=variables) as stage:
        yield Door(stage, f"http://127.0.0.1:{port}/alertmanager")


def named(name: str, number: int, **changes: Any) -> dict[str, Any]:
    """A webhook with one alert of checkout."""
    labels = {"alertname": name, "service": "checkout", "severity": "critical"}
    return body(labels=labels, fingerprint=f"{number:016x}", **changes)


async def test_an_alert_gets_its_own_message_and_its_incident_below_it(door: Door) -> None:
    door.stage.breaks()
    assert await door.sends(named("WebhookErrors", 1)) == (200, {"taken": 1})
    anchor = await door.stage.workspace.wait_until(lambda: next(iter(door.anchors("WebhookErrors")), None))
    found = await door.stage.reaches(anchor, Phase.PROPOSED)
    assert (found.alert.title, found.service) == ("WebhookErrors", "checkout")
    assert "incident" in door.stage.cards(anchor)


async def test_a_repetition_is_counted_and_shown_once_and_the_end_ends_it(door: Door) -> None:
    door.stage.breaks()
    await door.sends(named("WebhookAgain", 2))
    anchor = await door.stage.workspace.wait_until(lambda: next(iter(door.anchors("WebhookAgain")), None))
    await door.stage.reaches(anchor, Phase.PROPOSED)
    for _ in range(3):
        assert (await door.sends(named("WebhookAgain", 2)))[0] == 200
    assert (await door.sends(named("WebhookAgain", 2, status="resolved")))[0] == 200
    closed = await door.stage.reaches(anchor, Phase.CLOSED)
    assert closed.closed is not None
    assert closed.closed.closing is Closing.RESOLVED_ITSELF
    assert len(door.anchors("WebhookAgain")) == 1


async def test_who_has_no_token_or_says_nonsense_is_told_so_and_nothing_is_kept(door: Door) -> None:
    status, said = await door.sends(named("Forged", 3), token="guessed")
    assert (status, "Authorization" in said["error"]) == (401, True)
    status, said = await door.sends({"version": "4", "alerts": "all"})
    assert (status, said["error"]) == (
        400,
        "expected a webhook of Alertmanager, version 4: alerts: Input should be a valid array",
    )
    assert (await door.sends(b"x" * (3 * 1024 * 1024)))[0] == 413
    await door.sends(named("SeenAfterForged", 6))
    await door.stage.workspace.wait_until(lambda: door.anchors("SeenAfterForged"))
    assert door.anchors("Forged") == []


async def test_the_end_of_an_alert_that_nobody_knows_is_no_message(door: Door) -> None:
    assert (await door.sends(named("NeverSeen", 4, status="resolved")))[0] == 200
    await door.sends(named("SeenAfterIt", 5))
    await door.stage.workspace.wait_until(lambda: door.anchors("SeenAfterIt"))
    assert door.anchors("NeverSeen") == []
