"""What comes in is kept first, handled once, and taken up again when handling failed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from slack_bolt.response import BoltResponse

from bot.domain.alert import Alert, Place, Sighted
from bot.domain.decision import Code, Refused
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import At, PersonId
from bot.slack.alerts.forced import forced
from bot.slack.background import Background
from bot.slack.chat import open_chat
from bot.slack.inbox import ATTEMPTS, MAX_BODY, Inbox
from bot.slack.middleware import STORED, Storing
from bot.slack.payloads import Identity
from bot.slack.verbs import Care, Rework, Talk, Verbs
from tests.fakes.cards import MemorySeen
from tests.fakes.house import House, alert, house

ME = Identity(team_id="T1", user_id="U0BOT", bot_id="B0BOT")
EVENT = {"type": "message", "bot_id": "B1", "channel": "C1", "ts": "10.000001", "text": "firing"}
BODY = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": EVENT}


@dataclass(slots=True)
class Desk:
    """An inbox over a house's store, with what reached the flow."""

    home: House
    inbox: Inbox
    alerts: list[Place]
    asked: list[str]
    fail: list[Exception]
    passed: int = 0
    context: dict[str, Any] = field(default_factory=dict[str, Any])

    async def next(self) -> BoltResponse:
        self.passed += 1
        return BoltResponse(status=200)

    async def arrives(self, body: dict[str, Any]) -> BoltResponse | None:
        return await Storing(self.inbox).keep(body, self.context, self.next)

    async def handle(self, key: str = "Ev1") -> None:
        """Handle what the middleware stored, as the listener does."""
        self.inbox.start(*self.context.pop(STORED, (key, json.dumps(BODY))))
        await self.inbox.background.finish(5)


def desk() -> Desk:
    home = house()
    alerts, asked, fail = list[Place](), list[str](), list[Exception]()

    async def alert_seen(sighted: Sighted) -> None:
        if fail:
            raise fail.pop(0)
        alerts.append(sighted.place)

    async def ask(place: Place, person: PersonId, ts: str, text: str) -> str | None:
        asked.append(f"{place.thread} {person} {ts} {text}")

    async def sentence(*_: object, **__: object) -> str:
        return "done"

    async def judge(*_: object) -> Refused:
        return Refused(Code.UNKNOWN_PLAN)

    def parse(_: Mapping[str, Any], __: At) -> Alert:
        return alert()

    async def standing(*_: object) -> None:
        return None

    care = Care(sentence, sentence, sentence, sentence, sentence, standing)
    talk = Talk(sentence, sentence, sentence, sentence)
    rework = Rework(sentence, sentence)

    async def home_of(_: Alert) -> Place | None:
        return None

    verbs = Verbs(
        alert_seen=alert_seen,
        home_of=home_of,
        judge=judge,
        asked=ask,
        pause=sentence,
        resume=sentence,
        stop=sentence,
        record_truth=sentence,
        close=sentence,
        care=care,
        talk=talk,
        rework=rework,
    )
    chat = open_chat("xoxb-unused", "http://127.0.0.1:9/")
    inbox = Inbox(
        me=ME,
        verbs=verbs,
        parse=parse,
        forced=forced,
        seen=home.store.seen,
        content=home.content,
        chat=chat,
        people=home.people,
        clock=home.clock,
        background=Background(),
    )
    return Desk(home, inbox, alerts, asked, fail)


@pytest.fixture
async def at():  # noqa: ANN201 - an async generator fixture
    made = desk()
    yield made
    await made.inbox.chat.session.close()


async def test_an_event_is_stored_passed_on_and_handled(at: Desk) -> None:
    assert await at.arrives(BODY) is None
    await at.handle()
    assert at.alerts == [Place("T1", "C1", "10.000001")]
    assert at.home.store.seen.handled == {"Ev1"}
    assert await at.home.store.seen.last_ts("C1") == "10.000001"


async def test_a_known_event_is_acknowledged_and_goes_no_further(at: Desk) -> None:
    await at.arrives(BODY)
    answer = await at.arrives(BODY)
    assert answer is not None
    assert (answer.status, at.passed) == (200, 1)


async def test_without_a_store_an_event_is_not_acknowledged_but_a_click_passes(at: Desk) -> None:
    at.home.store.shelf.down = True
    with pytest.raises(StoreUnavailableError):
        await at.arrives(BODY)
    assert at.passed == 0
    await at.arrives({"type": "block_actions", "actions": []})
    assert at.passed == 1


