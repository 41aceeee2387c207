"""What a person wants the next plan to be, drafted like every other plan; the person is its originator."""

from dataclasses import replace

from bot.domain.action import ParameterKind, UndoKind, Value
from bot.domain.drafting import asked_for_more_care
from bot.domain.errors import PlanCode, PlanRefusedError
from bot.domain.events import Answered, Event, OptionChosen, PlanEnd
from bot.domain.finding import Option, ProposedStep
from bot.domain.ids import PersonId
from bot.domain.incident import Incident, PlanState, StepStatus
from bot.domain.plan import Plan, same_steps_hash
from bot.domain.teamwork import ParametersEdited, UndoAsked
from bot.flow.checked_plan import checked_plan
from bot.flow.drafts import Drafted, Seen, desk_of, moved_on, proposal, proposed_steps, undo_step, undoable
from bot.ports.ports import Ports

EDITED = "Edited by a person; what the team said was about its own values: "
TOO_LATE = "That plan is no longer open, so it was not changed."


async def chosen(incident: Incident, ports: Ports, seen: Seen, wanted: OptionChosen) -> Event:
    """The option that a person asked for, as a new revision.

    Whoever asked for the plan before stays an originator: an option may be what they typed or worded.
    """
    last = incident.current
    assert last is not None
    option = last.options[wanted.number - 1]
    originators = tuple(dict.fromkeys((*last.plan.originators, wanted.person)))
    desk = replace(desk_of(ports, seen, originators), raise_tier=option.raise_tier)
    try:
        plan = await checked_plan(ports, incident, option.steps, desk)
    except PlanRefusedError as refused:
        return Answered(wanted.ts, f"Option {wanted.number} cannot be proposed now: {refused.message}")
    others = tuple(other for other in last.options if other is not option)
    care = asked_for_more_care(last.plan)
    before = f"{titles(last)} (the plan before this one)"
    mine = Option(before, proposed_steps(last), last.explanation, care)
    return proposal((Drafted(option, plan), *(Drafted(other, plan) for other in (mine, *others))))


def titles(state: PlanState) -> str:
    """What a plan does, with its values, so that it can be told from others of its kind."""
    return "; ".join(
        f"{step.title} ({', '.join(f'{name} {value}' for name, value in step.parameters)})"
        if step.parameters
        else step.title
        for step in state.plan.steps
    )


async def edited(incident: Incident, ports: Ports, seen: Seen, wanted: ParametersEdited) -> Event:
    """The open plan with other parameters in one step, as a new revision without any approval.

    Whoever asked for the plan before stays an originator beside the editor. The undo of an earlier plan
    that stands in front keeps its parameters, since a step is edited and not a plan.
    """
    last = incident.current
    if last is None or (last.plan.id, last.plan.revision) != (wanted.plan, wanted.revision) or not last.alive:
        return Answered(wanted.ts, TOO_LATE)
    steps = list(proposed_steps(last))
    if not 0 <= wanted.step < len(steps):
        return Answered(wanted.ts, TOO_LATE)
    given = tuple((name, _typed(ports, steps[wanted.step], name, text)) for name, text in wanted.parameters)
    steps[wanted.step] = replace(steps[wanted.step], parameters=given)
    originators = tuple(dict.fromkeys((*last.plan.originators, wanted.person)))
    care = asked_for_more_care(last.plan)
    words = f"{EDITED}{last.explanation.removeprefix(EDITED)}"
    option = Option("with other parameters", tuple(steps), words, care)
    try:
        plan = await _drafted(incident, ports, seen, option, originators)
    except PlanRefusedError as refused:
        return Answered(wanted.ts, f"The edited plan cannot be proposed: {refused.message}")
    others = tuple(Drafted(other, plan) for other in last.options)
    return proposal((Drafted(option, plan), *others))


def _typed(ports: Ports, step: ProposedStep, name: str, text: str) -> Value:
    """What a person typed, as drafting wants it: digits of an integer, everything else as it stands."""
    action = ports.content.catalogue().action(step.action)
    spec = action.parameter(name) if action else None
    whole = spec is not None and spec.kind is ParameterKind.INTEGER
    digits = text.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and len(digits) <= 12  # noqa: PLR2004 - of any real bound
    return int(text) if whole and plain else text


async def undone(incident: Incident, ports: Ports, seen: Seen, wanted: UndoAsked) -> Event:
    """The undo of an executed plan, last step first, where its targets still show what it left behind."""
    state = incident.plan(wanted.digest)
    if state is None or state.started_at is None:
        return Answered(wanted.ts, "That plan was not carried out, so there is nothing to take back.")
    done = tuple(reversed(tuple(step for step in state.steps if step.status is StepStatus.DONE)))
    back = tuple(step for step in done if undoable(step))
    if not back:
        return Answered(wanted.ts, f"There is nothing to take back. {_kept(state)}".strip())
    moved = tuple(what for step in back for what in moved_on(step, seen.get(step.step.target)))
    if moved:
        what = "; ".join(moved)
        return Answered(wanted.ts, f"The target is no longer as plan {state.plan.revision} left it: {what}.")
    words = f"Takes back plan {state.plan.revision}. {_kept(state)}".strip()
    option = Option(f"Undo plan {state.plan.revision}", tuple(map(undo_step, back)), words)
    try:
        plan = await _drafted(incident, ports, seen, option, (wanted.person,))
    except PlanRefusedError as refused:
        return Answered(wanted.ts, f"The undo cannot be proposed now: {refused.message}")
    return proposal((Drafted(option, plan),))


def _kept(state: PlanState) -> str:
    """What stays as it is because nothing takes it back."""
    lines = [
        f"Step {number} ({step.step.title}) cannot be undone. {step.step.undo.text}".strip()
        if step.step.undo.kind is UndoKind.IRREVERSIBLE
        else f"Step {number} ({step.step.title}) needs no undo."
        for number, step in enumerate(state.steps, 1)
        if step.status is StepStatus.DONE and not undoable(step)
    ]
    return " ".join(lines)


async def _drafted(
    incident: Incident, ports: Ports, seen: Seen, option: Option, originators: tuple[PersonId, ...]
) -> Plan:
    """Raises PlanRefusedError, also for steps that were rejected in this incident."""
    desk = replace(desk_of(ports, seen, originators), raise_tier=option.raise_tier)
    plan = await checked_plan(ports, incident, option.steps, desk)
    rejected = {same_steps_hash(s.plan) for s in incident.plans if s.ended is PlanEnd.REJECTED}
    if same_steps_hash(plan) in rejected:
        raise PlanRefusedError(PlanCode.SAME_STEPS, "These steps were rejected in this incident.")
    return plan
