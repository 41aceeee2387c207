import json
from typing import Any

import aiohttp
import pytest
from slack_wire import Api

from bot.playground.workspace.model import App, ChannelKind, Team, UserKind
from bot.playground.workspace.state import Options
from bot.playground.workspace.workspace import Workspace


async def test_auth_test_names_the_bot_and_tells_its_scopes(api: Api, app: App) -> None:
    response = await api.raw("auth.test")
    body = await response.json()
    assert (body["user_id"], body["bot_id"], body["team_id"]) == (app.bot_user_id, app.bot_id, "T0LOCAL")
    assert response.headers["x-oauth-scopes"].split(",") == list(app.scopes)


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", "", "not_authed"),
        ("auth.test", "xoxb-wrong", "invalid_auth"),
        ("chat.postMessage", "app", "not_allowed_token_type"),
        ("apps.connections.open", "bot", "not_allowed_token_type"),
        ("chat.fly", "bot", "unknown_method"),
    ],
)
async def test_the_wrong_token_or_method_is_refused_by_name(
    api: Api, app: App, method: str, token: str, error: str
) -> None:
    chosen = {"app": app.app_token, "bot": app.bot_token}.get(token, token)
    response = await api.raw(method, token=chosen, json={"channel": "C1", "text": "x"})
    assert response.status == 200
    assert (await response.json())["error"] == error


async def test_a_revoked_token_says_so(api: Api, workspace: Workspace) -> None:
    workspace.revoke_token(api.token)
    assert (await api("auth.test"))["error"] == "token_revoked"


async def test_a_missing_scope_is_named(api: Api, app: App, workspace: Workspace) -> None:
    workspace.change_app(app, scopes=("chat:write",))
    answer = await api("users.info", user="U1")
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "users:read",
        "chat:write",
    )


async def test_private_history_needs_its_own_scope(api: Api, app: App, workspace: Workspace) -> None:
    workspace.add_channel("C2", "secret", members=[app.bot_user_id], kind=ChannelKind.PRIVATE)
    workspace.change_app(app, scopes=("channels:history",))
    assert (await api("conversations.history", channel="C1"))["ok"]
    assert (await api("conversations.history", channel="C2"))["needed"] == "groups:history"


async def test_forms_with_json_inside_are_read_like_json_bodies(api: Api) -> None:
    blocks = [{"type": "divider"}]
    form = {"channel": "C1", "text": "hello", "blocks": json.dumps(blocks)}
    body = await (await api.raw("chat.postMessage", data=form)).json()
    assert body["message"]["blocks"][0]["type"] == "divider"


