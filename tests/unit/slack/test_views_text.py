"""Text on its way to Slack pings nobody, hides nothing and fits."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.ids import At, PersonId
from bot.slack.views.blocks import (
    Part,
    budgeted,
    context,
    header,
    may,
    mrkdwn,
    must,
    plain,
    prose,
    section,
    size,
)
from bot.slack.views.text import (
    esc,
    esc_fit,
    fit,
    lasting,
    link,
    mention,
    mentions,
    quiet,
    visible,
    when,
    when_day,
)
from bot.slack.views.values import metadata, parse_incident, parse_metadata, parse_record_value, record_value
from tests.fakes.story import story


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("<!channel> wake up", "&lt;!channel&gt; wake up"),
        ("<!here>", "&lt;!here&gt;"),
        ("<@U0ONCALL>", "&lt;@U0ONCALL&gt;"),
        ("<!subteam^S1|sre>", "&lt;!subteam^S1|sre&gt;"),
        ("<https://evil.example|login>", "&lt;https://evil.example|login&gt;"),
        ("@channel @here @Everyone", "@ channel @ here @ Everyone"),
        ("a@channel.example", "a@ channel.example"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
        ("`rm -rf`", "'rm -rf'"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"),
        ("\x1b[31mred\x00", "[U+001B][31mred[U+0000]"),
        ("tag\U000e0041", "tag[U+E0041]"),
        ("\u3164\u2800", "[U+3164][U+2800]"),
        ("two\r\nlines\tand", "two lines and"),
        ("שלום, 日本語 ok", "שלום, 日本語 ok"),
        ("e" + "\u0301" * 40, "e\u0301\u0301"),
        ("\ud800", "[U+D800]"),
    ],
)
def test_hostile_text_is_shown_for_what_it_is(given_text: str, shown: str) -> None:
    assert esc(given_text) == shown


@given(st.text(max_size=400), st.integers(min_value=1, max_value=120))
@example("&" * 400, 10)
@example("<" * 400, 3)
def test_escaped_text_fits_and_is_never_cut_inside_an_escape(text: str, limit: int) -> None:
    shown = esc_fit(text, limit)
    assert len(shown) <= limit
    assert not re.search(r"[<>`]", shown)
    assert not re.search(r"&(?!(?:amp|lt|gt);)", shown)


@given(st.text(max_size=200), st.integers(min_value=0, max_value=50))
def test_fit_cuts_by_characters_and_says_so(text: str, limit: int) -> None:
    shown = fit(text, limit)
    assert len(shown) <= limit
    assert shown == text or shown.endswith("…") or limit == 0


@given(st.text(max_size=300))
def test_nothing_invisible_gets_through(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert all(char.isprintable() for char in visible(text))
    assert quiet(quiet(text)) == quiet(text)


def test_links_need_an_allowed_address() -> None:
    allowed = ("https://grafana.example/",)
    good = "https://grafana.example/d/1?a=1&b=2"
    assert link(good, "graph <1>", allowed) == "<https://grafana.example/d/1?a=1&amp;b=2|graph &lt;1&gt;>"
    for bad in (
        "https://grafana.example.evil.example/",
        "http://grafana.example/d/1",
        "https://grafana.example/d|label>",
        "javascript:alert(1)",
    ):
        assert link(bad, "graph", allowed) == "graph"
    assert link("https://grafana.example/d/1", "graph", ("https://grafana.example",)) == "graph"


def test_moments_and_durations_are_for_people() -> None:
    moment = At(1_790_000_000_123)
    assert when(moment) == "<!date^1790000000^{time}|14:13 UTC>"
    assert when_day(moment) == "<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>"
    spans = [0, 4_900, 90_000, 3_600_000, 7_500_000, 90_000_000]
    assert [lasting(one) for one in spans] == ["0 s", "4 s", "1 min 30 s", "1 h", "2 h 5 min", "1 d 1 h"]


def test_people_are_mentioned_by_id_and_nothing_else_is() -> None:
    assert mention(PersonId("U0ONCALL")) == "<@U0ONCALL>"
    assert mention("U1> <!channel") == "U1&gt; &lt;!channel"
    assert mentions(()) == "nobody"
    many = tuple(PersonId(f"U{number}") for number in range(11))
    assert mentions(many, 3) == "<@U0>, <@U1>, <@U2> or 8 more"


def test_marked_text_is_cut_where_no_mark_is_open() -> None:
    assert mrkdwn("first line\nsecond <@U0ONCALL> line", 25)["text"] == "first line\n…"
    assert mrkdwn("hello <@U0ONCALL> and more", 14)["text"] == "hello …"
    assert plain("", 10)["text"] == " "


def test_the_budget_leaves_out_the_last_optional_parts_and_says_so() -> None:
    long = "x" * 2_900
    parts = [must(header("h")), *(may(prose(f"{n}{long}")) for n in range(6)), must(context("end"))]
    blocks = budgeted(parts)
    assert size(blocks) <= 12_000
    assert [block["type"] for block in blocks] == ["header", *["rich_text"] * 3, "context", "context"]
    assert "too long to show" in str(blocks[-1])
    many = [Part((section("a"),), optional=n > 3) for n in range(80)]
    assert len(budgeted(many)) <= 50


def test_what_fits_is_left_alone() -> None:
    parts = [must(header("h")), may(prose("short"))]
    assert [block["type"] for block in budgeted(parts)] == ["header", "rich_text"]


def test_values_of_buttons_are_parsed_strictly() -> None:
    state = story().opened().diagnosed().proposed().plan
    value = record_value(state, 1)
    assert parse_record_value(value) == (state.plan.id, 1, state.digest[:12], 1)
    for bad in (
        f"{value}0",
        f"{value}\n",
        "",
        "1|x|1|0|0",
        value.removesuffix("|1"),
        value.replace("|1", "|²"),
    ):
        assert parse_record_value(bad) is None
    kept = metadata(value, "C0ALERTS", "1790000000.000100")
    assert parse_metadata(kept) == (value, "C0ALERTS", "1790000000.000100")
    assert parse_metadata("C0ALERTS|1790000000.000100") is None
    assert parse_metadata("v|c0|1.1") is None
    assert parse_incident("inc-000001") == "inc-000001"
    assert parse_incident("inc 1") is None
