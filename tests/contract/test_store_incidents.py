"""What every record of incidents promises."""

import asyncio

import pytest

from bot.domain.claims import Claim, ClaimKind
from bot.domain.errors import ClaimRefusedError, ConflictError, FencedError, UnknownIncidentError
from bot.domain.events import Asked, Decided
from bot.domain.ids import MINUTE, At, Digest, Fence, IncidentId, PersonId, PlanId
from bot.domain.incident import Phase
from bot.ports.records import Pause, Refusal
from tests.contract.samples import NOW, Sample, entry, proposed
from tests.contract.stores import Store
from tests.waiting import eventually


async def opened(store: Store, sample: Sample) -> Sample:
    await store.incidents.append(sample.id, 0, [sample.opened], [sample.unique], sample.index(due=NOW))
    return sample


async def test_what_was_appended_is_what_is_loaded(store: Store) -> None:
    sample = await opened(store, Sample())
    more = [entry(2), entry(3, proposed("plan-1"))]
    done = await store.incidents.append(sample.id, 1, more, [], sample.index())
    loaded = await store.other.load(sample.id)
    assert loaded.entries == (sample.opened, *more)
    assert (done.version, loaded.head) == (3, done.head)


async def test_every_append_moves_the_head(store: Store) -> None:
    sample = await opened(store, Sample())
    heads = {(await store.incidents.load(sample.id)).head}
    for version in (1, 2, 3):
        done = await store.incidents.append(sample.id, version, [entry(version + 1)], [], sample.index())
        heads.add(done.head)
    assert len(heads) == 4


async def test_an_unknown_incident_is_said_to_be_unknown(store: Store) -> None:
    with pytest.raises(UnknownIncidentError):
        await store.incidents.load(IncidentId("inc-none"))


async def test_an_append_to_another_version_is_a_conflict_and_writes_nothing(store: Store) -> None:
    sample = await opened(store, Sample())
    lock = Claim(ClaimKind.TAKE, "target:a/b", sample.id, "TARGET_LOCKED")
    for version in (0, 2, 5):
        with pytest.raises(ConflictError):
            await store.incidents.append(sample.id, version, [entry(version + 1)], [lock], sample.index())
    assert (await store.incidents.load(sample.id)).entries == (sample.opened,)
    other = await opened(store, Sample(fingerprint="fp-2"))
    theirs = Claim(ClaimKind.TAKE, "target:a/b", other.id, "TARGET_LOCKED")
    await store.incidents.append(other.id, 1, [entry(2)], [theirs], other.index())


async def test_of_two_appends_at_one_version_one_wins(store: Store) -> None:
    sample = await opened(store, Sample())

    async def click(person: str) -> bool:
        view = store.incidents if person == "U1" else store.other
        try:
            event = Asked(PersonId(person), "1.0", "me first")
            await view.append(sample.id, 1, [entry(2, event)], [], sample.index())
        except ConflictError:
            return False
        return True

    assert sorted(await asyncio.gather(click("U1"), click("U2"))) == [False, True]
    assert len((await store.incidents.load(sample.id)).entries) == 2


async def test_a_repeat_of_the_very_same_append_succeeds_and_adds_nothing(store: Store) -> None:
    sample = await opened(store, Sample())
    first = await store.incidents.append(sample.id, 1, [entry(2), entry(3)], [], sample.index())
    again = await store.other.append(sample.id, 1, [entry(2), entry(3)], [], sample.index())
    assert (again.version, again.head) == (first.version, first.head)
    assert len((await store.incidents.load(sample.id)).entries) == 3


async def test_decisions_are_known_to_be_on_disk(store: Store) -> None:
    sample = await opened(store, Sample())
    decided = Decided(PlanId("p"), 1, Digest("ab" * 32), True, PersonId("U1"), ("oncall",), ())
    done = await store.incidents.append(sample.id, 1, [entry(2, decided)], [], sample.index())
    again = await store.other.append(sample.id, 1, [entry(2, decided)], [], sample.index())
    assert (done.durable, again.durable) == (True, True)


async def test_a_fingerprint_belongs_to_one_open_incident(store: Store) -> None:
    first = await opened(store, Sample())
    second = Sample(thread="2.0")
    with pytest.raises(ClaimRefusedError) as refused:
        await opened(store, second)
    assert (refused.value.code, refused.value.held_by) == ("DUPLICATE", first.id)
    with pytest.raises(UnknownIncidentError):
        await store.incidents.load(second.id)
    assert await store.incidents.by_thread(second.place) is None
    assert await store.incidents.by_fingerprint("fp-1") == first.id
    free = Claim(ClaimKind.RELEASE, first.unique.key, first.id)
    closed = first.index(Phase.CLOSED, is_open=False)
    await store.incidents.append(first.id, 1, [entry(2)], [free], closed)
    assert await store.incidents.by_fingerprint("fp-1") is None
    await opened(store, second)
    assert await store.incidents.by_fingerprint("fp-1") == second.id


