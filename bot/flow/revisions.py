"""What a person wants the next plan to be, drafted like every other plan; the person is its originator."""

from dataclasses import replace

from bot.domain.drafting import MORE_CARE
from bot.domain.errors import PlanRefusedError
from bot.domain.events import Answered, Event, OptionChosen
from bot.domain.finding import Option
from bot.domain.incident import Incident
from bot.flow.checked_plan import checked_plan
from bot.flow.drafts import Drafted, Seen, desk_of, proposal, proposed_steps
from bot.ports.ports import Ports


async def chosen(incident: Incident, ports: Ports, seen: Seen, wanted: OptionChosen) -> Event:
    """The option that a person asked for, as a new revision."""
    last = incident.current
    assert last is not None
    option = last.options[wanted.number - 1]
    desk = replace(desk_of(ports, seen, (wanted.person,)), raise_tier=option.raise_tier)
    try:
        plan = await checked_plan(ports, incident, option.steps, desk)
    except PlanRefusedError as refused:
        return Answered(wanted.ts, f"Option {wanted.number} cannot be proposed now: {refused.message}")
    others = tuple(other for other in last.options if other is not option)
    care = last.plan.tier_rule == MORE_CARE
    mine = Option("the former proposal", proposed_steps(last), last.explanation, care)
    return proposal((Drafted(option, plan), *(Drafted(other, plan) for other in (mine, *others))))
