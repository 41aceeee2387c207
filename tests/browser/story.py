"""The demo's story as a visitor plays it, by clicks in the page of real processes."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")
START_SECONDS = 60.0
STOP_SECONDS = 40.0
PATIENCE = 60_000
"""Milliseconds; two busy cores are slow."""
Shot = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Demo:
    """A running `greenlight demo`; `answered` is the second after its start at which the address was told."""

    process: asyncio.subprocess.Process
    url: str
    began: float
    answered: float
    said: str = ""

    async def interrupt(self) -> int:
        """Press Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        async with asyncio.timeout(STOP_SECONDS):
            self.said += (await self.process.stdout.read()).decode()
            return await self.process.wait()


@asynccontextmanager
async def demo(home: Path, *arguments: str) -> AsyncGenerator[Demo]:
    """The demo in a home of its own; ended at the end of the block if it still runs."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-browser", *arguments),
        cwd=ROOT,
        env={**os.environ, "GREENLIGHT_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, url = await _address(process)
        yield Demo(process, url, began, time.monotonic() - began, said)
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()


async def _address(process: asyncio.subprocess.Process) -> tuple[str, str]:
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(START_SECONDS):
        async for line in process.stdout:
            said += line.decode()
            found = ADDRESS.search(said)
            if found:
                return said, found[0]
    raise AssertionError(f"the demo ended without an address:\n{said}")


async def no_shot(_: str) -> None:
    """The tests need no picture."""


@dataclass(slots=True)
class Player:
    """Somebody with a mouse; `shot` may take a picture of each state."""

    page: Page
    shot: Shot = no_shot

    @property
    def thread(self) -> Locator:
        """The thread's pane."""
        return self.page.locator(".pane.thread")

    @property
    def channel(self) -> Locator:
        """The channel's pane."""
        return self.page.locator(".pane.channel")

    @property
    def modal(self) -> Locator:
        """The modal on top."""
        return self.page.locator("dialog.modal")

    async def ready(self) -> None:
        """All processes run."""
        await expect(self.page.locator(".banner")).to_be_hidden(timeout=PATIENCE)
        await expect(self.page.locator(".chart.pool .line")).to_be_attached(timeout=PATIENCE)

    async def act_as(self, name: str) -> None:
        """Become somebody else."""
        person = self.page.get_by_role("radio", name=name)
        await person.click()
        await expect(person).to_have_attribute("aria-checked", "true")

    async def plan(self, number: int) -> Locator:
        """The card of the n-th plan, once it has its buttons."""
        card = self.thread.locator("article", has=self.page.get_by_role("button", name="Approve")).last
        await expect(self.thread.locator("article", has_text="Digest:")).to_have_count(
            number, timeout=PATIENCE
        )
        await expect(card).to_be_visible(timeout=PATIENCE)
        return card

    async def approve(self, card: Locator, *, picture: str = "") -> None:
        """Click Approve and confirm."""
        await card.get_by_role("button", name="Approve").click()
        yes = self.page.locator('[data-confirm="yes"]')
        await expect(yes).to_be_visible()
        if picture:
            await self.shot(picture)
        await yes.click()

    async def close_modal(self) -> None:
        """Press Escape."""
        await self.page.keyboard.press("Escape")
        await expect(self.modal).to_have_count(0)

    async def say(self, pane: Locator, text: str) -> None:
        """Type into a pane's message box and press Enter."""
        box = pane.locator("textarea")
        await box.fill(text)
        await box.press("Enter")
        await expect(box).to_have_value("")

    async def happened(self, text: str) -> None:
        """The service's list says so."""
        await expect(self.page.locator(".happenings").get_by_text(text).first).to_be_visible(timeout=PATIENCE)


async def play(player: Player) -> None:
    """The whole story: refused, asked, paused, resumed, rejected with a reason, approved, healed."""
    page = player.page
    await player.ready()
    await player.shot("quiet")
    card = await player.plan(1)
    await player.shot("plan")

    await player.act_as("Carl")
    await player.approve(card, picture="confirm")
    await expect(player.modal).to_contain_text("NOT_AUTHORISED", timeout=PATIENCE)
    await player.shot("refused")
    await player.close_modal()
    await expect(card.get_by_role("button", name="Approve")).to_be_visible()

    await player.act_as("Olivia")
    await player.say(player.thread, "@greenlight why not roll back?")
    answer = player.thread.locator("article", has=page.locator("blockquote", has_text="why not roll back?"))
    await expect(answer).to_be_visible(timeout=PATIENCE)
    await player.shot("answer")

    await player.act_as("Lena")
    await player.say(player.channel, "/greenlight pause all trying the brake")
    await expect(player.channel.get_by_text("Paused: all.")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_role("heading", name="Let it go on")).to_be_visible(timeout=PATIENCE)
    await player.shot("paused")
    await player.say(player.channel, "/greenlight resume all seen enough")
    await expect(player.channel.get_by_text("Resumed: all.")).to_be_visible(timeout=PATIENCE)

    await player.act_as("Olivia")
    await card.locator("[data-action=plan_details]").click()
    await expect(player.modal).to_contain_text("Digest (SHA-256)", timeout=PATIENCE)
    await player.shot("details")
    await player.close_modal()
    await card.get_by_role("button", name="Reject").click()
    reason = player.modal.get_by_label("Why not?")
    await reason.fill("no", timeout=PATIENCE)
    await player.modal.get_by_role("button", name="Reject").click()
    await expect(player.modal.get_by_text("Please enter at least 5 characters.")).to_be_visible()
    await player.shot("reason")
    await reason.fill("Roll back version 42: a larger pool only hides the leak")
    await player.modal.get_by_role("button", name="Reject").click()
    await expect(player.modal).to_have_count(0, timeout=PATIENCE)
    await player.happened("Rejected by Olivia")

    second = await player.plan(2)
    await expect(second).to_contain_text("Asked for by: @olivia")
    await player.act_as("Lena")
    second = await player.plan(2)
    await player.shot("second-plan")
    await player.approve(second)
    await player.happened("The approved plan begins")
    await player.happened("All steps done")
    await player.shot("running")
    await player.happened("Measured: improved")
    await expect(page.locator(".service-head")).to_contain_text("version 41")
    await expect(player.channel.get_by_role("heading", name="Resolved")).to_be_visible(timeout=PATIENCE)
    await player.shot("healed")
