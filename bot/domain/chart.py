"""What a chart of the symptom shows: its samples, its normal range, and what happened meanwhile; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from bot.domain.evidence import Change, MetricReading, Sighting
from bot.domain.ids import MINUTE, At
from bot.domain.incident import Incident, PlanState

MOST_MARKS = 6
FEWEST_POINTS = 3
NEAR = 5 * MINUTE
"""A change this long before the first sample is still shown, at the edge."""

Point = tuple[At, Decimal]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment of the chart."""

    at: At
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One metric over time."""

    metric: str
    unit: str
    points: tuple[Point, ...]
    low: Decimal | None
    high: Decimal | None
    marks: tuple[Mark, ...]

    def words(self) -> str:
        """The numbers of the chart, for those who do not see it."""
        values = [value for _, value in self.points]
        unit = f" {self.unit}" if self.unit else ""
        range_of = [f"from {self.low:f}"] if self.low is not None else []
        range_of += [f"up to {self.high:f}"] if self.high is not None else []
        normal = f"; normal {' '.join(range_of)}" if range_of else ""
        first, last = self.points[0], self.points[-1]
        return (
            f"{self.metric}{unit} from {_clock(first[0])} to {_clock(last[0])} UTC: began at {first[1]:f}, "
            f"lowest {min(values):f}, highest {max(values):f}, last {last[1]:f}{normal}. "
            + " ".join(f"{_clock(mark.at)}: {mark.text}." for mark in self.marks)
        ).strip()


def chart_of(incident: Incident, sightings: Sequence[Sighting]) -> Chart | None:
    """The chart of the symptom as found, and as measured after a plan; nothing without samples."""
    facts = [fact for sighting in sightings for fact in sighting.facts]
    reading = _symptom(incident, [fact for fact in facts if isinstance(fact, MetricReading)])
    if reading is None:
        return None
    points = [*reading.points, *_measured(incident, reading)]
    changes = [fact for fact in facts if isinstance(fact, Change)]
    marks = [*_changes(changes, points), *_milestones(incident, points)]
    kept = sorted(marks, key=lambda mark: mark.at)[-MOST_MARKS:]
    return Chart(
        reading.name, reading.unit, tuple(points), reading.normal_low, reading.normal_high, tuple(kept)
    )


def _symptom(incident: Incident, readings: Sequence[MetricReading]) -> MetricReading | None:
    """The metric by which the plan is measured, else the first abnormal one; the newest look at it."""
    newest = {one.name: one for one in readings if len(one.points) >= FEWEST_POINTS}
    state = incident.current
    wanted = state.plan.steps[-1].check.metric if state is not None else ""
    return newest.get(wanted) or next((one for one in newest.values() if one.abnormal()), None)


def _measured(incident: Incident, reading: MetricReading) -> list[Point]:
    """What was measured after each plan that came to an outcome."""
    found: list[Point] = []
    for state in incident.executions:
        if state.outcome is None or state.plan.steps[-1].check.metric != reading.name:
            continue
        for at, sample in state.samples:
            value = _number(sample.value)
            if value is not None and at > reading.points[-1][0]:
                found.append((at, value))
    return found


def _number(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _changes(changes: Sequence[Change], points: Sequence[Point]) -> list[Mark]:
    first, last = points[0][0], points[-1][0]
    return [
        Mark(At(max(one.at, first)), f"{one.what[:20]} {one.after[:20]}".strip())
        for one in changes
        if first - NEAR <= one.at <= last
    ]


def _milestones(incident: Incident, points: Sequence[Point]) -> list[Mark]:
    first, last = points[0][0], points[-1][0]
    marks = [Mark(incident.alert.started_at, "alert")]
    marks += [Mark(at, f"plan {state.plan.revision}") for state in _run(incident) if (at := state.started_at)]
    return [mark for mark in marks if first <= mark.at <= last]


def _run(incident: Incident) -> tuple[PlanState, ...]:
    return tuple(state for state in incident.executions if state.outcome is not None)


def _clock(at: At) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S}"
