import asyncio
from typing import Any

import pytest
from slack_wire import Api, Dialler, Socket

from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.model import App, ChannelKind, Message, UserKind
from bot.playground.workspace.state import Options
from bot.playground.workspace.workspace import Workspace

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


BUTTON = {"type": "button", "text": plain("Go"), "action_id": "go", "value": "v1", "style": "primary"}
INPUT = {"type": "plain_text_input", "action_id": "reason", "min_length": 3}
MODAL: Json = {
    "type": "modal",
    "callback_id": "ask",
    "title": plain("Ask"),
    "submit": plain("Send"),
    "private_metadata": "p1",
    "notify_on_close": True,
    "blocks": [{"type": "input", "block_id": "why", "label": plain("Why?"), "element": INPUT}],
}


async def card_of(api: Api, *elements: Json, **more: Any) -> Message:
    blocks = [{"type": "actions", "block_id": "b1", "elements": list(elements or [BUTTON])}]
    answer = await api("chat.postMessage", channel="C1", text="card", blocks=blocks, **more)
    found = api.workspace.message("C1", answer["ts"])
    assert found is not None
    return found


async def trigger_of(api: Api, socket: Socket) -> str:
    await api.workspace.as_user("U1").click(await card_of(api), "go")
    return str(socket.of("interactive")[-1]["payload"]["trigger_id"])


async def test_a_click_sends_what_slack_sends(
    api: Api, dial: Dialler, workspace: Workspace, app: App
) -> None:
    socket = await dial()
    parent = await workspace.as_user("U1").post("C1", "parent")
    card = await card_of(api, thread_ts=parent.ts)
    ack = await workspace.as_user("U2").click(card, "go")
    assert ack.acked
    payload = socket.of("interactive")[0]["payload"]
    assert payload["user"] == {"id": "U2", "username": "ben", "name": "ben", "team_id": "T0LOCAL"}
    assert payload["container"] == {
        "type": "message",
        "message_ts": card.ts,
        "channel_id": "C1",
        "is_ephemeral": False,
        "thread_ts": parent.ts,
    }
    assert (payload["channel"], payload["api_app_id"]) == ({"id": "C1", "name": "alerts"}, app.id)
    assert payload["message"]["ts"] == card.ts
    action = payload["actions"][0]
    del action["action_ts"]
    text = {**plain("Go"), "emoji": True}
    where = {"action_id": "go", "block_id": "b1", "type": "button"}
    assert action == {**where, "text": text, "value": "v1", "style": "primary"}


async def test_a_button_that_is_gone_cannot_be_clicked(api: Api, dial: Dialler, workspace: Workspace) -> None:
    await dial()
    card = await card_of(api)
    await api("chat.update", channel="C1", ts=card.ts, text="decided", blocks=[])
    with pytest.raises(RefusedError, match="no element 'go'"):
        await workspace.as_user("U1").click(card, "go")


