"""The chart of the symptom: which samples and marks it shows, its words, its picture."""

from dataclasses import replace
from decimal import Decimal
from io import BytesIO

from PIL import Image

from bot.domain.chart import chart_of
from bot.domain.events import Outcome
from bot.domain.evidence import Change, MetricReading, Sighting
from bot.domain.ids import MINUTE, SECOND, At
from bot.slack.chart_image import HEIGHT, WIDTH, drawn
from bot.slack.views.blocks import Block
from bot.slack.views.chart_card import chart_card, with_picture
from bot.slack.views.scene import Message
from tests.fakes.slack_rules import check_message
from tests.fakes.story import Story, example_evidence, story
from tests.fakes.world import START


def sightings(name: str = "error_rate", *, samples: int = 20) -> tuple[Sighting, ...]:
    """Metrics with samples, and a deploy in their middle."""
    begin = START - samples * 15 * SECOND
    points = tuple((At(begin + i * 15 * SECOND), Decimal(i) / 100) for i in range(samples))
    last = points[-1][1] if points else None
    reading = MetricReading(name, "ratio", "q", last, None, last, None, Decimal("0.01"), START, points)
    deploy = Change(At(START - MINUTE), "dora", "deploy", "41", "42", "checkout")
    _, metrics, changes, _ = example_evidence()
    return (Sighting(metrics, "", (reading,)), Sighting(changes, "", (deploy,)))


def proposed() -> Story:
    return story().opened().diagnosed().proposed()


def test_it_shows_the_metric_of_the_success_check_with_what_happened_meanwhile() -> None:
    chart = chart_of(proposed().incident, sightings())
    assert chart is not None
    assert (chart.metric, len(chart.points), chart.high) == ("error_rate", 20, Decimal("0.01"))
    assert "deploy 42" in [mark.text for mark in chart.marks]
    words = chart.words()
    assert "began at 0" in words
    assert "last 0.19; normal up to 0.01." in words
    assert "deploy 42." in words


def test_what_was_measured_after_a_plan_is_shown_once_there_is_an_outcome() -> None:
    told = proposed().approved().executed()
    before = chart_of(told.incident, sightings())
    after = chart_of(told.verified(Outcome.UNCHANGED).incident, sightings())
    assert before is not None
    assert after is not None
    assert len(before.points) == 20
    assert len(after.points) > 20
    assert "plan 1" in [mark.text for mark in after.marks]


def test_without_samples_there_is_no_chart() -> None:
    assert chart_of(proposed().incident, sightings(samples=2)) is None
    assert chart_of(proposed().incident, ()) is None


def test_without_a_plan_the_first_abnormal_metric_is_shown() -> None:
    told = story().opened().diagnosed().nothing()
    chart = chart_of(told.incident, sightings("pool_in_use"))
    assert chart is not None
    assert chart.metric == "pool_in_use"


def test_the_picture_is_a_small_png_of_its_size() -> None:
    chart = chart_of(proposed().incident, sightings())
    assert chart is not None
    body = drawn(chart)
    assert len(body) < 60_000
    with Image.open(BytesIO(body)) as image:
        assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
        assert len(image.getcolors(1 << 20) or ()) > 3


def test_a_flat_line_and_a_single_moment_are_drawn_as_well() -> None:
    chart = chart_of(proposed().incident, sightings())
    assert chart is not None
    same = tuple((chart.points[0][0], Decimal(0)) for _ in chart.points)
    assert drawn(replace(chart, points=same, high=None, marks=()))


def test_slack_takes_the_card_with_and_without_its_picture_and_hostile_names_ping_nobody() -> None:
    chart = chart_of(proposed().incident, sightings())
    assert chart is not None
    hostile = replace(chart, metric="<!channel> <@U0LEAD>", unit="`x`" * 50)
    card = chart_card(hostile)
    check_message(card.message)
    check_message(Message(card.message.text, with_picture(hostile, "F0CHART")))
    assert "<!" not in card.message.text
    image: Block = with_picture(chart, "F0CHART")[0]
    assert image["alt_text"] == chart.words()
