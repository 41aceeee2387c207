"""Modals that change what is known or planned: other parameters for a step, the truth about one."""

from bot.domain.action import Action, Tier
from bot.domain.editing import Bound, bounds_of
from bot.domain.ids import PersonId, grouped
from bot.domain.incident import PlanState
from bot.slack.views.blocks import Block, plain, preformatted, rich, section
from bot.slack.views.facts import change_lines
from bot.slack.views.phrases import step_title
from bot.slack.views.text import esc, mentions
from bot.slack.views.values import metadata, record_value

TITLE = 24
MOST_CHOICES = 100
MAX_NOTE = 500
PARAMETER = "parameter."
"""What the block ids of parameters begin with."""
NOTE_BLOCK = "note"


def edit_modal(
    state: PlanState, index: int, action: Action, approvers: tuple[PersonId, ...], place: tuple[str, str]
) -> Block:
    """Each parameter of a step with its bounds and its value now, and what an edit does to approvals."""
    step = state.plan.steps[index]
    head = f"*{esc(step_title(step))}* on {esc(step.target)}, plan {grouped(state.digest)}."
    origin = f"{record_value(state, index)}|{step.action}"
    return {
        "type": "modal",
        "title": plain("Edit this step", TITLE),
        "close": plain("Go back", TITLE),
        "submit": plain("Propose it so", TITLE),
        "callback_id": "edit_parameters",
        "private_metadata": metadata(origin, *place),
        "blocks": [
            section(head),
            rich(preformatted("\n".join(change_lines(step)))),
            *(_input(bound) for bound in bounds_of(action, step)),
            section(_warning(state, approvers)),
        ],
    }


def _warning(state: PlanState, approvers: tuple[PersonId, ...]) -> str:
    lines = ["*A new revision takes this plan's place; approvals that it has do not count for the new one.*"]
    if state.plan.tier is Tier.LOW:
        lines.append("You become one of those who asked for it; the card says so.")
        return "\n".join(lines)
    lines.append(f"You will not be able to approve it yourself: its risk is {state.plan.tier}.")
    who = mentions(approvers) if approvers else "nobody that I know of right now"
    return "\n".join((*lines, f"Who could approve it, at the same risk: {who}."))


def _input(bound: Bound) -> Block:
    return {
        "type": "input",
        "block_id": f"{PARAMETER}{bound.name}",
        "label": plain(bound.name, 100),
        "hint": plain(f"{bound.words.capitalize()}. In this plan: {bound.now}.", 150),
        "element": _element(bound),
    }


def _element(bound: Bound) -> Block:
    if bound.choices and len(bound.choices) <= MOST_CHOICES:
        options: list[Block] = [{"text": plain(one, 75), "value": one} for one in bound.choices]
        first = next((one for one in options if one["value"] == bound.now), None)
        chosen = {"initial_option": first} if first is not None else {}
        return {"type": "static_select", "action_id": bound.name, "options": options, **chosen}
    return {
        "type": "plain_text_input",
        "action_id": bound.name,
        "initial_value": bound.now,
        "max_length": 64,
    }


def record_modal(value: str, place: tuple[str, str], *, applied: bool) -> Block:
    """Asks for a note beside what a person saw; `value` is that of the button."""
    what = "was applied" if applied else "was not applied"
    text = (
        f"*You record that the step {what}.* It frees the target, stands in the record under your name "
        "and cannot be taken back. Please look at the target first."
    )
    ask: Block = {
        "type": "input",
        "block_id": NOTE_BLOCK,
        "optional": True,
        "label": plain("What did you see?", 100),
        "hint": plain("For those who read the record later.", 150),
        "element": {
            "type": "plain_text_input",
            "action_id": NOTE_BLOCK,
            "multiline": True,
            "max_length": MAX_NOTE,
        },
    }
    word = "applied" if applied else "not_applied"
    return {
        "type": "modal",
        "title": plain("Record what happened", TITLE),
        "close": plain("Go back", TITLE),
        "submit": plain("Record it", TITLE),
        "callback_id": "record_note",
        "private_metadata": metadata(f"{value}|{word}", *place),
        "blocks": [section(text), ask],
    }
