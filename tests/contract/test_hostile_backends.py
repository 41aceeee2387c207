"""Whatever a backend does, a look ends within its time-out, with a typed error, and in bounded memory."""

import tracemalloc
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from bot.adapters.argocd import read_argocd
from bot.adapters.change_reading import ChangeAsk
from bot.adapters.elasticsearch import read_elasticsearch
from bot.adapters.github import read_commits, read_deployments
from bot.adapters.log_reading import LogAsk, LogReader
from bot.adapters.loki import read_loki
from bot.adapters.prometheus import prometheus_of
from bot.adapters.scrape import Scrapes
from bot.adapters.web import MAX_BYTES, http_client
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import MINUTE, At
from bot.domain.service import Service, Source
from bot.ports.world import Window
from tests.fakes.backends import FAULTS, hostile
from tests.fakes.content import example_content
from tests.fakes.world import START, FakeClock

WINDOW = Window(At(START - 30 * MINUTE), START)
SERVICE: Service = example_content().inventory().services[0]
FLAT = 16 * MAX_BYTES
"""Bytes that a look may take: the answer, its text and its parsed form, never the whole stream."""

SAID = {
    "silent": r"did not answer within 0\.5 s",
    "trickling": r"did not answer within 0\.5 s",
    "endless": "more than 4000000 bytes",
    "huge": "more than 4000000 bytes",
    "gzip_bomb": "compressed answer that was not asked for",
    "no_utf8": "no UTF-8",
    "metadata": r"redirect to 169\.254\.169\.254: refused",
    "metadata_307": r"redirect to 169\.254\.169\.254: refused",
    "circles": "redirect",
    "unauthorised": "does not accept our credential",
    "forbidden": "does not accept our credential",
    "too_many": "too many requests",
}
"""Faults that every source must tell in these words; others depend on what the source expects."""

PATIENT = frozenset({"endless", "huge", "gzip_bomb"})
"""Faults that a cap ends: with so much patience only the cap can."""

Look = Callable[[str, httpx2.AsyncClient], Awaitable[object]]


def source(kind: str, url: str, **more: str) -> Source:
    """The server's address may carry the patience that a look is to have, as its fragment."""
    place, _, patience = url.partition("#")
    return Source(kind, (("url", place), ("timeout_seconds", patience or "0.5"), *more.items()))


async def prometheus(url: str, client: httpx2.AsyncClient) -> object:
    return await prometheus_of(source("prometheus", url), client).instant("up", START)


async def prometheus_range(url: str, client: httpx2.AsyncClient) -> object:
    return await prometheus_of(source("prometheus", url), client).range("up", WINDOW, 15)


async def scrape(url: str, client: httpx2.AsyncClient) -> object:
    found = await Scrapes(client, FakeClock()).reader(SERVICE, source("scrape", url)).instant("up", START)
    # A page that holds nothing of ours is no fault of the page.
    return found or unseen()


async def loki(url: str, client: httpx2.AsyncClient) -> object:
    return await drained(read_loki, source("loki", url, selector='{app="a"}'), client)


async def elasticsearch(url: str, client: httpx2.AsyncClient) -> object:
    return await drained(read_elasticsearch, source("elasticsearch", url, index="logs"), client)


async def deployments(url: str, client: httpx2.AsyncClient) -> object:
    asked = ChangeAsk(source("github_deployments", url, repository="acme/shop"), SERVICE, WINDOW)
    return await read_deployments(asked, client)


async def commits(url: str, client: httpx2.AsyncClient) -> object:
    asked = ChangeAsk(source("github_commits", url, repository="acme/shop"), SERVICE, WINDOW)
    return await read_commits(asked, client)


async def argocd(url: str, client: httpx2.AsyncClient) -> object:
    return await read_argocd(ChangeAsk(source("argocd", url, application="shop"), SERVICE, WINDOW), client)


LOOKS: tuple[Look, ...] = (
    prometheus, prometheus_range, scrape, loki, elasticsearch, deployments, commits, argocd,
)  # fmt: skip


def unseen() -> object:
    raise SourceUnavailableError("nothing was seen")


async def drained(reader: LogReader, wanted: Source, client: httpx2.AsyncClient) -> object:
    return [batch async for batch in reader(wanted, LogAsk(WINDOW), client)]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_hostile_backend_is_a_typed_error_in_bounded_memory(fault: str, look: Look) -> None:
    async with hostile(FAULTS[fault]) as server, http_client() as client:
        tracemalloc.start()
        try:
            with pytest.raises(SourceUnavailableError, match=SAID.get(fault)) as caught:
                await look(f"{server.url}#{20 if fault in PATIENT else 0.5}", client)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < FLAT
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 500
