"""What Slack did not take: kept beside the cards, so that doctor and the App Home can say it."""

from collections.abc import Mapping

from bot.domain.ids import IncidentId
from bot.ports.cards import Cards, SentCard
from bot.slack.failures import BAD_SHAPE, MESSAGE_GONE, OUT_OF_REACH

PREFIX = "trouble:"
SHARED = "shared_channel"
MEANINGS = {
    "is_archived": "its channel is archived; unarchive it, or follow the incident in the App Home",
    "channel_not_found": "its channel cannot be seen; invite the bot there: /invite @greenlight",
    "not_in_channel": "the bot was removed from its channel; invite it there: /invite @greenlight",
    "is_inactive": "its channel is frozen; follow the incident in the App Home",
    "thread_not_found": "the alert's message was deleted; follow the incident in the App Home",
    SHARED: "its channel is shared with another organisation, and the policy wants none such",
}


async def note_trouble(cards: Cards, incident: IncidentId, card: str, code: str) -> None:
    """Keep the newest trouble of a card; an empty code means that it is over."""
    await cards.record(incident, f"{PREFIX}{card}", SentCard(None, code))


def troubles(sent: Mapping[str, SentCard]) -> tuple[str, ...]:
    """One sentence per card that Slack did not take as it was drawn."""
    found = ((name.removeprefix(PREFIX), one.shown) for name, one in sent.items() if name.startswith(PREFIX))
    return tuple(f"{card} was not shown as drawn ({code}): {_meaning(code)}" for card, code in found if code)


def _meaning(code: str) -> str:
    if code in MEANINGS:
        return MEANINGS[code]
    if code in BAD_SHAPE:
        return "its text alone was posted; please report this with the incident's id"
    if code in MESSAGE_GONE:
        return "somebody deleted the message, so it was posted again"
    if code in OUT_OF_REACH:
        return "the channel takes no messages of the bot; look at its posting permissions"
    return "Slack refused it; it is tried again"
