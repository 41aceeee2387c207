import asyncio
import json

import pytest
from slack_wire import Api, Dialler

from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import App
from bot.playground.workspace.texts import normal_attachment
from bot.playground.workspace.workspace import Workspace

ALERT = {
    "channel": "#ignored",
    "username": "Alertmanager",
    "attachments": [
        {
            "title": "[FIRING:1] HighErrorRate (checkout)",
            "title_link": "http://alertmanager.local/#/alerts?receiver=slack",
            "text": "",
            "fallback": "[FIRING:1] HighErrorRate",
            "color": "danger",
            "mrkdwn_in": ["fallback", "pretext", "text"],
            "fields": [{"title": "Severity", "value": "critical"}],
        }
    ],
}


async def test_a_webhook_posts_a_bot_message_without_a_user(
    api: Api, dial: Dialler, workspace: Workspace
) -> None:
    socket = await dial()
    hook = workspace.add_webhook("C1", "alerts-hook")
    answer = await api.session.post(hook, json=ALERT)
    assert (answer.status, await answer.text()) == (200, "ok")
    await workspace.wait_until(lambda: socket.events)
    event = socket.events[0]
    assert (event["subtype"], event["username"], event["text"]) == ("bot_message", "Alertmanager", "")
    assert "user" not in event
    attachment = event["attachments"][0]
    assert (attachment["color"], attachment["id"], "text" in attachment) == ("a30200", 1, False)
    assert attachment["fields"] == [{"title": "Severity", "value": "critical", "short": False}]


async def test_a_webhook_takes_the_old_form_field_too(api: Api, workspace: Workspace) -> None:
    hook = workspace.add_webhook("C1")
    await api.session.post(hook, data={"payload": json.dumps({"text": "hello"})})
    assert [one.text for one in workspace.messages("C1")] == ["hello"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [("{", 400, "invalid_payload"), ("[]", 400, "invalid_payload"), ("{}", 400, "no_text")],
)
async def test_a_webhook_names_what_is_wrong(
    api: Api, workspace: Workspace, body: str, status: int, reason: str
) -> None:
    answer = await api.session.post(
        workspace.add_webhook("C1"), data=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status, await answer.text()) == (status, reason)


async def test_an_archived_or_unknown_webhook_is_refused(api: Api, workspace: Workspace) -> None:
    hook = workspace.add_webhook("C1")
    workspace.archive("C1")
    assert await (await api.session.post(hook, json={"text": "x"})).text() == "channel_is_archived"
    assert (await api.session.post(f"{workspace.url}/services/T/B/x", json={"text": "x"})).status == 404


async def test_alertmanager_with_a_bot_token_can_edit_its_message(
    api: Api, dial: Dialler, workspace: Workspace
) -> None:
    sender = workspace.install_app("alertmanager", scopes=["chat:write", "chat:write.customize"])
    workspace.invite("C1", sender.bot_user_id, announce=False)
    socket = await dial()
    alertmanager = Api(workspace, api.session, sender.bot_token)
    sent = await alertmanager("chat.postMessage", **{**ALERT, "channel": "#alerts"})
    resolved = {**ALERT["attachments"][0], "color": "good"}  # type: ignore[dict-item]
    await alertmanager("chat.update", channel=sent["channel"], ts=sent["ts"], attachments=[resolved])
    await workspace.wait_until(lambda: len(socket.events) == 2)
    posted, changed = sorted(socket.events, key=lambda one: one["event_ts"])
    assert (posted["subtype"], posted["username"]) == ("bot_message", "Alertmanager")
    assert changed["subtype"] == "message_changed"
    assert changed["message"]["attachments"][0]["color"] == "2eb886"


@pytest.mark.parametrize(
    ("given", "kept"), [("good", "2eb886"), ("#D63232", "D63232"), ("warning", "daa038")]
)
def test_colours_become_plain_hexadecimal(given: str, kept: str) -> None:
    assert normal_attachment({"color": given}, 1)["color"] == kept


def test_an_unknown_colour_is_left_out_and_a_fallback_is_put_in() -> None:
    assert normal_attachment({"color": "reddish", "text": None}, 2) == {
        "id": 2,
        "fallback": "[no preview available]",
    }


async def test_an_app_is_installed_from_its_manifest(workspace: Workspace) -> None:
    manifest = {
        "features": {
            "bot_user": {"display_name": "watcher"},
            "app_home": {"home_tab_enabled": True},
            "slash_commands": [{"command": "/watch"}],
            "shortcuts": [{"callback_id": "look"}],
        },
        "oauth_config": {"scopes": {"bot": ["chat:write"], "bot_optional": ["groups:history"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}, "socket_mode_enabled": True},
    }
    app = workspace.install_manifest(manifest)
    assert (app.name, app.scopes, app.events) == (
        "watcher",
        ("chat:write", "groups:history"),
        ("app_mention",),
    )
    assert (app.commands, app.shortcuts, app.home_tab, app.is_agent) == (("/watch",), ("look",), True, False)


async def test_changes_are_followed_live_and_from_the_start(workspace: Workspace, app: App) -> None:
    ann = workspace.as_user("U1")
    live = workspace.changes()
    message = await ann.post("C1", "x")
    first = await asyncio.wait_for(anext(live), 5)
    assert (first.kind, first.channel, first.ts) == (ChangeKind.MESSAGE_POSTED, "C1", message.ts)
    kinds: list[ChangeKind] = []
    async for change in workspace.changes(after=0):
        kinds.append(change.kind)
        if change.number == first.number:
            break
    assert kinds[-1] is ChangeKind.MESSAGE_POSTED
    assert ChangeKind.CHANNEL_CHANGED in kinds
    assert app.bot_user_id in workspace.channels[0].members


async def test_a_recorded_alert_is_planted_and_resolves_in_place(dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    recorded = {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B9",
        "username": "Alertmanager",
        "text": "",
    }
    recorded |= {"ts": "1.000000", "attachments": ALERT["attachments"]}
    planted = workspace.plant("C1", recorded)
    assert planted.ts != "1.000000"
    workspace.change(planted, {"attachments": [{"title": "[RESOLVED] HighErrorRate", "color": "2eb886"}]})
    await workspace.wait_until(lambda: len(socket.events) == 2)
    posted, changed = sorted(socket.events, key=lambda one: one["event_ts"])
    assert (posted["bot_id"], posted["ts"]) == ("B9", planted.ts)
    assert changed["message"]["attachments"][0]["title"] == "[RESOLVED] HighErrorRate"
    assert "edited" not in changed["message"]