async def test_nobody_releases_what_another_holds(store: Store) -> None:
    first = await opened(store, Sample())
    second = await opened(store, Sample(fingerprint="fp-2", thread="2.0"))
    theft = Claim(ClaimKind.RELEASE, first.unique.key, second.id)
    await store.incidents.append(second.id, 1, [entry(2)], [theft], second.index())
    assert await store.incidents.by_fingerprint("fp-1") == first.id


async def test_claims_of_one_append_see_each_other(store: Store) -> None:
    sample = await opened(store, Sample())
    take = Claim(ClaimKind.TAKE, "target:x", "run-1", "TARGET_LOCKED")
    free = Claim(ClaimKind.RELEASE, "target:x", "run-1")
    retake = Claim(ClaimKind.TAKE, "target:x", "run-2", "TARGET_LOCKED")
    with pytest.raises(ClaimRefusedError) as refused:
        await store.incidents.append(sample.id, 1, [entry(2)], [take, retake], sample.index())
    assert (refused.value.code, refused.value.held_by) == ("TARGET_LOCKED", "run-1")
    await store.incidents.append(sample.id, 1, [entry(2)], [take, free, retake], sample.index())
    with pytest.raises(ClaimRefusedError):
        await store.incidents.append(sample.id, 2, [entry(3)], [take], sample.index())


def run(holder: str, limit: int = 2, window: int = MINUTE) -> Claim:
    return Claim(ClaimKind.COUNT, "runs:checkout", holder, "RATE_LIMIT", limit, window)


async def test_a_window_counts_others_and_never_the_same_run_twice(store: Store) -> None:
    sample = await opened(store, Sample())
    for version, holder in enumerate(("a", "b", "b", "a"), start=1):
        await store.incidents.append(sample.id, version, [entry(version + 1)], [run(holder)], sample.index())
    with pytest.raises(ClaimRefusedError) as refused:
        await store.incidents.append(sample.id, 5, [entry(6)], [run("c")], sample.index())
    assert refused.value.code == "RATE_LIMIT"
    assert len((await store.incidents.load(sample.id)).entries) == 5


async def test_a_window_counts_within_one_append(store: Store) -> None:
    sample = await opened(store, Sample())
    three = [run("a"), run("b"), run("c")]
    with pytest.raises(ClaimRefusedError):
        await store.incidents.append(sample.id, 1, [entry(2)], three, sample.index())
    await store.incidents.append(sample.id, 1, [entry(2)], [run("a"), run("a"), run("b")], sample.index())
    twice = Claim(ClaimKind.COUNT, "runs:other", "a", "RATE_LIMIT", 1, MINUTE)
    await store.incidents.append(sample.id, 2, [entry(3)], [twice, twice], sample.index())


async def test_a_refused_claim_counts_nothing(store: Store) -> None:
    sample = await opened(store, Sample())
    taken = Claim(ClaimKind.TAKE, sample.unique.key, "somebody else", "TARGET_LOCKED")
    claims = [run("a", limit=1), taken]
    for _ in range(3):
        with pytest.raises(ClaimRefusedError):
            await store.incidents.append(sample.id, 1, [entry(2)], claims, sample.index())
    await store.incidents.append(sample.id, 1, [entry(2)], [run("b", limit=1)], sample.index())


async def test_a_window_slides(store: Store) -> None:
    sample = await opened(store, Sample())
    await store.incidents.append(sample.id, 1, [entry(2)], [run("a", 1, 300)], sample.index())

    async def room() -> bool:
        try:
            await store.incidents.append(sample.id, 2, [entry(3)], [run("b", 1, 300)], sample.index())
        except ClaimRefusedError:
            return False
        return True

    await eventually(room)


async def test_one_holds_the_lease_and_the_next_has_a_higher_fence(store: Store) -> None:
    sample = await opened(store, Sample())
    first = await store.incidents.lease(sample.id, 60)
    assert first is not None
    assert await store.other.lease(sample.id, 60) is None
    assert await store.incidents.renew(first, 60)
    await store.incidents.release(first)
    second = await store.other.lease(sample.id, 60)
    assert second is not None
    assert second.fence > first.fence
    assert not await store.incidents.renew(first, 60)
    await store.incidents.release(first)
    assert await store.incidents.lease(sample.id, 60) is None


async def test_a_lease_ends_by_itself(store: Store) -> None:
    sample = await opened(store, Sample())
    first = await store.incidents.lease(sample.id, 1)
    assert first is not None

    async def free() -> bool:
        return await store.other.lease(sample.id, 60) is not None

    await eventually(free)
    assert not await store.incidents.renew(first, 60)


async def test_a_fenced_worker_can_write_nothing_more(store: Store) -> None:
    sample = await opened(store, Sample())
    first = await store.incidents.lease(sample.id, 60)
    assert first is not None
    await store.incidents.append(sample.id, 1, [entry(2)], [], sample.index(), first.fence)
    await store.incidents.release(first)
    await store.incidents.append(sample.id, 2, [entry(3)], [], sample.index(), first.fence)
    second = await store.other.lease(sample.id, 60)
    assert second is not None
    with pytest.raises(FencedError):
        await store.incidents.append(sample.id, 3, [entry(4)], [], sample.index(), first.fence)
    await store.incidents.append(sample.id, 3, [entry(4)], [], sample.index())
    await store.other.append(sample.id, 4, [entry(5)], [], sample.index(), second.fence)


