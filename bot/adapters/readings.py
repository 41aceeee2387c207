"""Metrics of a window as readings: the value now, before, at its worst, against the normal range."""

import asyncio
from decimal import Decimal
from statistics import median

from bot.adapters.series import MetricsReader, Series, decimal_text, step_seconds
from bot.adapters.sightings import Seen
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import MetricReading
from bot.domain.service import MetricSpec
from bot.domain.timeline import brief
from bot.ports.world import Window

EARLY_PART = 3
"""`before` is the median of the first third of the samples; a window begins well before its alert."""


def reading_of(spec: MetricSpec, series: tuple[Series, ...], window: Window) -> MetricReading:
    """The reading of one metric; unknown where there is no sample or more than one series."""
    samples = series[0].samples if len(series) == 1 else ()
    values = [value for _, value in samples]
    last = samples[-1] if samples else None
    return MetricReading(
        name=spec.name,
        unit=spec.unit,
        query=spec.query,
        value=last[1] if last and last[0] == window.end else None,
        before=_rounded(median(values[: -(-len(values) // EARLY_PART)])) if values else None,
        peak=_peak(spec, values),
        normal_low=spec.normal_low,
        normal_high=spec.normal_high,
        at=window.end,
        points=tuple((at, _rounded(value)) for at, value in samples),
    )


def reading_text(reading: MetricReading, series: int = 1) -> str:
    """One line that says it all, as it is quoted and shown."""
    if series > 1:
        return f"{reading.name}: unknown, the query has {series} series and not one"
    if reading.value is None:
        return f"{reading.name}: no value now{_seen(reading)}"
    normal = _normal(reading)
    verdict = " ABNORMAL" if reading.abnormal() else ""
    value = brief(decimal_text(reading.value))
    return f"{reading.name} = {value}{_unit(reading)}{_seen(reading)}{normal}{verdict}"


def _peak(spec: MetricSpec, values: list[Decimal]) -> Decimal | None:
    """The value furthest to the bad side: the lowest where only a lower end is normal."""
    if not values:
        return None
    return min(values) if spec.normal_low is not None and spec.normal_high is None else max(values)


def _rounded(value: Decimal) -> Decimal:
    return Decimal(decimal_text(value))


def _unit(reading: MetricReading) -> str:
    return f" {reading.unit}" if reading.unit else ""


def _seen(reading: MetricReading) -> str:
    if reading.before is None or reading.peak is None:
        return ""
    return f" (before {brief(decimal_text(reading.before))}, peak {brief(decimal_text(reading.peak))})"


def _normal(reading: MetricReading) -> str:
    low, high = reading.normal_low, reading.normal_high
    ends = [f"from {low:f}"] if low is not None else []
    ends += [f"up to {high:f}"] if high is not None else []
    return f" normal {' '.join(ends)}" if ends else ""


async def measured(source: MetricsReader, specs: tuple[MetricSpec, ...], window: Window) -> Seen:
    """Every metric of a window; raises SourceUnavailableError where not one could be read."""
    step = step_seconds(window)
    looks = await asyncio.gather(*(_look(source, spec, window, step) for spec in specs))
    readings = tuple(reading for reading, _ in looks if reading is not None)
    if looks and not readings:
        raise SourceUnavailableError(looks[0][1])
    abnormal = [line for reading, line in looks if reading is not None and reading.abnormal()]
    text = "\n".join(line for _, line in looks) or "no metrics are named"
    return Seen(text, "; ".join(abnormal) or "nothing abnormal", readings)


async def _look(
    source: MetricsReader, spec: MetricSpec, window: Window, step: int
) -> tuple[MetricReading | None, str]:
    try:
        series = await source.range(spec.query, window, step)
    except SourceUnavailableError as error:
        return None, f"{spec.name}: unknown, {error.message}"
    reading = reading_of(spec, series, window)
    return reading, reading_text(reading, len(series))
