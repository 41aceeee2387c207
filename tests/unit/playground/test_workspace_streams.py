from typing import Any

import pytest
from slack_wire import Api, Dialler

from bot.playground.workspace.state import Options
from bot.playground.workspace.workspace import Workspace

Json = dict[str, Any]
TO: Json = {"channel": "C1", "recipient_user_id": "U1", "recipient_team_id": "T0LOCAL"}


async def started(api: Api, **more: Any) -> str:
    parent = await api("chat.postMessage", channel="C1", text="parent")
    answer = await api("chat.startStream", **{**TO, "thread_ts": parent["ts"], **more})
    return str(answer.get("ts") or answer["error"])


async def test_a_stream_grows_and_ends(api: Api, dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    ts = await started(api, markdown_text="one")
    assert (await api("chat.appendStream", channel="C1", ts=ts, markdown_text=" two"))["ok"]
    assert (await api("chat.update", channel="C1", ts=ts, text="x"))["error"] == "streaming_state_conflict"
    footer = [{"type": "divider"}]
    assert (await api("chat.stopStream", channel="C1", ts=ts, markdown_text=" three", blocks=footer))["ok"]
    message = workspace.message("C1", ts)
    assert message is not None
    assert (message.text, message.body["streaming_state"]) == ("one two three", "completed")
    assert [one["type"] for one in message.blocks] == ["markdown", "divider"]
    ended = await api("chat.appendStream", channel="C1", ts=ts, markdown_text="x")
    assert ended["error"] == "message_not_in_streaming_state"
    await workspace.wait_until(lambda: len(socket.events) == 3)
    states = [
        one.get("streaming_state") or one.get("message", {}).get("streaming_state") for one in socket.events
    ]
    assert sorted(str(one) for one in states) == ["None", "completed", "in_progress"]


@pytest.mark.parametrize("missing", ["recipient_user_id", "recipient_team_id"])
async def test_in_a_channel_a_stream_needs_its_recipient(api: Api, missing: str) -> None:
    assert await started(api, **{missing: None}) == f"missing_{missing}"


async def test_chunks_make_a_plan(api: Api, workspace: Workspace) -> None:
    tasks = [
        {"type": "plan_update", "title": "Investigation"},
        {"type": "task_update", "id": "t1", "title": "Read logs", "status": "in_progress"},
        {"type": "markdown_text", "text": "Looking."},
    ]
    ts = await started(api, chunks=tasks, task_display_mode="plan")
    done = {
        "type": "task_update",
        "id": "t1",
        "title": "Read logs",
        "status": "complete",
        "output": "4 templates",
    }
    await api("chat.appendStream", channel="C1", ts=ts, chunks=[done])
    message = workspace.message("C1", ts)
    assert message is not None
    plan, prose = message.blocks
    assert (plan["title"], plan["tasks"][0]["status"], prose["text"]) == (
        "Investigation",
        "complete",
        "Looking.",
    )
    bad = await api("chat.appendStream", channel="C1", ts=ts, chunks=[{"type": "confetti"}])
    assert bad["error"] == "invalid_chunks"


async def test_slack_ends_a_stream_by_itself(api: Api) -> None:
    clock = [1_000.0]
    async with Workspace(options=Options(now=lambda: clock[0])) as slow:
        app = slow.install_app("bot")
        slow.add_user("U1", "ann")
        slow.add_channel("C1", "alerts", members=["U1", app.bot_user_id])
        there = Api(slow, api.session, app.bot_token)
        ts = await started(there, markdown_text="one")
        clock[0] += 301
        late = await there("chat.appendStream", channel="C1", ts=ts, markdown_text="two")
        assert late["error"] == "message_not_in_streaming_state"
        message = slow.message("C1", ts)
        assert message is not None
        assert message.body["streaming_state"] == "errored"


async def test_a_status_line_runs_out_and_ends_with_a_message(api: Api, workspace: Workspace) -> None:
    ts = (await api("chat.postMessage", channel="C1", text="parent"))["ts"]
    where = {"channel_id": "C1", "thread_ts": ts}
    long = await api("assistant.threads.setStatus", status="is reading", loading_messages=["x" * 51], **where)
    assert long["error"] == "invalid_arguments"
    assert (
        await api("assistant.threads.setStatus", status="is reading", loading_messages=["logs"], **where)
    )["ok"]
    status = workspace.status("C1", ts)
    assert status is not None
    assert (status.text, status.loading_messages) == ("is reading", ("logs",))
    await api("chat.postMessage", channel="C1", thread_ts=ts, text="done")
    assert workspace.status("C1", ts) is None


async def test_only_agents_suggest_prompts(api: Api, workspace: Workspace) -> None:
    app = workspace.change_app(workspace.apps[0], scopes=("assistant:write",))
    prompts = [{"title": "Status", "message": "status?"}]
    assert (await api("assistant.threads.setSuggestedPrompts", channel_id="C1", prompts=prompts))[
        "error"
    ] == "not_agent_app"
    workspace.change_app(app, is_agent=True)
    assert (await api("assistant.threads.setSuggestedPrompts", channel_id="C1", prompts=prompts))["ok"]
