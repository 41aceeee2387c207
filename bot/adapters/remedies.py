"""From a failure mode's page to steps: allowed here, not tried yet, with values from what was observed."""

from collections.abc import Iterator, Mapping
from typing import cast

from bot.domain.action import Action, ParameterKind, ParameterSpec, Value
from bot.domain.evidence import Change, Observation
from bot.domain.finding import Option, ProposedStep, Remediation
from bot.domain.ids import TargetId
from bot.domain.service import Service, can_take
from bot.ports.content import FailureMode, Remedy
from bot.ports.team import NOT_RUN, Case


class _CannotError(Exception):
    """This remedy cannot be used here."""


def remedies(mode: FailureMode, case: Case, change: Change | None) -> Remediation:
    """The usable remedies as options, the first one to be proposed; why the others are not is in the note."""
    assert case.service is not None
    options, notes = list[Option](), list[str]()
    for remedy in mode.remedies:
        try:
            options.append(_option(remedy, case, case.service, change))
        except _CannotError as reason:
            notes.append(f"{remedy.action}: {reason}")
    if options:
        return Remediation(tuple(options), "; ".join(notes))
    why = "; ".join(notes) or "nothing of the catalogue helps"
    return Remediation((), f"{mode.title}: no remedy can be proposed ({why}).")


def _option(remedy: Remedy, case: Case, service: Service, change: Change | None) -> Option:
    action = case.catalogue.action(remedy.action)
    if action is None or action.id not in service.actions:
        raise _CannotError(f"not among the actions of {service.name}")
    if remedy.when_change and change is None:
        raise _CannotError("no change shortly before it began")
    seen = _observation(action, service, case)
    _not_tried(action, seen.target, case)
    parameters = tuple(
        (spec.name, _value(spec, dict(remedy.parameters).get(spec.name), seen, change))
        for spec in action.parameters
    )
    for name, value in parameters:
        spec = action.parameter(name)
        if spec is not None and spec.observed is not None and seen.field(spec.observed) == str(value):
            raise _CannotError(f"{name} is {value} already")
    step = ProposedStep(action.id, TargetId(seen.target), parameters)
    title = remedy.title or action.title
    return Option(title, (step,), _why(title, parameters, change if remedy.when_change else None))


def _why(title: str, parameters: tuple[tuple[str, Value], ...], change: Change | None) -> str:
    values = ", ".join(f"{name} {value}" for name, value in parameters)
    after = f" The {change.what} of {change.after} came shortly before." if change else ""
    return f"{title}{f' ({values})' if values else ''}: the runbook's next remedy.{after}"


def _observation(action: Action, service: Service, case: Case) -> Observation:
    """The first observed target that shows every field which the action reads."""
    targets = {target.id for target in service.targets if can_take(target, action)}
    for seen in case.observations:
        if TargetId(seen.target) in targets and action.reads <= {name for name, _ in seen.fields}:
            return seen
    raise _CannotError(f"no target shows {', '.join(sorted(action.reads)) or 'its state'}")


def _not_tried(action: Action, target: str, case: Case) -> None:
    for tried in (one for one in case.tried if one.outcome != NOT_RUN):
        if any(step.action == action.id and step.target == target for step in tried.steps):
            raise _CannotError(f"tried already ({tried.outcome})")


def _value(spec: ParameterSpec, raw: object, seen: Observation, change: Change | None) -> Value:
    if isinstance(raw, Mapping):
        return _computed(spec, cast("Mapping[str, object]", raw), seen, change)
    if isinstance(raw, int | str) and not isinstance(raw, bool):
        return raw
    raise _CannotError(f"the runbook gives no value for {spec.name}")


def _computed(
    spec: ParameterSpec, rule: Mapping[str, object], seen: Observation, change: Change | None
) -> Value:
    if "from_change" in rule:
        return _from_change(spec, str(rule["from_change"]), seen, change)
    field = str(rule.get("from", ""))
    text = seen.field(field) or ""
    if spec.kind is ParameterKind.WORD and text:
        return text
    if not (text.isascii() and text.isdigit()):
        raise _CannotError(f"{field} could not be observed")
    value = int(text) * int(str(rule.get("percent", 100))) // 100
    return min(max(value, spec.minimum or 0), spec.maximum if spec.maximum is not None else value)


def _from_change(spec: ParameterSpec, end: str, seen: Observation, change: Change | None) -> str:
    if change is None:
        raise _CannotError("no change shortly before it began")
    value = change.before if end == "before" else change.after
    known = list(_listed(spec, seen))
    if known and value not in known:
        raise _CannotError(f"{value or 'the former value'} is not among {', '.join(known)}")
    return value


def _listed(spec: ParameterSpec, seen: Observation) -> Iterator[str]:
    listed = seen.field(spec.one_of_observed) if spec.one_of_observed else None
    yield from (listed or "").split(",") if listed else ()
