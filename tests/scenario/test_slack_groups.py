"""Rosters from Slack user groups, and the scopes of the token, over the real wire of a local workspace."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from bot.adapters.rosters import PolicyRosters
from bot.domain.decision import RosterAnswer
from bot.domain.ids import RosterName
from bot.domain.policy import Role
from bot.playground.workspace.model import Team
from bot.playground.workspace.workspace import DEFAULT_SCOPES, Workspace
from bot.slack.chat import Chat, open_chat
from bot.slack.groups import group_reader
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.rosters import with_roster
from tests.fakes.world import FakeClock


@dataclass(slots=True)
class Desk:
    workspace: Workspace
    chat: Chat
    rosters: PolicyRosters

    async def night(self) -> RosterAnswer:
        return await self.rosters.read(RosterName("night"), Role.ONCALL)


async def desk(team: Team, scopes: tuple[str, ...]) -> AsyncGenerator[Desk]:
    async with Workspace(team) as workspace:
        workspace.add_user(ONCALL, "olga")
        workspace.add_user(LEAD, "lee")
        workspace.add_group("S123", "night", (ONCALL, LEAD))
        app = workspace.install_app("greenlight", scopes=scopes)
        chat = open_chat(app.bot_token, workspace.api_url)
        yield Desk(
            workspace,
            chat,
            PolicyRosters(with_roster("usergroup"), FakeClock(), {"usergroup": group_reader(chat)}),
        )
        await chat.session.close()


@pytest.fixture
async def paid() -> AsyncGenerator[Desk]:
    async for one in desk(Team(paid=True), DEFAULT_SCOPES):
        yield one


@pytest.fixture
async def free() -> AsyncGenerator[Desk]:
    async for one in desk(Team(paid=False), DEFAULT_SCOPES):
        yield one


@pytest.fixture
async def poor() -> AsyncGenerator[Desk]:
    async for one in desk(Team(paid=True), ("chat:write",)):
        yield one


async def test_the_members_of_the_user_group_hold_the_role(paid: Desk) -> None:
    answer = await paid.night()
    assert (answer.members, answer.source, answer.error) == ((ONCALL, LEAD), "usergroup", "")


async def test_on_a_free_plan_nobody_does_and_the_answer_says_why(free: Desk) -> None:
    answer = await free.night()
    assert answer.members == ()
    assert answer.error == "S123: user groups need a paid plan of Slack; name a list or a schedule instead"


async def test_without_the_scope_the_answer_names_it(poor: Desk) -> None:
    assert "usergroups:read" in (await poor.night()).error


async def test_a_group_that_is_switched_off_names_nobody(paid: Desk) -> None:
    paid.workspace.change_group("S123", is_enabled=False)
    answer = await paid.night()
    assert (answer.members, answer.error) == ((), "S123: there is no such user group, or it is switched off")


async def test_the_scopes_of_the_token_are_those_that_were_granted(paid: Desk, poor: Desk) -> None:
    assert await paid.chat.granted() == DEFAULT_SCOPES
    assert await poor.chat.granted() == ("chat:write",)
