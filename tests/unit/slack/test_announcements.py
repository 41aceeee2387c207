"""Messages of a deploy channel become changes: who, what, when, from, to."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from bot.adapters.announcements import Announced, change_of
from bot.adapters.change_reading import ChangeAsk
from bot.domain.ids import MINUTE, SECOND, At
from bot.domain.service import Inventory, Service, Source
from bot.ports.cards import Announcement
from bot.ports.world import Window
from bot.slack.announcements import Announcements, announced
from bot.slack.payloads import Envelope, Identity
from tests.fakes.content import FixedContent, example_content
from tests.fakes.store import memory_store
from tests.fakes.world import START, FakeClock

ME = Identity(user_id="UME", bot_id="BME", team_id="T1")
SOURCE = Source("deploy_channel", (("channel", "C0DEPLOYS"),))
NOW = f"{START // SECOND - 60}.000100"


def content() -> FixedContent:
    known = example_content()
    services = tuple(replace(one, changes=(SOURCE,)) for one in known.fixed_inventory.services)
    inventory: Inventory = replace(known.fixed_inventory, services=services)
    return replace(known, fixed_inventory=inventory)


SERVICE: Service = content().fixed_inventory.services[0]


def message(text: str, channel: str = "C0DEPLOYS", **more: Any) -> Envelope:
    event = {"type": "message", "channel": channel, "ts": NOW, "user": "U7", "text": text, **more}
    return Envelope(event_id="Ev1", team_id="T1", event=event)


async def seen(*envelopes: Envelope) -> tuple[tuple[str, str, str, str], ...]:
    store = memory_store(FakeClock())
    for envelope in envelopes:
        await Announcements(ME, store.seen, content()).keep(envelope, again=False)
    window = Window(At(START - 30 * MINUTE), START)
    async with httpx2.AsyncClient(trust_env=False) as client:
        found = await Announced(store.seen)(ChangeAsk(SOURCE, SERVICE, window), client)
    return tuple((one.who, one.what, one.before, one.after) for one in found.changes)


async def test_a_person_and_an_app_announce_a_deploy() -> None:
    said = {"title": "checkout v1.4.2", "text": "rollback from v1.4.3 to v1.4.2 by ada"}
    later = f"{START // SECOND - 50}.000000"
    by_app = message("", bot_id="B9", username="ci", ts=later, attachments=[said])
    assert await seen(message("Deploying checkout from `41` to `42` now"), by_app) == (
        ("U7", "deploying", "41", "42"),
        ("ada", "rollback", "v1.4.3", "v1.4.2"),
    )


async def test_the_same_message_twice_is_one_change() -> None:
    again = message("deployed checkout v42")
    assert len(await seen(again, again)) == 1


@pytest.mark.parametrize(
    "envelope",
    [
        message("deployed checkout v42", channel="C0OTHER"),
        message("deployed checkout v42", thread_ts="1.000000"),
        message("deployed checkout v42", user="UME"),
        message("deployed checkout v42", subtype="channel_topic"),
        message("deployed payments v42"),
        message("deployed checkout-admin v42"),
        message("who deployed checkout?"),
        message("checkout v42 is slow"),
        message("deployed checkout to production"),
        message(""),
        message("deployed checkout v42", ts="soon"),
    ],
    ids=lambda envelope: f"{envelope.event['text']} {envelope.event['channel']} {len(envelope.event)}",
)
async def test_what_announces_no_deploy_of_this_service_is_no_change(envelope: Envelope) -> None:
    assert await seen(envelope) == ()


async def test_a_channel_that_is_shared_with_others_is_not_listened_to() -> None:
    shared = message("deployed checkout v42").model_copy(update={"is_ext_shared_channel": True})
    assert await seen(shared) == ()


def test_a_pattern_of_the_team_says_what_is_what() -> None:
    said = Announcement(START, "U7", "[ship-it] checkout 41 => 42 (marco)")
    pattern = r"ship-it\] \S+ (?P<from>\S+) => (?P<to>\S+) \((?P<who>\w+)\)"
    change = change_of(said, SERVICE, pattern)
    assert change is not None
    assert (change.who, change.what, change.before, change.after) == ("marco", "deploy", "41", "42")
    assert change_of(replace(said, text="something else"), SERVICE, pattern) is None


def test_blocks_are_read_and_hostile_ones_borne() -> None:
    blocks: list[Any] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "deployed"}},
        7,
        {"text": "x"},
    ]
    said = announced(message("", blocks=blocks, attachments="no"), ME)
    assert said is not None
    assert said.text == "deployed"