async def test_a_button_for_somebody_else_is_not_shown(api: Api, dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    card = await card_of(api, {**BUTTON, "visible_to_user_ids": ["U2"]})
    with pytest.raises(RefusedError, match="not shown"):
        await workspace.as_user("U1").click(card, "go")
    await workspace.as_user("U2").click(card, "go")
    assert len(socket.of("interactive")) == 1


@pytest.mark.parametrize("kind", [UserKind.GUEST, UserKind.STRANGER, UserKind.DELETED])
async def test_outsiders_cannot_click_where_they_are_not_members(
    api: Api, workspace: Workspace, kind: UserKind
) -> None:
    card = await card_of(api)
    workspace.add_user("U3", "outsider", kind=kind)
    with pytest.raises(RefusedError):
        await workspace.as_user("U3").click(card, "go")


async def test_a_stranger_in_a_shared_channel_clicks_with_their_own_team(
    api: Api, dial: Dialler, workspace: Workspace
) -> None:
    socket = await dial()
    card = await card_of(api)
    workspace.add_user("U3", "partner", kind=UserKind.STRANGER)
    workspace.invite("C1", "U3", announce=False)
    await workspace.as_user("U3").click(card, "go")
    payload = socket.of("interactive")[0]["payload"]
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0OTHER", "T0LOCAL")


@pytest.mark.parametrize(
    ("element", "value", "expected"),
    [
        (
            {"type": "static_select", "action_id": "go", "options": [{"text": plain("A"), "value": "a"}]},
            "a",
            {"selected_option": {"text": {**plain("A"), "emoji": True}, "value": "a"}},
        ),
        ({"type": "users_select", "action_id": "go"}, "U2", {"selected_user": "U2"}),
        ({"type": "datepicker", "action_id": "go"}, "2026-01-02", {"selected_date": "2026-01-02"}),
        (
            {"type": "checkboxes", "action_id": "go", "options": [{"text": plain("A"), "value": "a"}]},
            ["a"],
            {"selected_options": [{"text": {**plain("A"), "emoji": True}, "value": "a"}]},
        ),
    ],
)
async def test_other_elements_send_what_was_chosen(
    api: Api, dial: Dialler, workspace: Workspace, element: Json, value: Any, expected: Json
) -> None:
    socket = await dial()
    await workspace.as_user("U1").click(await card_of(api, element), "go", value)
    action = socket.of("interactive")[0]["payload"]["actions"][0]
    assert {key: action[key] for key in expected} == expected
    assert action["type"] == element["type"]


async def test_a_trigger_opens_one_view(api: Api, dial: Dialler, workspace: Workspace) -> None:
    trigger = await trigger_of(api, await dial())
    assert (await api("views.open", trigger_id="nonsense", view=MODAL))["error"] == "invalid_trigger_id"
    opened = await api("views.open", trigger_id=trigger, view=MODAL)
    assert opened["view"]["private_metadata"] == "p1"
    assert (await api("views.open", trigger_id=trigger, view=MODAL))["error"] == "exchanged_trigger_id"
    assert [one.title for one in workspace.views("U1")] == ["Ask"]


async def test_a_trigger_lives_three_seconds(api: Api) -> None:
    clock = [1_000.0]
    async with Workspace(options=Options(now=lambda: clock[0], ack_timeout=0.01)) as slow:
        installed = slow.install_app("bot")
        slow.add_user("U1", "ann")
        slow.add_channel("C1", "alerts", members=["U1", installed.bot_user_id])
        there = Api(slow, api.session, installed.bot_token)
        dialler = Dialler(there, installed)
        trigger = await trigger_of(there, await dialler())
        clock[0] += 3.1
        assert (await there("views.open", trigger_id=trigger, view=MODAL))["error"] == "expired_trigger_id"
        await dialler.hang_up()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": plain("x" * 25)}, "/view/title/text"),
        ({"submit": None}, "submit is required"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"callback_id": "x" * 256}, "/view/callback_id"),
        ({"type": "home"}, "must be modal"),
        ({"blocks": [{"type": "markdown", "text": "x"}]}, "unsupported type: markdown"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items"),
    ],
)
async def test_a_view_slack_would_not_take_is_refused(
    api: Api, dial: Dialler, change: Json, words: str
) -> None:
    trigger = await trigger_of(api, await dial())
    refused = await api("views.open", trigger_id=trigger, view={**MODAL, **change})
    assert refused["error"] == "invalid_arguments"
    assert words in refused["response_metadata"]["messages"][0]


async def test_a_view_of_more_than_250_kilobytes_is_too_large(api: Api, dial: Dialler) -> None:
    trigger = await trigger_of(api, await dial())
    blocks = [{"type": "section", "text": plain("x" * 2900)} for _ in range(90)]
    assert (await api("views.open", trigger_id=trigger, view={**MODAL, "blocks": blocks}))[
        "error"
    ] == "view_too_large"


