"""How what people want of the next plan, and the policy's own approval, change an incident."""

from dataclasses import replace

from bot.domain.action import Tier
from bot.domain.errors import IllegalEventError
from bot.domain.events import Answered, Closing, Entry, OptionChosen, Wanted
from bot.domain.incident import PLANNABLE, Incident, Phase
from bot.domain.teamwork import AutoApproved, ParametersEdited, UndoAsked


def wanted(incident: Incident, entry: Entry, event: Wanted) -> Incident:
    """The incident with a wish for its next plan; raises IllegalEventError where none can be had."""
    if isinstance(event, UndoAsked):
        return _undo_asked(incident, entry, event)
    _must(incident, incident.phase in PLANNABLE, entry)
    state = incident.current
    if isinstance(event, ParametersEdited):
        bound = state is not None and (state.plan.id, state.plan.revision) == (event.plan, event.revision)
        _must(incident, bound and state is not None and state.open, entry)
    if isinstance(event, OptionChosen):
        _must(incident, 1 <= event.number <= len(state.options if state else ()), entry)
    return _chose(incident, event)


def _undo_asked(incident: Incident, entry: Entry, event: UndoAsked) -> Incident:
    """What was carried out can be taken back; an incident that was measured to be over is open again."""
    ran = any(state.digest == event.digest for state in incident.executions)
    over = incident.closed is not None and incident.closed.closing is Closing.VERIFIED
    _must(incident, ran and (over or (incident.is_open and incident.phase in PLANNABLE)), entry)
    open_again = replace(incident, closed=None, phase=Phase.VERIFIED) if over else incident
    return _chose(open_again, event)


def auto_approved(incident: Incident, entry: Entry, event: AutoApproved) -> Incident:
    """The incident with its plan approved by the policy; legal for harmless plans that nobody asked for."""
    state = incident.current
    _must(incident, state is not None and incident.phase is Phase.PROPOSED and state.open, entry)
    assert state is not None
    plan = state.plan
    bound = (plan.id, plan.revision, state.digest) == (event.plan, event.revision, event.digest)
    harmless = not plan.production and plan.tier is Tier.LOW and plan.blast_radius == 1
    _must(incident, bound and harmless and not plan.originators, entry)
    _must(incident, entry.at < plan.expires_at and not state.decisions, entry)
    now = replace(state, auto=(entry.at, event))
    return replace(incident, plans=(*incident.plans[:-1], now), phase=Phase.APPROVED)


def answered(incident: Incident, event: Answered) -> Incident:
    """The incident with an answer; a wish that it answers is no longer one."""
    questions = tuple(
        replace(question, answer=event.text, evidence=event.evidence, offers=event.offers)
        if question.ts == event.ts and question.answer is None
        else question
        for question in incident.questions
    )
    left = incident.wanted if incident.wanted and incident.wanted.ts != event.ts else None
    return replace(incident, questions=questions, wanted=left)


def _chose(incident: Incident, event: Wanted) -> Incident:
    questions = tuple(
        replace(question, chose=True) if question.ts == event.ts else question
        for question in incident.questions
    )
    return replace(incident, questions=questions, wanted=event)


def _must(incident: Incident, legal: bool, entry: Entry) -> None:  # noqa: FBT001 - a condition, not a flag
    if not legal:
        name = type(entry.event).__name__
        raise IllegalEventError(f"{name} cannot follow {incident.phase} (entry {entry.number}).")
