"""What stands around an incident on its card: who has it, muting, feedback, and the buttons for all that."""

from bot.domain.around import ASK_AGAIN
from bot.domain.incident import Incident, Phase
from bot.domain.teamwork import FeedbackGiven
from bot.slack.views.blocks import Block, actions, button, confirm, menu
from bot.slack.views.scene import Scene
from bot.slack.views.text import count, esc_fit, when_day
from bot.slack.views.values import feedback_value, menu_value

WORKING = frozenset(
    {Phase.DETECTED, Phase.TRIAGED, Phase.REJECTED, Phase.APPROVED, Phase.EXECUTING, Phase.EXECUTED}
)
LOCKED = frozenset({Phase.EXECUTING, Phase.UNKNOWN})
"""Where an incident cannot be closed: a step runs, or nobody knows how it ended."""
DIAGNOSIS = "diagnosis"
LISTED = 5
"""So many joined alerts are named on the card; all are in the timeline."""

MENU = {
    "fixed": "I fixed it myself …",
    "hand_over": "Hand over …",
    "mute_1": "Mute this alert for 1 hour",
    "mute_24": "Mute this alert for 1 day",
    "unmute": "Unmute this alert",
    "history": "Timeline and cost",
}
"""What the card's menu offers, by the word that its values carry."""

STOP_INVESTIGATION = "The investigation ends here; what is known stays. Anybody can start a new one."
STOP_REST = "No new step starts until a lead resumes it. A step that runs now is not broken off."


def is_muted(incident: Incident, scene: Scene) -> bool:
    """Whether messages of its alert are told nobody now."""
    return incident.muted_until is not None and incident.muted_until > scene.now


def around_lines(incident: Incident, scene: Scene) -> list[str]:
    """Who has it, and until when it is muted, as mrkdwn."""
    lines: list[str] = []
    if incident.owner is not None:
        verb = "Has it" if incident.is_open else "Had it"
        lines.append(f"*{verb}:* {scene.people((incident.owner,), 1)}")
    elif incident.is_open:
        lines.append("*Has it:* nobody yet")
    if incident.muted_until is not None and is_muted(incident, scene):
        until = when_day(incident.muted_until)
        # nobody may draw a closed incident again at that time, so its words stay true afterwards
        lines.append(
            f"*Muted until {until}:* further messages of this alert are counted "
            f"({scene.duplicates} so far) and told nobody."
            if incident.is_open
            else f"*Its alert was muted until {until}.*"
        )
    return [*lines, *_group_lines(incident)]


def _group_lines(incident: Incident) -> list[str]:
    """The other alerts of the incident, each by name, and how often it came back."""
    lines: list[str] = []
    if incident.joined:
        firing = sum(one.alert.fingerprint not in incident.quiet for one in incident.joined)
        named = [
            f"{esc_fit(one.alert.title, 80)} ({esc_fit(one.why, 60)})" for one in incident.joined[:LISTED]
        ]
        more = [f"and {len(incident.joined) - LISTED} more"] if len(incident.joined) > LISTED else []
        head = f"{count(len(incident.joined), 'further alert')}, {firing} firing"
        lines.append(f"*With it:* {head}: {'; '.join([*named, *more])}")
    if incident.reopened:
        lines.append(f"*Came back:* {count(incident.reopened, 'time')} after having been closed.")
    return lines


def around_buttons(incident: Incident, scene: Scene) -> list[Block]:
    """The rows of buttons: what can be done now, and the menu."""
    shown = [*_first(incident), *_looks(incident), *_ends(incident), _menu(incident, scene)]
    return [actions(*shown)]


def _first(incident: Incident) -> list[Block]:
    shown: list[Block] = []
    if incident.is_open and incident.waits:
        label = "Investigate this alert now"
        shown.append(button("Investigate", "investigate", incident.id, label, style="primary"))
    elif incident.is_open and incident.paused_by is None and incident.phase in ASK_AGAIN - WORKING:
        shown.append(
            button("Investigate again", "investigate", incident.id, "Start the investigation once more")
        )
    if incident.is_open and incident.owner is None:
        shown.append(
            button("Take it", "take_incident", incident.id, "Take it: say that you have this incident")
        )
    return shown


def _looks(incident: Incident) -> list[Block]:
    if not incident.evidence:
        return []
    return [button("Evidence", "show_evidence", incident.id, "Show the evidence with its quotes")]


def _ends(incident: Incident) -> list[Block]:
    shown: list[Block] = []
    stoppable = incident.phase in WORKING | {Phase.PROPOSED} and not incident.waits
    if incident.is_open and incident.paused_by is None and stoppable:
        thinking = incident.phase in {Phase.DETECTED, Phase.TRIAGED, Phase.REJECTED}
        asks = confirm(
            "Stop this incident?", STOP_INVESTIGATION if thinking else STOP_REST, "Stop", "Go back"
        )
        label = "Stop the investigation" if thinking else "Stop: no new step starts"
        shown.append(button("Stop", "stop_incident", incident.id, label, confirm=asks))
    if incident.is_open and incident.phase not in LOCKED:
        shown.append(button("Close", "close_incident", incident.id, "Close this incident by hand"))
    return shown


def _menu(incident: Incident, scene: Scene) -> Block:
    muted = is_muted(incident, scene)
    words: list[str] = []
    if incident.is_open:
        words += ["fixed"] if incident.phase not in LOCKED else []
        words += ["hand_over"]
        words += [] if muted else ["mute_1", "mute_24"]
    words += ["unmute"] if muted else []
    options = [(MENU[word], menu_value(word, incident.id)) for word in (*words, "history")]
    return menu("incident_menu", options)


def feedback_row(incident: Incident, subject: str = DIAGNOSIS) -> Block:
    """Two buttons that ask whether a diagnosis (or the answer to a question) helped."""
    what = "diagnosis" if subject == DIAGNOSIS else "answer"
    faces = (("positive_button", "Helpful", "helpful"), ("negative_button", "Not helpful", "wrong"))
    sides = {
        name: {
            "text": {"type": "plain_text", "text": text, "emoji": False},
            "value": feedback_value(word, subject, incident.id),
            "accessibility_label": f"{text}: this {what}",
        }
        for name, text, word in faces
    }
    return {
        "type": "context_actions",
        "elements": [{"type": "feedback_buttons", "action_id": "feedback", **sides}],
    }


def feedback_words(given: tuple[FeedbackGiven, ...], subject: str = DIAGNOSIS) -> str:
    """How many found it helpful; empty where nobody has said anything."""
    said = [one for one in given if one.subject == subject]
    if not said:
        return ""
    good = sum(one.helpful for one in said)
    return f"{count(len(said), 'responder')} rated this: {good} helpful, {len(said) - good} not helpful."
