"""Nobody answers: who is called when, what is recorded, and that no failure of it holds anything up."""

from dataclasses import dataclass, field, replace

from bot.domain.escalation import escalation_of
from bot.domain.events import Decided, Escalated, PlanEnd
from bot.domain.finding import Confidence, Diagnosis, Remediation, Verdict
from bot.domain.ids import MINUTE
from bot.domain.incident import Phase
from bot.domain.paging import NOBODY, Commander, PageKind, PageRule, PageTarget, Paging
from bot.domain.teamwork import PageReason
from bot.ports.paging import Called, Page
from tests.fakes.busy import limited
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.house import RAISE, ROLLBACK, House, house

SHOP = PageTarget("shop", PageKind.WEBHOOK, "env:SHOP")
BOSS = PageTarget("boss", PageKind.WEBHOOK, "env:BOSS")
RULED = Paging((SHOP, BOSS), (PageRule("shop"),), Commander(LEAD, page="boss"))


@dataclass(slots=True)
class FakePager:
    """Takes every call, or answers as told."""

    ok: bool = True
    pages: list[Page] = field(default_factory=list[Page])

    async def call(self, page: Page) -> Called:
        self.pages.append(page)
        return Called(self.ok, "answered 202" if self.ok else "could not be reached")


def paged_house(paging: Paging = RULED, *, ok: bool = True) -> tuple[House, FakePager]:
    home = house()
    home.content.fixed_policy = replace(home.content.fixed_policy, paging=paging)
    pager = FakePager(ok)
    home.ports = replace(home.ports, pager=pager)
    return home, pager


async def test_at_half_the_window_the_policys_target_is_called_once() -> None:
    home, pager = paged_house()
    incident = await home.fires()
    await home.work()
    home.clock.advance(899)
    await home.work()
    assert pager.pages == []
    home.clock.advance(1)
    await home.work()
    await home.pass_time(600, step=60)
    (page,) = pager.pages
    assert (page.target, page.reason) == (SHOP, PageReason.HALF_TIME)
    found = await home.incident(incident)
    assert found.phase is Phase.PROPOSED
    assert [(one.target, one.ok) for _, one in found.pages] == [("shop", True)]
    assert isinstance(await home.click(incident), Decided)


async def test_at_the_end_the_plan_expires_the_incident_escalates_and_somebody_is_called() -> None:
    home, pager = paged_house()
    incident = await home.fires()
    await home.work()
    home.clock.advance(1800)
    await home.work()
    found = await home.incident(incident)
    assert found.plans[0].ended is PlanEnd.EXPIRED
    assert found.phase is Phase.ESCALATED
    assert found.escalation == "Plan 1 was not decided in time and expired."
    assert [page.reason for page in pager.pages] == [PageReason.EXPIRED]
    await home.pass_time(600, step=60)
    assert len(pager.pages) == 1


async def test_a_target_that_cannot_be_reached_is_recorded_and_holds_nothing_up() -> None:
    home, pager = paged_house(ok=False)
    incident = await home.fires()
    await home.work()
    home.clock.advance(900)
    await home.work()
    found = await home.incident(incident)
    assert [(one.ok, one.detail) for _, one in found.pages] == [(False, "could not be reached")]
    assert isinstance(await home.click(incident), Decided)
    assert len(pager.pages) == 1


async def test_without_a_rule_it_is_recorded_that_nobody_was_called() -> None:
    home, pager = paged_house(Paging())
    incident = await home.fires()
    await home.work()
    home.clock.advance(900)
    await home.work()
    found = await home.incident(incident)
    assert [(one.target, one.ok) for _, one in found.pages] == [(NOBODY, False)]
    assert pager.pages == []


async def test_a_new_revision_has_a_half_time_of_its_own() -> None:
    home, pager = paged_house()
    incident = await home.fires()
    await home.work()
    home.clock.advance(900)
    await home.work()
    await home.click(incident, approve=False, reason="not the pool")
    home.team.remediations[0] = Remediation((RAISE, ROLLBACK))
    await home.work()
    home.clock.advance(900)
    await home.work()
    assert [page.reason for page in pager.pages] == [PageReason.HALF_TIME] * 2
    assert len({page.key for page in pager.pages}) == 2


async def test_rejections_that_use_up_the_replans_escalate_to_the_commander() -> None:
    home, pager = paged_house()
    home.content.fixed_policy = replace(
        home.content.fixed_policy, limits=replace(home.content.fixed_policy.limits, replans_after_rejection=0)
    )
    incident = await home.fires()
    await home.work()
    await home.click(incident, approve=False, reason="no, never")
    await home.work()
    found = await home.incident(incident)
    assert (found.phase, found.to_commander) == (Phase.ESCALATED, True)
    assert [(page.target, page.reason) for page in pager.pages] == [(BOSS, PageReason.ESCALATED)]


async def test_no_root_cause_within_the_policys_minutes_escalates() -> None:
    home, pager = paged_house(replace(RULED, no_cause_after=10 * MINUTE))
    home.team.diagnoses.clear()
    home.team.diagnoses.append(Diagnosis(Verdict.INCONCLUSIVE, "", None, Confidence.LOW, (), "scripted"))
    incident = await home.fires()
    await home.pass_time(540, step=60)
    assert (await home.incident(incident)).phase is Phase.INCONCLUSIVE
    await home.pass_time(120, step=60)
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert [page.reason for page in pager.pages] == [PageReason.NO_CAUSE]
    assert sum(isinstance(entry.event, Escalated) for entry in found.entries) == 1


async def test_the_message_gives_summary_impact_actions_reason_and_next_steps() -> None:
    home, pager = paged_house()
    incident = await home.fires()
    await home.work()
    home.clock.advance(900)
    await home.work()
    lines = pager.pages[0].lines
    assert [line.partition(":")[0] for line in lines] == ["Summary", "Impact", "So far", "Reason", "Next"]
    assert "checkout" in lines[0]
    assert "Nothing was changed." in lines[2]
    assert "Half of the plan's window" in lines[3]
    told = escalation_of(await home.incident(incident), "why")
    assert told.next_steps[0] == "Approve or reject the plan in the thread."


async def test_whoever_is_called_learns_how_many_approvals_came_from_whom_one_must_come_and_until_when() -> (
    None
):
    home, pager = paged_house()
    limited(home, blast_radius=0)
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident, ONCALL), Decided)
    home.clock.advance(900)
    await home.work()
    assert pager.pages[0].lines[3] == (
        "Reason: Half of the plan's window is over and only 1 of 2 approvals came. "
        "One approval must come from a senior. The plan expires at 2026-09-21 14:43 UTC."
    )


async def test_a_decision_before_half_time_calls_nobody() -> None:
    home, pager = paged_house()
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident, ONCALL), Decided)
    home.clock.advance(900)
    await home.work()
    assert [page for page in pager.pages if page.reason is PageReason.HALF_TIME] == []
