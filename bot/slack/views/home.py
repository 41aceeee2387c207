"""The App Home of one person: what waits for them, what is open, what is paused, and how things are."""

import re
from dataclasses import dataclass

from bot.domain.decision import Refused
from bot.domain.ids import At, PersonId
from bot.domain.incident import Incident, PlanState
from bot.ports.records import Pause
from bot.slack.views.blocks import (
    VIEW_BLOCKS,
    VIEW_CHARACTERS,
    Block,
    Part,
    actions,
    budgeted,
    button,
    confirm,
    context,
    divider,
    header,
    may,
    must,
    section,
)
from bot.slack.views.errors import refusal
from bot.slack.views.phrases import ACTIONS, now, pause_words, word
from bot.slack.views.text import count, either, esc, esc_fit, mention, when, when_day
from bot.slack.views.values import CHANNEL, TS

ALL = "all"
SHOWN = 20
ADDRESS = re.compile(r"https://[a-z0-9-]{1,80}(\.enterprise)?\.slack(-gov)?\.com/", re.ASCII)
PAUSE_TEXT = "No new step starts anywhere until a lead resumes."
ALL_WELL = "All messages of the open incidents stand in Slack as they were drawn."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan that waits for approval, and why this person cannot give it; nothing where they can."""

    incident: Incident
    state: PlanState
    refused: Refused | None
    who: tuple[str, ...]
    """Those who can, by name."""


@dataclass(frozen=True, slots=True)
class HomeScene:
    """All that one person's Home shows."""

    person: PersonId
    at: At
    incidents: tuple[Incident, ...]
    waiting: tuple[Waiting, ...]
    pauses: tuple[Pause, ...] = ()
    freezes: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    address: str = ""
    """The workspace's own address, for links to threads."""


def home_view(scene: HomeScene) -> Block:
    """The view that `views.publish` takes."""
    parts = [*_approvals(scene), *_incidents(scene), *_pause(scene), *_health(scene)]
    return {"type": "home", "blocks": list(budgeted(parts, VIEW_BLOCKS, VIEW_CHARACTERS))}


def _approvals(scene: HomeScene) -> list[Part]:
    mine = [one for one in scene.waiting if one.refused is None]
    others = [one for one in scene.waiting if one.refused is not None]
    parts = [must(header(f"Waiting for your approval: {len(mine)}"))]
    if not mine:
        parts.append(must(section("No plan waits for you right now.")))
    parts += [may(section(_plan(one, scene)), context(_until(one))) for one in mine]
    if others:
        parts.append(must(header(f"Waiting for somebody else: {len(others)}")))
    parts += [may(section(_plan(one, scene)), context(_why_not(one), _until(one))) for one in others]
    return parts


def _plan(waiting: Waiting, scene: HomeScene) -> str:
    plan = waiting.state.plan
    steps = "; ".join(f"{step.title} on {step.target}" for step in plan.steps[:3])
    title = esc_fit(waiting.incident.alert.title, 140)
    risk = f"Risk {esc(plan.tier)}, {esc(plan.environment)}"
    return f"*{title}* in {_thread(waiting.incident, scene)}\n{risk}: {esc_fit(steps, 300)}"


def _thread(incident: Incident, scene: HomeScene) -> str:
    """The channel and a link to the thread in it; nothing from outside is in either.

    The form of the address is that of the method reference's answer to `chat.getPermalink`.
    """
    channel, thread = incident.place.channel, incident.place.thread
    if not CHANNEL.fullmatch(channel):
        return esc_fit(channel, 30)
    if not ADDRESS.fullmatch(scene.address) or not TS.fullmatch(thread):
        return f"<#{channel}>"
    where = f"{scene.address}archives/{channel}/p{thread.replace('.', '')}"
    return f"<#{channel}> · <{where}|Open the thread>"


def _until(waiting: Waiting) -> str:
    until = when(waiting.state.plan.expires_at)
    return f"Decide in its thread, on the card with the Approve button, until {until}."


def _why_not(waiting: Waiting) -> str:
    assert waiting.refused is not None
    who = f" Who can: {esc_fit(either(waiting.who, 4), 200)}." if waiting.who else ""
    why = refusal(waiting.refused).replace(" Nothing was recorded.", "")
    return f"You cannot approve it: {why}{who}"


def _incidents(scene: HomeScene) -> list[Part]:
    parts = [must(divider(), header(f"Open incidents: {len(scene.incidents)}"))]
    if not scene.incidents:
        parts.append(must(section("Nothing is open.")))
    parts += [may(section(_incident(one, scene))) for one in scene.incidents[:SHOWN]]
    more = len(scene.incidents) - SHOWN
    return [*parts, must(context(f"and {more} more"))] if more > 0 else parts


def _incident(incident: Incident, scene: HomeScene) -> str:
    where = esc_fit(incident.service or incident.alert.service or "unknown service", 60)
    bad = esc_fit(incident.alert.severity or "severity not given", 40)
    has = f"{mention(incident.owner)} has it" if incident.owner else "nobody has it yet"
    action = ACTIONS.get(incident.phase, "")
    head = f"*{esc(word(incident))}:* {esc_fit(incident.alert.title, 140)}"
    since = when_day(incident.alert.started_at)
    facts = f"{_thread(incident, scene)} · {where} · {bad} · since {since} · {has} · `{esc(incident.id)}`"
    return f"{head}\n{facts}\n{esc_fit(f'{now(incident)} {action}'.strip(), 300)}"


def _pause(scene: HomeScene) -> list[Part]:
    lines = [_paused(one) for one in scene.pauses]
    lines += [f"*No changes:* {esc_fit(one, 200)}." for one in scene.freezes]
    paused = any(one.scope == ALL for one in scene.pauses)
    asks = confirm(
        "Pause all changes?", "No new step starts anywhere until a lead resumes.", "Pause", "Go back"
    )
    pressed = (
        button("Resume changes", "home_resume", ALL, "Let changes start again; a lead may")
        if paused
        else button(
            "Pause all changes", "home_pause", ALL, "Pause: no new step starts anywhere", confirm=asks
        )
    )
    said = "\n".join(lines) or "Nothing is paused and nothing is frozen."
    refresh = button("Refresh", "home_refresh", ALL, "Read everything again")
    return [must(divider(), header("Changes")), must(section(said)), must(actions(pressed, refresh))]


def _paused(pause: Pause) -> str:
    what, who = esc_fit(pause_words(pause.scope), 100), mention(pause.person)
    why = f" {esc_fit(pause.reason, 200)}" if pause.reason else ""
    return f"*Paused:* {what}, by {who} since {when_day(pause.at)}.{why}"


def _health(scene: HomeScene) -> list[Part]:
    lines = [esc_fit(one, 300) for one in scene.health] or [ALL_WELL]
    read = f"Read at {when(scene.at)}; {count(len(scene.incidents), 'open incident')}."
    return [must(divider(), header("Health")), must(section("\n".join(lines))), must(context(read))]
