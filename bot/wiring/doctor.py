"""Everything that doctor looks at, in the order in which it matters; nothing is changed but by a rebuild."""

import sys
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from dotenv import dotenv_values

from bot.adapters.clock import SystemClock
from bot.adapters.condenser import Condenser
from bot.adapters.content import FileContent
from bot.adapters.eyes import SourceEyes
from bot.adapters.ledger import Ledger, NoStoreError, reading
from bot.adapters.reach import credentials_of
from bot.adapters.rebuild import rebuild
from bot.adapters.rosters import PolicyRosters
from bot.adapters.web import http_client
from bot.domain.checkup import (
    Finding,
    Level,
    freeze_findings,
    page_findings,
    policy_findings,
    quorum_findings,
    roster_findings,
    turn_findings,
)
from bot.domain.decision import RosterAnswer
from bot.domain.errors import ContentError, GreenlightError
from bot.domain.ids import PersonId
from bot.domain.policy import Role
from bot.domain.service import Service
from bot.redaction.redactor import Redactor
from bot.settings import Settings, environment
from bot.slack.chat import Chat, open_chat
from bot.slack.failures import ChatError
from bot.slack.people import SlackPeople
from bot.telemetry import Metrics, configure_logs
from bot.wiring import checks, checks_live
from bot.wiring.parts import SHIPPED, Parts
from bot.wiring.rosters import rosters_of
from bot.wiring.store import store_plan

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
Findings = AsyncGenerator[Finding]


async def examined(settings: Settings, *, rebuilding: bool = False, config_only: bool = False) -> Findings:
    """Look at everything; what cannot be looked at is itself a finding.

    With `config_only` nothing outside of this home is asked, so that it can run where nothing else is.
    """
    for one in checks.settings_findings(settings, environment()):
        yield one
    for one in checks_live.model_findings(settings):
        yield one
    async for one in _nothing() if config_only else _store(settings):
        yield one
    try:
        parts = _parts(settings)
    except ContentError as error:
        for problem in error.problems:
            yield Finding(FAIL, "content", problem, "mend the file; until then no process starts with it")
        return
    known, catalogue = parts.content.inventory(), parts.content.catalogue()
    yield Finding(OK, "content", f"services: {len(known.services)}, actions: {len(catalogue.actions)}")
    if rebuilding:
        async for one in _rebuilt(settings, parts):
            yield one
    for one in (
        *policy_findings(parts.content.policy()),
        *page_findings(parts.content.policy(), environment()),
        *turn_findings(parts.content.policy(), parts.content.schedules()),
        *freeze_findings(parts.content.policy(), [each.id for each in known.environments], parts.clock.now()),
    ):
        yield one
    async for one in _nothing() if config_only else _outside(parts):
        yield one


async def _nothing() -> Findings:
    """No finding."""
    for one in ():
        yield one


async def pressed_button(settings: Settings, channel: str) -> Findings:
    """Post a test button in a channel and wait for its click."""
    chat = _chat(settings)
    if chat is None:
        yield Finding(FAIL, "test button", "no token is set", "set SLACK_BOT_TOKEN and SLACK_APP_TOKEN")
        return
    try:
        yield await checks_live.button_finding(chat, settings, channel)
    finally:
        await chat.session.close()


async def _outside(parts: Parts) -> Findings:
    settings, inventory = parts.settings, parts.content.inventory()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(http_client())
        chat = _chat(settings)
        if chat is None:
            todo = "set SLACK_BOT_TOKEN and SLACK_APP_TOKEN to have Slack, people and user groups checked"
            yield Finding(WARN, "slack", "no token is set", todo)
        else:
            stack.push_async_callback(chat.session.close)
            async for one in _slack(parts, chat):
                yield one
        unable = await _unable(parts, chat)
        async for one in _rosters(parts, rosters_of(parts, client, chat), unable):
            yield one
        for one in checks.credential_findings(settings, inventory, _written(settings)):
            yield one
        eyes = SourceEyes(parts.clock, parts.redactor, client, Condenser, parts.content.catalogue)
        catalogue = parts.content.catalogue()
        for service in inventory.services:
            async for one in checks.service_findings(eyes, service, catalogue, parts.clock.now()):
                yield one


