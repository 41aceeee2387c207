import pytest
from slack_wire import Api, Dialler

from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.model import App, ChannelKind
from bot.playground.workspace.workspace import Workspace


async def test_a_reply_is_counted_on_its_parent_and_stays_out_of_the_channel(api: Api) -> None:
    parent = (await api("chat.postMessage", channel="C1", text="parent"))["ts"]
    reply = (await api("chat.postMessage", channel="C1", text="reply", thread_ts=parent))["ts"]
    shared = (
        await api("chat.postMessage", channel="C1", text="all", thread_ts=parent, reply_broadcast=True)
    )["ts"]
    history = (await api("conversations.history", channel="C1"))["messages"]
    assert [one["ts"] for one in history] == [shared, parent]
    assert (history[1]["reply_count"], history[1]["latest_reply"]) == (2, shared)
    assert history[0]["subtype"] == "thread_broadcast"
    thread = (await api("conversations.replies", channel="C1", ts=parent))["messages"]
    assert [one["ts"] for one in thread] == [parent, reply, shared]
    await api("chat.delete", channel="C1", ts=shared)
    await api("chat.delete", channel="C1", ts=reply)
    assert "reply_count" not in (await api("conversations.history", channel="C1"))["messages"][0]


async def test_metadata_comes_back_only_when_asked_for(api: Api) -> None:
    metadata = {"event_type": "incident", "event_payload": {"id": "i1"}}
    ts = (await api("chat.postMessage", channel="C1", text="card", metadata=metadata))["ts"]
    plain = await api("conversations.replies", channel="C1", ts=ts)
    asked = await api("conversations.replies", channel="C1", ts=ts, include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert asked["messages"][0]["metadata"] == metadata
    await api("chat.update", channel="C1", ts=ts, text="new")
    kept = await api("conversations.history", channel="C1", include_all_metadata=True)
    assert kept["messages"][0]["metadata"] == metadata
    await api("chat.update", channel="C1", ts=ts, text="newer", metadata={})
    gone = await api("conversations.history", channel="C1", include_all_metadata=True)
    assert "metadata" not in gone["messages"][0]


async def test_history_is_read_page_by_page_and_from_a_point_in_time(api: Api) -> None:
    stamps = [(await api("chat.postMessage", channel="C1", text=str(n)))["ts"] for n in range(5)]
    first = await api("conversations.history", channel="C1", limit=2)
    assert [one["text"] for one in first["messages"]] == ["4", "3"]
    cursor = first["response_metadata"]["next_cursor"]
    second = await api("conversations.history", channel="C1", limit=2, cursor=cursor)
    assert ([one["text"] for one in second["messages"]], second["has_more"]) == (["2", "1"], True)
    since = await api("conversations.history", channel="C1", oldest=stamps[2])
    assert [one["text"] for one in since["messages"]] == ["4", "3"]
    from_it = await api("conversations.history", channel="C1", oldest=stamps[2], inclusive=True)
    assert len(from_it["messages"]) == 3


async def test_only_one_s_own_messages_can_be_changed(api: Api, workspace: Workspace) -> None:
    theirs = await workspace.as_user("U1").post("C1", "mine")
    assert (await api("chat.update", channel="C1", ts=theirs.ts, text="x"))["error"] == "cant_update_message"
    assert (await api("chat.delete", channel="C1", ts=theirs.ts))["error"] == "cant_delete_message"
    assert (await api("chat.update", channel="C1", ts="1.0", text="x"))["error"] == "message_not_found"


async def test_an_update_takes_four_thousand_characters(api: Api) -> None:
    ts = (await api("chat.postMessage", channel="C1", text="x" * 40_001))["ts"]
    assert len((await api("conversations.history", channel="C1"))["messages"][0]["text"]) == 40_000
    assert (await api("chat.update", channel="C1", ts=ts, text="x" * 4_000))["ok"]
    assert (await api("chat.update", channel="C1", ts=ts, text="x" * 4_001))["error"] == "msg_too_long"


async def test_an_update_keeps_the_blocks_it_does_not_name(api: Api) -> None:
    divider = [{"type": "divider"}]
    ts = (await api("chat.postMessage", channel="C1", text="a", blocks=divider))["ts"]
    kept = await api("chat.update", channel="C1", ts=ts, text="b")
    assert len(kept["message"]["blocks"]) == 1
    emptied = await api("chat.update", channel="C1", ts=ts, text="b", blocks=[])
    assert emptied["message"]["blocks"] == []
    assert (await api("chat.update", channel="C1", ts=ts, text=""))["error"] == "no_text"


async def test_edits_and_deletions_reach_the_app(dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    ann = workspace.as_user("U1")
    message = await ann.post("C1", "first")
    await ann.edit(message, "second")
    await ann.delete(message)
    await workspace.wait_until(lambda: len(socket.events) == 3)
    posted, changed, deleted = sorted(socket.events, key=lambda one: one["event_ts"])
    assert (posted["ts"], posted["user"], posted["channel_type"]) == (message.ts, "U1", "channel")
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "second")
    assert changed["previous_message"]["text"] == "first"
    assert changed["message"]["edited"]["user"] == "U1"
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", message.ts)
    assert "user" not in changed


async def test_an_edit_that_mentions_the_app_mentions_it_again(
    dial: Dialler, app: App, workspace: Workspace
) -> None:
    socket = await dial()
    ann = workspace.as_user("U1")
    message = await ann.post("C1", f"<@{app.bot_user_id}> first")
    await ann.edit(message, f"<@{app.bot_user_id}> second")
    await workspace.wait_until(lambda: len(socket.events) == 4)
    mentions = [one["text"] for one in socket.events if one["type"] == "app_mention"]
    assert [one.split()[1] for one in mentions] == ["first", "second"]


async def test_an_app_hears_only_of_channels_it_is_in(dial: Dialler, workspace: Workspace, app: App) -> None:
    socket = await dial()
    workspace.add_channel("C2", "elsewhere", members=["U1"])
    workspace.add_channel(
        "C3", "private", members=["U1", app.bot_user_id], kind=ChannelKind.PRIVATE, is_ext_shared=True
    )
    ann = workspace.as_user("U1")
    await ann.post("C2", f"<@{app.bot_user_id}> unheard")
    await ann.post("C3", "heard")
    await workspace.wait_until(lambda: socket.events)
    assert [(one["text"], one["channel_type"]) for one in socket.events] == [("heard", "group")]
    assert socket.of("events_api")[0]["payload"]["is_ext_shared_channel"] is True


async def test_an_app_hears_only_what_it_subscribed_to(dial: Dialler, workspace: Workspace, app: App) -> None:
    workspace.change_app(app, events=("reaction_added",))
    socket = await dial()
    ann = workspace.as_user("U1")
    message = await ann.post("C1", "unheard")
    await ann.react(message, "eyes")
    await workspace.wait_until(lambda: socket.events)
    assert [(one["type"], one["reaction"], one["item"]["ts"]) for one in socket.events] == [
        ("reaction_added", "eyes", message.ts)
    ]


async def test_reactions_are_counted_and_not_given_twice(api: Api, workspace: Workspace) -> None:
    message = await workspace.as_user("U1").post("C1", "x")
    where = {"channel": "C1", "timestamp": message.ts, "name": "eyes"}
    assert (await api("reactions.add", **where))["ok"]
    assert (await api("reactions.add", **where))["error"] == "already_reacted"
    await workspace.as_user("U2").react(message, "eyes")
    assert workspace.messages("C1")[0].body["reactions"][0]["count"] == 2
    assert (await api("reactions.remove", **where))["ok"]
    assert (await api("reactions.remove", **where))["error"] == "no_reaction"


async def test_what_a_person_types_is_escaped_and_marked_up(workspace: Workspace, app: App) -> None:
    workspace.add_group("S1", "oncall")
    said = await workspace.as_user("U1").say(
        "C1", "@bot see https://x.org/a?b=1&c, #alerts <now> @oncall @nobody"
    )
    mention, link = f"<@{app.bot_user_id}>", "<https://x.org/a?b=1&amp;c>"
    assert said.text == f"{mention} see {link}, <#C1|alerts> &lt;now&gt; <!subteam^S1> @nobody"


async def test_an_ephemeral_is_for_one_member_only(api: Api, workspace: Workspace) -> None:
    assert (await api("chat.postEphemeral", channel="C1", user="U1", text="psst"))["ok"]
    assert [one.text for one in workspace.ephemerals("U1")] == ["psst"]
    assert workspace.ephemerals("U2") == workspace.messages("C1") == ()
    workspace.add_user("U3", "outsider")
    outside = await api("chat.postEphemeral", channel="C1", user="U3", text="psst")
    assert outside["error"] == "user_not_in_channel"
    shown = workspace.ephemerals("U1")[0]
    assert (await api("chat.update", channel="C1", ts=shown.ts, text="x"))["error"] == "message_not_found"


async def test_people_see_and_write_only_where_they_are(workspace: Workspace) -> None:
    workspace.add_channel("C2", "private", kind=ChannelKind.PRIVATE)
    workspace.archive("C1")
    ann = workspace.as_user("U1")
    for channel, why in (("C2", "cannot see"), ("C1", "is archived")):
        with pytest.raises(RefusedError, match=why):
            await ann.post(channel, "x")


async def test_joining_is_told_to_the_channel_and_to_apps(
    dial: Dialler, workspace: Workspace, app: App
) -> None:
    workspace.change_app(app, events=("message.channels", "member_joined_channel"))
    socket = await dial()
    workspace.add_user("U3", "new")
    await workspace.as_user("U3").join("alerts")
    await workspace.wait_until(lambda: len(socket.events) == 2)
    told = {one["type"]: one for one in socket.events}
    assert told["message"]["subtype"] == "channel_join"
    assert (told["member_joined_channel"]["user"], told["member_joined_channel"]["channel"]) == ("U3", "C1")


async def test_a_permalink_points_into_the_thread(api: Api) -> None:
    parent = (await api("chat.postMessage", channel="C1", text="parent"))["ts"]
    reply = (await api("chat.postMessage", channel="C1", text="reply", thread_ts=parent))["ts"]
    link = (await api("chat.getPermalink", channel="C1", message_ts=reply))["permalink"]
    assert link.endswith(f"/archives/C1/p{reply.replace('.', '')}?thread_ts={parent}&cid=C1")