async def test_modals_stack_to_three(api: Api, dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    first = await trigger_of(api, socket)
    await api("views.open", trigger_id=first, view=MODAL)
    for number in (2, 3, 4):
        pushed = await api(
            "views.push",
            trigger_id=await trigger_of(api, socket),
            view={**MODAL, "title": plain(str(number))},
        )
        assert pushed.get("error") == ("push_limit_reached" if number == 4 else None)
    assert [one.title for one in workspace.views("U1")] == ["Ask", "2", "3"]
    await workspace.as_user("U1").close()
    closed = socket.of("interactive")[-1]["payload"]
    assert (closed["type"], closed["view"]["title"]["text"], closed["is_cleared"]) == (
        "view_closed",
        "3",
        False,
    )
    await workspace.as_user("U1").close(everything=True)
    assert workspace.views("U1") == ()


async def test_a_submission_carries_what_was_filled_in(api: Api, dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    await api("views.open", trigger_id=await trigger_of(api, socket), view=MODAL)
    ann = workspace.as_user("U1")
    assert (await ann.submit(values={"reason": "no"})).errors == {
        "why": "Please enter at least 3 characters."
    }
    done = await ann.submit(values={"why": {"reason": "because"}})
    payload = socket.of("interactive")[-1]["payload"]
    assert payload["type"] == "view_submission"
    assert payload["view"]["state"]["values"] == {
        "why": {"reason": {"type": "plain_text_input", "value": "because"}}
    }
    assert (done.errors, ann.views) == ({}, ())


@pytest.mark.parametrize(
    ("answer", "titles", "errors"),
    [
        ({"response_action": "errors", "errors": {"why": "no"}}, ["Ask"], {"why": "no"}),
        ({"response_action": "update", "view": {**MODAL, "title": plain("Next")}}, ["Next"], {}),
        ({"response_action": "push", "view": {**MODAL, "title": plain("Next")}}, ["Ask", "Next"], {}),
        ({"response_action": "clear"}, [], {}),
    ],
)
async def test_the_app_answers_a_submission(
    api: Api, dial: Dialler, workspace: Workspace, answer: Json, titles: list[str], errors: Json
) -> None:
    socket = await dial()
    await api("views.open", trigger_id=await trigger_of(api, socket), view=MODAL)
    socket.answers["interactive"] = answer
    done = await workspace.as_user("U1").submit(values={"reason": "because"})
    assert done.errors == errors
    assert [one.title for one in workspace.views("U1")] == titles


async def test_a_view_is_updated_only_with_its_latest_hash(
    api: Api, dial: Dialler, workspace: Workspace
) -> None:
    opened = await api("views.open", trigger_id=await trigger_of(api, await dial()), view=MODAL)
    where = {"view_id": opened["view"]["id"], "hash": opened["view"]["hash"]}
    assert (await api("views.update", view={**MODAL, "title": plain("2")}, **where))["ok"]
    assert (await api("views.update", view=MODAL, **where))["error"] == "hash_conflict"
    assert [one.title for one in workspace.views("U1")] == ["2"]
    assert (await api("views.update", view=MODAL, view_id="V0"))["error"] == "not_found"


async def test_a_home_is_published_for_one_person(api: Api, dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    ann = workspace.as_user("U1")
    await ann.open_home()
    await workspace.wait_until(lambda: socket.events)
    opened = socket.events[0]
    assert (opened["type"], opened["user"], opened["tab"]) == ("app_home_opened", "U1", "home")
    view = {"type": "home", "blocks": [{"type": "actions", "elements": [BUTTON]}]}
    assert (await api("views.publish", user_id="U1", view=view))["ok"]
    home = workspace.home("U1")
    assert home is not None
    assert workspace.home("U2") is None
    assert (await ann.click(home, "go")).acked
    assert socket.of("interactive")[0]["payload"]["container"] == {"type": "view", "view_id": home.id}


async def test_a_response_url_works_five_times(api: Api, dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    card = await card_of(api)
    await workspace.as_user("U1").click(card, "go")
    url = socket.of("interactive")[0]["payload"]["response_url"]
    answers = [
        {"text": "only you"},
        {"text": "all", "response_type": "in_channel"},
        {"text": "new", "replace_original": True},
    ]
    for answer in (*answers, {"text": "4"}, {"text": "5"}):
        assert await (await api.session.post(url, json=answer)).text() == "ok"
    sixth = await api.session.post(url, json={"text": "6"})
    assert (sixth.status, (await sixth.json())["error"]) == (404, "used_url")
    assert [one.text for one in workspace.ephemerals("U1")] == ["only you", "4", "5"]
    assert [one.text for one in workspace.messages("C1")] == ["new", "all"]


async def test_a_button_in_an_ephemeral_replaces_or_deletes_it(
    api: Api, dial: Dialler, workspace: Workspace
) -> None:
    socket = await dial()
    blocks = [{"type": "actions", "elements": [BUTTON]}]
    await api("chat.postEphemeral", channel="C1", user="U1", text="psst", blocks=blocks)
    ann = workspace.as_user("U1")
    await ann.click(ann.ephemerals[0], "go")
    payload = socket.of("interactive")[0]["payload"]
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    await api.session.post(payload["response_url"], json={"text": "done", "replace_original": True})
    assert [one.text for one in ann.ephemerals] == ["done"]
    await api.session.post(payload["response_url"], json={"delete_original": True})
    assert ann.ephemerals == ()


async def test_commands_and_shortcuts(api: Api, dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    socket.answers["slash_commands"] = {"response_type": "in_channel", "text": "paused"}
    ann = workspace.as_user("U1")
    assert (await ann.command("/bot", "pause")).acked
    command = socket.of("slash_commands")[0]["payload"]
    assert (command["command"], command["text"], command["user_id"], command["channel_id"]) == (
        "/bot",
        "pause",
        "U1",
        "C1",
    )
    assert [one.text for one in workspace.messages("C1")] == ["paused"]
    with pytest.raises(RefusedError, match="not supported in threads"):
        await ann.command("/bot", thread_ts="1.0")
    with pytest.raises(RefusedError, match="not a valid command"):
        await ann.command("/nobody")
    message = await ann.post("C1", "look at this")
    assert (await ann.shortcut(message, "look")).acked
    shortcut = socket.of("interactive")[0]["payload"]
    assert (shortcut["type"], shortcut["callback_id"], shortcut["message"]["text"]) == (
        "message_action",
        "look",
        "look at this",
    )
    assert (await api("views.open", trigger_id=shortcut["trigger_id"], view=MODAL))["ok"]


async def test_a_direct_message_reaches_the_app(dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    ann = workspace.as_user("U1")
    await ann.say(ann.direct(), "hello")
    await workspace.wait_until(lambda: socket.events)
    assert [(one["type"], one["channel_type"]) for one in socket.events] == [("message", "im")]


async def test_a_person_can_be_changed_while_the_workspace_runs(api: Api, workspace: Workspace) -> None:
    workspace.change_user("U1", kind=UserKind.GUEST)
    assert (await api("users.info", user="U1"))["user"]["is_restricted"] is True
    workspace.change_channel("C1", kind=ChannelKind.PRIVATE)
    workspace.remove("C1", "U1")
    with pytest.raises(RefusedError, match="cannot see"):
        await workspace.as_user("U1").post("C1", "x")


async def test_a_client_that_was_offline_clicks_what_it_last_saw(
    api: Api, dial: Dialler, workspace: Workspace
) -> None:
    socket = await dial()
    card = await card_of(api)
    await api("chat.update", channel="C1", ts=card.ts, text="decided", blocks=[])
    assert (await workspace.as_user("U1").click_stale(card, "go")).acked
    assert socket.of("interactive")[0]["payload"]["actions"][0]["value"] == "v1"


async def test_two_people_clicking_at_once_are_both_delivered(
    api: Api, dial: Dialler, workspace: Workspace
) -> None:
    sockets = [await dial(), await dial()]
    card = await card_of(api)
    ann, ben = workspace.as_user("U1"), workspace.as_user("U2")
    acks = await asyncio.gather(ann.click(card, "go"), ben.click(card, "go"))
    assert [one.acked for one in acks] == [True, True]
    clicks = [one["payload"]["user"]["id"] for socket in sockets for one in socket.of("interactive")]
    assert sorted(clicks) == ["U1", "U2"]


async def test_raw_payloads_can_be_delivered(dial: Dialler, workspace: Workspace, app: App) -> None:
    socket = await dial()
    workspace.send_event(app, {"type": "team_join", "user": {"id": "U9"}})
    await workspace.wait_until(lambda: socket.events)
    assert socket.events[0]["user"] == {"id": "U9"}
    assert (await workspace.send_interaction(app, {"type": "block_actions", "actions": []})).acked
