"""Indices and claims from events: lost ones come back, stale ones go, a doubtful record stays as it is."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ledger import Ledger, reading
from bot.adapters.rebuild import Rebuilt, rebuild
from bot.adapters.store import Store, StorePlan
from bot.domain.ids import HOUR, At
from bot.domain.policy import Limits
from tests.fakes.content import example_content
from tests.fakes.recorded import Home, home_at, kept
from tests.fakes.story import INCIDENT, Story
from tests.fakes.world import START

INDICES = ("claims", "due", "open", "threads", "plans")


@pytest.fixture
def home(tmp_path: Path) -> Generator[Home]:
    with home_at(tmp_path) as made:
        yield made


def running(begun: At = START) -> Story:
    """A plan is being executed now: the fingerprint and the target are claimed, and a run is counted."""
    return proposed(begun).approved().started().step_started()


def proposed(begun: At = START) -> Story:
    return Story(example_content(), begun).opened().diagnosed().proposed()


TALES: dict[str, Callable[[At], Story]] = {
    "detected": lambda begun: Story(example_content(), begun).opened(),
    "proposed": proposed,
    "running": running,
    "closed": lambda begun: proposed(begun).approved().executed().verified().closed(),
    "unknown": lambda begun: running(begun).unknown(),
}


async def now_of(store: Store) -> At:
    seconds, micros = await store.link.call("TIME")
    return At(int(seconds) * 1000 + int(micros) // 1000)


async def rebuilt(home: Home) -> tuple[Rebuilt, ...]:
    async with reading(StorePlan(home.path / ".greenlight")) as ledger:
        return await rebuild(ledger, Limits())


async def derived(store: Store) -> dict[str, Any]:
    """Everything that is derived, without what a rebuild may move (the scores of windows)."""
    found: dict[str, Any] = {}
    for raw in sorted(await store.link.call("KEYS", f"{store.link.prefix}*")):
        key = raw.decode().removeprefix(store.link.prefix)
        family = key.split(":")[0]
        if family in {"window", "row"}:
            found[key] = await store.link.call("ZRANGE", raw, 0, -1)
        elif family in {*INDICES, "phase", "incident"}:
            kind = (await store.link.call("TYPE", raw)).decode()
            read = {"hash": ("HGETALL",), "zset": ("ZRANGE", 0, -1, "WITHSCORES"), "set": ("SMEMBERS",)}[kind]
            found[key] = await store.link.call(read[0], raw, *read[1:])
    found.get("incident:" + INCIDENT, {}).pop(b"confirmed", None)
    return found


async def lose(store: Store) -> None:
    """All indices and claims are gone."""
    for key in await store.link.call("KEYS", f"{store.link.prefix}*"):
        family = key.decode().removeprefix(store.link.prefix).split(":")[0]
        if family in {*INDICES, "phase", "incident", "window", "row"}:
            await store.link.call("DEL", key)


@pytest.mark.parametrize("tale", TALES.values(), ids=TALES)
def test_what_was_lost_comes_back_exactly(home: Home, tale: Callable[[At], Story]) -> None:
    async def work(store: Store) -> None:
        begun = At(await now_of(store) - 60_000)
        await kept(store, tuple(tale(begun).entries))
        before = await derived(store)
        await lose(store)
        assert await derived(store) == {}
        assert await rebuilt(home) == (Rebuilt(INCIDENT),)
        assert await derived(store) == before
        assert tuple(await store.cards.dirty(10)) == (INCIDENT,)

    home.do(work)


def test_rows_of_failures_come_back_whatever_the_order_of_incidents(home: Home) -> None:
    async def work(store: Store) -> None:
        now = await now_of(store)
        await kept(store, tuple(running(At(now - 60_000)).unknown().entries))
        row = "row:failed:checkout/process"
        assert len((await derived(store))[row]) == 1
        await lose(store)
        await rebuilt(home)
        assert len((await derived(store))[row]) == 1
        mended = store.link.key("mended", "failed:checkout/process")
        await store.link.call("SET", mended, str(now + 60_000))
        await lose(store)
        await rebuilt(home)
        assert row not in await derived(store)

    home.do(work)


def test_stale_indices_and_claims_go(home: Home) -> None:
    told = proposed()

    async def work(store: Store) -> None:
        await kept(store, tuple(told.entries))
        before = await derived(store)
        await store.link.call("HSET", store.link.key("claims"), "target:checkout/process", INCIDENT)
        await store.link.call("SADD", store.link.key("phase", "executing"), INCIDENT)
        await store.link.call("HSET", store.link.key("claims"), "target:other/process", "inc-other")
        await rebuilt(home)
        after = await derived(store)
        assert after["claims"].pop(b"target:other/process") == b"inc-other"
        assert after == before

    home.do(work)


def test_runs_of_more_than_an_hour_ago_are_not_counted_again(home: Home) -> None:
    async def work(store: Store) -> None:
        begun = At(await now_of(store) - HOUR - 60_000)
        await kept(store, tuple(running(begun).entries))
        await lose(store)
        await rebuilt(home)
        hourly = ("window:runs:", "window:runs-of-workspace:")
        assert not [key for key in await derived(store) if key.startswith(hourly)]

    home.do(work)


def test_a_claim_that_somebody_else_holds_is_told_and_not_taken(home: Home) -> None:
    async def work(store: Store) -> None:
        await kept(store, tuple(running().entries))
        claims = store.link.key("claims")
        await store.link.call("HSET", claims, "target:checkout/process", "inc-other")
        (said,) = await rebuilt(home)
        assert said.problem == "target:checkout/process is held by inc-other, and by its own events"
        assert await store.link.call("HGET", claims, "target:checkout/process") == b"inc-other"

    home.do(work)


def test_a_record_that_was_cut_short_is_not_made_to_look_whole(home: Home) -> None:
    async def work(store: Store) -> None:
        await kept(store, tuple(running().entries))
        await store.link.call("LTRIM", store.link.key("entries", INCIDENT), 0, -2)
        (said,) = await rebuilt(home)
        assert "its record is not whole" in said.problem
        assert await store.incidents.verify(INCIDENT) != ()

    home.do(work)


def test_a_later_lease_than_any_in_the_record_still_fences(home: Home) -> None:
    async def work(store: Store) -> None:
        await kept(store, tuple(running().entries))
        for _ in range(3):
            lease = await store.incidents.lease(INCIDENT, 60)
            assert lease is not None
            await store.incidents.release(lease)
        await rebuilt(home)
        lease = await store.incidents.lease(INCIDENT, 60)
        assert lease is not None
        assert lease.fence == 4

    home.do(work)


def test_the_ledger_names_what_the_store_holds(home: Home) -> None:
    async def work(store: Store) -> None:
        await kept(store, tuple(running().entries))
        assert await Ledger(store.link, store.incidents, store.blobs).names() == (INCIDENT,)

    home.do(work)
