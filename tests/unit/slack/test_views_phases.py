"""Every card of every state is one that Slack takes, and says what matters."""

import json
import re
from collections.abc import Callable

import pytest

from bot.domain.action import Tier
from bot.domain.events import Answered, Closing, IncidentOpened, Outcome, PlanEnd, PlanEnded
from bot.domain.finding import Verdict
from bot.domain.ids import DAY, At
from bot.domain.incident import Phase
from bot.domain.teamwork import (
    DraftKind,
    DraftMade,
    FeedbackGiven,
    InvestigationStopped,
    Muted,
    OwnerSet,
    PreconditionsRead,
)
from bot.ports.cards import Progress
from bot.slack.views.cards import cards_of
from bot.slack.views.phrases import NOW, WORDS
from bot.slack.views.plain import plain_of, render_text
from bot.slack.views.scene import Card, Scene
from tests.fakes.content import CHECKOUT, LEAD, ONCALL, SENIOR
from tests.fakes.house import PLACE, RAISE, ROLLBACK, alert
from tests.fakes.slack_rules import check_message
from tests.fakes.story import INCIDENT, Story, story
from tests.fakes.world import START


def proposed() -> Story:
    return story().opened().diagnosed().proposed()


def running() -> Story:
    return proposed().approved().started().step_started()


def not_fixed() -> Story:
    return proposed().approved().executed().verified(Outcome.UNCHANGED)


def high() -> Story:
    return story().opened().diagnosed().proposed(RAISE, tier=Tier.HIGH, originators=(LEAD,))


def drift() -> Story:
    told = proposed().approved().started().step_refused()
    return told.stopped("DRIFT", "moved")


def stale() -> Story:
    """One of two approved, and the target was another one by then."""
    told = high().approved(SENIOR, "senior")
    plan, changed = told.plan.plan, "checkout/api: pool_size was 20, is 30"
    return told.then(PlanEnded(plan.id, plan.revision, PlanEnd.DRIFTED, changed))


def read_again() -> Story:
    told = high().approved(SENIOR, "senior")
    return told.then(PreconditionsRead(told.plan.digest, 1))


def answered() -> Story:
    told = proposed().asked()
    return told.answered("Because of E1.", "1790000050.000100", "ev-000001")


def went_away() -> Story:
    told = proposed().alert_resolved().ended(PlanEnd.RESOLVED_ITSELF)
    return told.closed(Closing.RESOLVED_ITSELF)


def by_hand() -> Story:
    told = proposed().ended(PlanEnd.CLOSED)
    return told.closed(Closing.FIXED_BY_HAND, ONCALL, "Restarted it.")


def simulated() -> Story:
    told = story().opened().diagnosed().proposed(simulated=True).approved()
    return told.executed()


def waiting() -> Story:
    return story().then(IncidentOpened(INCIDENT, alert(), PLACE, CHECKOUT, waits=True))


def rated() -> Story:
    return proposed().then(FeedbackGiven(ONCALL, "diagnosis", helpful=True))


