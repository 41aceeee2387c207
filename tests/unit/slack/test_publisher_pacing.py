"""How often Slack is spoken to, on a watch that only moves when told to."""

from dataclasses import dataclass

from bot.slack.pacing import (
    CALM_EDITS_A_MINUTE,
    CALM_POSTS_AT_ONCE,
    EDIT_GAP_SECONDS,
    EDITS_A_MINUTE,
    POST_WINDOW_SECONDS,
    POSTS_AT_ONCE,
    Pacer,
)


@dataclass(slots=True)
class Watch:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_message_is_edited_at_most_every_second_and_a_half() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    pacer.sent("m", "triaging")
    watch.at += 1.0
    assert pacer.before_edit("m", "triaging") == EDIT_GAP_SECONDS - 1.0
    watch.at += 0.5
    assert pacer.before_edit("m", "triaging") == 0.0


def test_a_new_state_goes_at_once() -> None:
    pacer = Pacer(Watch())
    pacer.sent("m", "triaging")
    assert pacer.before_edit("m", "proposed") == 0.0


def test_all_edits_share_a_budget_of_which_a_part_is_kept_for_new_states() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    pacer.sent("calm", "same")
    for number in range(CALM_EDITS_A_MINUTE):
        assert pacer.before_edit(f"m{number}", "s") == 0.0
        pacer.edit_ended()
        pacer.sent(f"m{number}", "s")
        watch.at += 0.1
    watch.at += 2.0
    assert pacer.before_edit("calm", "same") > 50
    for number in range(EDITS_A_MINUTE - CALM_EDITS_A_MINUTE):
        assert pacer.before_edit(f"m{number}", "new") == 0.0
        pacer.edit_ended()
    assert pacer.before_edit("m1", "new") > 50
    watch.at += 60
    assert pacer.before_edit("m1", "new") == 0.0
    assert pacer.before_edit("calm", "same") == 0.0


def test_posts_do_not_spend_the_budget_of_edits() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    for number in range(200):
        pacer.before_post("C1")
        pacer.post_ended("C1")
        pacer.sent(f"m{number}", "s")
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
    pacer.sent("m", "s")
    assert pacer.failed("m") == 0.5


def test_edits_that_are_on_their_way_at_once_each_count() -> None:
    pacer = Pacer(Watch())
    allowed = [pacer.before_edit(f"m{number}", "new") for number in range(EDITS_A_MINUTE + 8)]
    assert allowed.count(0.0) == CALM_EDITS_A_MINUTE


def test_a_channel_takes_a_short_burst_of_posts_and_then_one_after_the_other() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    assert [pacer.before_post("C1") for _ in range(POSTS_AT_ONCE)] == [0.0] * POSTS_AT_ONCE
    assert pacer.before_post("C1") == 1.0
    for _ in range(POSTS_AT_ONCE):
        pacer.post_ended("C1")
    watch.at += 4
    assert pacer.before_post("C1") == POST_WINDOW_SECONDS - 4
    assert pacer.before_post("C2") == 0.0
    watch.at += 6
    assert pacer.before_post("C1") == 0.0


def test_charts_and_reports_leave_room_for_what_people_wait_for() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    for _ in range(CALM_POSTS_AT_ONCE):
        assert pacer.before_post("C1", urgent=False) == 0.0
        pacer.post_ended("C1")
        watch.at += 1
    assert pacer.before_post("C1", urgent=False) == POST_WINDOW_SECONDS - CALM_POSTS_AT_ONCE
    for _ in range(POSTS_AT_ONCE - CALM_POSTS_AT_ONCE):
        assert pacer.before_post("C1") == 0.0
        pacer.post_ended("C1")
    assert pacer.before_post("C1") == POST_WINDOW_SECONDS - CALM_POSTS_AT_ONCE
    # of nine in the window, four must leave before a chart may go; the fourth left second 3
    assert pacer.before_post("C1", urgent=False) == POST_WINDOW_SECONDS - CALM_POSTS_AT_ONCE + 3


def test_an_edit_that_takes_long_keeps_its_place_until_a_minute_after_its_end() -> None:
    watch = Watch()
    pacer = Pacer(watch)
    for number in range(CALM_EDITS_A_MINUTE):
        assert pacer.before_edit(f"m{number}", "s") == 0.0
    watch.at += 30
    assert pacer.before_edit("late", "s") == EDIT_GAP_SECONDS
    for _ in range(CALM_EDITS_A_MINUTE):
        pacer.edit_ended()
    watch.at += 59
    assert pacer.before_edit("late", "s") == 1.0
    watch.at += 1
    assert pacer.before_edit("late", "s") == 0.0
