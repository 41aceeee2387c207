"""What every keeper of cards, incoming events and evidence promises."""

import asyncio
from decimal import Decimal

from bot.domain.evidence import Change, Evidence, EvidenceKind, LogPattern, MetricReading, Sighting, StateFact
from bot.domain.ids import At, EvidenceId, IncidentId
from bot.domain.spoken import Speech, Spoken, StageSpoken, Utterance
from bot.ports.cards import Announcement, MessageRef, Progress, SentCard
from tests.contract.samples import NOW, Sample, entry
from tests.contract.stores import Store
from tests.waiting import eventually

ONE = IncidentId("inc-1")


async def test_a_clean_card_is_no_longer_dirty(store: Store) -> None:
    sample = Sample()
    await store.incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    assert await store.cards.clean(sample.id, 1, 0)
    assert tuple(await store.cards.dirty(10)) == ()


async def test_what_changed_meanwhile_stays_dirty(store: Store) -> None:
    sample = Sample()
    await store.incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    await store.incidents.append(sample.id, 1, [entry(2)], [], sample.index())
    assert not await store.cards.clean(sample.id, 1, 0)
    await store.cards.report_progress(sample.id, Progress("triage", (("logs", "pending"),)))
    assert not await store.cards.clean(sample.id, 2, 0)
    assert tuple(await store.cards.dirty(10)) == (sample.id,)
    number, _ = await store.cards.progress(sample.id)
    assert await store.cards.clean(sample.id, 2, number)


async def test_a_mark_made_while_rendering_is_not_lost(store: Store) -> None:
    sample = Sample()
    await store.incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    number, _ = await store.cards.progress(sample.id)
    await store.cards.mark(sample.id)
    assert not await store.cards.clean(sample.id, 1, number)


async def test_the_newest_change_comes_first(store: Store) -> None:
    for name in ("inc-1", "inc-2", "inc-3"):
        await store.cards.mark(IncidentId(name))
        await asyncio.sleep(0.002)  # the server's clock has milliseconds
    await store.cards.mark(ONE)
    assert tuple(await store.cards.dirty(2)) == ("inc-1", "inc-3")


async def test_progress_is_the_newest_and_its_number_grows(store: Store) -> None:
    assert await store.cards.progress(ONE) == (0, None)
    for status in ("pending", "complete"):
        await store.cards.report_progress(ONE, Progress("triage", (("logs", status),)))
    assert await store.cards.progress(ONE) == (2, Progress("triage", (("logs", "complete"),)))


async def test_waiting_ends_with_a_mark(store: Store) -> None:
    await store.cards.wait(0.05)
    waiting = asyncio.create_task(store.cards.wait(60))

    async def woken() -> bool:
        await store.cards.mark(ONE)
        return waiting.done()

    await eventually(woken)
    await waiting


async def test_a_mark_between_two_waits_is_heard(store: Store) -> None:
    await store.cards.wait(0.05)
    await store.cards.mark(ONE)
    await asyncio.wait_for(store.cards.wait(60), 20)


async def test_an_append_is_heard(store: Store) -> None:
    await store.cards.wait(0.05)
    sample = Sample()
    await store.incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    await asyncio.wait_for(store.cards.wait(60), 20)


async def test_waiting_ends_without_a_mark(store: Store) -> None:
    for _ in range(3):
        await asyncio.wait_for(store.cards.wait(0.01), 20)


async def test_one_has_the_turn_at_a_time(store: Store) -> None:
    async with store.cards.turn(ONE) as mine:
        async with store.cards.turn(ONE) as theirs, store.cards.turn(IncidentId("inc-2")) as another:
            assert (mine, theirs, another) == (True, False, True)
        async with store.cards.turn(ONE) as still:
            assert not still
    async with store.cards.turn(ONE) as again:
        assert again


async def test_a_card_is_begun_then_recorded_then_found(store: Store) -> None:
    ref = MessageRef("C1", "1790000000.000200")
    assert await store.cards.sent(ONE) == {}
    await store.cards.begin(ONE, "incident")
    assert await store.cards.sent(ONE) == {"incident": SentCard(None, "", intent=True)}
    await store.cards.record(ONE, "incident", SentCard(ref, "hash-1"))
    assert await store.cards.sent(ONE) == {"incident": SentCard(ref, "hash-1")}
    assert await store.cards.find(ref) == (ONE, "incident")
    assert await store.cards.find(MessageRef("C2", ref.ts)) is None


