"""The tour of the gate as its guide leads a visitor: `greenlight demo --gate`, by clicks in the page."""

import re

from playwright.async_api import Locator, expect

from tests.browser.story import PATIENCE, Player

LONG = 240_000
"""Milliseconds in which a plan expires and an alert of staging comes in."""
RESUME = re.compile(r"/greenlight resume incident:\S+")


async def tour(player: Player, *, whole: bool = True) -> None:
    """Refused, edit, hold, drift, expiry, one of two, stopped, resumed, healed, paused, auto-apply, undo.

    Without the whole of it, what takes minutes is left out: expiry and staging.
    """
    await player.ready()
    await _refused(player, await player.plan(1))
    await _drift(player, await _edit(player))
    await player.plan(3)
    if whole:
        await _expire(player)
    else:
        await player.page.locator(".guide").get_by_role("button", name="Next").click()
    await _stopped(player, await _by_two(player))
    await player.happened("Measured: improved")
    await _paused(player)
    if whole:
        await _staging(player)


async def _look(card: Locator) -> None:
    """Bring the top of a card into view."""
    await card.evaluate("one => one.scrollIntoView({block: 'start'})")


async def _leads_to(player: Player, title: str) -> None:
    """The guide has gone on to this step."""
    await expect(player.page.get_by_role("heading", name=title)).to_be_visible(timeout=PATIENCE)


async def _refused(player: Player, card: Locator) -> None:
    await player.act_as("Carl")
    await player.approve(card)
    await expect(player.modal).to_contain_text("NOT_AUTHORISED", timeout=PATIENCE)
    await player.close_modal()
    await _leads_to(player, "Change a parameter")


async def _edit(player: Player) -> Locator:
    card = await player.plan(1)
    await card.locator("[data-action=plan_edit]").click()
    field = player.modal.locator("input, textarea").first
    await field.fill("99999", timeout=PATIENCE)
    await player.modal.get_by_role("button", name="Propose it so").click()
    await expect(player.modal).to_contain_text("Expected a whole number", timeout=PATIENCE)
    await player.shot("edit")
    await field.fill("40")
    await player.modal.get_by_role("button", name="Propose it so").click()
    await expect(player.modal).to_have_count(0, timeout=PATIENCE)
    await _leads_to(player, "See drift")
    return await player.plan(2)


async def _drift(player: Player, card: Locator) -> None:
    """Somebody changes the pool beside Greenlight while the approved plan is on hold."""
    await player.act_as("Olivia")
    await player.approve(card)
    held = player.thread.locator("article", has_text="On hold:").last
    await expect(held).to_be_visible(timeout=PATIENCE)
    await _look(held)
    await player.shot("hold")
    await player.page.get_by_role("button", name="Change it by hand").click()
    changed = player.thread.locator("article", has_text="What changed since this plan was made").last
    await expect(changed).to_be_visible(timeout=LONG)
    await _leads_to(player, "Let a plan expire")
    await player.plan(3)
    await _look(changed)
    await player.shot("drift")


async def _expire(player: Player) -> None:
    expired = player.thread.locator("article", has_text="Plan expired").last
    await expect(expired).to_be_visible(timeout=LONG)
    await expect(player.thread.get_by_text("This needs a person.").last).to_be_visible(timeout=PATIENCE)
    await _look(expired)
    await player.shot("expired")
    side = player.page.get_by_label("Workspace")
    await side.get_by_role("button", name="pager").click()
    await expect(player.channel.locator("article")).to_have_count(2, timeout=PATIENCE)
    await player.shot("pager")
    await side.get_by_role("button", name="alerts").click()


async def _by_two(player: Player) -> Locator:
    """Carl asks for the first of the other ways; Olivia and Lena approve it."""
    await player.act_as("Carl")
    await player.say(player.thread, "@greenlight use 1")
    card = await player.plan(4)
    await expect(card).to_contain_text("high", timeout=PATIENCE)
    await player.act_as("Olivia")
    await player.approve(card)
    await expect(card).to_contain_text("1 of 2 approvals", timeout=PATIENCE)
    await expect(card).to_contain_text("Looked again", timeout=PATIENCE)
    await _look(card)
    await player.shot("one-of-two")
    await player.act_as("Lena")
    await player.approve(card)
    await _leads_to(player, "Stop it during the hold")
    return player.thread.locator("article", has_text="On hold:").last


async def _stopped(player: Player, card: Locator) -> None:
    """Carl stops it, and Lena lets it go on with the command that the card shows."""
    await player.act_as("Carl")
    await card.locator("[data-action=stop_incident]").click(timeout=PATIENCE)
    await player.page.locator('[data-confirm="yes"]').click()
    await expect(player.modal).to_contain_text("no new step starts", timeout=PATIENCE)
    await player.close_modal()
    paused = player.thread.locator("article", has_text="no step starts until a lead").last
    await expect(paused).to_be_visible(timeout=PATIENCE)
    await _look(paused)
    await player.shot("stopped")
    command = RESUME.search(await paused.inner_text())
    assert command is not None
    await player.act_as("Lena")
    await player.say(player.channel, f"{command[0]} seen, go on")
    await _leads_to(player, "Pause everything")


async def _paused(player: Player) -> None:
    """Everything is paused and resumed with the words that the guide fills in."""
    guide = player.page.locator(".guide")
    for title in ("Let it go on", "Let staging heal itself"):
        await guide.get_by_role("button", name="Fill in the words").click()
        await player.channel.locator("textarea").press("Enter")
        await _leads_to(player, title)


async def _staging(player: Player) -> None:
    known = await player.channel.locator(".replies").count()
    await player.page.get_by_role("button", name="Break staging").click()
    replies = player.channel.locator(".replies")
    await expect(replies).to_have_count(known + 1, timeout=LONG)
    await replies.last.click()
    alone = player.thread.locator("article", has_text="Approved by the policy, without a person").first
    await expect(alone).to_be_visible(timeout=LONG)
    undo = player.thread.locator("[data-action=plan_undo]").last
    await expect(undo).to_be_visible(timeout=LONG)
    await _look(alone)
    await player.shot("auto-applied")
    await player.act_as("Olivia")
    await undo.click()
    await player.page.locator('[data-confirm="yes"]').click()
    card = player.thread.locator("article", has_text="Takes back plan").last
    await expect(card).to_be_visible(timeout=PATIENCE)
    await _look(card)
    await player.shot("undo")
