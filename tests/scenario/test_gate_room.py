"""Edit, Undo, Stop during a hold and the truth about a step, clicked in a local workspace, real views."""

import json
from collections import deque
from dataclasses import replace
from typing import Any

from bot.domain.action import Tier
from bot.domain.events import OutcomeRecorded, PlanEnd
from bot.domain.incident import Incident, Phase
from bot.playground.workspace.model import Message, View
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL, PROCESS
from tests.fakes.slack_room import SlackRoom, slack_room


def shown(source: Message | View) -> str:
    return json.dumps(source.blocks, ensure_ascii=False)


def with_button(room: SlackRoom, alert: Message, action: str) -> Message | None:
    return next((one for one in room.replies(alert) if f'"{action}"' in shown(one)), None)


async def modal(room: SlackRoom, person: str) -> View:
    return (await room.until(lambda: room.workspace.views(person)))[-1]


async def proposed(room: SlackRoom) -> tuple[Message, Message]:
    alert = await room.alert()
    await room.until(lambda: room.replies(alert))
    await room.home.work()
    return alert, await room.until(lambda: with_button(room, alert, "decide_approve"))


async def incident_of(room: SlackRoom) -> Incident:
    (incident,) = room.home.store.shelf.entries
    return await room.home.incident(incident)


def with_hold(room: SlackRoom, seconds: int) -> None:
    policy = room.home.content.fixed_policy
    tiers = tuple(replace(one, hold_seconds=seconds) for one in policy.tiers)
    room.home.content.fixed_policy = replace(policy, tiers=tiers)


def with_high_risk(room: SlackRoom) -> None:
    policy = room.home.content.fixed_policy
    wires = (replace(policy.tripwires[0], pattern="increase_pool", title="touches the pool"),)
    room.home.content.fixed_policy = replace(policy, tripwires=wires)


async def test_an_edit_shows_its_bounds_refuses_hostile_values_and_becomes_a_new_revision() -> None:
    async with slack_room(real=True) as room:
        alert, plan = await proposed(room)
        lee = room.workspace.as_user(LEAD)
        await lee.click(plan, "plan_edit")
        form = shown(await modal(room, LEAD))
        assert "whole number from" in form
        assert "In this plan: 50" in form
        for hostile in ("3.0", "1e9", "-1", "999999", "٣٠", "50; drop table", "true"):
            ack = await lee.submit(values={"pool_size": hostile})
            said: dict[str, Any] = ack.errors or {}
            assert "Expected a whole number" in said["parameter.pool_size"], hostile
        await lee.submit(values={"pool_size": "30"})
        await room.home.work()
        new = await room.until(lambda: next((m for m in room.replies(alert) if "→ 30" in shown(m)), None))
        assert f'"{LEAD}"' in shown(new)
        old = await room.until(
            lambda: next((m for m in room.replies(alert) if "Superseded by plan 2" in shown(m)), None)
        )
        assert "decide_approve" not in shown(old)
        found = await incident_of(room)
        assert found.plans[0].ended is PlanEnd.SUPERSEDED
        assert found.plans[1].plan.originators == (LEAD,)


async def test_an_edit_by_a_guest_changes_nothing_and_says_so() -> None:
    async with slack_room(real=True) as room:
        _, plan = await proposed(room)
        gus = room.workspace.as_user(GUEST)
        await gus.click(plan, "plan_edit")
        await modal(room, GUEST)
        await gus.submit(values={"pool_size": "30"})
        await room.until(
            lambda: (
                "Only a responder" in json.dumps([shown(v) for v in room.workspace.views(GUEST)])
                or any("Only a responder" in m.text for m in room.workspace.ephemerals(GUEST))
            )
        )
        assert len((await incident_of(room)).plans) == 1


async def test_the_form_of_a_plan_above_low_warns_the_editor_and_names_who_could_approve() -> None:
    async with slack_room(real=True) as room:
        with_high_risk(room)
        _, plan = await proposed(room)
        await room.workspace.as_user(ONCALL).click(plan, "plan_edit")
        form = shown(await modal(room, ONCALL))
        assert (await incident_of(room)).plans[0].plan.tier is Tier.HIGH
        assert "You will not be able to approve it yourself" in form
        assert f"<@{LEAD}>" in form


async def test_an_edit_of_a_plan_that_was_decided_meanwhile_is_refused_in_words() -> None:
    async with slack_room(real=True) as room:
        _, plan = await proposed(room)
        lee, ann = room.workspace.as_user(LEAD), room.workspace.as_user(ONCALL)
        await lee.click(plan, "plan_edit")
        await modal(room, LEAD)
        await ann.click(plan, "decide_approve")
        await room.until(lambda: len(room.home.store.shelf.entries) == 1)
        await room.home.work()
        await lee.submit(values={"pool_size": "30"})
        await room.until(
            lambda: (
                any("DECIDED" in shown(v) for v in room.workspace.views(LEAD))
                or any("DECIDED" in m.text for m in room.workspace.ephemerals(LEAD))
            )
        )
        assert len((await incident_of(room)).plans) == 1


