"""The single checks of doctor: each looks at one thing and says what it found."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import replace

from bot.adapters.eyes import SourceEyes
from bot.adapters.kubernetes_access import IN_CLUSTER
from bot.adapters.ledger import Ledger
from bot.adapters.processes import workers
from bot.adapters.secret_refs import WRITES, is_secret
from bot.domain.action import Catalogue
from bot.domain.checkup import Finding, Level
from bot.domain.decision import Person
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import MINUTE, At, PersonId, TargetId
from bot.domain.policy import Policy
from bot.domain.service import Inventory, MetricSpec, Service, Target, can_take
from bot.ports.world import Window
from bot.settings import Settings, unknown_names
from bot.slack.chat import Chat
from bot.slack.failures import ChatError, RefusedBySlackError
from bot.slack.manifest import scopes
from bot.slack.people import SlackPeople

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
LOOK_SECONDS = 10.0
SECOND_LOOK_SECONDS = 2.0
LOOKED_BACK = 5 * MINUTE
PRIVATE = "for a private channel, use greenlight manifest --private and install the app again"
TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
SHARED_CREDENTIAL = frozenset({"supervisor"})
"""Executors that know one credential for looking and changing, so that think processes hold it as well."""


def settings_findings(settings: Settings, names: Mapping[str, str]) -> Iterator[Finding]:
    """The environment beyond what loading it has checked."""
    unknown = unknown_names(names)
    yield Finding(OK, "settings", f"home {settings.home}")
    if unknown:
        todo = "look for a typing mistake in .env.example"
        yield Finding(WARN, "settings", f"not known: {', '.join(unknown)}", todo)


async def store_findings(ledger: Ledger) -> AsyncGenerator[Finding]:
    """Whether what is decided survives, and whether the record is whole."""
    promised = await ledger.link.durability()
    if promised.enough:
        fsync = "appendfsync always" if promised.always else "WAITAOF"
        yield Finding(OK, "store", f"durable: appendonly yes, {fsync}")
    else:
        lacks = "it does not know WAITAOF, and appendfsync is not always (or CONFIG may not be read)"
        what = lacks if promised.append_only else "appendonly is off, so it keeps nothing on disk by itself"
        todo = "set appendonly yes and appendfsync always there; until then the act process refuses to start"
        yield Finding(FAIL, "store", f"a decision may be lost when the server stops: {what}", todo)
    names = await ledger.names()
    broken = [name for name in names if await ledger.problems(name)]
    if broken:
        todo = "greenlight audit verify says what is wrong with each"
        yield Finding(FAIL, "record", f"{len(broken)} of {len(names)} incidents are not whole", todo)
    else:
        yield Finding(OK, "record", f"{len(names)} incidents, all whole")


async def slack_findings(chat: Chat, policy: Policy, channels: tuple[str, ...]) -> AsyncGenerator[Finding]:
    """The token, its scopes, the workspace and the channels."""
    try:
        me, granted = await chat.who_am_i(), await chat.granted()
    except ChatError as error:
        yield Finding(FAIL, "slack", error.message, "check SLACK_BOT_TOKEN, and that Slack can be reached")
        return
    yield Finding(OK, "slack", f"bot {me.user_id} in workspace {me.team_id}")
    asked = scopes()
    missing = (*asked.missing(granted), *_wanted(policy, granted))
    if missing:
        todo = "add them under OAuth & Permissions (greenlight manifest shows all) and install the app again"
        yield Finding(FAIL, "slack scopes", f"missing: {', '.join(missing)}", todo)
    else:
        yield Finding(OK, "slack scopes", "all that are needed")
    if beyond := asked.beyond(granted):
        yield Finding(
            WARN, "slack scopes", f"not needed: {', '.join(beyond)}", "take them away: fewer are safer"
        )
    if policy.workspaces and me.team_id not in policy.workspaces:
        todo = f"list {me.team_id} under workspaces in policy.yaml"
        yield Finding(FAIL, "slack", "the policy does not list this workspace: nobody may decide", todo)
    for channel in channels:
        yield await _channel(chat, channel, policy)


def _wanted(policy: Policy, granted: Iterable[str]) -> tuple[str, ...]:
    """What only some policies need."""
    groups = any(roster.kind == "usergroup" for roster in policy.rosters)
    return ("usergroups:read",) if groups and "usergroups:read" not in set(granted) else ()


async def _channel(chat: Chat, channel: str, policy: Policy) -> Finding:
    where = f"channel {channel}"
    try:
        info = await chat.channel(channel)
        joined = await chat.my_channels()
    except ChatError as error:
        private = isinstance(error, RefusedBySlackError) and error.code == "missing_scope"
        todo = PRIVATE if private else "invite the bot there: /invite @greenlight"
        return Finding(FAIL, where, error.message, todo)
    if info.is_archived:
        todo = "unarchive it, or take it out of GREENLIGHT_CHANNELS"
        return Finding(FAIL, where, "the channel is archived: nothing can be posted there", todo)
    if channel not in joined:
        return Finding(FAIL, where, "the bot is not in it", "invite it there: /invite @greenlight")
    if (info.is_ext_shared or info.is_pending_ext_shared) and not policy.shared_channels_allowed:
        todo = "use a channel of your own, or set shared_channels_allowed in policy.yaml"
        return Finding(WARN, where, "shared with another organisation: no approval counts there", todo)
    return Finding(OK, where, "the bot is in it")


async def people_findings(people: SlackPeople, policy: Policy) -> AsyncGenerator[Finding]:
    """Everybody whom the policy lists, as Slack knows them now."""
    for known in policy.people:
        person = await people.person(known.id)
        where = f"person {known.id}"
        if person is None:
            yield Finding(FAIL, where, f"Slack does not know {known.name}", "mend the id under people")
        elif wrong := _not_counting(person, policy):
            what = f"{known.name} is {' and '.join(wrong)}, so no decision of theirs counts"
            yield Finding(WARN, where, what, "take them out of the policy")
        else:
            yield Finding(
                OK, where, f"{known.name}{f', schedules: {known.schedule_id}' if known.schedule_id else ''}"
            )


async def unable(people: SlackPeople, policy: Policy) -> frozenset[PersonId]:
    """Those of the policy of whom no decision counts, whatever roster they are on."""
    read = [(known.id, await people.person(known.id)) for known in policy.people]
    return frozenset(one for one, person in read if person is None or _not_counting(person, policy))


def _not_counting(person: Person, policy: Policy) -> list[str]:
    """What an account is that it may not be (rule 10)."""
    said = (
        ("a bot", person.is_bot),
        ("deactivated", not person.active),
        ("a guest", person.guest),
        ("of another workspace", person.external or person.team not in policy.workspaces),
    )
    return [word for word, holds in said if holds]


async def pause_findings(ledger: Ledger) -> AsyncGenerator[Finding]:
    """What is paused now, by whom and why."""
    for one in await ledger.incidents.pauses():
        why = f": {one.reason}" if one.reason else ""
        todo = f"a lead lifts it by /greenlight resume {one.scope} and a reason"
        yield Finding(WARN, "pause", f"{one.scope} was paused by {one.person}{why}", todo)


def credential_findings(
    settings: Settings, inventory: Inventory, written: Mapping[str, str]
) -> Iterator[Finding]:
    """What think processes can reach of what only others should; `written` is what stands in `.env`."""
    secrets = dict(_write_secrets(inventory))
    for target in (target for service in inventory.services for target in service.targets):
        if _shared(target.executor):
            what = f"{target.id}: supervisord has a single credential, so think processes, which observe, "
            what += "hold it too"
            yield Finding(OK, "credentials", what, "known exception; the hands exist in act processes alone")
        elif _same_kubeconfig(target):
            what = (
                f"{target.id}: kubeconfig and write_kubeconfig are the same, so think processes can write too"
            )
            todo = "give think an account of deploy/kubernetes/read.yaml alone"
            yield Finding(WARN, "credentials", what, todo)
        elif _single(target):
            what = f"{target.id}: one token for looking and for changing, so think processes hold it too"
            yield Finding(WARN, "credentials", what, "name a write_token beside a token that may only read")
    values = {*secrets, *(written[name] for name in TOKENS if written.get(name))}
    if inside := sorted(name for name, value in written.items() if value and value in values):
        todo = "put them into the environment of the one process that needs them"
        what = f"in .env, which every process of this home can read: {', '.join(inside)}"
        yield Finding(WARN, "credentials", what, todo)
    found = 0
    for environment in workers("think", settings.home):
        found += 1
        hidden = [name for name in TOKENS if environment.get(name)]
        hidden += [name for name, value in environment.items() if value in secrets]
        if hidden:
            todo = "start it by greenlight up, or take them out of its environment"
            yield Finding(FAIL, "credentials", f"a running think process was given {', '.join(hidden)}", todo)
    yield Finding(OK, "credentials", f"{found} running think processes looked at")


def _write_secrets(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Values that let their holder change something, with the target that they belong to."""
    for service in inventory.services:
        for target in service.targets:
            for name, value in target.settings:
                if name.startswith(WRITES) and is_secret(name) and value:
                    yield value, target.id


