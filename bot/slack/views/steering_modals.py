"""Modals with which people steer: close, hand over, say what was wrong, resume; and the whole timeline."""

from collections.abc import Sequence

from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.domain.report import spent_of
from bot.domain.timeline import Row, timeline
from bot.slack.views.blocks import (
    VIEW_BLOCKS,
    VIEW_CHARACTERS,
    Block,
    at,
    budgeted,
    bullets,
    context,
    header,
    line,
    may,
    must,
    plain,
    rich,
    said,
    section,
)
from bot.slack.views.phrases import word
from bot.slack.views.scene import Scene
from bot.slack.views.spoken_modal import doors
from bot.slack.views.text import count, esc_fit, short
from bot.slack.views.values import metadata

TITLE = 24
MAX_NOTE = 500
OPTIONS = 50
ROWS_IN_A_BLOCK = 20
NO_MODEL = "No model was asked."
CLOSING_BLOCK, NOTE_BLOCK, OTHER_BLOCK, OWNER_BLOCK = "closing", "note", "duplicate_of", "owner"

CLOSINGS = (
    ("fixed_by_hand", "Fixed by hand"),
    ("noise", "Noise: nothing was wrong"),
    ("duplicate", "Duplicate of another incident"),
)


def _form(title: str, blocks: Sequence[Block], callback: str, submit: str, origin: str) -> Block:
    return {
        "type": "modal",
        "title": plain(title, TITLE),
        "blocks": list(blocks),
        "close": plain("Go back", TITLE),
        "submit": plain(submit, TITLE),
        "callback_id": callback,
        "private_metadata": origin,
    }


def close_modal(
    incident: IncidentId, message: tuple[str, str], others: Sequence[Incident] = (), *, fixed: bool = False
) -> Block:
    """Asks how the incident ended and for a note; `message` is channel and ts of the card.

    `others` are the open incidents of which it may be a duplicate; with `fixed` the person has fixed it.
    """
    options: list[Block] = [{"text": plain(text, 75), "value": value} for value, text in CLOSINGS]
    how: Block = {
        "type": "input",
        "block_id": CLOSING_BLOCK,
        "label": plain("How did it end?", 100),
        "element": {
            "type": "radio_buttons",
            "action_id": CLOSING_BLOCK,
            "options": options,
            **({"initial_option": options[0]} if fixed else {}),
        },
    }
    asked = "What did you do?" if fixed else "Note for the report"
    blocks = [how, *_others(incident, others), _note(asked, optional=not fixed)]
    title = "I fixed it myself" if fixed else "Close this incident"
    return _form(title, blocks, "close_reason", "Close incident", metadata(incident, *message))


def _others(incident: IncidentId, others: Sequence[Incident]) -> list[Block]:
    options: list[Block] = [
        {"text": plain(short(f"{one.alert.title} ({one.id})", 75), 75), "value": one.id}
        for one in others
        if one.id != incident
    ]
    if not options:
        return []
    choose: Block = {
        "type": "static_select",
        "action_id": OTHER_BLOCK,
        "placeholder": plain("Which one?", 75),
        "options": options[:OPTIONS],
    }
    label = plain("Duplicate of", 100)
    hint = plain("Only for a duplicate.", 150)
    return [
        {
            "type": "input",
            "block_id": OTHER_BLOCK,
            "optional": True,
            "label": label,
            "hint": hint,
            "element": choose,
        }
    ]


def _note(label: str, *, optional: bool) -> Block:
    return {
        "type": "input",
        "block_id": NOTE_BLOCK,
        "optional": optional,
        "label": plain(label, 100),
        "element": {
            "type": "plain_text_input",
            "action_id": NOTE_BLOCK,
            "multiline": True,
            "max_length": MAX_NOTE,
        },
    }


def hand_over_modal(incident: Incident, message: tuple[str, str]) -> Block:
    """Asks who has the incident from now on; nobody chosen gives it back."""
    choose: Block = {
        "type": "users_select",
        "action_id": OWNER_BLOCK,
        "placeholder": plain("A responder", 75),
    }
    ask: Block = {
        "type": "input",
        "block_id": OWNER_BLOCK,
        "optional": True,
        "label": plain("Who has it from now on?", 100),
        "hint": plain("Leave it empty to give it back: then nobody has it.", 150),
        "element": choose,
    }
    what = section(f"*{esc_fit(incident.alert.title, 200)}*\n{esc_fit(word(incident), 60)}")
    note = _note("What should they know?", optional=True)
    return _form("Hand over", (what, ask, note), "hand_over", "Hand over", metadata(incident.id, *message))


def wrong_modal(incident: IncidentId, subject: str) -> Block:
    """Asks what was wrong with a diagnosis or an answer; the rating is kept already."""
    blocks = (section("Kept: not helpful. It stands in the report."), _note("What was wrong?", optional=True))
    return _form("Thank you", blocks, "feedback_note", "Send", f"{subject}|{incident}")


def resume_modal(scope: str) -> Block:
    """Asks why changes may start again."""
    blocks = (section("A lead lets changes start again. The reason is kept."), _note("Why?", optional=False))
    return _form("Resume changes", blocks, "resume_reason", "Resume", scope)


def history_modal(incident: Incident, scene: Scene) -> Block:
    """The whole timeline from the record, and what models used."""
    rows = timeline(incident.entries)
    cost = [line(said(short(text, 300))) for text in spent_of(incident)] or [line(said(NO_MODEL))]
    parts = [
        must(rich(line(said("What models used", bold=True)), bullets(*cost))),
        *doors(incident),
        must(header("Timeline"), context(f"{count(len(rows), 'line')} from the record, newest last.")),
    ]
    for start in range(0, len(rows), ROWS_IN_A_BLOCK):
        lines = [_row(row, scene) for row in rows[start : start + ROWS_IN_A_BLOCK]]
        parts.append(may(rich(bullets(*lines))))
    return {
        "type": "modal",
        "title": plain("Timeline and cost", TITLE),
        "close": plain("Close", TITLE),
        "blocks": list(budgeted(parts, VIEW_BLOCKS, VIEW_CHARACTERS)),
    }


def _row(row: Row, scene: Scene) -> Block:
    by = f"{scene.name(row.person)}: " if row.person else ""
    return line(at(row.at, seconds=True), said(f" {by}{short(scene.named(row.text), 300)}"))