async def test_undo_after_a_measured_fix_is_a_new_card_with_its_own_approval() -> None:
    async with slack_room(real=True) as room:
        room.home.eyes.set_samples("error_rate", "0.5", "0.0")
        alert, plan = await proposed(room)
        await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        await room.until(lambda: with_button(room, alert, "decide_approve") is None)
        await room.home.pass_time(10)
        ran = await room.until(lambda: with_button(room, alert, "plan_undo"))
        assert (await incident_of(room)).phase is Phase.CLOSED
        await room.workspace.as_user(COLLEAGUE).click(ran, "plan_undo")
        await room.until(lambda: room.home.stored(next(iter(room.home.store.shelf.entries))).wanted)
        await room.home.work()
        card = await room.until(lambda: with_button(room, alert, "decide_approve"))
        assert "50 → 20" in shown(card)
        assert "Takes back plan 1" in shown(card)
        assert len(room.home.hands.performed) == 1
        await room.workspace.as_user(ONCALL).click(card, "decide_approve")
        await room.until(lambda: with_button(room, alert, "decide_approve") is None)
        await room.home.pass_time(10)
        assert room.home.eyes.state[PROCESS]["pool_size"] == "20"


async def test_during_a_hold_the_card_counts_and_stop_keeps_the_plan_from_starting() -> None:
    async with slack_room(real=True) as room:
        with_hold(room, 60)
        alert, plan = await proposed(room)
        await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        held = await room.until(lambda: next((m for m in room.replies(alert) if "On hold" in shown(m)), None))
        assert "60 s left" in shown(held)
        await room.workspace.as_user(COLLEAGUE).click(held, "stop_incident")
        await modal(room, COLLEAGUE)
        await room.home.pass_time(90, step=10)
        found = await incident_of(room)
        assert (found.paused_by, found.phase) == (COLLEAGUE, Phase.APPROVED)
        assert room.home.hands.performed == []
        await room.home.pass_time(120, step=10)
        assert (await incident_of(room)).plans[0].ended is PlanEnd.EXPIRED
        assert room.home.hands.performed == []


async def test_drift_shows_the_approved_and_the_observed_value() -> None:
    async with slack_room(real=True) as room:
        with_hold(room, 30)
        alert, plan = await proposed(room)
        await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        await room.until(lambda: next((m for m in room.replies(alert) if "On hold" in shown(m)), None))
        room.home.eyes.set_state(PROCESS, pool_size="30")
        await room.home.pass_time(40, step=10)
        changed = "pool_size: approved 20 → now 30"
        await room.until(lambda: next((m for m in room.replies(alert) if changed in shown(m)), None))
        assert room.home.hands.performed == []
        anew = await room.until(lambda: with_button(room, alert, "decide_approve"))
        assert "30 → 50" in shown(anew)


async def test_the_first_of_two_approvals_of_a_stale_plan_ends_it_and_the_next_plan_knows_the_change() -> (
    None
):
    async with slack_room(real=True) as room:
        with_high_risk(room)
        alert, plan = await proposed(room)
        room.home.eyes.set_state(PROCESS, pool_size="30")
        await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        await room.until(lambda: next((m for m in room.replies(alert) if "1 of 2" in shown(m)), None))
        await room.home.work()
        changed = "pool_size: approved 20 → now 30"
        old = await room.until(lambda: next((m for m in room.replies(alert) if changed in shown(m)), None))
        assert "decide_approve" not in shown(old)
        anew = await room.until(lambda: with_button(room, alert, "decide_approve"))
        assert "30 → 50" in shown(anew)
        assert (await incident_of(room)).plans[0].ended is PlanEnd.DRIFTED
        assert room.home.hands.performed == []


async def test_the_truth_about_a_step_is_recorded_with_its_note() -> None:
    async with slack_room(real=True) as room:
        alert, plan = await proposed(room)
        room.home.hands.answers = deque([TimeoutError()])
        room.home.hands.lost_before_effect = True
        await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        await room.until(lambda: with_button(room, alert, "decide_approve") is None)
        await room.home.work()
        asked = await room.until(lambda: with_button(room, alert, "record_not_applied"))
        ann = room.workspace.as_user(ONCALL)
        await ann.click(asked, "record_not_applied")
        assert "cannot be taken back" in shown(await modal(room, ONCALL))
        await ann.submit(values={"note": "the file still says 20"})
        await room.until(
            lambda: any(
                isinstance(e.event, OutcomeRecorded)
                for e in room.home.stored(next(iter(room.home.store.shelf.entries))).entries
            )
        )
        found = await incident_of(room)
        (truth,) = [e.event for e in found.entries if isinstance(e.event, OutcomeRecorded)]
        assert (truth.applied, truth.person, truth.note) == (False, ONCALL, "the file still says 20")
