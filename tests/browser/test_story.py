"""The whole story through real processes, played with clicks."""

from pathlib import Path

import psutil
import pytest
from playwright.async_api import expect

from tests.browser.browsing import visiting
from tests.browser.story import Player, demo, play

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_visitor_sees_it_break_tries_everything_and_sees_it_heal(tmp_path: Path) -> None:
    async with demo(tmp_path) as running, visiting(running.url, patience=60) as visit:
        await play(Player(visit.page))
        ticked = visit.page.locator(".dot-step.done")
        await expect(ticked).to_have_count(9)
        assert visit.hosts == {running.url.removeprefix("http://").partition("/")[0]}
        assert visit.complaints == []
        children = psutil.Process(running.process.pid).children(recursive=True)
        assert len(children) > 5
        assert await running.interrupt() == 0
        assert "nothing is left running" in running.said
        gone, alive = psutil.wait_procs(children, timeout=10)
        assert len(gone) == len(children)
        assert alive == []
