"""The bot process: Slack on one side, the record on the other; it changes nothing and asks no model."""

from bot.adapters.absent import NoEyes, NoHands, NoTeam
from bot.adapters.rosters import PolicyRosters
from bot.adapters.store import Store
from bot.adapters.web import http_client
from bot.ports.ports import Ports
from bot.settings import Settings
from bot.slack.charts import Charts
from bot.slack.faces import faces_of
from bot.slack.process import Desk, Shelves, SlackOptions, open_desk, run_bot
from bot.slack.scenery import Scenery
from bot.slack.socket import Health
from bot.slack.views.cards import cards_of
from bot.slack.webhooks import WebhookOptions
from bot.wiring.parts import Parts, common_parts
from bot.wiring.rosters import rosters_of
from bot.wiring.seams import Seams
from bot.wiring.store import open_store
from bot.wiring.tell import Teller
from bot.wiring.verbs import Flow


async def serve_slack(settings: Settings, seams: Seams | None = None) -> None:
    """Run the bot process until cancelled; raises FatalLinkError, ContentError, StoreUnavailableError."""
    seams = seams or Seams()
    parts = common_parts(settings, "bot")
    options = _options(settings)
    async with open_store(settings) as store, open_desk(options) as desk, http_client() as client:
        ports = seams.alter(_ports(parts, store, desk, rosters_of(parts, client, desk.chat)))
        scenery = Scenery(
            ports.incidents,
            ports.roster,
            ports.content,
            ports.clock,
            cards_of,
            sent=ports.cards.sent,
            charted=Charts(ports.blobs).of,
        )
        shelves = Shelves(ports.incidents, ports.cards, ports.seen, parts.content, parts.clock)
        faces = faces_of(scenery, store.blobs)
        await run_bot(options, desk, shelves, Flow(ports, scenery).verbs(), faces, Health())


def _options(settings: Settings) -> SlackOptions:
    bot, app = settings.slack_bot_token, settings.slack_app_token
    assert bot is not None
    assert app is not None
    return SlackOptions(
        bot.get_secret_value(),
        app.get_secret_value(),
        settings.slack_base_url,
        settings.channels,
        webhooks=_webhooks(settings),
    )


def _webhooks(settings: Settings) -> WebhookOptions | None:
    token, channel = settings.intake_token, settings.intake_channel
    if not settings.intake_port or token is None or channel is None:
        return None
    return WebhookOptions(settings.intake_port, token.get_secret_value(), channel, settings.intake_host)


def _ports(parts: Parts, store: Store, desk: Desk, roster: PolicyRosters) -> Ports:
    return Ports(
        incidents=store.incidents,
        queue=store.queue,
        cards=store.cards,
        seen=store.seen,
        blobs=store.blobs,
        content=parts.content,
        people=desk.people,
        roster=roster,
        team=NoTeam(),
        eyes=NoEyes(),
        hands=NoHands(),
        clock=parts.clock,
        told=Teller(parts.metrics),
    )
