"""What a claim must show before it reaches anybody, and what keeps confidence down."""

from decimal import Decimal

import pytest

from bot.domain.evidence import Evidence, EvidenceKind, Fact, LogPattern, MetricReading, Sighting, StateFact
from bot.domain.finding import Claim, Confidence, Diagnosis, Verdict, checked
from bot.domain.ids import At, EvidenceId
from bot.domain.numbers import Number
from tests.fakes.world import START

LINE = "connection pool exhausted: timeout after 5s (in_use=20 max=20)"


def sighting(number: int, kind: EvidenceKind, text: str, *facts: Fact, failed: bool = False) -> Sighting:
    known = EvidenceId(f"ev-{number}")
    return Sighting(Evidence(known, kind, "s", "q", START, START, "0" * 64, "", failed), text, facts)


def reading(name: str, value: str, low: str | None = None, high: str | None = None) -> MetricReading:
    lowest, highest = (None if end is None else Decimal(end) for end in (low, high))
    now, before = Decimal(value), Decimal("0.004")
    return MetricReading(name, "", f"rate({name})", now, before, None, lowest, highest, At(START))


LOGS = sighting(1, EvidenceKind.LOGS, f"40x {LINE}", LogPattern(LINE, 40, None, None, "error", LINE))
METRICS = sighting(
    2,
    EvidenceKind.METRICS,
    "error_rate = 0.2317 normal up to 0.01 ABNORMAL",
    reading("error_rate", "0.2317", high="0.01"),
)
STATE = sighting(3, EvidenceKind.STATE, "pool_size = 20", StateFact("checkout/process", "pool_size", "20"))
SEEN = (LOGS, METRICS, STATE)


def claimed(*claims: Claim, **more: object) -> Diagnosis:
    given = {"verdict": Verdict.CAUSE, "confidence": Confidence.HIGH, "mode": "pool", **more}
    return checked(Diagnosis(cause="the pool", claims=claims, team="t", **given), SEEN)  # pyright: ignore[reportArgumentType]


def metric(statement: str, *numbers: Number) -> Claim:
    return Claim(statement, (EvidenceId("ev-2"),), numbers=numbers)


GOOD = (Claim("it times out", (EvidenceId("ev-1"),), LINE[:30]), metric("many errors"))


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("0.2317", "error_rate"),
        ("0.23", "error_rate"),
        ("23%", "error_rate"),
        ("23.17 %", "error_rate"),
        ("0.004", "rate(error_rate)"),
        ("0.01", "error_rate"),
    ],
)
def test_a_number_holds_where_its_query_gives_it_however_it_is_rounded(value: str, query: str) -> None:
    assert claimed(metric("it rose", Number(value, query))).dropped == 0


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("0.24", "error_rate"),
        ("24%", "error_rate"),
        ("0.2317", "latency"),
        ("many", "error_rate"),
        ("NaN", ""),
    ],
)
def test_a_number_falls_where_its_query_gives_another_or_none(value: str, query: str) -> None:
    assert claimed(metric("it rose", Number(value, query))).dropped == 1


def test_counts_of_log_lines_and_observed_fields_are_numbers_too() -> None:
    often = Claim("40 times", (EvidenceId("ev-1"),), LINE[:30], (Number("40", "pool exhausted"),))
    small = Claim("the pool has 20", (EvidenceId("ev-3"),), numbers=(Number("20", "pool_size"),))
    assert claimed(often, small).dropped == 0
    wrong = Claim("the pool has 200", (EvidenceId("ev-3"),), numbers=(Number("200", "pool_size"),))
    assert claimed(wrong).dropped == 1


@pytest.mark.parametrize(
    "statement", ["99% of requests fail", "errors are at 0.99", "it went from 0.004 to 7"]
)
def test_a_number_that_stands_nowhere_takes_its_claim_with_it(statement: str) -> None:
    assert claimed(metric(statement)).dropped == 1


@pytest.mark.parametrize(
    "statement",
    [
        "23% of requests fail",
        "5xx since 13:32",
        "since v42, for 14 minutes",
        "on 2026-11-02",
        "errors at 0.23",
    ],
)
def test_names_times_and_shown_numbers_are_no_reason_to_drop(statement: str) -> None:
    assert claimed(metric(statement)).dropped == 0


def test_high_confidence_needs_a_mode_two_sources_and_no_contradiction() -> None:
    assert claimed(*GOOD).confidence is Confidence.HIGH
    assert claimed(*GOOD, mode=None).confidence is Confidence.MEDIUM
    assert claimed(GOOD[0]).confidence is Confidence.MEDIUM
    assert claimed(*GOOD, against=("a colleague saw it before",)).confidence is Confidence.MEDIUM


def test_a_source_that_did_not_answer_is_no_second_source() -> None:
    silent = sighting(4, EvidenceKind.CHANGES, "no answer", failed=True)
    claims = (GOOD[0], Claim("nothing is known of changes", (EvidenceId("ev-4"),)))
    given = Diagnosis(Verdict.CAUSE, "the pool", "pool", Confidence.HIGH, claims, "t")
    assert checked(given, (*SEEN, silent)).confidence is Confidence.MEDIUM


def test_healthy_with_an_abnormal_metric_is_contradicted() -> None:
    found = claimed(metric("few errors"), verdict=Verdict.HEALTHY, mode=None)
    assert found.against == ("error_rate is outside of its normal range",)


def test_a_cause_whose_claims_all_fall_is_inconclusive() -> None:
    found = claimed(metric("99% fail"))
    assert (found.verdict, found.confidence, found.dropped) == (Verdict.INCONCLUSIVE, Confidence.LOW, 1)
