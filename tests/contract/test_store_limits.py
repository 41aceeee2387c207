"""What every record of incidents promises of limits: room, rows of failures, and what was last counted."""

from dataclasses import replace

import pytest

from bot.domain.claims import Claim, ClaimKind
from bot.domain.errors import ClaimRefusedError
from bot.domain.ids import DAY, MINUTE, SECOND, PersonId
from bot.ports.records import Pause
from tests.contract.samples import NOW, Sample, entry
from tests.contract.stores import Store
from tests.waiting import eventually


async def opened(store: Store, sample: Sample) -> Sample:
    await store.incidents.append(sample.id, 0, [sample.opened], [sample.unique], sample.index(due=NOW))
    return sample


def run(holder: str, limit: int = 2, window: int = MINUTE) -> Claim:
    return Claim(ClaimKind.COUNT, "runs:checkout", holder, "RATE_LIMIT", limit, window)


async def test_room_is_judged_as_a_count_is_and_uses_nothing_up(store: Store) -> None:
    sample = await opened(store, Sample())
    asked = [replace(run(holder), kind=ClaimKind.ROOM) for holder in ("a", "b")]
    for version in (1, 2):
        await store.incidents.append(sample.id, version, [entry(version + 1)], asked, sample.index())
    await store.incidents.append(sample.id, 3, [entry(4)], [run("x")], sample.index())
    with pytest.raises(ClaimRefusedError) as refused:
        await store.incidents.append(sample.id, 4, [entry(5)], asked, sample.index())
    assert refused.value.code == "RATE_LIMIT"
    alone = [replace(run("a"), kind=ClaimKind.ROOM)]
    await store.incidents.append(sample.id, 4, [entry(5)], alone, sample.index())


async def test_a_full_window_says_which_limit_and_when_there_is_room_again(store: Store) -> None:
    sample = await opened(store, Sample())
    began = store.clock.now()
    await store.incidents.append(sample.id, 1, [entry(2)], [run("a", 1)], sample.index())
    full = replace(run("b", 1), title="at most 1")
    with pytest.raises(ClaimRefusedError) as refused:
        await store.incidents.append(sample.id, 2, [entry(3)], [full], sample.index())
    assert refused.value.limit == "at most 1"
    assert refused.value.held_by == ""
    assert refused.value.until is not None
    assert 0 <= refused.value.until - began - MINUTE < SECOND
    fresh = [replace(run(holder, 1), key="runs:other") for holder in ("x", "y")]
    with pytest.raises(ClaimRefusedError) as never:
        await store.incidents.append(sample.id, 2, [entry(3)], fresh, sample.index())
    assert never.value.until is None


def row(kind: ClaimKind, holder: str = "", window: int = MINUTE) -> Claim:
    return Claim(kind, "failed:checkout", holder, "RATE_LIMIT", 2, window, "two in a row")


async def steady(
    store: Store, sample: Sample, version: int, window: int = MINUTE
) -> ClaimRefusedError | None:
    """Append with a claim that the row is not full; the refusal, if there was one."""
    try:
        check = [row(ClaimKind.STEADY, "next", window)]
        await store.incidents.append(sample.id, version, [entry(version + 1)], check, sample.index())
    except ClaimRefusedError as refused:
        return refused
    return None


async def test_a_row_of_two_failures_refuses_for_its_time_after_the_last(store: Store) -> None:
    sample = await opened(store, Sample())
    for version, holder in enumerate(("a", "a", "b"), start=1):
        assert await steady(store, sample, 2 * version - 1) is None
        failed = [row(ClaimKind.FAIL, holder)]
        await store.incidents.append(sample.id, 2 * version, [entry(2 * version + 1)], failed, sample.index())
    refused = await steady(store, sample, 7)
    assert refused is not None
    assert (refused.code, refused.limit) == ("RATE_LIMIT", "two in a row")
    assert refused.until is not None
    assert 0 <= store.clock.now() + MINUTE - refused.until < 10 * SECOND

    async def over() -> bool:
        return await steady(store, sample, 7, window=200) is None

    await eventually(over)


