"""How often Slack is spoken to, on a watch that only moves when told to."""

from dataclasses import dataclass

from bot.slack.pacing import CALM_EDITS_A_MINUTE, EDIT_GAP_SECONDS, EDITS_A_MINUTE, Pacer


@dataclass(slots=True)
class Watch:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_message_is_edited_at_most_every_second_and_a_half() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    pacer.sent("m", "triaging", edit=False)
    watch.at += 1.0
    assert pacer.before_edit("m", "triaging") == EDIT_GAP_SECONDS - 1.0
    watch.at += 0.5
    assert pacer.before_edit("m", "triaging") == 0.0


def test_a_new_state_goes_at_once() -> None:
    pacer = Pacer(Watch())
    pacer.sent("m", "triaging", edit=True)
    assert pacer.before_edit("m", "proposed") == 0.0


def test_all_edits_share_a_budget_of_which_a_part_is_kept_for_new_states() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    pacer.sent("calm", "same", edit=False)
    for number in range(CALM_EDITS_A_MINUTE):
        pacer.sent(f"m{number}", "s", edit=True)
        watch.at += 0.1
    watch.at += 2.0
    assert pacer.before_edit("calm", "same") > 50
    assert pacer.before_edit("m1", "new") == 0.0
    for number in range(EDITS_A_MINUTE - CALM_EDITS_A_MINUTE):
        pacer.sent(f"n{number}", "s", edit=True)
    assert pacer.before_edit("m1", "new") > 50
    watch.at += 60
    assert pacer.before_edit("m1", "new") == 0.0
    assert pacer.before_edit("calm", "same") == 0.0


def test_posts_do_not_spend_the_budget_of_edits() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    for number in range(200):
        pacer.sent(f"m{number}", "s", edit=False)
    watch.at += 2
    assert pacer.before_edit("m0", "s") == 0.0


def test_what_is_held_stays_held_as_long_as_slack_asked() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    pacer.hold("post:C1", 30)
    watch.at += 29
    assert (pacer.held("post:C1"), pacer.held("post:C2")) == (1.0, 0.0)
    watch.at += 1
    assert pacer.held("post:C1") == 0.0


def test_failures_wait_longer_each_time_until_something_goes_through() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    assert [pacer.failed("m") for _ in range(8)] == [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 30.0, 30.0]
    assert pacer.held("m") == 30.0
    pacer.sent("m", "s", edit=True)
    assert pacer.failed("m") == 0.5
