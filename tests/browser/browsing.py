"""A headless Chromium, and a record of whom it talked to and what it complained about."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from tests.needs import need

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = (1440, 900)


@dataclass(slots=True)
class Visit:
    """One page with everything that it asked for and complained about."""

    page: Page
    hosts: set[str] = field(default_factory=set[str])
    complaints: list[str] = field(default_factory=list[str])

    def listen(self) -> None:
        """Begin to record; Playwright writes into the owner of a bound method, which slots forbid."""
        self.page.on("request", lambda request: self._requested(request))  # noqa: PLW0108 - slots
        self.page.on("console", lambda message: self._said(message))  # noqa: PLW0108 - slots
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"}:
            self.hosts.add(parts.netloc)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """Debian's Chromium; skips in plain words where there is none."""
    binary = need("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(binary), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    url: str, *, size: tuple[int, int] = WIDE, patience: float = 20.0
) -> AsyncGenerator[Visit]:
    """The page at this address, opened by a browser of its own; `patience` in seconds."""
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB")
        page = await context.new_page()
        page.set_default_timeout(patience * 1000)
        visit = Visit(page)
        visit.listen()
        await page.goto(url)
        try:
            yield visit
        except BaseException as error:
            error.add_note(f"What the page showed:\n{await page.locator('body').inner_text()}")
            raise
