"""Pictures of what comes around an incident: webhooks, waiting, groups, drafts, transcripts, comebacks."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from bot.domain.ids import IncidentId
from bot.playground.page.server import Page
from bot.playground.page.values import Person, Setting
from bot.playground.workspace.model import Message
from bot.slack.socket import Health
from bot.slack.webhooks import WebhookOptions
from tests.browser.browsing import visiting
from tests.fakes.content import COLLEAGUE, LEAD, ONCALL
from tests.fakes.crews import ROAD, Cast, modelled
from tests.fakes.slack_room import (
    CHANNEL,
    QUICK,
    SIDE_CHANNEL,
    SlackRoom,
    attachment,
    options_of,
    running,
    slack_workspace,
)
from tests.waiting import eventually

PEOPLE = (
    Person(ONCALL, "Olga", "on call"),
    Person(LEAD, "Lee", "lead"),
    Person(COLLEAGUE, "Cleo", "colleague"),
)
PATIENCE = 30_000
PHONE = {"width": 390, "height": 844}
WORDS = {
    "in-line": "An alert that came over the webhook; its investigation waits in line, and the card says so.",
    "group": "Related alerts join one incident; the card lists them.",
    "phone": "The same card on a phone.",
    "phone-plan": "The approval card on a phone.",
    "spoken": "What a model was asked and answered, page by page.",
    "update": "An update for stakeholders: drafted, edited, and sent only after an approval.",
    "postmortem": "A postmortem draft, as a file in the thread.",
    "came-back": "The alert came back: the incident goes on in its own thread and says so.",
}
Shot = Callable[[str], Awaitable[None]]


async def take_more(photographer: Callable[[Tab], Shot]) -> None:
    """Play all states and take a picture of each."""
    async with _room() as (room, webhooks), Page(room.workspace, Setting(CHANNEL, PEOPLE)) as page:
        page.stage("", ready=True)
        async with visiting(page.url, patience=PATIENCE / 1000) as visit:
            await _play(room, webhooks, visit.page, photographer(visit.page))


@asynccontextmanager
async def _room() -> AsyncGenerator[tuple[SlackRoom, WebhookOptions]]:
    """A room with scripted models and a door for webhooks."""
    home = modelled(Cast(ROAD))
    home.content.fixed_policy = replace(home.content.fixed_policy, communications=SIDE_CHANNEL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        webhooks = WebhookOptions(int(free.getsockname()[1]), secrets.token_hex(20), CHANNEL)
    async with slack_workspace(QUICK) as (workspace, app):
        for name, shown in ((ONCALL, "olga"), (LEAD, "lee"), (COLLEAGUE, "cleo")):
            workspace.change_user(name, name=shown)
        options = replace(options_of(workspace, app), webhooks=webhooks)
        hook = workspace.add_webhook(CHANNEL, "Alertmanager")
        health = Health()
        async with running(options, home, health, real=True):
            yield SlackRoom(workspace, home, app, hook, options, health), webhooks


async def _play(room: SlackRoom, webhooks: WebhookOptions, tab: Tab, shot: Shot) -> None:
    limit = room.home.ports.content.alert_rules().parallel_investigations
    for number in range(limit):
        await room.home.ports.line.enter(IncidentId(f"inc-other{number}"), 0, limit)
    await _fires(webhooks)
    anchor = await room.until(lambda: next(iter(room.workspace.messages(CHANNEL)), None))
    await room.until(lambda: room.replies(anchor))
    await room.home.work()
    await tab.locator(".pane.channel .replies").first.click()
    await _says(tab, "Wait for an investigation to end")
    await shot("in-line")
    await _grouped(room, tab, shot)
    await _spoken(room, tab, shot, anchor)
    await _drafts(room, tab, shot, anchor)
    await _comeback(room, webhooks, tab, shot)


async def _fires(webhooks: WebhookOptions, status: str = "firing") -> None:
    """One request as Alertmanager makes it."""
    alert = {
        "status": status,
        "labels": {"alertname": "CheckoutHighErrorRate", "service": "checkout", "severity": "critical"},
        "annotations": {"summary": "12 % of the checkout's requests fail"},
        "startsAt": "2026-09-21T14:10:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "51d00288aa179b15",
    }
    body = {"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": status, "alerts": [alert]}
    url = f"http://127.0.0.1:{webhooks.port}/alertmanager"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=body, headers={"Authorization": f"Bearer {webhooks.token}"}) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def _grouped(room: SlackRoom, tab: Tab, shot: Shot) -> None:
    limit = room.home.ports.content.alert_rules().parallel_investigations
    for number in range(limit):
        await room.home.ports.line.leave(IncidentId(f"inc-other{number}"))
    for name in ("CheckoutLatencyP99", "CheckoutQueueGrowing", "CheckoutPaymentsFailing"):
        await room.alert(
            {"username": "Alertmanager", "attachments": [attachment("FIRING:1", name, "danger")]}
        )
    await room.home.work()
    await _says(tab, "further alerts")
    await _says(tab, "Approval needed")
    await _show(tab, ".header", "Approval needed")
    await shot("group")
    wide = tab.viewport_size
    await tab.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    await _show(tab, ".header", "Approval needed")
    await shot("phone")
    await (
        tab.locator(".pane.thread:visible .header", has_text="Approval needed")
        .nth(1)
        .scroll_into_view_if_needed()
    )
    await tab.get_by_role("button", name="Approve").first.scroll_into_view_if_needed()
    await shot("phone-plan")
    assert wide is not None
    await tab.set_viewport_size(wide)


async def _spoken(room: SlackRoom, tab: Tab, shot: Shot, anchor: Message) -> None:
    olga = room.workspace.as_user(ONCALL)
    card = room.replies(anchor)[0]
    name = next(iter(room.home.store.shelf.entries))
    await olga.click(card, "incident_menu", f"history|{name}")
    view = (await room.until(lambda: room.workspace.views(ONCALL)))[-1]
    await olga.click(view, "spoken_0_0")
    await expect(tab.locator("dialog.modal").last).to_contain_text("log_analyst, page 1")
    await shot("spoken")
    await olga.close(everything=True)


async def _drafts(room: SlackRoom, tab: Tab, shot: Shot, anchor: Message) -> None:
    for words, head, name in (
        ("draft a stakeholder update", "Update for stakeholders (draft)", "update"),
        ("postmortem", "Postmortem draft", "postmortem"),
    ):
        await room.workspace.as_user(ONCALL).say(CHANNEL, f"@greenlight {words}", thread_ts=anchor.ts)
        await eventually(partial(_asked, room, words))
        await room.home.work()
        await _says(tab, head)
        found: Any = tab.locator(".pane.thread:visible article", has_text=head).last
        await found.scroll_into_view_if_needed()
        if name == "postmortem":
            await expect(tab.locator(".pane.thread:visible .file").last).to_be_visible()
        await tab.locator(".pane.thread:visible .scroller").evaluate(
            "box => { box.scrollTop = box.scrollHeight; }"
        )
        await shot(name)


async def _asked(room: SlackRoom, words: str) -> bool:
    incident = await room.home.incident(next(iter(room.home.store.shelf.entries)))
    return any(words in one.text for one in incident.questions)


async def _comeback(room: SlackRoom, webhooks: WebhookOptions, tab: Tab, shot: Shot) -> None:
    await room.workspace.as_user(ONCALL).click(
        room.replies(room.workspace.messages(CHANNEL)[0])[0],
        "incident_menu",
        f"fixed|{next(iter(room.home.store.shelf.entries))}",
    )
    await room.until(lambda: room.workspace.views(ONCALL))
    await room.workspace.as_user(ONCALL).submit(values={"note": "Rolled back by hand"})
    await _says(tab, "Closed: fixed by hand")
    room.home.clock.advance(120)
    await _fires(webhooks)
    await _says(tab, "The alert came back")
    await tab.locator(
        ".pane.thread:visible article", has_text="The alert came back"
    ).last.scroll_into_view_if_needed()
    await shot("came-back")


async def _show(tab: Tab, what: str, words: str) -> None:
    await tab.locator(f".pane.thread:visible {what}", has_text=words).first.scroll_into_view_if_needed()


async def _says(tab: Tab, words: str) -> None:
    await expect(tab.locator(".pane.thread:visible")).to_contain_text(words)
