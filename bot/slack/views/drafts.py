"""Drafts in the thread: a postmortem as a file, an update with its buttons, and what was sent elsewhere."""

import hashlib

from bot.domain.incident import Draft, Incident
from bot.domain.teamwork import DraftKind, DraftMade
from bot.slack.views.blocks import (
    Block,
    actions,
    budgeted,
    button,
    confirm,
    context,
    header,
    long_prose,
    may,
    must,
    plain,
)
from bot.slack.views.scene import Card, Message, Upload
from bot.slack.views.text import esc_fit, mention, quiet, short, when

TITLES = {
    DraftKind.POSTMORTEM: "Postmortem draft",
    DraftKind.STAKEHOLDERS: "Update for stakeholders (draft)",
    DraftKind.ESCALATION: "Escalation (draft)",
}
PROSE = 6_000
TEXT_BLOCK = "draft_text"
MAX_TEXT = 3_000


def draft_cards(incident: Incident) -> list[tuple[int, Card]]:
    """Each draft where it was made, and the message that it became."""
    made = {
        entry.event.draft: entry.number for entry in incident.entries if isinstance(entry.event, DraftMade)
    }
    cards: list[tuple[int, Card]] = []
    for draft in incident.drafts:
        cards.append((made[draft.id], draft_card(incident, draft)))
        if draft.sent is not None:
            cards.append((made[draft.id], sent_card(draft, draft.sent[0])))
    return cards


def draft_card(incident: Incident, draft: Draft) -> Card:
    """A draft as it stands; its buttons are there until it is sent."""
    title = TITLES[draft.kind]
    upload = None
    if draft.kind is DraftKind.POSTMORTEM:
        upload = Upload(
            f"{draft.id}.md", f"{title}: {short(incident.alert.title, 80)}", quiet(draft.text, lines=True)
        )
    parts = [must(header(title)), must(*long_prose(draft.text, PROSE))]
    if draft.edited_by:
        parts.append(
            may(context(f"Edited by {', '.join(mention(one) for one in dict.fromkeys(draft.edited_by))}."))
        )
    parts.append(must(context(_state(draft))))
    if draft.sent is None and draft.kind is not DraftKind.POSTMORTEM:
        parts.append(must(actions(*_buttons(incident, draft))))
    message = Message(f"{title}: {esc_fit(incident.alert.title, 200)}", budgeted(parts))
    return Card(f"draft:{draft.id}", message, state=f"{len(draft.edited_by)}:{draft.sent}", upload=upload)


def sent_card(draft: Draft, channel: str) -> Card:
    """The message that an approved draft is, in the channel of the policy."""
    parts = [must(*long_prose(draft.text, PROSE))]
    return Card(
        f"sent:{draft.id}", Message(esc_fit(draft.text, 2_500) or " ", budgeted(parts)), channel=channel
    )


def edit_modal(draft: Draft, metadata: str) -> Block:
    """The draft's text to edit."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": TEXT_BLOCK,
        "multiline": True,
        "max_length": MAX_TEXT,
        "initial_value": quiet(draft.text, lines=True)[:MAX_TEXT],
    }
    label = plain("The text as it will be sent", 100)
    return {
        "type": "modal",
        "callback_id": "draft_edited",
        "title": plain("Edit the draft", 24),
        "submit": plain("Keep", 24),
        "close": plain("Cancel", 24),
        "private_metadata": metadata,
        "blocks": [{"type": "input", "block_id": TEXT_BLOCK, "label": label, "element": element}],
    }


def version_of(text: str) -> str:
    """Which text the buttons belong to: 12 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _state(draft: Draft) -> str:
    if draft.sent is not None:
        return f"Sent to <#{draft.sent[0]}>, approved by {mention(draft.sent[2])}."
    return f"Made {when(draft.made_at)} from the record of this incident. Not sent to anybody."


def _buttons(incident: Incident, draft: Draft) -> list[Block]:
    value = f"{incident.id}|{draft.id}|{version_of(draft.text)}"
    asks = confirm(
        "Send this text?", "It goes to the channel of the policy as it stands here.", "Send", "Go back"
    )
    return [
        button("Approve and send", "draft_send", value, "Approve this draft and send it", confirm=asks),
        button("Edit", "draft_edit", value, "Edit this draft"),
    ]