def _single(target: Target) -> bool:
    """Whether what lets one look at the target lets one change it as well."""
    names = {name for name, value in target.settings if value and is_secret(name)}
    return bool(names) and not any(name.startswith(WRITES) for name, _ in target.settings)


def _same_kubeconfig(target: Target) -> bool:
    """Whether a cluster is looked at with the credential that changes it; in a pod each has its own."""
    looks = target.setting("kubeconfig")
    return bool(looks) and looks != IN_CLUSTER and target.setting("write_kubeconfig") == looks


def _shared(executor: str) -> bool:
    return executor in SHARED_CREDENTIAL


async def service_findings(
    eyes: SourceEyes, service: Service, catalogue: Catalogue, now: At
) -> AsyncGenerator[Finding]:
    """Whether the service's metrics, logs and changes answer and its targets can be observed."""
    where = f"service {service.name}"
    silent = await _silent(eyes, service, service.metrics)
    if silent and service.metrics_source and service.metrics_source.kind == "scrape":
        # A rate over a page needs a second look at it.
        await asyncio.sleep(SECOND_LOOK_SECONDS)
        silent = await _silent(eyes, service, silent)
    if not service.metrics:
        yield Finding(WARN, where, "it has no metrics: nothing can be verified", "list some in services.yaml")
    elif silent:
        todo = "check the metrics source, and the queries in services.yaml"
        yield Finding(FAIL, where, f"no value for {', '.join(metric.name for metric in silent)}", todo)
    else:
        yield Finding(OK, where, f"{len(service.metrics)} metrics answer")
    seen = dict[TargetId, frozenset[str]]()
    for target in service.targets:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                fields = (await eyes.observe(service, target.id)).fields
        except (SourceUnavailableError, TimeoutError) as error:
            yield Finding(FAIL, where, f"{target.id} cannot be observed: {error}", "check its settings")
        else:
            seen[target.id] = frozenset(name for name, _ in fields)
            yield Finding(OK, where, f"{target.id} can be observed")
    for what in _never_proposed(service, catalogue, seen):
        yield Finding(
            WARN, where, what, "see its target in services.yaml; a simulator shows observed.NAME: VALUE"
        )
    async for one in _sources(eyes, service, Window(At(now - LOOKED_BACK), now)):
        yield one


