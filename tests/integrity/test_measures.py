"""Each measure can fail: with the fault that it looks for put in, it counts it."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters import chain
from bot.adapters.tasks import Task
from bot.domain import decision
from bot.domain.decision import Click, Code, Order, Refused, World
from bot.domain.events import Decided
from bot.domain.ids import Digest, Fence
from bot.domain.incident import Incident, Phase
from bot.flow import approval
from tests.fakes.content import COLLEAGUE, ONCALL
from tests.fakes.story import INCIDENT, story
from tests.integrity import cases, in_doubt, limits_hold, mutants, oracle, rows, shown, situations
from tests.integrity.answering import high
from tests.integrity.attacker import attacked, unapproved
from tests.integrity.execution_mutants import FAULTS
from tests.integrity.execution_mutants import survivors as faults_alive
from tests.integrity.generated import proposal
from tests.integrity.matrix import compared, missing
from tests.integrity.oracle import Expected, Kind, Prior, Role, Situation, Tier, Verdict, expected
from tests.integrity.report import Row, table
from tests.integrity.shown import Said, read_card
from tests.integrity.staleness import Case, When, _nothing, played
from tests.integrity.tampering import KEY, log, run, tampered
from tests.integrity.tampering import Kind as Edit


def imported(module: object) -> set[str]:
    """The first names of all that a module imports."""
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    named = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    plain = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    return {name.split(".")[0] for name in (*named, *plain)}


def test_the_oracle_imports_nothing_but_the_standard_library() -> None:
    assert imported(oracle) <= sys.stdlib_module_names
    assert imported(situations) <= sys.stdlib_module_names | {"tests"}


def test_the_oracle_knows_the_plain_cases() -> None:
    oncall, senior = frozenset({Role.ON_CALL}), frozenset({Role.SENIOR})
    assert expected(Situation(oncall)) == Expected(Kind.COMPLETES)
    assert expected(Situation(oncall, Tier.HIGH)) == Expected(Kind.COUNTS)
    assert expected(Situation(senior, Tier.HIGH, prior=Prior.BY_ON_CALL)) == Expected(Kind.COMPLETES)
    assert expected(Situation(senior)) == Expected(Kind.REFUSED, "NOT_AUTHORISED")
    assert expected(Situation(oncall, Tier.MEDIUM, originator=True)) == Expected(Kind.REFUSED, "ORIGINATOR")
    assert expected(Situation(oncall, originator=True)) == Expected(Kind.COMPLETES, flagged=True)
    assert expected(Situation(oncall, verdict=Verdict.REJECT, frozen=True)) == Expected(Kind.ENDS)


def test_the_whole_matrix_comes_out_as_the_rules_say() -> None:
    found = compared()
    assert found.wrong == []
    assert found.driven > 28_000


def test_the_matrix_meets_every_code_that_a_click_can_end_with_today() -> None:
    codes = {expected(s).code for s in situations.matrix() if not missing(s)}
    assert codes - {""} == set(Code) - {Code.WRONG_ACTION}


def test_the_matrix_kills_a_gate_that_skips_the_digest_or_the_originator() -> None:
    some = tuple(one for one in mutants.MUTANTS if one.title.startswith(("skip the digest", "skip the orig")))
    assert len(some) == 2
    assert mutants.survivors(some) == ()


def test_a_mutant_that_changes_nothing_survives() -> None:
    same = mutants.Mutant("nothing", "if not mine:", "if not mine :")
    assert mutants.survivors((same,)) == ("nothing",)


async def test_what_was_shown_is_what_ran_for_some_plans() -> None:
    tally = await shown.memory(range(40))
    assert (tally.different, tally.ran + tally.too_large) == ([], 40)
    assert tally.calls >= tally.ran > 0


async def test_a_call_with_another_parameter_than_the_card_showed_is_a_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def other(task: Task) -> Said:
        said = called(task)
        return replace(said, parameters=tuple((name, f"{value}0") for name, value in said.parameters))

    called = shown.called
    monkeypatch.setattr(shown, "called", other)
    small = (n for n in range(100) if len(proposal(n).steps) == 1 and proposal(n).steps[0].parameters)
    seed = next(small)
    tally = await shown.memory(range(seed, seed + 1))
    assert len(tally.different) == 1
    assert "the executor was called with something else" in tally.different[0]


def test_a_card_is_read_back_from_its_text_alone() -> None:
    heading = "Step 1 of 1: Raise\non a/b (raise, run by supervisor, at most 9 s)"
    rich = {
        "type": "rich_text",
        "elements": [
            {"elements": [{"type": "text", "text": heading}]},
            {"elements": [{"type": "text", "text": "size: 20 → 50\nmode = x:y"}]},
        ],
    }
    read = read_card([rich])
    assert read.steps == (Said("raise", "a/b", "supervisor", 9, (("mode", "x:y"), ("size", "50"))),)
    assert read.value is None


async def test_hostile_models_run_nothing_by_themselves() -> None:
    found = await attacked(range(40))
    assert (found.without, found.lowered) == ([], [])
    assert found.cards > 20
    assert found.calls > 0


async def test_a_gate_that_lets_anybody_approve_is_seen_in_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    def anybody(incident: Incident | None, click: Click, world: World) -> Decided | Refused:
        said = decision.decide(incident, click, world)
        open_one = incident.current if incident and incident.phase is Phase.PROPOSED else None
        if isinstance(said, Decided) or open_one is None:
            return said
        return decision._decided(open_one, click, world)

    monkeypatch.setattr(approval, "judge_click", anybody)
    found = await attacked(range(12))
    assert any("counted" in one for one in found.without)
    assert any("approved by" in one for one in found.without)


def test_a_call_without_an_approval_that_counts_is_seen_in_the_raw_record() -> None:
    waiting = story().opened().diagnosed().proposed()
    order = Order(waiting.plan.digest, 0, Fence(1))
    assert "approved by" in unapproved(tuple(waiting.entries), order)
    stranger = story().opened().diagnosed().proposed().approved(COLLEAGUE).started().step_started()
    assert "approved by" in unapproved(tuple(stranger.entries), order)
    fine = story().opened().diagnosed().proposed().approved(ONCALL).started().step_started()
    assert unapproved(tuple(fine.entries), order) == ""
    other = Order(Digest("0" * 64), 0, Fence(1))
    assert unapproved(tuple(fine.entries), other) == "the newest plan is another one"


async def test_a_drift_that_nothing_notices_is_counted_as_an_execution() -> None:
    result = await played((Case("nothing drifted", _nothing, "DRIFT", When.AFTER),))
    assert result.executed == ["after the click: nothing drifted"]
    assert len(result.unsaid) == 1


async def test_an_ignored_hold_and_skipped_preconditions_come_to_light() -> None:
    assert await faults_alive(FAULTS[:2]) == ()


async def test_a_step_that_runs_twice_after_a_death_comes_to_light() -> None:
    assert (await in_doubt.played()).twice == []
    assert await in_doubt.survivors() == ()


async def test_limits_hold_and_a_forgotten_one_comes_to_light() -> None:
    assert (await limits_hold.played(limits_hold.CASES)).wrong == []
    some = tuple(one for one in limits_hold.MUTANTS if "room" in one.title or "failure" in one.title)
    assert await limits_hold.survivors(some) == ()


def test_every_edit_of_a_short_log_is_found() -> None:
    result = run(20, range(20))
    assert (result.tried, result.missed) == (100, [])


def test_a_log_cut_short_is_whole_without_the_head_of_the_card() -> None:
    cut = tampered(log(20), Edit.TRUNCATION, 15)
    assert chain.problems(KEY, INCIDENT, cut, range(1, 16), None) == ()
    head = chain.opened(log(20)[-1])
    assert head is not None
    assert chain.problems(KEY, INCIDENT, cut, range(1, 16), head.mac[:12]) != ()


def test_the_table_says_what_is_wrong() -> None:
    text = table((Row("p", "1 tried", "0 wrong"), Row("q", "1 tried", "1 wrong", ("this one",))))
    assert "WRONG q: this one" in text
    assert text.count("ok") == 1


ALL_BUT_ONE = "".join(f"PASSED {cases.FILE}::test_{number:02d}_x\n" for number in range(1, cases.CASES))


@pytest.mark.parametrize(
    ("output", "code", "wrong"),
    [
        (f"{ALL_BUT_ONE}PASSED {cases.FILE}::test_16_x", 0, ()),
        (ALL_BUT_ONE, 0, ("case 16 has no test that passes",)),
        (f"{ALL_BUT_ONE}FAILED {cases.FILE}::test_16_x", 1, (f"FAILED {cases.FILE}::test_16_x", "case 16")),
        (f"{ALL_BUT_ONE}SKIPPED {cases.FILE}::test_16_x", 0, (f"SKIPPED {cases.FILE}::test_16_x", "case 16")),
        ("", 4, ("pytest ended with 4", *(f"case {number} " for number in range(1, cases.CASES + 1)))),
    ],
)
def test_a_case_that_fails_is_skipped_or_is_gone_is_counted(
    output: str, code: int, wrong: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(file: str) -> cases.Told:
        return cases.read(output, code) if file == cases.FILE else cases.Told(1, (), frozenset())

    monkeypatch.setattr(cases, "told", told)
    found = rows.sixteen_cases(rows.SHORT)[0].wrong
    assert len(found) == len(wrong)
    assert all(one.startswith(start) for one, start in zip(found, wrong, strict=True)), found


def test_the_slowest_of_many_answers_is_told_and_not_the_mean() -> None:
    assert high([*[10.0] * 90, *[500.0] * 10], 99) == 500
    assert high([7.0], 99) == 7
