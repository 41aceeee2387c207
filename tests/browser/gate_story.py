"""The tour of the gate as a visitor takes it: `greenlight demo --gate`, by clicks in the page."""

from playwright.async_api import Locator, expect

from tests.browser.story import PATIENCE, Player

LONG = 240_000
"""Milliseconds in which a plan expires and an alert of staging comes in."""


async def tour(player: Player, *, whole: bool = True) -> None:
    """Expiry, one of two, edit, hold, drift, approved by two, auto-apply, undo.

    Without the whole of it, what takes minutes is left out: expiry and staging.
    """
    await player.ready()
    await player.plan(1)
    if whole:
        await _expire(player)
    await _one_of_two(player)
    await _drift(player, await _edit(player))
    if whole:
        await _healed(player)
        await _staging(player)


async def _look(card: Locator) -> None:
    """Bring the top of a card into view."""
    await card.evaluate("one => one.scrollIntoView({block: 'start'})")


async def _use(player: Player, number: int) -> Locator:
    """Carl asks for the first of the other ways; the n-th plan is its card."""
    await player.act_as("Carl")
    await player.say(player.thread, "@greenlight use 1")
    return await player.plan(number)


async def _expire(player: Player) -> None:
    expired = player.thread.locator("article", has_text="Plan expired").last
    await expect(expired).to_be_visible(timeout=LONG)
    await expect(player.thread.get_by_text("This needs a person.").last).to_be_visible(timeout=PATIENCE)
    await player.shot("expired")


async def _one_of_two(player: Player) -> None:
    card = await _use(player, 2)
    await expect(card).to_contain_text("high", timeout=PATIENCE)
    await player.act_as("Olivia")
    await player.approve(card)
    await expect(card).to_contain_text("1 of 2 approvals", timeout=PATIENCE)
    await _look(card)
    await player.shot("one-of-two")


async def _edit(player: Player) -> Locator:
    card = await _use(player, 3)
    await player.act_as("Lena")
    await card.locator("[data-action=plan_edit]").click()
    field = player.modal.locator("input, textarea").first
    await field.fill("99999", timeout=PATIENCE)
    await player.modal.get_by_role("button", name="Propose it so").click()
    await expect(player.modal).to_contain_text("Expected a whole number", timeout=PATIENCE)
    await player.shot("edit")
    await field.fill("40")
    await player.modal.get_by_role("button", name="Propose it so").click()
    await expect(player.modal).to_have_count(0, timeout=PATIENCE)
    return await player.plan(4)


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
    await _look(changed)
    await player.shot("drift")
    await player.plan(5)


async def _healed(player: Player) -> None:
    card = await _use(player, 6)
    for name in ("Olivia", "Lena"):
        await player.act_as(name)
        await player.approve(card)
        await expect(player.thread.get_by_text(f"Approved by @{name.casefold()}").last).to_be_visible(
            timeout=PATIENCE
        )
    await player.happened("Measured: improved")


async def _staging(player: Player) -> None:
    known = await player.channel.locator(".replies").count()
    await player.page.get_by_role("button", name="Break staging").click()
    replies = player.channel.locator(".replies")
    await expect(replies).to_have_count(known + 1, timeout=LONG)
    await replies.last.click()
    alone = player.thread.locator("article", has_text="Approved by the policy, without a person").last
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
