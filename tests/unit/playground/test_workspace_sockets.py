import aiohttp
import pytest
from slack_wire import Api, Dialler

from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import App
from bot.playground.workspace.state import Options
from bot.playground.workspace.workspace import Workspace


async def test_a_connection_begins_with_hello(dial: Dialler, app: App) -> None:
    socket = await dial()
    assert socket.frames[0]["type"] == "hello"
    assert socket.frames[0]["connection_info"] == {"app_id": app.id}


async def test_a_ticket_opens_one_connection(api: Api, app: App) -> None:
    url = (await (await api.raw("apps.connections.open", token=app.app_token)).json())["url"]
    first = await api.session.ws_connect(url)
    refused = await api.session.get(url.replace("ws://", "http://"))
    assert refused.status == 404
    await first.close()


async def test_pings_are_answered_with_their_own_words(api: Api, app: App) -> None:
    url = (await (await api.raw("apps.connections.open", token=app.app_token)).json())["url"]
    async with api.session.ws_connect(url, autoping=False) as connection:
        assert (await connection.receive()).type is aiohttp.WSMsgType.TEXT
        await connection.ping(b"sdk-ping-pong:1")
        pong = await connection.receive()
        assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_each_event_goes_to_one_connection_and_all_get_their_share(
    dial: Dialler, workspace: Workspace
) -> None:
    sockets = [await dial() for _ in range(3)]
    ann = workspace.as_user("U1")
    for number in range(60):
        await ann.post("C1", str(number))
    await workspace.wait_until(lambda: sum(len(one.events) for one in sockets) == 60)
    assert all(one.events for one in sockets)


async def test_an_unacknowledged_event_comes_three_more_times_with_one_id(
    dial: Dialler, workspace: Workspace
) -> None:
    socket = await dial()
    workspace.faults.hold_acks()
    changes = workspace.changes()
    await workspace.as_user("U1").post("C1", "x")
    lost = await anext(change async for change in changes if change.kind is ChangeKind.NOT_ACKNOWLEDGED)
    envelopes = socket.of("events_api")
    assert [(one["retry_attempt"], one["retry_reason"]) for one in envelopes] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
        (3, "timeout"),
    ]
    assert len({one["envelope_id"] for one in envelopes}) == 4
    assert len({one["payload"]["event_id"] for one in envelopes}) == 1
    assert lost.data is not None
    assert lost.data["payload"]["event_id"] == envelopes[0]["payload"]["event_id"]


async def test_an_event_nobody_was_there_for_comes_when_somebody_is(session: aiohttp.ClientSession) -> None:
    async with Workspace(options=Options(retry_delays=(0.02,) * 500)) as patient:
        installed = patient.install_app("bot")
        patient.add_user("U1", "ann")
        patient.add_channel("C1", "alerts", members=["U1", installed.bot_user_id])
        await patient.as_user("U1").post("C1", "x")
        dialler = Dialler(Api(patient, session, installed.bot_token), installed)
        socket = await dialler()
        await patient.wait_until(lambda: socket.events)
        assert socket.events[0]["text"] == "x"
        assert socket.of("events_api")[0]["retry_reason"] in {"", "connection_failed"}
        await dialler.hang_up()


async def test_an_interaction_is_never_delivered_again(dial: Dialler, api: Api, workspace: Workspace) -> None:
    socket = await dial()
    socket.acks = False
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    await api("chat.postMessage", channel="C1", text="x", blocks=[{"type": "actions", "elements": [button]}])
    card = workspace.messages("C1")[0]
    ack = await workspace.as_user("U1").click(card, "go")
    assert not ack.acked
    # the event of the post runs through its redeliveries in the meantime
    await workspace.wait_until(lambda: len(socket.of("events_api")) == 4)
    assert len(socket.of("interactive")) == 1


async def test_a_duplicated_event_has_the_same_id(dial: Dialler, workspace: Workspace) -> None:
    socket = await dial()
    workspace.faults.duplicate_events()
    ann = workspace.as_user("U1")
    await ann.post("C1", "twice")
    await ann.post("C1", "once")
    await workspace.wait_until(lambda: len(socket.events) == 3)
    ids = [
        one["payload"]["event_id"]
        for one in socket.of("events_api")
        if one["payload"]["event"]["text"] == "twice"
    ]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_an_eleventh_connection_is_one_too_many(dial: Dialler, workspace: Workspace, app: App) -> None:
    for _ in range(10):
        await dial()
    eleventh = await dial()
    assert eleventh.frames[0]["reason"] == "too_many_websockets"
    assert workspace.connections(app) == 10


async def test_a_connection_about_to_be_renewed_gets_nothing_new(
    dial: Dialler, workspace: Workspace, app: App
) -> None:
    old = await dial()
    await workspace.disconnect(app)
    await workspace.wait_until(lambda: old.of("disconnect"))
    assert old.of("disconnect")[0]["reason"] == "refresh_requested"
    new = await dial()
    await workspace.as_user("U1").post("C1", "x")
    await workspace.wait_until(lambda: new.events)
    assert old.events == []
    await workspace.wait_until(lambda: old.connection.closed)


async def test_cut_connections_say_nothing(dial: Dialler, workspace: Workspace, app: App) -> None:
    socket = await dial()
    await workspace.cut_connections(app)
    await workspace.wait_until(lambda: workspace.connections(app) == 0)
    assert [one["type"] for one in socket.frames] == ["hello"]


@pytest.mark.parametrize("noise", ["{", "[]", '{"envelope_id": "unknown"}', '{"envelope_id": ["x"]}'])
async def test_nonsense_from_the_client_is_ignored(dial: Dialler, workspace: Workspace, noise: str) -> None:
    socket = await dial()
    await socket.connection.send_str(noise)
    await workspace.as_user("U1").post("C1", "x")
    await workspace.wait_until(lambda: socket.events)