def _never_proposed(
    service: Service, catalogue: Catalogue, seen: Mapping[TargetId, frozenset[str]]
) -> Iterator[str]:
    """Listed actions that every target which was observed shows too little for."""
    for action in filter(None, map(catalogue.action, service.actions)):
        shown = [seen[one.id] for one in service.targets if one.id in seen and can_take(one, action)]
        if shown and not any(action.reads <= fields for fields in shown):
            lacking = min((action.reads - fields for fields in shown), key=len)
            yield f"{action.id} cannot be proposed: its target does not show {', '.join(sorted(lacking))}"


async def _silent(
    eyes: SourceEyes, service: Service, metrics: tuple[MetricSpec, ...]
) -> tuple[MetricSpec, ...]:
    return tuple([metric for metric in metrics if await eyes.sample(service, metric) is None])


async def _sources(eyes: SourceEyes, service: Service, window: Window) -> AsyncGenerator[Finding]:
    """Each source of logs and of changes by itself; what only the bot process hears is left out."""
    where = f"service {service.name}"
    changes = tuple(source for source in service.changes if source.kind != "deploy_channel")
    looks = [(source.kind, eyes.logs, replace(service, logs=(source,))) for source in service.logs]
    looks += [(source.kind, eyes.changes, replace(service, changes=(source,))) for source in changes]
    for kind, look, alone in looks:
        what = "logs" if look == eyes.logs else "changes"
        seen = (await look(alone, window)).evidence
        if seen.failed:
            todo = "check the source in services.yaml"
            yield Finding(WARN, where, f"{what} of {kind}: {seen.summary}", todo)
        else:
            yield Finding(OK, where, f"{what} of {kind} answer")
