"""What the models said as pages of a modal."""

import json
from typing import cast

import pytest

from bot.domain.events import TeamWorked
from bot.domain.ids import IncidentId
from bot.domain.spending import StageSpent
from bot.domain.spoken import Speech, Spoken, StageSpoken, Utterance, key_of
from bot.slack.views.blocks import Block
from bot.slack.views.plain import render_text
from bot.slack.views.spoken_modal import PIECE, PIECES, Where, parse_page, spoken_modal
from tests.fakes.slack_rules import check_view

NAME = IncidentId("inc-000001")
WORKED = TeamWorked("diagnosis", (StageSpent("log_analysis", ("m",), 1, 2, 3, 0, 4, "0"),))


def said(*words: Utterance, left_out: int = 0) -> Spoken:
    return Spoken(NAME, key_of(WORKED), (StageSpoken("log_analysis", "log_analyst", words, left_out),))


def text_of(spoken: Spoken | None, page: int = 0) -> str:
    view = spoken_modal(WORKED, spoken, Where(NAME, 0, 0, page))
    check_view(view)
    return render_text(cast("list[Block]", view["blocks"]))


def test_question_tool_and_answer_stand_in_their_order() -> None:
    text = text_of(
        said(
            Utterance(Speech.ASKED, "Which lines matter?"),
            Utterance(Speech.CALLED, "read_runbook: {}"),
            Utterance(Speech.ANSWERED, "The pool's."),
        )
    )
    at = [text.index(words) for words in ("Asked:", "matter?", "Called a tool:", "Answered:", "The pool's.")]
    assert at == sorted(at)
    assert "log_analyst, page 1 of 1." in text


def test_long_words_are_turned_page_by_page_and_nothing_is_lost() -> None:
    whole = "".join(f"{number:06d}" for number in range(PIECE * PIECES * 2 // 6 + 10))
    spoken = said(Utterance(Speech.ASKED, whole))
    pages = [spoken_modal(WORKED, spoken, Where(NAME, 0, 0, page)) for page in range(3)]
    for view in pages:
        check_view(view)
    shown = "".join(_literal(json.loads(json.dumps(view))) for view in pages)
    assert shown == whole
    ids = ["spoken_earlier" in json.dumps(view) for view in pages]
    assert ids == [False, True, True]
    assert ["spoken_later" in json.dumps(view) for view in pages] == [True, True, False]
    assert text_of(spoken, 99) == text_of(spoken, 2)


def _literal(view: dict[str, list[dict[str, list[dict[str, list[dict[str, str]]]]]]]) -> str:
    parts = [part for block in view["blocks"] for part in block.get("elements", [])]
    return "".join(
        one["text"]
        for part in parts
        if str(part.get("type")) == "rich_text_preformatted"
        for one in part["elements"]
    )


def test_what_was_not_kept_is_said() -> None:
    assert "was not kept" in text_of(None)
    assert "7 characters were too long to keep" in text_of(
        said(Utterance(Speech.NOTED, "m: 5 tokens"), left_out=7)
    )


@pytest.mark.parametrize("text", ["<!channel>" * 3_000, "\u202e" * 500, "`" * 5_000, "a\n" * 9_000])
def test_hostile_words_fit_and_call_nobody(text: str) -> None:
    shown = spoken_modal(WORKED, said(*(Utterance(kind, text) for kind in Speech)), Where(NAME, 0, 0, 0))
    check_view(shown)
    assert "\\u202e" not in json.dumps(shown)
    assert '"type": "broadcast"' not in json.dumps(shown)


@pytest.mark.parametrize("value", ["", "a|b|c|d", "inc|1|2", "inc|1|2|3|4", "i c|1|2|3", "inc|-1|0|0"])
def test_a_malformed_page_is_none(value: str) -> None:
    assert parse_page(value) is None


def test_a_page_is_read_back_from_its_button() -> None:
    where = Where(NAME, 3, 1, 0)
    assert parse_page(where.value(7)) == Where(NAME, 3, 1, 7)
