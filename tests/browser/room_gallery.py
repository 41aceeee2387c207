"""Pictures of what people do around an incident: a local workspace, the real views, no processes."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Awaitable, Callable
from decimal import Decimal

from playwright.async_api import Page as Tab
from playwright.async_api import expect

from bot.domain.evidence import Change, EvidenceKind, MetricReading
from bot.domain.ids import MINUTE, SECOND, At, IncidentId
from bot.playground.page.server import Page
from bot.playground.page.values import Person, Setting
from bot.playground.workspace.model import Message
from tests.browser.browsing import visiting
from tests.fakes.content import COLLEAGUE, LEAD, ONCALL
from tests.fakes.slack_room import CHANNEL, SlackRoom, firing, slack_room

PEOPLE = (
    Person(ONCALL, "Olga", "on call"),
    Person(LEAD, "Lee", "lead"),
    Person(COLLEAGUE, "Cleo", "colleague"),
)
PATIENCE = 30_000
WORDS = {
    "waiting": "An alert of low severity: nothing is looked at until somebody presses Investigate.",
    "chart": "The symptom as a chart, with its normal range and what happened meanwhile.",
    "rated": "Responders rate the diagnosis; their word stands on the card and in the report.",
    "hand-over": "Handing an incident over, with a note.",
    "taken": "Lee has it, and the card says so.",
    "muted": "Muted for a day: further messages of this alert are counted and told nobody.",
    "history": "What models used, and the whole timeline from the record.",
    "close": "Closing by hand: fixed, noise, or a duplicate of another incident.",
    "home-approver": "The App Home of somebody who can approve.",
    "home-colleague": "The App Home of somebody who cannot, and why not.",
    "closed": "Closed by hand, with the note in the report.",
}
Shot = Callable[[str], Awaitable[None]]


async def take_room(photographer: Callable[[Tab], Shot]) -> None:
    """Play all states and take a picture of each."""
    async with slack_room(real=True) as room:
        for name, shown in ((ONCALL, "olga"), (LEAD, "lee"), (COLLEAGUE, "cleo")):
            room.workspace.change_user(name, name=shown)
        _samples(room)
        async with Page(room.workspace, Setting(CHANNEL, PEOPLE)) as page:
            page.stage("", ready=True)
            async with visiting(page.url, patience=PATIENCE / 1000) as visit:
                await _play(room, visit.page, photographer(visit.page))


async def _play(room: SlackRoom, tab: Tab, shot: Shot) -> None:
    quiet = await room.alert(_low())
    await room.until(lambda: room.replies(quiet))
    await _thread(tab, 0, "Not investigated")
    await shot("waiting")

    alert = await room.alert()
    await room.until(lambda: room.replies(alert))
    await room.home.work()
    await room.card(alert, "Chart: ")
    name = tuple(room.home.store.shelf.entries)[-1]
    await _thread(tab, 1, "Approval needed")
    await tab.locator(".pane.thread:visible img.picture").scroll_into_view_if_needed()
    await expect(tab.locator(".pane.thread:visible img.picture")).to_have_js_property("complete", value=True)
    await shot("chart")
    card = room.replies(alert)[0]
    await _steps(room, tab, shot, card, name)
    await _homes(tab, shot)
    await _closed(room, tab, shot, card, name)


async def _steps(room: SlackRoom, tab: Tab, shot: Shot, card: Message, name: IncidentId) -> None:
    olga, lee = room.workspace.as_user(ONCALL), room.workspace.as_user(LEAD)
    await lee.click(card, "feedback", f"helpful|diagnosis|{name}")
    await _says(tab, "1 helpful, 0 not helpful")
    await tab.locator(".pane.thread:visible .feedback").first.scroll_into_view_if_needed()
    await shot("rated")
    await olga.click(card, "incident_menu", f"hand_over|{name}")
    await expect(tab.locator("dialog.modal")).to_contain_text("Who has it from now on?")
    await shot("hand-over")
    await olga.submit(values={"owner": LEAD, "note": "You know the pool best"})
    await _says(tab, "Has it: Lee")
    await tab.locator(".pane.thread:visible .header").first.scroll_into_view_if_needed()
    await shot("taken")
    await olga.click(card, "incident_menu", f"mute_24|{name}")
    await expect(tab.locator("dialog.modal")).to_contain_text("Muted for 24 h")
    await olga.close(everything=True)
    await _says(tab, "Muted until")
    await shot("muted")
    await olga.click(card, "incident_menu", f"history|{name}")
    await expect(tab.locator("dialog.modal")).to_contain_text("Plan 1 proposed")
    await shot("history")
    await olga.close(everything=True)
    await olga.click(card, "close_incident")
    await expect(tab.locator("dialog.modal")).to_contain_text("How did it end?")
    await shot("close")
    await olga.close(everything=True)


async def _homes(tab: Tab, shot: Shot) -> None:
    side = tab.get_by_label("Workspace")
    await side.get_by_role("button", name="greenlight").click()
    home = tab.get_by_label("App Home")
    await expect(home).to_contain_text("Waiting for your approval: 1")
    await shot("home-approver")
    await tab.get_by_role("radio", name="Cleo").click()
    await side.get_by_role("button", name="alerts").click()
    await side.get_by_role("button", name="greenlight").click()
    await expect(home).to_contain_text("You cannot approve it")
    await shot("home-colleague")
    await side.get_by_role("button", name="alerts").click()
    await tab.get_by_role("radio", name="Olga").click()


async def _closed(room: SlackRoom, tab: Tab, shot: Shot, card: Message, name: IncidentId) -> None:
    olga = room.workspace.as_user(ONCALL)
    await olga.click(card, "incident_menu", f"fixed|{name}")
    await expect(tab.locator("dialog.modal")).to_contain_text("What did you do?")
    await olga.submit(values={"note": "Raised the pool by hand and rolled back 42"})
    await _says(tab, "Closed: fixed by hand")
    head = tab.locator(".pane.thread:visible .header", has_text="Closed: fixed by hand")
    await head.last.scroll_into_view_if_needed()
    await shot("closed")


async def _thread(tab: Tab, number: int, words: str) -> None:
    await tab.locator(".pane.channel .replies").nth(number).click()
    await _says(tab, words)
    await tab.locator(".pane.thread:visible .header", has_text=words).first.scroll_into_view_if_needed()


async def _says(tab: Tab, words: str) -> None:
    await expect(tab.locator(".pane.thread:visible")).to_contain_text(words)


def _low() -> dict[str, object]:
    body = firing()
    title = "[FIRING:1] CheckoutSlowerThanUsual (checkout)"
    body["attachments"][0] |= {"title": title, "fallback": title}
    body["attachments"][0]["text"] = "*Labels:*\n • severity: info\n • service: checkout"
    return body


def _samples(room: SlackRoom) -> None:
    """A symptom that began with a deploy."""
    end = room.home.clock.now()
    rises = [0.002] * 60 + [0.002 + i * 0.02 for i in range(20)] + [0.4 + (i % 5) * 0.01 for i in range(40)]
    points = tuple(
        (At(end - (120 - i) * 15 * SECOND), Decimal(str(round(value, 4)))) for i, value in enumerate(rises)
    )
    last, before, peak = points[-1][1], Decimal("0.002"), Decimal("0.44")
    normal = Decimal("0.01")
    reading = MetricReading("error_rate", "ratio", "q", last, before, peak, None, normal, end, points)
    room.home.eyes.set_facts(EvidenceKind.METRICS, reading)
    deploy = Change(At(end - 16 * MINUTE), "dora", "deploy", "41", "42", "checkout")
    room.home.eyes.set_facts(EvidenceKind.CHANGES, deploy)