async def test_a_good_execution_ends_a_row(store: Store) -> None:
    sample = await opened(store, Sample())
    claims = [row(ClaimKind.FAIL, "a"), row(ClaimKind.FAIL, "b")]
    await store.incidents.append(sample.id, 1, [entry(2)], claims, sample.index())
    assert await steady(store, sample, 2) is not None
    await store.incidents.append(sample.id, 2, [entry(3)], [row(ClaimKind.MEND, "c")], sample.index())
    assert await steady(store, sample, 3) is None


async def test_a_refused_append_adds_nothing_to_a_row(store: Store) -> None:
    sample = await opened(store, Sample())
    taken = Claim(ClaimKind.TAKE, sample.unique.key, "somebody else", "TARGET_LOCKED")
    claims = [row(ClaimKind.FAIL, "a"), row(ClaimKind.FAIL, "b"), taken]
    with pytest.raises(ClaimRefusedError):
        await store.incidents.append(sample.id, 1, [entry(2)], claims, sample.index())
    assert await steady(store, sample, 1) is None


async def test_it_is_known_when_something_was_last_counted(store: Store) -> None:
    sample = await opened(store, Sample())
    assert await store.incidents.last_counted("runs:checkout") is None
    before = store.clock.now()
    await store.incidents.append(sample.id, 1, [entry(2)], [run("a")], sample.index())
    last = await store.other.last_counted("runs:checkout")
    assert last is not None
    assert before <= last <= store.clock.now()


async def test_what_was_written_is_confirmed(store: Store) -> None:
    sample = await opened(store, Sample())
    assert await store.incidents.confirmed(sample.id)


async def test_what_would_refuse_an_append_is_known_before_and_asking_writes_nothing(
    store: Store,
) -> None:
    sample = await opened(store, Sample())
    assert await store.incidents.refusing(sample.id, [run("a", 1), row(ClaimKind.STEADY)]) is None
    assert await store.incidents.last_counted("runs:checkout") is None
    failed = [row(ClaimKind.FAIL, "a"), row(ClaimKind.FAIL, "b")]
    assert await store.incidents.refusing(sample.id, failed) is None
    assert await store.incidents.refusing(sample.id, [row(ClaimKind.STEADY)]) is None
    await store.incidents.append(sample.id, 1, [entry(2)], [*failed, run("a", 1)], sample.index())
    for claim, limit in ((row(ClaimKind.STEADY), "two in a row"), (replace(run("b", 1), title="1"), "1")):
        known = await store.other.refusing(sample.id, [claim])
        with pytest.raises(ClaimRefusedError) as refused:
            await store.incidents.append(sample.id, 2, [entry(3)], [claim], sample.index())
        assert known is not None
        assert (known.code, known.limit, known.until) == ("RATE_LIMIT", limit, refused.value.until)
    assert len((await store.incidents.load(sample.id)).entries) == 2


async def test_a_limit_for_good_names_no_moment_to_wait_for(store: Store) -> None:
    sample = await opened(store, Sample())
    ever = [run("a", 1, 3650 * DAY)]
    await store.incidents.append(sample.id, 1, [entry(2)], ever, sample.index())
    with pytest.raises(ClaimRefusedError) as refused:
        await store.incidents.append(sample.id, 2, [entry(3)], [run("b", 1, 3650 * DAY)], sample.index())
    assert refused.value.until is None


async def test_what_must_not_be_paused_is_judged_in_the_append_itself(store: Store) -> None:
    sample = await opened(store, Sample())
    claims = [
        Claim(ClaimKind.UNPAUSED, scope, "a", "PAUSED", title=scope) for scope in ("all", "environment:x")
    ]
    await store.other.set_pause(Pause("environment:x", PersonId("U1"), "looking", NOW))
    with pytest.raises(ClaimRefusedError) as refused:
        await store.incidents.append(sample.id, 1, [entry(2)], claims, sample.index())
    assert (refused.value.code, refused.value.limit) == ("PAUSED", "environment:x")
    assert (await store.incidents.load(sample.id)).entries == (sample.opened,)
    await store.other.lift_pause("environment:x", PersonId("U1"), "done", NOW)
    await store.incidents.append(sample.id, 1, [entry(2)], claims, sample.index())
