"""Plays the demo and takes the pictures of `docs/gallery`: `python -m tests.browser.gallery`."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import asyncio
import base64
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser import card_gallery, gate_gallery, more_gallery, room_gallery
from tests.browser.browsing import visiting
from tests.browser.story import PATIENCE, ROOT, Player, demo, play

FOLDER = ROOT / "docs" / "gallery"
NARROW = {"width": 390, "height": 780}
QUALITY = 88
WORDS = {
    "plan": "An alert came in: Greenlight found the likely cause and proposes a plan. Nothing has changed.",
    "quiet": "Before: the shop serves its customers.",
    "confirm": "Approve asks once more, with the environment, the plan's digest and the change.",
    "refused": "Carl is not on call: his click does not count, and he is told why.",
    "answer": "A question in the thread is answered from the record, with its evidence.",
    "paused": "A lead pauses everything: no step starts until a lead resumes.",
    "details": "The whole plan: digest, policy, parameters, preconditions, undo, check.",
    "reason": "A rejection needs a reason, which steers the next plan.",
    "second-plan": "The next plan: whoever asked for it may not approve it.",
    "running": "Approved by a lead: exactly that plan runs, and is then measured.",
    "healed": "Resolved, because a measurement says so. The report is in the thread.",
    "healthy": "Nothing was wrong: a short rush set off the alert, and Greenlight says so.",
    "narrow": "In a narrow window, one part at a time.",
    "home": "The app's Home tab.",
    **room_gallery.WORDS,
    **more_gallery.WORDS,
    **gate_gallery.WORDS,
    **card_gallery.WORDS,
}
"""What each picture shows; the first one stands above the fold of the README."""
SECTIONS: dict[str, tuple[str, ...]] = {
    "From the alert to the measurement": (
        *("plan", "quiet", "confirm", "answer", "details", "reason", "second-plan", "running", "healed"),
        *("oom", "oom-healed", "healthy"),
    ),
    "The gate: what it does not let through": (
        *("refused", "edit", "hold", "drift", "expired", "pager", "one-of-two", "stopped", "paused"),
        *("auto-applied", "undo", "unknown", "recorded", "proposals-only", "memory", "remembered"),
    ),
    "Around an incident": (
        *(
            "waiting",
            "in-line",
            "group",
            "chart",
            "rated",
            "hand-over",
            "taken",
            "muted",
            "history",
            "spoken",
        ),
        *("update", "postmortem", "close", "closed", "came-back"),
    ),
    "Home and phone": ("home", "home-approver", "home-colleague", "narrow", "phone", "phone-plan"),
}
"""The order of the gallery's page; `make demo` and `make demo ARGS=--gate` lead through the first two."""


@dataclass(slots=True)
class Photographer:
    """Takes each state in light and dark."""

    page: Page
    taken: list[str] = field(default_factory=list[str])

    async def shot(self, name: str) -> None:
        """Two pictures, as WebP, which is a third of the size."""
        link = await self.page.context.new_cdp_session(self.page)
        await self.page.mouse.move(2, 2)
        for scheme in ("dark", "light"):
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await asyncio.sleep(0.25)  # a picture, not a test: let the last frame settle
            answer = await link.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
            picture = base64.b64decode(answer["data"])
            await asyncio.to_thread((FOLDER / f"{name}-{scheme}.webp").write_bytes, picture)
        await link.detach()
        self.taken.append(name)
        print(f"  {name}", flush=True)


async def take(home: Path) -> None:
    """Play and take all pictures."""
    async with (
        demo(home) as running,
        visiting(running.url, patience=PATIENCE / 1000) as visit,
    ):
        photographer = Photographer(visit.page)
        player = Player(visit.page, photographer.shot)
        await play(player)
        await _home(player)
        await _healthy(player)
        await _narrow(player)
        others = {*room_gallery.WORDS, *gate_gallery.WORDS, *more_gallery.WORDS, *card_gallery.WORDS}
        missing = sorted(set(WORDS) - others - set(photographer.taken))
        assert not missing, missing
        assert visit.complaints == [], visit.complaints


async def _home(player: Player) -> None:
    side = player.page.get_by_label("Workspace")
    await side.get_by_role("button", name="greenlight").click()
    await expect(player.page.get_by_label("App Home")).to_be_visible()
    await player.shot("home")
    await side.get_by_role("button", name="alerts").click()


async def _healthy(player: Player) -> None:
    await player.page.get_by_role("button", name="Just a rush").click()
    threads = player.channel.locator(".replies")
    await expect(threads).to_have_count(2, timeout=PATIENCE)
    await threads.last.click()
    head = player.thread.locator(".header", has_text="Nothing wrong found")
    await expect(head.first).to_be_visible(timeout=PATIENCE)
    await player.shot("healthy")


async def _narrow(player: Player) -> None:
    await player.page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    await player.shot("narrow")


def index() -> str:
    """The gallery's page."""
    lines = [
        "# Gallery",
        "",
        "Made by `make gallery` from a running demo; each picture in light and dark.",
        "",
    ]
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(WORDS)
    for title, names in SECTIONS.items():
        lines += [f"## {title}", ""]
        for name in names:
            lines += [f"### {WORDS[name]}", "", picture(name, WORDS[name]), ""]
    return "\n".join(lines)


def picture(name: str, words: str) -> str:
    """The light or the dark one, as the reader's system prefers."""
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{name}-dark.webp">'
    return f'<picture>{dark}<img src="{name}-light.webp" alt="{words}"></picture>'


def main() -> int:
    """Take the pictures and write the gallery's page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    one = {"--room", "--gate", "--more", "--cards", "--demo"} & set(sys.argv)
    if not one or "--demo" in one:
        with tempfile.TemporaryDirectory(prefix="greenlight-gallery-") as home:
            asyncio.run(take(Path(home)))
    if not one or "--room" in one:
        asyncio.run(room_gallery.take_room(lambda page: Photographer(page).shot))
    if not one or "--more" in one:
        asyncio.run(more_gallery.take_more(lambda page: Photographer(page).shot))
    if not one or "--gate" in one:
        asyncio.run(gate_gallery.take_gate(lambda page: Photographer(page).shot))
    if not one or "--cards" in one:
        asyncio.run(card_gallery.take_cards(lambda page: Photographer(page).shot))
    (FOLDER / "README.md").write_text(index(), encoding="utf-8")
    print(f"{2 * len(WORDS)} pictures in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