async def test_due_gives_versions_of_those_whose_time_has_come_earliest_first(store: Store) -> None:
    late, early, future = (Sample(fingerprint=f"fp-{name}", thread=name) for name in ("l", "e", "f"))
    for sample, due in ((late, 2000), (early, 1000), (future, 9000)):
        await store.incidents.append(sample.id, 0, [sample.opened], [], sample.index(due=due))
    assert await store.incidents.due(At(2000), 10) == ((early.id, 1), (late.id, 1))
    assert await store.incidents.due(At(2000), 1) == ((early.id, 1),)
    await store.incidents.append(early.id, 1, [entry(2)], [], early.index(due=None))
    await store.incidents.append(late.id, 1, [entry(2)], [], late.index(due=1500))
    assert await store.incidents.due(At(2000), 10) == ((late.id, 2),)


async def test_the_open_ones_are_listed_newest_first(store: Store) -> None:
    samples = [Sample(fingerprint=f"fp-{n}", thread=str(n)) for n in range(3)]
    for number, sample in enumerate(samples):
        first = entry(1, sample.opened.event, at=NOW + number)
        await store.incidents.append(sample.id, 0, [first], [], sample.index())
    assert await store.incidents.opened() == tuple(sample.id for sample in reversed(samples))
    assert await store.incidents.opened(1) == (samples[2].id,)
    closed = samples[2].index(Phase.CLOSED, is_open=False)
    await store.incidents.append(samples[2].id, 1, [entry(2)], [], closed)
    assert await store.incidents.opened() == (samples[1].id, samples[0].id)


async def test_the_newest_incident_of_a_thread_is_found(store: Store) -> None:
    first = await opened(store, Sample())
    second = await opened(store, Sample(fingerprint="fp-2"))
    await store.incidents.append(first.id, 1, [entry(2)], [], first.index())
    assert await store.incidents.by_thread(first.place) == second.id
    assert await store.incidents.by_thread(Sample(thread="9.9").place) is None


async def test_a_plan_leads_to_its_incident(store: Store) -> None:
    sample = await opened(store, Sample())
    await store.incidents.append(sample.id, 1, [entry(2, proposed("plan-7"))], [], sample.index())
    assert await store.incidents.by_plan(PlanId("plan-7")) == sample.id
    assert await store.incidents.by_plan(PlanId("plan-8")) is None


async def test_attempts_are_counted_per_version(store: Store) -> None:
    sample = await opened(store, Sample())
    assert [await store.incidents.attempt(sample.id, 1) for _ in range(3)] == [1, 2, 3]
    assert await store.other.attempt(sample.id, 2) == 1


async def test_duplicates_are_counted_without_being_events(store: Store) -> None:
    sample = await opened(store, Sample())
    assert await store.incidents.duplicates(sample.id) == 0
    assert [await store.incidents.count_duplicate(sample.id) for _ in range(2)] == [1, 2]
    assert await store.other.duplicates(sample.id) == 2
    assert len((await store.incidents.load(sample.id)).entries) == 1


async def test_the_same_refusal_is_kept_once_a_minute(store: Store) -> None:
    refusal = Refusal(IncidentId("inc-1"), "plan-1", PersonId("U1"), "EXPIRED", NOW)
    for again in (refusal, refusal, Refusal(None, "plan-1", PersonId("U2"), "EXPIRED", NOW)):
        await store.incidents.refuse(again)
    await store.incidents.refuse(Refusal(None, "plan-1", PersonId("U1"), "EXPIRED", At(NOW + MINUTE)))
    kept = await store.incidents.refusals()
    assert [(each.person, each.at - NOW) for each in kept] == [("U1", MINUTE), ("U2", 0), ("U1", 0)]
    assert kept[-1] == refusal


async def test_pauses_are_in_force_until_lifted(store: Store) -> None:
    whole = Pause("all", PersonId("U1"), "looking", NOW)
    part = Pause("environment:prod", PersonId("U2"), "freeze", NOW)
    for pause in (part, whole):
        await store.incidents.set_pause(pause)
    assert await store.other.pauses() == (whole, part)
    await store.incidents.lift_pause("all", PersonId("U3"), "done", At(NOW + 1))
    await store.incidents.lift_pause("never set", PersonId("U3"), "done", At(NOW + 1))
    assert await store.other.pauses() == (part,)


async def test_an_append_marks_the_cards(store: Store) -> None:
    sample = await opened(store, Sample())
    assert tuple(await store.cards.dirty(10)) == (sample.id,)


async def test_a_fence_that_was_never_granted_is_not_a_later_one(store: Store) -> None:
    sample = await opened(store, Sample())
    await store.incidents.append(sample.id, 1, [entry(2)], [], sample.index(), Fence(7))