async def test_a_broken_json_body_is_invalid_json(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    broken = await api.session.post(f"{api.workspace.api_url}chat.postMessage", data="{", headers=headers)
    assert (await broken.json())["error"] == "invalid_json"


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"channel": "C9", "text": "x"}, "channel_not_found"),
        ({"channel": "C1"}, "no_text"),
        ({"channel": "C1", "text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"channel": "C1", "text": "x", "blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ({"channel": "C1", "text": "x", "attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"channel": "C1", "text": "x", "thread_ts": "1.000000"}, "cannot_reply_to_message"),
        ({"channel": "C1", "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
        ({"channel": "C1", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": "C2", "text": "x"}, "not_in_channel"),
        ({"channel": "C3", "text": "x"}, "channel_not_found"),
        ({"channel": "C4", "text": "x"}, "is_archived"),
        ({"channel": "U3", "text": "x"}, "user_disabled"),
    ],
)
async def test_a_post_that_slack_refuses_is_refused(
    api: Api, app: App, workspace: Workspace, params: dict[str, Any], error: str
) -> None:
    workspace.add_channel("C2", "elsewhere")
    workspace.add_channel("C3", "hidden", kind=ChannelKind.PRIVATE)
    workspace.add_channel("C4", "old", members=[app.bot_user_id])
    workspace.archive("C4")
    workspace.add_user("U3", "gone", kind=UserKind.DELETED)
    assert (await api("chat.postMessage", **params))["error"] == error
    assert workspace.messages("C1") == ()


async def test_channels_are_found_by_name_and_people_by_their_id(api: Api, workspace: Workspace) -> None:
    assert (await api("chat.postMessage", channel="#alerts", text="x"))["channel"] == "C1"
    direct = (await api("chat.postMessage", channel="U1", text="x"))["channel"]
    assert direct.startswith("D")
    assert [one.text for one in workspace.messages(direct)] == ["x"]
    assert (await api("conversations.open", users="U1"))["channel"]["id"] == direct


async def test_people_have_the_flags_slack_gives_them(api: Api, workspace: Workspace) -> None:
    kinds = {"U3": UserKind.GUEST, "U4": UserKind.SINGLE_CHANNEL_GUEST, "U5": UserKind.STRANGER}
    for user_id, kind in kinds.items():
        workspace.add_user(user_id, user_id.lower(), kind=kind)
    flags = ["is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted"]
    found = {one: (await api("users.info", user=one))["user"] for one in ("U1", *kinds)}
    told = {one: [key for key in flags if user[key]] for one, user in found.items()}
    assert told == {"U1": [], "U3": ["is_restricted"], "U4": flags[:2], "U5": ["is_stranger"]}
    assert (found["U1"]["team_id"], found["U5"]["team_id"]) == ("T0LOCAL", "T0OTHER")
    assert "email" not in found["U1"]["profile"]
    assert (await api("users.info", user="U9"))["error"] == "user_not_found"


async def test_user_groups_are_listed_and_their_members_too(api: Api, workspace: Workspace) -> None:
    workspace.add_group("S1", "oncall", ["U1"])
    assert (await api("usergroups.users.list", usergroup="S1"))["users"] == ["U1"]
    workspace.change_group("S1", users=("U1", "U2"))
    groups = (await api("usergroups.list", include_users=True))["usergroups"]
    assert [(one["handle"], one["users"]) for one in groups] == [("oncall", ["U1", "U2"])]
    assert (await api("usergroups.users.list", usergroup="S9"))["error"] == "no_such_subteam"


async def test_user_groups_cost_money(session: aiohttp.ClientSession) -> None:
    async with Workspace(Team(paid=False)) as poor:
        api = Api(poor, session, poor.install_app("bot").bot_token)
        assert (await api("usergroups.users.list", usergroup="S1"))["error"] == "plan_upgrade_required"


async def test_rate_limits_of_a_tier_answer_429_with_the_seconds_to_wait(
    session: aiohttp.ClientSession,
) -> None:
    clock = [1_000.0]
    async with Workspace(options=Options(rate_limits=True, now=lambda: clock[0])) as strict:
        app = strict.install_app("bot")
        strict.add_channel("C1", "alerts", members=[app.bot_user_id])
        api = Api(strict, session, app.bot_token)
        ts = (await api("chat.postMessage", channel="C1", text="0"))["ts"]
        statuses = [
            (await api.raw("chat.update", json={"channel": "C1", "ts": ts, "text": "1"})).status
            for _ in range(50)
        ]
        assert statuses == [200] * 50
        clock[0] += 20
        refused = await api.raw("chat.update", json={"channel": "C1", "ts": ts, "text": "2"})
        assert (refused.status, refused.headers["Retry-After"]) == (429, "40")
        assert (await refused.json()) == {"ok": False, "error": "ratelimited"}
        clock[0] += 40
        assert (await api("chat.update", channel="C1", ts=ts, text="3"))["ok"]


async def test_rate_limits_can_be_switched_while_the_workspace_runs(api: Api, workspace: Workspace) -> None:
    workspace.change_options(rate_limits=True, now=lambda: 1_000.0)
    post = {"channel": "C1", "text": "x"}
    statuses = [(await api.raw("chat.postMessage", json=post)).status for _ in range(11)]
    workspace.change_options(rate_limits=False)
    assert statuses == [200] * 10 + [429]
    assert (await api("chat.postMessage", **post))["ok"]


async def test_posting_is_limited_by_channel(session: aiohttp.ClientSession) -> None:
    async with Workspace(options=Options(rate_limits=True, now=lambda: 1_000.0)) as strict:
        app = strict.install_app("bot")
        for name in ("C1", "C2"):
            strict.add_channel(name, name, members=[app.bot_user_id])
        api = Api(strict, session, app.bot_token)
        post = [await api.raw("chat.postMessage", json={"channel": "C1", "text": "x"}) for _ in range(11)]
        assert [one.status for one in post] == [200] * 10 + [429]
        assert (await api("chat.postMessage", channel="C2", text="x"))["ok"]


async def test_planned_faults_happen_as_often_as_planned(api: Api, workspace: Workspace) -> None:
    workspace.faults.server_error("api.test", status=503)
    workspace.faults.error("api.test", "internal_error", times=2)
    statuses = [(await api.raw("api.test", json={})).status for _ in range(1)]
    answers = [(await api("api.test")).get("error") for _ in range(3)]
    assert (statuses, answers) == ([503], ["internal_error", "internal_error", None])


async def test_a_dropped_response_has_done_its_work(api: Api, workspace: Workspace) -> None:
    workspace.faults.drop_response("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await api("chat.postMessage", channel="C1", text="lost and posted")
    assert [one.text for one in workspace.messages("C1")] == ["lost and posted"]


async def test_calls_are_counted_and_kept_without_their_token(api: Api, workspace: Workspace) -> None:
    await api.raw("api.test", data={"token": api.token, "foo": "1"})
    assert workspace.count("api.test") == 1
    assert [(one.params, one.answer["ok"]) for one in workspace.calls("api.test")] == [({"foo": "1"}, True)]


async def test_a_file_is_uploaded_in_two_steps(api: Api, app: App, workspace: Workspace) -> None:
    step = await api("files.getUploadURLExternal", filename="log.txt", length=5)
    early = await api("files.completeUploadExternal", files=[{"id": step["file_id"]}], channel_id="C1")
    assert early["error"] == "file_not_found"
    await api.session.post(step["upload_url"], data=b"hello")
    await api("files.completeUploadExternal", files=[{"id": step["file_id"]}], channel_id="C1")
    shared = workspace.messages("C1")[-1]
    assert (shared.body["subtype"], shared.body["files"][0]["name"], shared.user) == (
        "file_share",
        "log.txt",
        app.bot_user_id,
    )


async def test_an_app_is_told_of_its_own_channels_alone(api: Api, workspace: Workspace) -> None:
    workspace.add_channel("C9", "elsewhere")
    joined = [one["id"] for one in (await api("users.conversations"))["channels"]]
    everything = [one["id"] for one in (await api("conversations.list"))["channels"]]
    assert "C9" not in joined
    assert set(joined) | {"C9"} <= set(everything)
    assert joined
