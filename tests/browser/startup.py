"""Seconds from `greenlight demo` to a usable page: `python -m tests.browser.startup`, for the bench."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import expect

from tests.browser.browsing import visiting
from tests.browser.story import PATIENCE, demo


async def measure(home: Path) -> tuple[tuple[str, float], ...]:
    """When the address was told, the page was there, the charts lived, and everything ran."""
    async with demo(home) as running, visiting(running.url, patience=PATIENCE / 1000) as visit:

        def now() -> float:
            return time.monotonic() - running.began

        await expect(visit.page.get_by_label("Message #alerts")).to_be_visible(timeout=PATIENCE)
        page = now()
        await expect(visit.page.locator(".chart-value").last).to_contain_text("of", timeout=PATIENCE)
        charts = now()
        await expect(visit.page.locator(".banner")).to_be_hidden(timeout=PATIENCE)
        return (
            ("address told", running.answered),
            ("page usable (a browser started on the way)", page),
            ("charts live", charts),
            ("Greenlight listens", now()),
        )


def main() -> int:
    """Print the numbers."""
    with tempfile.TemporaryDirectory(prefix="greenlight-startup-") as home:
        for name, seconds in asyncio.run(measure(Path(home))):
            print(f"demo: {name:<45} {seconds:5.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
