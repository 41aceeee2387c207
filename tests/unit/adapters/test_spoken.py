"""What was said in a run: redacted, capped, and read back only where it is ours."""

from decimal import Decimal

import pytest

from agents.cost import Bill
from agents.desk import Outcome
from agents.messages import Results, Said, Told, ToolCall, ToolResult, Usage
from agents.team import TeamRun
from agents.transcript import Called, Noted
from bot.adapters.spoken_bytes import spoken_from
from bot.adapters.team_spoken import STAGE, WORDS, spoken_of
from bot.domain.events import TeamWorked
from bot.domain.ids import IncidentId
from bot.domain.spoken import Speech, key_of

NAME = IncidentId("inc-000001")
WORKED = TeamWorked("diagnosis", ())


def run(*entries: Told | Said | Results | Called | Noted) -> TeamRun:
    return TeamRun((Outcome("log_analyst", "log_analysis", None, "", Bill(), entries),))


def test_everything_that_is_kept_was_redacted_first() -> None:
    secret = "hunter2"
    call = ToolCall("t1", "read", {"token": secret})
    spoken = spoken_of(
        NAME,
        WORKED,
        run(
            Told(f"asked {secret}"),
            Said(f"said {secret}", (call, ToolCall("t2", "read", {}, f"{{{secret}"))),
            Results((ToolResult("t1", "read", f"gave {secret}"),)),
            Called("m", Usage(1, 2), Decimal(0), 0.1),
            Noted(f"noted {secret}"),
        ),
        lambda text: text.replace(secret, "[redacted]"),
    )
    words = spoken.stages[0].words
    assert [one.kind for one in words] == [
        Speech.ASKED,
        Speech.ANSWERED,
        Speech.CALLED,
        Speech.CALLED,
        Speech.GIVEN,
        Speech.NOTED,
        Speech.NOTED,
    ]
    assert not any(secret in one.text for one in words)
    assert sum("[redacted]" in one.text for one in words) == 6
    assert spoken.key == key_of(WORKED)


def test_what_is_too_long_is_cut_and_counted() -> None:
    one = Told("x" * (WORDS + 5))
    stage = spoken_of(NAME, WORKED, run(*[one] * 5), lambda text: text).stages[0]
    kept = sum(len(said.text) for said in stage.words)
    assert kept == STAGE
    assert kept + stage.left_out == 5 * (WORDS + 5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"v": 2, "stages": []}',
        b'{"v": 1, "stages": [1]}',
        b'{"v": 1, "stages": [["a", "b", [["shouted", "x"]], 0]]}',
        b'{"v": 1, "stages": [["a", "b", [], "x"]]}',
    ],
)
def test_bytes_that_are_not_ours_are_nothing(body: bytes) -> None:
    assert spoken_from(NAME, "k", body) is None
