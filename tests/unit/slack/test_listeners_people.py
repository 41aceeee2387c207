"""Who somebody is: fresh for half a minute, and no answer means no."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain.decision import Person
from bot.domain.ids import PersonId
from bot.slack.failures import NoAnswerError
from bot.slack.payloads import Account, ChannelInfo
from bot.slack.people import SlackPeople, person_of

ANN = PersonId("U1")


@dataclass(slots=True)
class FakeAccounts:
    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    channels: dict[str, ChannelInfo] = field(default_factory=dict[str, ChannelInfo])
    calls: int = 0

    async def account(self, person: str) -> Account:
        self.calls += 1
        if person not in self.accounts:
            raise NoAnswerError("users.info", "time-out")
        return self.accounts[person]

    async def channel(self, channel: str) -> ChannelInfo:
        self.calls += 1
        if channel not in self.channels:
            raise NoAnswerError("conversations.info", "time-out")
        return self.channels[channel]


@dataclass(slots=True)
class Watch:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def account(**changes: Any) -> Account:
    return Account.model_validate({"id": "U1", "team_id": "T1", "real_name": "Ann", **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Person(ANN, "Ann", "T1")),
        ({"is_bot": True}, Person(ANN, "Ann", "T1", is_bot=True)),
        ({"deleted": True}, Person(ANN, "Ann", "T1", active=False)),
        ({"is_restricted": True}, Person(ANN, "Ann", "T1", guest=True)),
        ({"is_ultra_restricted": True}, Person(ANN, "Ann", "T1", guest=True)),
        ({"is_stranger": True}, Person(ANN, "Ann", "T1", external=True)),
        ({"team_id": "T2"}, Person(ANN, "Ann", "T2", external=True)),
        ({"team_id": None}, Person(ANN, "Ann", "", external=True)),
    ],
)
def test_an_account_becomes_a_person(changes: dict[str, Any], expected: Person) -> None:
    assert person_of(account(**changes), "T1") == expected


async def test_an_answer_is_used_again_for_thirty_seconds_and_no_longer() -> None:
    chat, watch = FakeAccounts({"U1": account()}), Watch()
    people = SlackPeople(chat, "T1", watch)
    await people.person(ANN)
    watch.at += 29.9
    chat.accounts["U1"] = account(deleted=True)
    assert await people.person(ANN) == Person(ANN, "Ann", "T1")
    watch.at += 0.2
    assert await people.person(ANN) == Person(ANN, "Ann", "T1", active=False)
    assert chat.calls == 2


async def test_no_answer_is_nobody_and_is_not_kept() -> None:
    chat = FakeAccounts()
    people = SlackPeople(chat, "T1", Watch())
    assert await people.person(ANN) is None
    chat.accounts["U1"] = account()
    assert await people.person(ANN) is not None


@pytest.mark.parametrize("team", ["T2", None])
async def test_a_click_from_another_workspace_makes_the_account_external(team: str | None) -> None:
    people = SlackPeople(FakeAccounts({"U1": account()}), "T1", Watch())
    people.clicked_from(ANN, team)
    assert await people.person(ANN) == Person(ANN, "Ann", team or "", external=True)
    people.clicked_from(ANN, "T1")
    assert await people.person(ANN) == Person(ANN, "Ann", "T1")


async def test_a_channel_of_which_nothing_is_known_counts_as_shared() -> None:
    known = {"C1": ChannelInfo(id="C1", is_ext_shared=False), "C2": ChannelInfo(id="C2", is_ext_shared=True)}
    known["C3"] = ChannelInfo(id="C3", is_ext_shared=False, is_pending_ext_shared=True)
    people = SlackPeople(FakeAccounts(channels=known), "T1", Watch())
    assert [await people.shared(channel) for channel in ("C1", "C2", "C3", "C4")] == [False, True, True, True]
