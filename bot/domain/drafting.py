"""From a team's proposal to a frozen plan: code computes all that the card calls a fact (rules 1-7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.domain.action import (
    TIER_RANK,
    Action,
    Catalogue,
    CheckSpec,
    Comparison,
    ParameterKind,
    ParameterSpec,
    Tier,
    UndoKind,
    Value,
)
from bot.domain.editing import WORD, problem
from bot.domain.errors import PlanCode, PlanRefusedError
from bot.domain.evidence import Observation
from bot.domain.finding import ProposedStep
from bot.domain.ids import SECOND, At, PersonId, PlanId, TargetId
from bot.domain.incident import Incident
from bot.domain.plan import MAX_INTEGER, MAX_STEPS, Check, Plan, Step, Undo
from bot.domain.policy import Policy
from bot.domain.service import Criticality, Environment, Inventory, Service, Target, can_take
from bot.domain.similar import similar_names

MORE_CARE = "the team asked for more care (+1)"


@dataclass(frozen=True, slots=True)
class Desk:
    """All that drafting needs: content, what was observed, who asked, and when."""

    inventory: Inventory
    catalogue: Catalogue
    policy: Policy
    observations: Mapping[TargetId, Observation]
    originators: tuple[PersonId, ...]
    tripwire: Callable[[str], str | None]
    raise_tier: bool
    now: At
    first_uses: frozenset[tuple[str, str]] = frozenset()
    """Actions (with their targets) that never worked there before, where the policy asks for that."""


def draft(incident: Incident, plan_id: PlanId, proposals: tuple[ProposedStep, ...], desk: Desk) -> Plan:
    """The plan for these proposals; raises PlanRefusedError with a code that the planner can use."""
    if not proposals:
        raise PlanRefusedError(PlanCode.UNKNOWN_ACTION, "A plan needs at least one step.")
    if len(proposals) > MAX_STEPS:
        raise PlanRefusedError(PlanCode.TOO_MANY_STEPS, f"A plan has at most {MAX_STEPS} steps.")
    service = _service(incident, desk)
    steps = tuple(_step(proposal, service, desk) for proposal in proposals)
    environment = desk.inventory.environment(service.environment)
    if environment is None:
        raise PlanRefusedError(PlanCode.UNKNOWN_TARGET, f"{service.name} has no known environment.")
    blast_radius = len({step.target for step in steps})
    tier, why = tier_of(steps, service, environment, desk)
    rule = desk.policy.rule(tier)
    return Plan(
        id=plan_id,
        incident=incident.id,
        revision=incident.current.plan.revision + 1 if incident.current else 1,
        workspace=incident.place.workspace,
        environment=environment.id,
        production=environment.production,
        catalogue=desk.catalogue.sha256,
        policy=desk.policy.sha256,
        steps=steps,
        blast_radius=blast_radius,
        tier=tier,
        tier_rule=why,
        approvals=rule.approvals,
        hold_seconds=rule.hold_seconds,
        originators=desk.originators,
        expires_at=At(desk.now + rule.window_seconds * SECOND),
        rosters=service.rosters,
    )


def tier_of(
    steps: tuple[Step, ...], service: Service, environment: Environment, desk: Desk
) -> tuple[Tier, str]:
    """The tier of a plan and every rule that asked for it (rule 4); what has no tier known here is high."""
    actions = tuple(_action(step.action, desk.catalogue) for step in steps)
    highest = max(actions, key=lambda action: TIER_RANK[action.tier])
    tier, rules = highest.tier, [f"action {highest.id} is {highest.tier}"]
    if service.criticality is Criticality.CRITICAL and not all(action.read_only for action in actions):
        tier, rules = tier.raised(), [*rules, f"{service.name} is critical (+1)"]
    touched, most = len({step.target for step in steps}), desk.policy.limits.blast_radius
    if touched > most:
        tier, rules = Tier.HIGH, [*rules, f"{touched} targets are more than {most}"]
    tripped = next(filter(None, (_tripped(step, service, environment, desk) for step in steps)), None)
    if tripped is not None:
        tier, rules = Tier.HIGH, [*rules, f"trip-wire: {tripped}"]
    first = next((step for step in steps if (step.action, step.target) in desk.first_uses), None)
    if first is not None:
        tier, rules = tier.raised(), [*rules, f"first use of {first.action} on {first.target} (+1)"]
    if desk.raise_tier:
        tier, rules = tier.raised(), [*rules, MORE_CARE]
    return tier, "; ".join(rules)


def asked_for_more_care(plan: Plan) -> bool:
    """Whether the team asked for more than the rules do, which no edit of the plan undoes."""
    return plan.tier_rule.endswith(MORE_CARE)


def wire_text(step: Step, service: Service) -> str:
    """What trip-wires look at: action, parameters, target and environment; never prose (rule 5)."""
    parameters = " ".join(f"{name}={value}" for name, value in step.parameters)
    return f"{step.action} {parameters} {step.target} {service.environment}"


def _tripped(step: Step, service: Service, environment: Environment, desk: Desk) -> str | None:
    """The trip-wire that a step sets off; production is what the inventory calls so, whatever its name."""
    text = wire_text(step, service)
    found = desk.tripwire(text)
    return desk.tripwire(f"{text} production") if found is None and environment.production else found


def _service(incident: Incident, desk: Desk) -> Service:
    service = desk.inventory.service(incident.service)
    if service is None:
        raise PlanRefusedError(PlanCode.UNKNOWN_TARGET, "The alert names no service of the inventory.")
    return service


def _step(proposal: ProposedStep, service: Service, desk: Desk) -> Step:
    action = _action(proposal.action, desk.catalogue)
    target = _target(proposal, service, desk.inventory)
    if not can_take(target, action):
        fit = ", ".join(known.id for known in service.targets if can_take(known, action)) or "none"
        raise PlanRefusedError(
            PlanCode.UNKNOWN_TARGET, f"{action.id} cannot be done to {target.id}; targets that fit: {fit}."
        )
    observed = desk.observations.get(target.id)
    if observed is None:
        raise PlanRefusedError(PlanCode.UNKNOWN_TARGET, f"{target.id} could not be observed.")
    parameters = _parameters(proposal, action, observed)
    fields = dict(observed.fields)
    return Step(
        action=action.id,
        version=action.version,
        title=action.title,
        target=target.id,
        executor="simulator" if action.how == "simulate" else target.executor,
        parameters=parameters,
        before=tuple((name, _printable(fields.get(name, "unknown"))) for name in action.observes),
        preconditions=tuple((name, _known(name, fields, target)) for name in action.preconditions),
        timeout_seconds=action.timeout_seconds,
        check=_check(action.check, service),
        undo=_undo((action, parameters), target, observed, service, desk),
        effect=action.effect,
        changes=_changes(action, parameters, fields),
        similar=_similar(target, desk.inventory),
        address=target.address,
    )


def _similar(target: Target, inventory: Inventory) -> tuple[TargetId, ...]:
    everything = (known.id for service in inventory.services for known in service.targets)
    return tuple(TargetId(_printable(name)) for name in similar_names(target.id, everything))


def _action(wanted: str, catalogue: Catalogue) -> Action:
    action = catalogue.action(wanted)
    if action is None:
        names = ", ".join(sorted(known.id for known in catalogue.actions))
        raise PlanRefusedError(PlanCode.UNKNOWN_ACTION, f"There is no action {wanted!a}; there are: {names}.")
    return action


def _target(proposal: ProposedStep, service: Service, inventory: Inventory) -> Target:
    target = service.target(proposal.target)
    if target is None:
        if inventory.owner_of(proposal.target):
            raise PlanRefusedError(
                PlanCode.OUT_OF_SCOPE, f"{proposal.target} does not belong to {service.name}."
            )
        names = ", ".join(known.id for known in service.targets)
        raise PlanRefusedError(
            PlanCode.UNKNOWN_TARGET, f"No target {proposal.target!a}; {service.name} has: {names}."
        )
    if proposal.action not in service.actions:
        raise PlanRefusedError(
            PlanCode.OUT_OF_SCOPE, f"{service.name} does not allow the action {proposal.action}."
        )
    return target


def _parameters(
    proposal: ProposedStep, action: Action, observed: Observation
) -> tuple[tuple[str, Value], ...]:
    given = dict(proposal.parameters)
    unknown = sorted(set(given) - {spec.name for spec in action.parameters})
    if unknown or len(given) != len(proposal.parameters):
        raise PlanRefusedError(
            PlanCode.BAD_PARAMETER,
            f"{action.id} has no parameter {', '.join(f'{name!a:.60}' for name in unknown)}."
            if unknown
            else f"{action.id} is given one parameter twice.",
        )
    return tuple((spec.name, _value(spec, given.get(spec.name), observed)) for spec in action.parameters)


def _value(spec: ParameterSpec, raw: object, observed: Observation) -> Value:
    match spec.kind:
        case ParameterKind.INTEGER:
            return _integer(spec, raw)
        case ParameterKind.WORD:
            return _word(spec, raw, observed)


def _integer(spec: ParameterSpec, raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise PlanRefusedError(PlanCode.BAD_PARAMETER, f"{spec.name} must be an integer, not {raw!a:.60}.")
    if abs(raw) > MAX_INTEGER:
        raise PlanRefusedError(PlanCode.BAD_PARAMETER, f"{spec.name} is far too large a number.")
    low, high = spec.minimum, spec.maximum
    if (low is not None and raw < low) or (high is not None and raw > high):
        raise PlanRefusedError(
            PlanCode.BAD_PARAMETER, f"{spec.name} must be within {low} and {high}, not {raw}."
        )
    return raw


def _word(spec: ParameterSpec, raw: object, observed: Observation) -> str:
    if not isinstance(raw, str) or not WORD.fullmatch(raw):
        raise PlanRefusedError(
            PlanCode.BAD_PARAMETER, f"{spec.name} must be one plain word, not {_told(raw)}."
        )
    allowed = spec.choices
    if spec.one_of_observed is not None:
        allowed = tuple((observed.field(spec.one_of_observed) or "").split(","))
    if allowed and raw not in allowed:
        raise PlanRefusedError(
            PlanCode.BAD_PARAMETER, f"{spec.name} must be one of {', '.join(allowed)}, not {raw}."
        )
    return raw


def _told(raw: object) -> str:
    """A value as a sentence may quote it: printable ASCII, not endless, and no number of a million digits."""
    return type(raw).__name__ if isinstance(raw, int) else f"{raw!a:.60}"


def _known(name: str, fields: Mapping[str, str], target: Target) -> str:
    if name not in fields:
        raise PlanRefusedError(PlanCode.UNKNOWN_TARGET, f"{target.id}: {name} could not be observed.")
    return _printable(fields[name])


def _printable(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise PlanRefusedError(
            PlanCode.BAD_PARAMETER, f"An observed value is not printable ASCII: {value!a:.60}."
        )
    return value


def _changes(
    action: Action, parameters: tuple[tuple[str, Value], ...], fields: Mapping[str, str]
) -> tuple[tuple[str, str, str], ...]:
    pairs = ((action.parameter(name), value) for name, value in parameters)
    return tuple(
        (spec.observed, _printable(fields.get(spec.observed, "unknown")), str(value))
        for spec, value in pairs
        if spec is not None and spec.observed is not None
    )


def _check(spec: CheckSpec, service: Service) -> Check:
    name = service.symptom if spec.metric == "symptom" else spec.metric
    metric = service.metric(name)
    if metric is None:
        raise PlanRefusedError(
            PlanCode.BAD_PARAMETER, f"{service.name} has no metric {name!r} to check success with."
        )
    threshold = spec.threshold
    if threshold == "normal":
        end = metric.normal_high if spec.comparison is Comparison.BELOW else metric.normal_low
        if end is None:
            raise PlanRefusedError(PlanCode.BAD_PARAMETER, f"{name} of {service.name} has no normal range.")
        threshold = format(end, "f")
    pace = service.pace or spec.pace
    return Check(name, metric.query, metric.unit, spec.comparison, threshold, pace)


def _undo(
    step: tuple[Action, tuple[tuple[str, Value], ...]],
    target: Target,
    observed: Observation,
    service: Service,
    desk: Desk,
) -> Undo:
    action, parameters = step
    spec = action.undo
    if spec.kind is not UndoKind.ACTION or spec.action is None:
        return Undo(spec.kind, text=spec.text)
    undoing = _action(spec.action, desk.catalogue)
    values: list[tuple[str, Value]] = []
    for name, field in spec.parameters:
        parameter, raw = undoing.parameter(name), observed.field(field)
        if parameter is None or raw is None:
            return Undo(UndoKind.IRREVERSIBLE, text=f"{field} could not be read before the change.")
        value = _undo_value(parameter, _printable(raw))
        if value is None:
            return Undo(UndoKind.IRREVERSIBLE, text=f"{undoing.id} may not set {field} back to {raw:.60}.")
        values.append((name, value))
    if undoing.id == action.id and tuple(values) == parameters:
        return Undo(UndoKind.NOT_NEEDED, text="The value stays as it is.")
    if undoing.id not in service.actions or not can_take(target, undoing):
        return Undo(UndoKind.IRREVERSIBLE, text=f"{service.name} does not allow {undoing.id} on {target.id}.")
    return Undo(UndoKind.ACTION, undoing.id, tuple(values), spec.text)


def _undo_value(spec: ParameterSpec, raw: str) -> Value | None:
    """The value that was there before, within the bounds of the catalogue; nothing where it is not."""
    if problem(replace(spec, one_of_observed=None), raw) is not None:
        return None
    return int(raw) if spec.kind is ParameterKind.INTEGER else raw