async def test_an_event_is_stored_once(store: Store) -> None:
    assert await store.seen.store("Ev1", '{"a":1}')
    assert not await store.seen.store("Ev1", '{"a":2}')
    later = At(store.clock.now() + 60_000)
    assert await store.seen.unfinished(later, 10) == (("Ev1", '{"a":1}'),)
    assert await store.seen.unfinished(At(store.clock.now() - 60_000), 10) == ()
    await store.seen.done("Ev1")
    assert await store.seen.unfinished(later, 10) == ()
    assert not await store.seen.store("Ev1", '{"a":3}')


async def test_a_body_with_half_a_character_is_stored_all_the_same(store: Store) -> None:
    assert await store.seen.store("Ev2", "\ud83d broken")
    assert len(await store.seen.unfinished(At(store.clock.now() + 60_000), 10)) == 1


async def test_unfinished_events_come_oldest_first_and_bounded(store: Store) -> None:
    for name in ("b", "a", "c"):
        await store.seen.store(name, "{}")
        await asyncio.sleep(0.002)  # the server's clock has milliseconds
    found = await store.seen.unfinished(At(store.clock.now() + 60_000), 2)
    assert [key for key, _ in found] == ["b", "a"]


async def test_a_key_is_first_once(store: Store) -> None:
    assert [await store.seen.first("C1:1.0") for _ in range(3)] == [True, False, False]


async def test_the_newest_message_of_a_channel_only_moves_forward(store: Store) -> None:
    assert await store.seen.last_ts("C1") is None
    steps = ("1790000000.000200", "1790000000.000100", "1790000000.000201", "999999999.900000")
    newest: list[str | None] = []
    for ts in steps:
        await store.seen.note_ts("C1", ts)
        newest.append(await store.seen.last_ts("C1"))
    assert newest == [steps[0], steps[0], steps[2], steps[2]]


async def test_a_sighting_comes_back_whole(store: Store) -> None:
    evidence = Evidence(EvidenceId("ev-1"), EvidenceKind.LOGS, "file", "q", NOW, NOW, "ab" * 32, "12 lines")
    reading = MetricReading("errors", "%", "rate()", Decimal("7.10"), None, None, None, Decimal(5), NOW)
    facts = (
        LogPattern("pool <*>", 12, NOW, None, "error", "pool exhausted ü", new=True),
        reading,
        Change(NOW, "ann", "version", "41", "42", "checkout"),
        StateFact("checkout/process", "version", "42"),
    )
    await store.blobs.put(Sighting(evidence, "pool exhausted ü\n", facts))
    assert await store.blobs.get(EvidenceId("ev-1")) == Sighting(evidence, "pool exhausted ü\n", facts)
    assert await store.blobs.get(EvidenceId("ev-2")) is None


async def test_what_models_said_comes_back_whole_and_only_for_its_incident(store: Store) -> None:
    words = (Utterance(Speech.ASKED, "why? ü\n"), Utterance(Speech.CALLED, "read_runbook: {}"))
    spoken = Spoken(IncidentId("inc-1"), "ab" * 32, (StageSpoken("logs", "log_analyst", words, 3),))
    await store.blobs.keep_spoken(spoken)
    assert await store.blobs.spoken(IncidentId("inc-1"), "ab" * 32) == spoken
    assert await store.blobs.spoken(IncidentId("inc-2"), "ab" * 32) is None
    assert await store.blobs.spoken(IncidentId("inc-1"), "cd" * 32) is None


async def test_what_was_said_in_a_deploy_channel_is_kept_once_in_order_and_bounded(store: Store) -> None:
    said = [Announcement(At(1_000 + n), "ada", f"deployed checkout v{n}") for n in range(510)]
    for one in (*reversed(said), said[-1]):
        await store.seen.announce("C1", one)
    assert await store.seen.announced("C1", At(0)) == tuple(said[10:])
    assert await store.seen.announced("C1", said[-2].at) == tuple(said[-2:])
    assert await store.seen.announced("C2", At(0)) == ()