async def test_an_event_beyond_all_measure_is_dropped(at: Desk) -> None:
    answer = await at.arrives({**BODY, "event": {**EVENT, "text": "x" * MAX_BODY}})
    assert answer is not None
    assert (answer.status, at.home.store.seen.stored) == (200, {})


async def test_the_same_message_in_two_events_counts_once(at: Desk) -> None:
    for key in ("Ev1", "Ev2"):
        await at.arrives({**BODY, "event_id": key})
        await at.handle()
    assert len(at.alerts) == 1
    assert at.home.store.seen.handled == {"Ev1", "Ev2"}


async def test_an_event_that_a_short_outage_met_is_handled_as_soon_as_the_store_is_back(at: Desk) -> None:
    at.inbox.soon = (0.001, 0.001, 0.001)
    at.fail.extend((StoreUnavailableError(), StoreUnavailableError()))
    await at.arrives(BODY)
    await at.handle()
    assert len(at.alerts) == 1
    assert at.home.store.seen.handled == {"Ev1"}
    assert await at.inbox.sweep(at.home.clock.now()) == 0


async def test_a_long_outage_in_the_middle_leaves_the_event_for_the_sweep(at: Desk) -> None:
    at.inbox.soon = (0.001,)
    at.fail.extend((StoreUnavailableError(), StoreUnavailableError()))
    await at.arrives(BODY)
    await at.handle()
    assert (at.alerts, at.home.store.seen.handled) == ([], set())
    assert await at.inbox.sweep(At(at.home.clock.now() - 1)) == 0
    assert await at.inbox.sweep(at.home.clock.now()) == 1
    assert len(at.alerts) == 1
    assert at.home.store.seen.handled == {"Ev1"}


async def test_an_event_that_always_fails_is_given_up_after_some_tries(at: Desk) -> None:
    at.fail.extend(RuntimeError("a bug") for _ in range(10))
    await at.arrives(BODY)
    await at.handle()
    for tries in range(1, ATTEMPTS):
        assert at.home.store.seen.handled == set(), tries
        await at.inbox.sweep(at.home.clock.now())
    assert at.home.store.seen.handled == {"Ev1"}
    assert len(at.fail) == 10 - ATTEMPTS


async def test_a_body_that_nobody_understands_is_done_with(at: Desk) -> None:
    await at.home.store.seen.store("Ev9", "{not json")
    await at.inbox.sweep(at.home.clock.now())
    assert at.home.store.seen.handled == {"Ev9"}


async def test_only_allowed_channels_are_heard(at: Desk) -> None:
    at.inbox.channels = frozenset({"C2"})
    await at.arrives(BODY)
    await at.handle()
    assert at.alerts == []


@pytest.mark.parametrize(("allowed", "heard"), [(False, 0), (True, 1)])
async def test_a_shared_channel_is_heard_only_where_the_policy_allows(
    at: Desk,
    allowed: bool,  # noqa: FBT001 - the setting itself
    heard: int,
) -> None:
    at.home.content.fixed_policy = replace(at.home.content.policy(), shared_channels_allowed=allowed)
    await at.arrives({**BODY, "is_ext_shared_channel": True})
    await at.handle()
    assert len(at.alerts) == heard


async def test_a_mention_is_taken_to_the_flow_without_the_bots_name(at: Desk) -> None:
    said = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "12.000001", "text": "<@U0BOT> why?"}
    await at.arrives({**BODY, "event": {**said, "thread_ts": "10.000001"}})
    await at.handle()
    assert at.asked == ["10.000001 U1 12.000001 why?"]


async def test_an_event_whose_storing_was_not_confirmed_is_handled_when_slack_sends_it_again(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemorySeen.store

    async def unheard(self: MemorySeen, key: str, body: str) -> bool:
        assert await store(self, key, body)
        raise StoreUnavailableError

    monkeypatch.setattr(MemorySeen, "store", unheard)
    with pytest.raises(StoreUnavailableError):
        await at.arrives(BODY)
    monkeypatch.undo()
    await at.arrives(BODY)
    await at.handle()
    assert len(at.alerts) == 1
    answer = await at.arrives(BODY)
    assert answer is not None
    assert answer.status == 200