STORIES: dict[str, tuple[Phase, Callable[[], Story]]] = {
    "detected": (Phase.DETECTED, lambda: story().opened()),
    "waiting": (Phase.DETECTED, waiting),
    "taken": (Phase.PROPOSED, lambda: proposed().then(OwnerSet(LEAD, ONCALL, "you know this one"))),
    "muted": (Phase.PROPOSED, lambda: proposed().then(Muted(At(START + DAY), ONCALL))),
    "rated": (Phase.PROPOSED, rated),
    "stopped looking": (
        Phase.INCONCLUSIVE,
        lambda: story().opened().gathered().then(InvestigationStopped(ONCALL)),
    ),
    "evidence": (Phase.DETECTED, lambda: story().opened().gathered()),
    "triaged": (Phase.TRIAGED, lambda: story().opened().diagnosed()),
    "proposed": (Phase.PROPOSED, proposed),
    "superseded": (Phase.PROPOSED, lambda: proposed().proposed(ROLLBACK)),
    "one of two": (Phase.PROPOSED, lambda: high().approved(SENIOR, "senior")),
    "rejected": (Phase.REJECTED, lambda: proposed().rejected()),
    "approved": (Phase.APPROVED, lambda: proposed().approved()),
    "held": (Phase.APPROVED, lambda: story().opened().diagnosed().proposed(hold=60).approved()),
    "paused": (Phase.PROPOSED, lambda: proposed().paused()),
    "executing": (Phase.EXECUTING, running),
    "executed": (Phase.EXECUTED, lambda: proposed().approved().executed()),
    "improved": (Phase.VERIFIED, lambda: proposed().approved().executed().verified()),
    "unchanged": (Phase.VERIFIED, not_fixed),
    "worse": (Phase.VERIFIED, lambda: proposed().approved().executed().verified(Outcome.WORSE)),
    "no data": (Phase.VERIFIED, lambda: proposed().approved().executed().verified(Outcome.NO_DATA)),
    "inconclusive": (Phase.INCONCLUSIVE, lambda: story().opened().diagnosed().nothing()),
    "healthy": (Phase.HEALTHY, lambda: story().opened().diagnosed().nothing(Verdict.HEALTHY, "All normal.")),
    "failed": (Phase.STOPPED, lambda: running().step_failed().stopped()),
    "drift": (Phase.DETECTED, drift),
    "stale": (Phase.DETECTED, stale),
    "read again": (Phase.PROPOSED, read_again),
    "unknown": (Phase.UNKNOWN, lambda: running().unknown()),
    "still unknown": (Phase.UNKNOWN, lambda: running().unknown().probed().probed().probed()),
    "recorded": (Phase.EXECUTING, lambda: running().unknown().recorded()),
    "expired": (Phase.EXPIRED, lambda: proposed().expired()),
    "escalated": (Phase.ESCALATED, lambda: not_fixed().escalated()),
    "answered": (Phase.PROPOSED, answered),
    "resolved": (Phase.CLOSED, lambda: proposed().approved().executed().verified().closed()),
    "went away": (Phase.CLOSED, went_away),
    "by hand": (Phase.CLOSED, by_hand),
    "noise": (Phase.CLOSED, lambda: story().opened().closed(Closing.NOISE, ONCALL)),
    "duplicate": (Phase.CLOSED, lambda: story().opened().closed(Closing.DUPLICATE, ONCALL)),
    "simulated": (Phase.EXECUTED, simulated),
}


def scene(told: Story, **more: object) -> Scene:
    plain: dict[str, object] = {
        "approvers": (ONCALL, LEAD),
        "oncall": (ONCALL,),
        "names": ((ONCALL, "Olga"), (LEAD, "Lee")),
        "head": "ab12" * 16,
    }
    return Scene(told.now, **{**plain, **more})  # pyright: ignore[reportArgumentType]


def cards(told: Story, **more: object) -> dict[str, Card]:
    return {card.name: card for card in cards_of(told.incident, scene(told, **more))}


def words(card: Card) -> str:
    return render_text(card.message.blocks)


def buttons(card: Card) -> list[str]:
    return re.findall(r'"action_id": "([a-z_]+)"', json.dumps(card.message.blocks))


@pytest.mark.parametrize("name", STORIES)
def test_slack_takes_every_card_of_every_state(name: str) -> None:
    phase, tell = STORIES[name]
    told = tell()
    assert told.incident.phase is phase
    progress = Progress("triage", (("Look", "complete"), ("Find", "in_progress"), ("Plan", "pending")))
    for extra in (
        {},
        {"progress": progress, "duplicates": 4, "paused": "all was paused by U0LEAD"},
        {"approvers": ()},
    ):
        drawn = cards_of(told.incident, scene(told, **extra))
        assert len({card.name for card in drawn}) == len(drawn)
        assert drawn[0].name == "incident"
        for card in drawn:
            check_message(card.message)


def test_every_phase_is_drawn_and_has_words() -> None:
    assert {phase for phase, _ in STORIES.values()} == set(Phase)
    assert set(WORDS) == set(Phase)
    assert set(NOW) | {Phase.EXECUTING, Phase.EXECUTED, Phase.VERIFIED, Phase.CLOSED} == set(Phase)


@pytest.mark.parametrize("name", STORIES)
def test_the_notification_text_says_the_state(name: str) -> None:
    told = STORIES[name][1]()
    card = cards(told)["incident"]
    header = words(card).split("\n")[0].removeprefix("# ")
    assert plain_of(card.message.text).startswith(header.split(":")[0])


@pytest.mark.parametrize("name", STORIES)
def test_resolved_is_only_said_when_it_was_measured(name: str) -> None:
    told = STORIES[name][1]()
    told_all = " ".join(words(card) + card.message.text for card in cards(told).values())
    assert ("Resolved" in told_all) == (name == "resolved")


@pytest.mark.parametrize("name", STORIES)
def test_only_a_plan_that_waits_can_be_decided(name: str) -> None:
    told = STORIES[name][1]()
    waits = told.incident.phase is Phase.PROPOSED and told.incident.is_open
    for card in cards(told).values():
        current = waits and card.name == f"plan:{len(told.incident.plans)}"
        assert ("decide_approve" in buttons(card)) == current
        assert ("decide_reject" in buttons(card)) == current


