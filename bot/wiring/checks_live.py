"""Checks of doctor on what runs: socket, queue, clocks, models, messages not shown, a test button."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.adapters.ledger import Ledger
from bot.adapters.processes import workers
from bot.adapters.redis_cards import RedisCards
from bot.domain.checkup import Finding, Level
from bot.domain.errors import ContentError
from bot.domain.ids import MINUTE, SECOND, At
from bot.settings import Settings
from bot.slack.chat import Chat
from bot.slack.failures import ADVICE, ChatError, RefusedBySlackError
from bot.slack.test_button import pressed
from bot.slack.troubles import troubles
from bot.wiring.team import crews_of

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
OVERDUE = MINUTE
CLOCKS_APART = 2 * SECOND
BUTTON_SECONDS = 60.0


async def socket_finding(chat: Chat, settings: Settings) -> Finding:
    """Whether Slack gives this app a Socket Mode address; no connection is made, so nothing is taken away."""
    token = settings.slack_app_token
    if token is None:
        todo = "make an app-level token with connections:write and set SLACK_APP_TOKEN"
        return Finding(FAIL, "slack socket", "SLACK_APP_TOKEN is not set: no event can arrive", todo)
    try:
        await chat.socket_opens(token.get_secret_value())
    except RefusedBySlackError as refused:
        todo = ADVICE.get(refused.code, "switch Socket Mode on and check SLACK_APP_TOKEN (xapp-)")
        return Finding(FAIL, "slack socket", refused.message, todo)
    except ChatError as error:
        return Finding(FAIL, "slack socket", error.message, "check that this machine reaches Slack")
    return Finding(OK, "slack socket", "Socket Mode is on and the app-level token works")


async def queue_findings(ledger: Ledger, settings: Settings) -> AsyncGenerator[Finding]:
    """Whether anything waits for a worker that does not come."""
    now = At(time.time_ns() // 1_000_000)
    late = await ledger.incidents.due(At(now - OVERDUE), 100)
    running = {role: sum(1 for _ in workers(role, settings.home)) for role in ("think", "act")}
    seen = ", ".join(f"{many} {role}" for role, many in running.items())
    if late:
        todo = "start greenlight up, or greenlight worker --role think and --role act, and read their logs"
        what = f"{len(late)} incidents have waited for a worker for over a minute (seen here: {seen})"
        yield Finding(FAIL, "queue", what, todo)
    else:
        yield Finding(OK, "queue", f"nothing waits; workers seen on this machine: {seen}")


async def store_clock_finding(ledger: Ledger) -> Finding:
    """Whether this machine's clock and the store's agree, since leases and holds depend on it."""
    seconds, micros = await ledger.link.call("TIME")
    return clock_finding("the store's", int(seconds) * SECOND + int(micros) // SECOND)


async def slack_clock_finding(chat: Chat) -> Finding | None:
    """Whether this machine's clock and Slack's agree; nothing where Slack names no time."""
    try:
        said = await chat.server_date()
    except ChatError:
        return None
    try:
        return clock_finding("Slack's", int(parsedate_to_datetime(said).timestamp()) * SECOND, SECOND)
    except (TypeError, ValueError):
        return None


def clock_finding(whose: str, theirs: int, coarse: int = 0) -> Finding:
    """Two clocks compared; `coarse` is what the other one rounds by (ms)."""
    apart = abs(time.time_ns() // 1_000_000 - theirs)
    if apart <= CLOCKS_APART + coarse:
        return Finding(OK, "clock", f"this machine and {whose} clock agree")
    todo = "let NTP keep both clocks: approvals expire and rosters change by the time"
    return Finding(WARN, "clock", f"this machine and {whose} clock are {apart / SECOND:.0f} s apart", todo)


def model_findings(settings: Settings) -> Iterator[Finding]:
    """Which team works, and with which keys; no model is asked, since that costs."""
    if not settings.models_wanted:
        todo = "set ANTHROPIC_API_KEY or OPENAI_API_KEY to have a model look as well; it works without"
        yield Finding(OK, "models", "none is set up: the rules team works", todo)
        return
    keys = (("ANTHROPIC_API_KEY", settings.anthropic_api_key), ("OPENAI_API_KEY", settings.openai_api_key))
    named = ", ".join(name for name, key in keys if key is not None) or "no key"
    model = settings.model or "the models of team.yaml"
    todo = "greenlight eval asks each once; where none answers, the rules team works and says so"
    yield Finding(OK, "models", f"{model}, with {named}", todo)
    with suppress(ContentError):
        # A roster that cannot be read stops a worker with words of its own.
        age = crews_of(settings).price_age(datetime.now(UTC).date())
        yield Finding(OK, "prices", age, "compare roster/models.yaml with your contract, then date `checked`")


async def delivery_findings(ledger: Ledger) -> AsyncGenerator[Finding]:
    """What Slack did not take of the open incidents' messages."""
    cards, found = RedisCards(ledger.link), 0
    for incident in await ledger.incidents.opened():
        for trouble in troubles(await cards.sent(incident)):
            found += 1
            what, _, todo = trouble.partition(": ")
            yield Finding(WARN, f"messages of {incident}", what, todo)
    if not found:
        yield Finding(OK, "messages", "all messages of the open incidents were shown as drawn")


async def button_finding(chat: Chat, settings: Settings, channel: str) -> Finding:
    """Post a button and wait until somebody presses it: the whole way there and back."""
    runs = any(True for _ in workers("bot", settings.home))
    token = settings.slack_app_token
    own = None if runs or token is None else token.get_secret_value()
    where = f"test button in {channel}"
    try:
        async with asyncio.timeout(BUTTON_SECONDS):
            person = await pressed(chat, channel, own)
    except TimeoutError:
        todo = "if somebody pressed it: check that Interactivity and Socket Mode are on in the app's settings"
        return Finding(FAIL, where, f"no click arrived within {BUTTON_SECONDS:.0f} s", todo)
    except ChatError as error:
        return Finding(FAIL, where, error.message, "invite the bot there: /invite @greenlight")
    return Finding(OK, where, f"the click of {person} arrived by {'the running bot' if runs else 'doctor'}")
