"""The gallery's pictures of the gate: `python -m tests.browser.gallery --gate` takes these alone."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Page

from tests.browser.browsing import visiting
from tests.browser.gate_story import tour
from tests.browser.story import PATIENCE, Player, demo

WORDS = {
    "edit": "A parameter is edited within its bounds; the new revision starts without approvals.",
    "hold": "Approved, and on hold: anybody of the team can stop it before it starts.",
    "drift": "Somebody changed the target meanwhile: nothing ran, what changed is shown, a new plan follows.",
    "expired": "Nobody decided: the plan expired, and the incident escalated.",
    "pager": "Half of the time before, and at its end, the pager was called.",
    "one-of-two": "High risk needs two people; the card counts them.",
    "stopped": "Stopped during the hold by a colleague; the card says how a lead lets it go on.",
    "auto-applied": "In staging the policy lets a low risk be applied without a person; the card says so.",
    "undo": "Undo is a plan of its own, with its own approval.",
}


async def take_gate(shot_of: Callable[[Page], Callable[[str], Awaitable[None]]]) -> None:
    """Take the tour of the gate, with a picture of each of its states."""
    with tempfile.TemporaryDirectory(prefix="greenlight-gate-") as home:
        async with (
            demo(Path(home), "--gate") as running,
            visiting(running.url, patience=PATIENCE / 1000) as visit,
        ):
            await tour(Player(visit.page, shot_of(visit.page)))
            assert visit.complaints == [], visit.complaints
