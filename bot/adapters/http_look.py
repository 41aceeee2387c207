"""The state of a target over HTTP: settings `look.version: /path#/pointer` name what is read and where."""

import asyncio
from collections.abc import Mapping

from bot.adapters import pointers
from bot.adapters.content_how import AuthDoor, RunnerDoor
from bot.adapters.http_exchange import Request, Site, site_of
from bot.adapters.plain_values import line
from bot.domain.errors import SourceUnavailableError
from bot.domain.service import Target

LOOK, IDENTITY = "look.", "identity"
OK = 200
SECONDS = 8.0
"""For one page, to its last byte."""


async def observed(target: Target, auth: AuthDoor | None = None) -> dict[str, str]:
    """Every field that a look finds now; raises SourceUnavailableError where a page cannot be read."""
    looks = {
        name.removeprefix(LOOK): value for name, value in target.settings if name.startswith(LOOK) and value
    }
    return await _seen(target, looks, auth) if looks else {}


async def identity(target: Target) -> str | None:
    """Where the target is live, where the setting `identity` says how to tell; else nothing."""
    place = target.setting(IDENTITY)
    if not place:
        return None
    found = (await _seen(target, {IDENTITY: place}, None)).get(IDENTITY)
    if not found:
        raise SourceUnavailableError(f"{target.id} does not say where it is live.")
    return found


async def _seen(target: Target, looks: Mapping[str, str], auth: AuthDoor | None) -> dict[str, str]:
    pages = sorted({place.partition("#")[0] for place in looks.values()})
    try:
        async with site_of(target, auth or AuthDoor()) as site:
            read = await asyncio.gather(*(_page(site, page) for page in pages))
    except TimeoutError as error:
        raise SourceUnavailableError(f"{target.id} did not answer in time.") from error
    documents = dict(zip(pages, read, strict=True))
    words = {
        name: pointers.word(documents[path], pointer)
        for name, place in looks.items()
        for path, _, pointer in (place.partition("#"),)
    }
    return {name: word for name, word in words.items() if word is not None}


async def _page(site: Site, page: str) -> object:
    answer = await site.ask(Request("GET", line(page)), SECONDS)
    if answer.status != OK:
        raise SourceUnavailableError(f"{page.partition('?')[0]} answered {answer.status}.")
    return answer.json()


def auth_of(spec: str) -> AuthDoor:
    """How a runner's file sends the token."""
    return RunnerDoor.model_validate_json(spec).auth
