# pyright: reportUnknownMemberType=false
"""A chart as a small PNG: line, normal range as a band, marks; blocking, so call it in a thread."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from bot.domain.chart import Chart
from bot.domain.ids import At

WIDTH, HEIGHT = 1_000, 420
LEFT, RIGHT, TOP, BOTTOM = 110, 30, 92, 52
INK, SOFT, GRID = (29, 28, 29), (97, 96, 97), (225, 225, 225)
BAND, LINE, EVENT = (222, 240, 228), (18, 100, 163), (176, 42, 55)
TEXT = 20
DOT = 5

Place = Callable[[At, Decimal], tuple[float, float]]


def drawn(chart: Chart) -> bytes:
    """The picture; on white, so that it reads in light and dark alike."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    lowest, highest = _ends(chart)
    begin, end = chart.points[0][0], chart.points[-1][0]
    span, height = max(end - begin, 1), highest - lowest

    def place(at: At, value: Decimal) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (at - begin) / span
        return x, HEIGHT - BOTTOM - float((value - lowest) / height) * (HEIGHT - TOP - BOTTOM)

    _band(pen, chart, place, lowest, highest)
    _axes(pen, chart, place, lowest, highest)
    _marks(pen, chart, place, highest)
    line = [place(at, value) for at, value in chart.points]
    pen.line(line, fill=LINE, width=4, joint="curve")
    x, y = line[-1]
    pen.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), fill=LINE)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _ends(chart: Chart) -> tuple[Decimal, Decimal]:
    """The range of the axis: all samples and the normal range, with some air above."""
    values = [value for _, value in chart.points]
    values += [end for end in (chart.low, chart.high) if end is not None]
    lowest, highest = min(Decimal(0), *values), max(values)
    return lowest, highest + (highest - lowest) / 10 if highest > lowest else lowest + 1


def _font(size: int = TEXT) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _band(pen: ImageDraw.ImageDraw, chart: Chart, place: Place, lowest: Decimal, highest: Decimal) -> None:
    if chart.low is None and chart.high is None:
        return
    top = place(chart.points[-1][0], chart.high if chart.high is not None else highest)
    bottom = place(chart.points[0][0], chart.low if chart.low is not None else lowest)
    pen.rectangle((bottom[0], top[1], top[0], bottom[1]), fill=BAND)


def _axes(pen: ImageDraw.ImageDraw, chart: Chart, place: Place, lowest: Decimal, highest: Decimal) -> None:
    begin, end = chart.points[0][0], chart.points[-1][0]
    normal = " (shaded: normal)" if chart.low is not None or chart.high is not None else ""
    unit = f", {chart.unit}" if chart.unit else ""
    pen.text((16, 10), f"{chart.metric}{unit}{normal}"[:80], fill=INK, font=_font(26))
    for value in (lowest, (lowest + highest) / 2, highest):
        _, y = place(begin, value)
        pen.line((LEFT, y, WIDTH - RIGHT, y), fill=GRID, width=1)
        pen.text((LEFT - 12, y), _short(value), fill=SOFT, font=_font(), anchor="rm")
    for at, anchor in ((begin, "lm"), (At((begin + end) // 2), "mm"), (end, "rm")):
        x, _ = place(at, lowest)
        pen.text((x, HEIGHT - BOTTOM / 2), f"{_clock(at)} UTC", fill=SOFT, font=_font(), anchor=anchor)


def _marks(pen: ImageDraw.ImageDraw, chart: Chart, place: Place, highest: Decimal) -> None:
    """Each mark with its number at the line and its words once above, so that none hides another."""
    for number, mark in enumerate(chart.marks, 1):
        x, y = place(mark.at, highest)
        for start in range(int(y), HEIGHT - BOTTOM, 12):
            pen.line((x, start, x, min(start + 6, HEIGHT - BOTTOM)), fill=EVENT, width=2)
        pen.text((x, y - 2), str(number), fill=EVENT, font=_font(), anchor="mb")
    told = "   ".join(f"{number} {mark.text}" for number, mark in enumerate(chart.marks, 1))
    pen.text((16, 42), told[:95], fill=EVENT, font=_font())


def _short(value: Decimal) -> str:
    """At most four digits that count."""
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"  # noqa: PLR2004 - a thousand


def _clock(at: At) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S}"