def test_an_edit_changes_nothing_while_nothing_happens() -> None:
    told = proposed()
    before = cards_of(told.incident, scene(told))
    told.later(600)
    assert cards_of(told.incident, scene(told)) == before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("waiting", ["Investigate", "Take it", "Close"]),
        ("detected", ["Take it", "Stop", "Close"]),
        ("proposed", ["Take it", "Evidence", "Stop", "Close"]),
        ("taken", ["Evidence", "Stop", "Close"]),
        ("executing", ["Take it", "Evidence", "Stop"]),
        ("unknown", ["Take it", "Evidence"]),
        ("inconclusive", ["Investigate again", "Take it", "Evidence", "Close"]),
        ("escalated", ["Investigate again", "Take it", "Evidence", "Close"]),
        ("resolved", ["Evidence"]),
    ],
)
def test_the_incident_card_offers_what_makes_sense(name: str, expected: list[str]) -> None:
    card = cards(STORIES[name][1]())["incident"]
    last = [line for line in words(card).split("\n") if "(more: " in line][-1]
    assert re.findall(r"\[([A-Z][A-Za-z ]+)\]", last) == expected


def test_cards_follow_each_other_as_things_happened() -> None:
    told = (
        not_fixed()
        .asked()
        .answered("It is open.")
        .proposed(ROLLBACK)
        .approved()
        .executed()
        .verified()
        .closed()
    )
    names = [card.name for card in cards_of(told.incident, scene(told))]
    assert names == ["incident", "plan:1", "notice:13", "answer:1790000050.000100", "plan:2", "report"]


def test_only_what_the_channel_must_see_is_broadcast() -> None:
    loud = {
        name: [card.name.split(":")[0] for card in cards(tell()).values() if card.broadcast]
        for name, (_, tell) in STORIES.items()
    }
    assert {name: kinds for name, kinds in loud.items() if kinds} == {
        "failed": ["notice"],
        "drift": ["notice"],
        "stale": ["notice"],
        "still unknown": ["notice"],
        "escalated": ["notice"],
        "resolved": ["report"],
    }


def test_a_plan_that_nobody_may_approve_tells_the_channel_why() -> None:
    card = cards(proposed(), approvers=(), roster_note="checkout-oncall did not answer")["plan:1"]
    assert card.broadcast
    assert "Nobody can approve this right now (checkout-oncall did not answer)" in words(card)


def test_the_approval_card_mentions_those_who_may_and_the_incident_card_pages_nobody() -> None:
    drawn = cards(proposed())
    assert "<@U0ONCALL> or <@U0LEAD>" in drawn["plan:1"].message.text
    assert "<@" not in json.dumps(drawn["incident"].message.blocks) + drawn["incident"].message.text


def test_a_first_of_two_approvals_says_that_one_is_missing() -> None:
    text = words(cards(STORIES["one of two"][1]())["plan:1"])
    assert "Approved by @U0SENIOR" in text
    assert "1 of 2 approvals; 1 more needed." in text
    assert "Asked for by: @U0LEAD" in text


def test_it_is_said_that_nobody_is_left_because_the_plan_is_theirs() -> None:
    one = cards(high().approved(SENIOR, "senior"), approvers=(), names=((LEAD, "Lena"),))["plan:1"]
    assert "Nobody can approve this right now (Lena asked for it, and so cannot approve it)" in words(one)


def test_it_is_said_at_once_that_those_who_can_approve_are_too_few() -> None:
    few = words(cards(high(), approvers=(ONCALL,), names=((LEAD, "Lena"),))["plan:1"])
    assert "That is not enough: 2 are needed (Lena asked for it, and so cannot approve it)." in few
    assert "not enough" not in words(cards(high(), approvers=(ONCALL, SENIOR))["plan:1"])


def test_an_approved_plan_that_is_paused_does_not_say_when_it_starts() -> None:
    held = story().opened().diagnosed().proposed(hold=60).approved()
    assert "On hold: starts at" in words(cards(held)["plan:1"])
    paused = words(cards(held.paused())["plan:1"])
    assert "On hold" not in paused
    assert "Paused by" in paused


def test_a_plan_that_was_stopped_before_it_began_says_that_nothing_was_run() -> None:
    texts = [words(card) for name, card in cards(drift()).items() if name.startswith("notice")]
    assert any("Plan 1 stopped: nothing was run." in text for text in texts), texts
    assert not any("0 done" in text for text in texts)


