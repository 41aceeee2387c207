"""The short part of the tour of the gate: two people, an edit, a hold, drift; clicked in the page."""

from pathlib import Path

import pytest

from tests.browser.browsing import visiting
from tests.browser.gate_story import tour
from tests.browser.story import PATIENCE, Player, demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_visitor_gets_a_second_approver_edits_and_sees_drift(tmp_path: Path) -> None:
    async with (
        demo(tmp_path, "--gate") as running,
        visiting(running.url, patience=PATIENCE / 1000) as visit,
    ):
        await tour(Player(visit.page), whole=False)
        assert visit.complaints == [], visit.complaints
