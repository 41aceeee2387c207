"""Pictures of what no tour reaches: an edit of the memory, a step whose end nobody knows, out of memory."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from playwright.async_api import Page as Tab
from playwright.async_api import expect

from bot.adapters.embedded import EmbeddedServer
from bot.adapters.hands import ApprovedHands
from bot.adapters.memory import KIND, Memory, MemoryEyes
from bot.adapters.redis_client import connected
from bot.domain.ids import ActionId, IncidentId, TargetId
from bot.domain.limits import row_key
from bot.domain.service import MetricSpec, Source, Target
from bot.flow.memory_edits import PROPOSED, propose_edit
from bot.playground.page.server import Page
from bot.playground.page.values import Person, Setting
from bot.playground.workspace.model import Message
from bot.ports.team import MemoryWish
from tests.browser.browsing import visiting
from tests.browser.story import Player, demo
from tests.fakes.content import COLLEAGUE, LEAD, ONCALL
from tests.fakes.house import House, house
from tests.fakes.slack_room import CHANNEL, SlackRoom, slack_room
from tests.integration.test_memory_gate import edit_memory
from tests.servers import fresh_prefix

PEOPLE = (
    Person(ONCALL, "Olga", "on call"),
    Person(LEAD, "Lee", "lead"),
    Person(COLLEAGUE, "Cleo", "colleague"),
)
PATIENCE = 60_000
BEFORE = "# Here\n\n- The pool of checkout holds 20 connections.\n- Deploys happen between 9 and 16.\n"
AFTER = BEFORE.replace("20 connections", "20 connections; version 42 leaks them when a card is declined")
WISH = MemoryWish(AFTER, "It was the cause of this incident.")
WORDS = {
    "unknown": "A step was started and its answer lost: nothing is repeated, a person records the truth.",
    "recorded": "The truth is recorded, and the target is free again.",
    "proposals-only": "Two executions failed in a row: for an hour Greenlight only proposes, and says so.",
    "memory": "An edit of what the team remembers is a plan, too: the difference, and a person's approval.",
    "remembered": "Approved, in force, and it can be taken back.",
    "oom": "Out of memory: the line with which the process died, and a higher limit to approve.",
    "oom-healed": "Measured after the approval: the process lives.",
}
Shot = Callable[[str], Awaitable[None]]


async def take_cards(photographer: Callable[[Tab], Shot]) -> None:
    """Play all states and take a picture of each."""
    async with _page(house()) as (room, tab):
        await _unknown(room, tab, photographer(tab))
    async with _page(house()) as (room, tab):
        await _limited(room, tab, photographer(tab))
    async with _remembering() as home, _page(home) as (room, tab):
        await _memory(room, tab, photographer(tab))
    with tempfile.TemporaryDirectory(prefix="greenlight-oom-") as folder:
        async with (
            demo(Path(folder), "--fault", "oom") as running,
            visiting(running.url, patience=PATIENCE / 1000) as visit,
        ):
            await _oom(Player(visit.page, photographer(visit.page)))
            assert visit.complaints == [], visit.complaints


@asynccontextmanager
async def _page(home: House) -> AsyncGenerator[tuple[SlackRoom, Tab]]:
    async with slack_room(home, real=True) as room:
        for name, shown in ((ONCALL, "olga"), (LEAD, "lee"), (COLLEAGUE, "cleo")):
            room.workspace.change_user(name, name=shown)
        async with Page(room.workspace, Setting(CHANNEL, PEOPLE)) as page:
            page.stage("", ready=True)
            async with visiting(page.url, patience=PATIENCE / 1000) as visit:
                yield room, visit.page


@asynccontextmanager
async def _remembering() -> AsyncGenerator[House]:
    """A house whose own memory is a target like any other, over a real server."""
    home = house()
    content = home.content
    checkout = content.fixed_inventory.services[0]
    own = replace(
        checkout,
        name="greenlight",
        title="Greenlight itself",
        aliases=(),
        metrics_source=Source(KIND, ()),
        metrics=(MetricSpec("differs", "memory", "0 or 1", normal_high=Decimal("0.5")),),
        symptom="differs",
        targets=(Target(TargetId("greenlight/memory"), KIND, ()),),
        actions=(ActionId("edit_memory"),),
    )
    content.fixed_inventory = replace(content.fixed_inventory, services=(checkout, own))
    actions = (*content.fixed_catalogue.actions, edit_memory())
    content.fixed_catalogue = replace(content.fixed_catalogue, actions=actions)
    with tempfile.TemporaryDirectory(prefix="greenlight-memory-") as folder:
        server = EmbeddedServer(Path(folder), None)
        await server.start()
        try:
            async with connected(server.url, fresh_prefix()) as link:
                memory = Memory(link, lambda: BEFORE)
                table = {KIND: {"memory.edit": memory.edit}}
                hands = ApprovedHands(home.store.incidents, content, home.clock, str, table)
                eyes = MemoryEyes(home.eyes, memory, home.clock)
                home.ports = replace(home.ports, eyes=eyes, hands=hands, memory=memory)
                yield home
        finally:
            await server.stop()


async def _unknown(room: SlackRoom, tab: Tab, shot: Shot) -> None:
    home = room.home
    home.hands.answers.append(TimeoutError())
    home.hands.lost_before_effect = True
    alert, name = await _alerted(room, tab)
    await _approve(room, await room.card(alert, "Approval needed: Change"))
    home.eyes.blind.add("checkout/process")
    await home.work()
    await _says(tab, "Outcome unknown")
    await home.pass_time(70, 5)
    await _says(tab, "Still unknown")
    await _top(tab, "Still unknown")
    await shot("unknown")
    home.eyes.blind.clear()
    told = next(one for one in reversed(room.replies(alert)) if "record_not_applied" in str(one.body))
    await room.workspace.as_user(ONCALL).click(told, "record_not_applied")
    await asyncio.sleep(0.5)
    views = room.workspace.views(ONCALL)
    if views:
        await room.workspace.as_user(ONCALL).submit(values={"note": "Looked at it: still 20"})
    await home.work()
    await _says(tab, "it was not applied")
    await room.workspace.as_user(ONCALL).close(everything=True)
    await expect(tab.locator("dialog.modal")).to_have_count(0)
    await _top(tab, "it was not applied")
    await shot("recorded")
    del name


async def _limited(room: SlackRoom, tab: Tab, shot: Shot) -> None:
    """Two executions on this target failed just now."""
    home = room.home
    row = home.store.incidents.rows[row_key("checkout/process")]
    row.update(dict.fromkeys(("one", "another"), home.clock.now()))
    await _alerted(room, tab)
    await _says(tab, "proposals only")
    await _top(tab, "proposals only")
    await shot("proposals-only")


async def _memory(room: SlackRoom, tab: Tab, shot: Shot) -> None:
    alert, name = await _alerted(room, tab)
    first = await room.home.incident(name)
    said = await propose_edit(room.home.ports, first, WISH)
    assert said == PROPOSED, said
    await _says(tab, "Edit the team's memory")
    await _top(tab, "Edit the team's memory")
    await shot("memory")
    await _approve(room, await room.card(alert, "Approval needed: Edit"))
    await room.home.pass_time(14)
    await _says(tab, "Plan done: Edit the team's memory")
    await _top(tab, "Plan done: Edit the team's memory")
    await shot("remembered")


async def _oom(player: Player) -> None:
    await player.ready()
    card = await player.plan(1)
    await card.evaluate("one => one.scrollIntoView({block: 'start'})")
    await player.shot("oom")
    await player.act_as("Olivia")
    await player.approve(card)
    await player.happened("Measured: improved")
    healed = player.thread.locator("article", has_text="Resolved:").last
    await expect(healed).to_be_visible(timeout=PATIENCE)
    await healed.evaluate("one => one.scrollIntoView({block: 'start'})")
    await player.shot("oom-healed")


async def _alerted(room: SlackRoom, tab: Tab) -> tuple[Message, IncidentId]:
    alert = await room.alert()
    await room.until(lambda: room.replies(alert))
    await room.home.work()
    await tab.locator(".pane.channel .replies").first.click()
    await _says(tab, "Approval needed")
    return alert, next(iter(room.home.store.shelf.entries))


async def _approve(room: SlackRoom, card: Message) -> None:
    await room.workspace.as_user(ONCALL).click(card, "decide_approve")
    await room.until(lambda: "Approved by" in str(_now(room, card)))
    await room.home.work()


def _now(room: SlackRoom, card: Message) -> object:
    thread = card.body.get("thread_ts", card.ts)
    return next(m.body for m in room.workspace.thread(CHANNEL, str(thread)) if m.ts == card.ts)


async def _says(tab: Tab, words: str) -> None:
    await expect(tab.locator(".pane.thread:visible")).to_contain_text(words, timeout=PATIENCE)


async def _top(tab: Tab, words: str) -> None:
    found = tab.locator(".pane.thread:visible article", has_text=words).last
    await found.evaluate("one => one.scrollIntoView({block: 'start'})")