def test_a_closed_incident_does_not_claim_that_it_is_muted_still() -> None:
    muted = story().opened().then(Muted(At(START + DAY), ONCALL))
    assert "Muted until" in words(cards(muted)["incident"])
    over = words(cards(muted.closed(Closing.NOISE, ONCALL))["incident"])
    assert "Its alert was muted until" in over
    assert "Muted until" not in over


def test_the_word_that_a_draft_is_there_is_not_asked_about_as_an_answer_is() -> None:
    ts = "1790000050.000100"
    said = "Here is a draft."
    plain = proposed().asked("draft an update", ts).answered(said, ts)
    assert "Not helpful" in json.dumps(cards(plain)[f"answer:{ts}"].message.blocks)
    made = DraftMade("draft-1", DraftKind.STAKEHOLDERS, "It is slow.", ONCALL)
    drafted = proposed().asked("draft an update", ts).then(made, Answered(ts, said))
    assert "Not helpful" not in json.dumps(cards(drafted)[f"answer:{ts}"].message.blocks)


def test_a_simulated_step_says_so_everywhere() -> None:
    drawn = cards(STORIES["simulated"][1]())
    assert "[SIMULATED]" in words(drawn["plan:1"]).split("\n")[0]
    assert "Step 1 of 1: [SIMULATED]" in words(drawn["plan:1"])
    assert "Simulated: nothing real is changed" in words(drawn["plan:1"])


def test_progress_shows_while_the_team_works_and_not_after() -> None:
    progress = Progress("triage", (("Look at logs", "complete"), ("Find the likely cause", "in_progress")))
    assert "[>] Find the likely cause (now)" in words(cards(story().opened(), progress=progress)["incident"])
    assert "Find the likely cause" not in words(cards(proposed(), progress=progress)["incident"])


@pytest.mark.parametrize(
    ("scope", "shown"), [("all", "all changes"), ("environment:shop", "all changes in shop")]
)
def test_a_wider_pause_is_said_in_words(scope: str, shown: str) -> None:
    drawn = cards(proposed(), paused=scope)
    assert f"Needed: {shown} are paused; a lead resumes." in words(drawn["incident"])
    assert f"Paused: {shown}. No step starts" in words(drawn["plan:1"])


def test_an_unknown_outcome_asks_until_it_is_settled() -> None:
    assert buttons(cards(running().unknown())["notice:8"]) == ["record_applied", "record_not_applied"]
    settled = cards(running().unknown().recorded())["notice:8"]
    assert buttons(settled) == []
    assert "settled, it was applied" in words(settled)
    assert "@U0ONCALL: I looked at the host." in words(settled)


def test_a_truth_that_was_recorded_shows_nobodys_bare_id() -> None:
    told = (
        running().unknown().recorded(applied=False).stopped("NOT_APPLIED", "U0ONCALL: I looked at the host.")
    )
    drawn = cards(told)
    shown = "\n".join(words(card) for card in drawn.values())
    assert "Stopped: I looked at the host." in shown
    assert re.search(r"(?<!@)U0ONCALL", shown) is None


def test_a_settled_doubt_of_an_earlier_step_is_not_asked_again() -> None:
    drawn = cards(running().unknown().probed().probed().probed(applied=False).stopped())
    assert [buttons(card) for name, card in drawn.items() if name == "notice:8"] == [[]]
    assert "notice:11" not in drawn


def test_a_muted_incident_tells_the_channel_nothing() -> None:
    told = not_fixed().escalated()
    assert any(card.broadcast for card in cards(told).values())
    muted = told.then(Muted(At(START + DAY), ONCALL))
    assert not any(card.broadcast for card in cards(muted).values())
    assert any(card.broadcast for card in cards(muted.later(DAY // 1000)).values())


def test_a_stale_plan_says_what_changed_that_nothing_was_run_and_what_follows() -> None:
    drawn = cards(stale())
    card, notice = words(drawn["plan:1"]), words(next(c for n, c in drawn.items() if n.startswith("notice")))
    assert "Plan stale" in card
    assert "pool_size: approved 20 → now 30" in card
    assert "decide_approve" not in json.dumps(drawn["plan:1"].message.blocks)
    assert "checkout/api: pool_size was 20, is 30" in notice
    assert "Nothing was run. I look at everything again" in notice


def test_the_next_approver_sees_that_the_world_was_looked_at_after_the_first() -> None:
    assert "Looked again" in words(cards(read_again())["plan:1"])
    assert "nothing changed since the plan was made" in words(cards(read_again())["plan:1"])
