"""A cause in one sentence, and the claims under it, each with words that stand in the evidence."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from bot.adapters.exhibits import before_the_end, exhibits, with_lines
from bot.adapters.log_words import FAILS, is_generic, loudness
from bot.adapters.scoring import Hit, Score, Seen, seen
from bot.domain.evidence import Change, LogPattern, MetricReading, Sighting
from bot.domain.finding import MIN_QUOTE, Claim, normalised
from bot.domain.ids import SECOND, At, EvidenceId

MAX_QUOTE = 160
MAX_METRICS = 3
MAX_LOUD = 4
Changed = tuple[Change, EvidenceId] | None
Metrics = Sequence[tuple[MetricReading, EvidenceId]]


def cause_of(service: str, best: Score, sightings: Sequence[Sighting], change: Changed) -> str:
    """Service, mechanism, since when, and the lines that show it, in 300 characters."""
    facts = seen(sightings)
    title = best.mode.title
    title = title if title[1:2].isupper() else title[0].lower() + title[1:]
    text = f"{service}: {title}{_measured(best, facts)}{_since(change)}"
    return with_lines(text, exhibits([hit.pattern for hit in best.hits], sightings))


def unknown_cause(
    sightings: Sequence[Sighting], service: str, change: Changed
) -> tuple[str, tuple[Claim, ...]] | None:
    """The loudest specific lines as a cause, where no failure mode fits; nothing where no line is loud."""
    loud = [
        (pattern, known)
        for pattern, known in seen(sightings).logs
        if pattern.level in {"error", "fatal"}
        and not is_generic(pattern.example)
        and loudness(pattern.example, "") >= FAILS
    ][:MAX_LOUD]
    if not loud:
        return _from_the_end(sightings, service, change)
    patterns = [pattern for pattern, _ in loud]
    text = with_lines(f"{service} fails{_since(change)}", exhibits(patterns, sightings))
    return text, tuple(_log_claim(pattern, known) for pattern, known in loud)


def _from_the_end(
    sightings: Sequence[Sighting], service: str, change: Changed
) -> tuple[str, tuple[Claim, ...]] | None:
    lines = before_the_end(sightings)
    failed = [(one, known) for one, known in seen(sightings).logs if is_generic(one.example) and one.level]
    if not lines or not failed:
        return None
    text = with_lines(f"{service} fails{_since(change)}", iter(lines))
    return text, tuple(_log_claim(pattern, known) for pattern, known in failed[:1])


def claims_of(
    best: Score, sightings: Sequence[Sighting], change: Changed, abnormal: Metrics
) -> tuple[Claim, ...]:
    """Claims on logs with exact quotes, on metrics, and on the change."""
    by_id = {sighting.evidence.id: sighting for sighting in sightings}
    claims = [_log_claim(hit.pattern, hit.evidence) for hit in best.hits if _quotable(hit, by_id)]
    metrics = {reading.name: (reading, known) for reading, known in (*best.readings, *abnormal)}
    claims += [_metric_claim(reading, known) for reading, known in list(metrics.values())[:MAX_METRICS]]
    if change is not None:
        what, known = change
        claims.append(
            Claim(f"{what.what} of {what.after} (before: {what.before}) at {_clock(what.at)}", (known,))
        )
    return tuple(claims)


def _quotable(hit: Hit, by_id: dict[EvidenceId, Sighting]) -> bool:
    quote = _quote(hit.pattern)
    return len(normalised(quote)) >= MIN_QUOTE and normalised(quote) in normalised(by_id[hit.evidence].text)


def _quote(pattern: LogPattern) -> str:
    return pattern.example[:MAX_QUOTE].strip()


def _log_claim(pattern: LogPattern, known: EvidenceId) -> Claim:
    times = "once" if pattern.count == 1 else f"{pattern.count} times"
    level = f" at level {pattern.level}" if pattern.level else ""
    return Claim(f"The log says this {times}{level}{_first(pattern.first_at)}", (known,), _quote(pattern))


def _metric_claim(reading: MetricReading, known: EvidenceId) -> Claim:
    value = "unknown" if reading.value is None else _with_unit(reading.value, reading.unit)
    normal = ", outside of its normal range" if reading.abnormal() else ""
    return Claim(f"{reading.name} is {value}{normal}", (known,))


def _with_unit(value: Decimal, unit: str) -> str:
    """A ratio needs no unit."""
    return _short(value) if unit in {"", "ratio"} else f"{_short(value)} {unit}"


def _measured(best: Score, facts: Seen) -> str:
    """`(20 of 20 in use)`-like detail of the first metric condition that holds."""
    if not best.readings:
        return ""
    reading = best.readings[0][0]
    whole = next((each.percent_of for each in best.mode.conditions if each.metric == reading.name), "")
    other = next((each.value for each, _ in facts.metrics if each.name == whole), None)
    assert reading.value is not None
    of = f" of {_short(other)}" if other is not None else ""
    return f" ({reading.name} {_short(reading.value)}{of})"


def _since(change: Changed) -> str:
    return f" since the {change[0].what} of {change[0].after} at {_clock(change[0].at)}" if change else ""


def _first(at: At | None) -> str:
    return f", first at {_clock(at)}" if at is not None else ""


def _clock(at: At) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%H:%M UTC")


def _short(value: Decimal) -> str:
    """At most four digits after the point, and no empty ones."""
    text = format(round(value, 4), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
