"""Bar 3: causes that the rules team names on real incidents, and its silence on healthy ones."""

from pathlib import Path

from bot.adapters.rules_team import RulesTeam
from bot.commands.eval_bench import shipped
from bot.commands.eval_cases import Judged, gated, judged, named
from bot.domain.finding import Verdict
from tests.evals import material

BAR = 0.70


async def answered(case: material.Case, root: Path) -> Judged:
    content = shipped()
    return await judged(case, root, RulesTeam(content), content)


async def test_the_rules_team_names_most_causes_that_logs_show() -> None:
    root = material.given("cases.jsonl")
    found = [await answered(case, root) for case in material.cases(root) if gated(case)]
    right = [one for one in found if named(one.diagnosis, one.case)]
    for one in found:
        if one not in right:
            said = one.diagnosis
            print(f"missed {one.case['id']}: {said.verdict} {said.mode}: {said.cause}")
    share = len(right) / len(found)
    print(f"cause named in {len(right)} of {len(found)} incidents ({share:.0%})")
    assert share >= BAR


async def test_the_rules_team_invents_no_cause_and_no_plan_where_nothing_is_wrong() -> None:
    root = material.given("cases.jsonl")
    healthy = [case for case in material.cases(root) if case["kind"] == "healthy"]
    found = [await answered(case, root) for case in healthy]
    invented = [
        f"{one.case['id']}: {one.diagnosis.mode}: {one.diagnosis.cause}"
        for one in found
        if one.diagnosis.verdict is Verdict.CAUSE or one.plans
    ]
    print(f"{len(invented)} of {len(healthy)} healthy cases got a cause: {invented}")
    assert healthy
    assert not invented
