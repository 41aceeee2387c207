"""The guided paths of the demo: what ticks their steps, and that nobody is led into a dead end."""

from bot.demo import gate_guide, guide
from bot.demo.gate_guide import GATE_STEPS
from bot.demo.home import CHARACTERS
from bot.demo.record import by_two
from bot.domain.action import Tier
from bot.playground.site import Fault
from tests.fakes.content import LEAD, ONCALL, SENIOR
from tests.fakes.house import RAISE
from tests.fakes.story import Story, story


def high() -> Story:
    return story().opened().diagnosed().proposed(RAISE, tier=Tier.HIGH, originators=(LEAD,))


def test_two_have_approved_once_the_second_has_and_not_before() -> None:
    first = high().approved(SENIOR, "senior")
    assert not by_two(first.incident.entries)
    assert by_two(first.approved(ONCALL, "oncall").incident.entries)


def test_approvals_of_two_plans_are_not_two_of_one() -> None:
    told = high().approved(SENIOR, "senior").proposed(tier=Tier.HIGH, originators=(LEAD,))
    assert not by_two(told.approved(ONCALL, "oncall").incident.entries)


def test_whoever_asks_or_edits_on_the_tour_is_not_needed_to_approve_later() -> None:
    steps = {step.id: step for step in GATE_STEPS}
    asking = [steps[name].act_as for name in (gate_guide.EDITED, gate_guide.BY_TWO)]
    assert asking == ["U0COLLEAGUE", "U0COLLEAGUE"]
    assert "Olivia, then as Lena" in steps[gate_guide.BY_TWO].text


def test_every_path_names_people_who_exist_and_each_step_once() -> None:
    known = {one.id for one in CHARACTERS} | {""}
    for fault in Fault:
        for gate in (False, True):
            path = guide.setting(fault, gate=gate).guide
            assert len({step.id for step in path}) == len(path)
            assert {step.act_as for step in path} <= known


def test_each_fault_that_can_be_mended_has_a_path_that_leads_to_the_measurement() -> None:
    for fault in (Fault.LEAK, Fault.OOM):
        assert [step.id for step in guide.setting(fault).guide].count(guide.VERIFIED) == 1
