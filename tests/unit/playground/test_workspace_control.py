import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from slack_wire import Api, Dialler

from bot.playground.workspace.model import App
from bot.playground.workspace.testing import QUICK
from bot.playground.workspace.workspace import Workspace

Json = dict[str, Any]
TOKEN = "control-secret"


@dataclass
class Remote:
    workspace: Workspace
    app: App
    api: Api
    session: aiohttp.ClientSession

    async def act(self, user: str, verb: str, **order: Any) -> Json:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"as": user, "do": verb, **order}
        answer = await self.session.post(f"{self.workspace.url}/control/act", json=body, headers=headers)
        return await answer.json()

    async def read(self, path: str) -> Json:
        answer = await self.session.get(f"{self.workspace.url}/control/{path}?token={TOKEN}")
        return await answer.json()


@pytest.fixture
async def remote(session: aiohttp.ClientSession) -> AsyncIterator[Remote]:
    async with Workspace(options=QUICK, control_token=TOKEN) as started:
        app = started.install_app("bot", commands=["/bot"])
        started.add_user("U1", "ann")
        started.add_channel("C1", "alerts", members=["U1", app.bot_user_id])
        yield Remote(started, app, Api(started, session, app.bot_token), session)


async def test_another_process_acts_and_reads(remote: Remote) -> None:
    dialler = Dialler(remote.api, remote.app)
    socket = await dialler()
    said = await remote.act("U1", "say", channel="C1", text="@bot hello")
    assert said["result"]["text"] == f"<@{remote.app.bot_user_id}> hello"
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    blocks = [{"type": "actions", "elements": [button]}]
    card = await remote.api("chat.postMessage", channel="C1", text="card", blocks=blocks)
    clicked = await remote.act("U1", "click", channel="C1", ts=card["ts"], action_id="go")
    assert clicked["result"]["acked"] is True
    assert socket.of("interactive")[0]["payload"]["message"]["ts"] == card["ts"]
    assert (await remote.act("U1", "command", command="/bot", text="status"))["result"]["acked"] is True
    messages = (await remote.read("channels/C1/messages"))["result"]["messages"]
    assert [one["text"] for one in messages] == [said["result"]["text"], "card"]
    state = (await remote.read("state"))["result"]
    assert (state["apps"][0]["connections"], state["channels"][0]["name"]) == (1, "alerts")
    assert "xoxb" not in json.dumps(state)
    await dialler.hang_up()


async def test_what_only_one_person_sees_is_read_for_that_person(remote: Remote) -> None:
    await remote.api("chat.postEphemeral", channel="C1", user="U1", text="psst")
    screen = (await remote.read("users/U1"))["result"]
    assert ([one["text"] for one in screen["ephemerals"]], screen["views"]) == (["psst"], [])


async def test_changes_stream_as_server_sent_events(remote: Remote) -> None:
    await remote.act("U1", "post", channel="C1", text="x")
    url = f"{remote.workspace.url}/control/changes?token={TOKEN}&after=0"
    async with remote.session.get(url) as stream:
        kinds: list[str] = []
        async for line in stream.content:
            if line.startswith(b"data: "):
                kinds.append(json.loads(line.removeprefix(b"data: "))["kind"])
            if "message_posted" in kinds:
                break
    assert "user_changed" not in kinds


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"},
        {"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"},
    ],
)
async def test_a_forged_order_does_nothing(remote: Remote, headers: dict[str, str]) -> None:
    order = {"as": "U1", "do": "post", "channel": "C1", "text": "x"}
    answer = await remote.session.post(f"{remote.workspace.url}/control/act", json=order, headers=headers)
    assert answer.status == 403
    assert remote.workspace.messages("C1") == ()


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"do": "fly"}, "nobody can 'fly'"),
        ({"do": "post", "channel": "C9", "text": "x"}, "channel_not_found"),
        ({"do": "post", "channel": "C1"}, "malformed"),
        ({"do": "submit"}, "not on top"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(remote: Remote, order: Json, error: str) -> None:
    verb = order.pop("do")
    answer = await remote.act("U1", verb, **order)
    assert answer["ok"] is False
    assert error in answer["error"]


async def test_without_a_token_there_is_no_control_door(api: Api, workspace: Workspace) -> None:
    assert (await api.session.get(f"{workspace.url}/control/state")).status == 404