async def _store(settings: Settings) -> Findings:
    try:
        async with reading(store_plan(settings)) as ledger:
            async for one in checks.store_findings(ledger):
                yield one
            async for one in checks.pause_findings(ledger):
                yield one
            yield await checks_live.store_clock_finding(ledger)
            async for one in checks_live.queue_findings(ledger, settings):
                yield one
            async for one in checks_live.delivery_findings(ledger):
                yield one
    except NoStoreError:
        yield Finding(OK, "store", "none yet; an embedded server is made at the first start")
    except GreenlightError as error:
        todo = "see that the server runs and GREENLIGHT_REDIS_URL is right, or unset it for the embedded one"
        yield Finding(FAIL, "store", error.message, f"{todo}; nothing works without the store")


async def _rebuilt(settings: Settings, parts: Parts) -> Findings:
    try:
        async with reading(store_plan(settings)) as ledger:
            async for one in _rebuild(ledger, parts):
                yield one
    except GreenlightError as error:
        yield Finding(FAIL, "rebuild", error.message)


async def _rebuild(ledger: Ledger, parts: Parts) -> Findings:
    done = await rebuild(ledger, parts.content.policy().limits)
    for one in done:
        if one.problem:
            yield Finding(FAIL, f"rebuild {one.incident}", one.problem, "greenlight audit verify says more")
    yield Finding(
        OK,
        "rebuild",
        f"{sum(not one.problem for one in done)} incidents: indices and claims are as events say",
    )


async def _slack(parts: Parts, chat: Chat) -> Findings:
    policy = parts.content.policy()
    async for one in checks.slack_findings(chat, policy, parts.settings.channels):
        yield one
    try:
        me = await chat.who_am_i()
    except ChatError:
        return
    yield await checks_live.socket_finding(chat, parts.settings)
    clock = await checks_live.slack_clock_finding(chat)
    if clock is not None:
        yield clock
    async for one in checks.people_findings(SlackPeople(chat, me.team_id, time.monotonic), policy):
        yield one


async def _unable(parts: Parts, chat: Chat | None) -> frozenset[PersonId]:
    """Whose decisions Slack keeps from counting; nobody is named where Slack does not answer at all."""
    if chat is None:
        return frozenset()
    try:
        me = await chat.who_am_i()
    except ChatError:
        return frozenset()
    return await checks.unable(SlackPeople(chat, me.team_id, time.monotonic), parts.content.policy())


async def _rosters(parts: Parts, rosters: PolicyRosters, unable: frozenset[PersonId]) -> Findings:
    services = parts.content.inventory().services
    if not services:
        yield Finding(
            WARN, "content", "no service is listed, so no plan can be made", "fill in services.yaml"
        )
    everything: list[RosterAnswer] = []
    quorums: list[Finding] = []
    for service in services:
        answers = await _answers(service, rosters)
        everything.extend(answers)
        quorums.extend(quorum_findings(service, parts.content.policy(), answers, unable))
    for one in (*roster_findings(tuple(everything), parts.content.policy()), *quorums):
        yield one


async def _answers(service: Service, rosters: PolicyRosters) -> tuple[RosterAnswer, ...]:
    named = ((service.oncall, Role.ONCALL), (service.lead, Role.LEAD), (service.senior, Role.SENIOR))
    return tuple([await rosters.read(name, role) for name, role in named if name is not None])


def _parts(settings: Settings) -> Parts:
    content = FileContent((settings.runbooks, SHIPPED), environment())
    redactor = Redactor((*settings.secrets(), *credentials_of(content.inventory())))
    configure_logs("error", "console", redactor, sys.stderr)
    return Parts(settings, content, redactor, SystemClock(), Metrics())


def _chat(settings: Settings) -> Chat | None:
    token = settings.slack_bot_token
    return None if token is None else open_chat(token.get_secret_value(), settings.slack_base_url)


def _written(settings: Settings) -> dict[str, str]:
    """What stands in `.env` itself, whatever the environment says over it."""
    kept = dotenv_values(settings.home / ".env", interpolate=False)
    return {name: value for name, value in kept.items() if value}
