"""The chart of the symptom as a message of its own: the picture, or its numbers where there is none."""

from bot.domain.chart import Chart
from bot.slack.views.blocks import Block, context, plain, section
from bot.slack.views.scene import Card, Message
from bot.slack.views.text import esc_fit, short

ALT = 2_000


def chart_card(chart: Chart) -> Card:
    """The card; its blocks are the numbers, and `picture` is drawn and uploaded before it is sent."""
    words = esc_fit(f"{chart.words()}", 900)
    head = f"*Chart of {esc_fit(chart.metric, 80)}*"
    return Card(
        name="chart",
        message=Message(f"Chart: {words}", (section(f"{head}\n{words}"),)),
        state=str(len(chart.points)),
        picture=chart,
    )


def with_picture(chart: Chart, file: str) -> tuple[Block, ...]:
    """The blocks with the uploaded picture, whose alternative text says the numbers."""
    title = f"{chart.metric}: shaded is normal, dashed lines are what happened"
    image: Block = {
        "type": "image",
        "slack_file": {"id": file},
        "alt_text": short(chart.words(), ALT),
        "title": plain(title, 200),
    }
    marks = "; ".join(f"{number} {mark.text}" for number, mark in enumerate(chart.marks, 1))
    return (image, context(f"Marks: {esc_fit(marks, 400)}")) if marks else (image,)
