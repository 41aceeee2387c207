"""A plan: frozen, hashed over its bytes, and the same wherever it is read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bot.domain.action import Comparison, Pace, Tier, UndoKind, Value
from bot.domain.errors import PlanCode, PlanRefusedError
from bot.domain.ids import ActionId, At, Digest, EnvironmentId, IncidentId, PersonId, PlanId, TargetId

SCHEMA = 1
MAX_STEPS = 10
MAX_INTEGER = 2**53 - 1
"""Beyond it programs read one number in different ways: RFC 8785 leaves that subset there."""


@dataclass(frozen=True, slots=True)
class Check:
    """The success check declared before approval: samples of a query against a decimal threshold."""

    metric: str
    query: str
    unit: str
    comparison: Comparison
    threshold: str
    pace: Pace


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a step back, with its parameters already filled in."""

    kind: UndoKind
    action: ActionId | None = None
    parameters: tuple[tuple[str, Value], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One action on one target, with everything that was known and promised when it was approved."""

    action: ActionId
    version: int
    title: str
    target: TargetId
    executor: str
    parameters: tuple[tuple[str, Value], ...]
    before: tuple[tuple[str, str], ...]
    preconditions: tuple[tuple[str, str], ...]
    timeout_seconds: int
    check: Check
    undo: Undo
    effect: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    """What the card shows as before -> after: the observed field, its value now, its value afterwards."""
    dry_run: tuple[str, ...] = ()
    """What the executor itself says it would change, line by line; none where it has no dry run."""
    similar: tuple[TargetId, ...] = ()
    """Other targets of the inventory with nearly the same name."""
    address: str = ""
    """The hash of the target's settings, so that the name cannot come to mean something else."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered steps and all that binds them: incident, environment, hashes, tier, originators, expiry."""

    id: PlanId
    incident: IncidentId
    revision: int
    workspace: str
    environment: EnvironmentId
    production: bool
    catalogue: str
    policy: str
    steps: tuple[Step, ...]
    blast_radius: int
    tier: Tier
    tier_rule: str
    approvals: int
    hold_seconds: int
    originators: tuple[PersonId, ...]
    expires_at: At
    rosters: tuple[tuple[str, str], ...] = ()
    """Role and roster of the owning service; who is on them is read at the click."""


def canonical(plan: Plan) -> str:
    """The plan as canonical JSON: sorted ASCII keys, integers and strings only (the RFC 8785 subset)."""
    text = json.dumps(_body(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    # What JSON escapes would look harmless here: of all escapes only those of \" and \\ are printable ASCII.
    escapes = text.replace("\\\\", "").replace('\\"', "")
    if not text.isprintable() or not text.isascii() or "\\" in escapes:
        raise PlanRefusedError(PlanCode.BAD_PARAMETER, "A plan holds printable ASCII only.")
    return text


def checks_of(plan: Plan) -> tuple[Check, ...]:
    """The success checks that must all hold, each once, those of the last step first."""
    found = {(c.metric, c.query, c.comparison, c.threshold): c for c in (s.check for s in plan.steps)}
    last = plan.steps[-1].check
    mine = (last.metric, last.query, last.comparison, last.threshold)
    return (last, *(check for key, check in found.items() if key != mine))


def metrics_of(plan: Plan) -> tuple[str, ...]:
    """The names of the metrics that the checks look at, each once."""
    return tuple(dict.fromkeys(check.metric for check in checks_of(plan)))


def pace_of(plan: Plan) -> Pace:
    """When the checks are looked at: as late, as long and as often as the most demanding of them asks."""
    paces = [step.check.pace for step in plan.steps]
    samples = max(pace.samples for pace in paces)
    return Pace(
        settle_seconds=max(pace.settle_seconds for pace in paces),
        every_seconds=max(pace.every_seconds for pace in paces),
        samples=samples,
        needed=samples - min(pace.samples - pace.needed for pace in paces),
    )


def digest_of(body: str) -> Digest:
    """SHA-256 over the stored bytes."""
    return Digest(hashlib.sha256(body.encode("ascii")).hexdigest())


def same_steps_hash(plan: Plan) -> Digest:
    """A hash over actions, parameters and targets alone, which tells "the same steps again"."""
    steps = [[step.action, step.target, [list(pair) for pair in step.parameters]] for step in plan.steps]
    return digest_of(json.dumps(steps, sort_keys=True, separators=(",", ":"), ensure_ascii=True))


def idempotency_key(digest: Digest, step: int) -> str:
    """The key of one step of one plan, the same however often it is asked for."""
    return f"{digest[:12]}:{step}"


def parsed(body: str) -> Plan:
    """The plan from its canonical bytes; raises PlanRefusedError where they are not a plan."""
    try:
        raw = cast("dict[str, object]", json.loads(body))
        if raw["schema"] != SCHEMA:
            raise PlanRefusedError(PlanCode.BAD_PARAMETER, f"Plan schema {raw['schema']} is not {SCHEMA}.")
        plan = _plan(raw)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise PlanRefusedError(PlanCode.BAD_PARAMETER, f"These bytes are not a plan: {error}.") from error
    if canonical(plan) != body:
        raise PlanRefusedError(PlanCode.BAD_PARAMETER, "These bytes are not a plan in canonical form.")
    return plan


def _body(plan: Plan) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "plan": plan.id,
        "incident": plan.incident,
        "revision": plan.revision,
        "workspace": plan.workspace,
        "environment": plan.environment,
        "production": "yes" if plan.production else "no",
        "catalogue": plan.catalogue,
        "policy": plan.policy,
        "steps": [_step_body(step) for step in plan.steps],
        "blast_radius": plan.blast_radius,
        "tier": plan.tier,
        "tier_rule": plan.tier_rule,
        "approvals": plan.approvals,
        "hold_seconds": plan.hold_seconds,
        "originators": list(plan.originators),
        "expires_at": plan.expires_at,
        **({"rosters": _pairs_body(plan.rosters)} if plan.rosters else {}),
    }


def _step_body(step: Step) -> Mapping[str, object]:
    return {
        "action": step.action,
        "version": step.version,
        "title": step.title,
        "target": step.target,
        "executor": step.executor,
        "parameters": _pairs_body(step.parameters),
        "before": _pairs_body(step.before),
        "preconditions": _pairs_body(step.preconditions),
        "timeout_seconds": step.timeout_seconds,
        "effect": step.effect,
        "changes": [list(change) for change in step.changes],
        # Left out where there is none, so that plans without them keep their bytes.
        **({"dry_run": list(step.dry_run)} if step.dry_run else {}),
        **({"similar": list(step.similar)} if step.similar else {}),
        **({"address": step.address} if step.address else {}),
        "undo": {
            "kind": step.undo.kind,
            "action": step.undo.action or "",
            "parameters": _pairs_body(step.undo.parameters),
            "text": step.undo.text,
        },
        "check": {
            "metric": step.check.metric,
            "query": step.check.query,
            "unit": step.check.unit,
            "comparison": step.check.comparison,
            "threshold": step.check.threshold,
            "settle_seconds": step.check.pace.settle_seconds,
            "every_seconds": step.check.pace.every_seconds,
            "samples": step.check.pace.samples,
            "needed": step.check.pace.needed,
        },
    }


def _pairs_body(pairs: tuple[tuple[str, Value], ...]) -> list[list[Value]]:
    return [[name, value] for name, value in pairs]


def _plan(raw: Mapping[str, object]) -> Plan:
    return Plan(
        id=PlanId(_text(raw["plan"])),
        incident=IncidentId(_text(raw["incident"])),
        revision=_number(raw["revision"]),
        workspace=_text(raw["workspace"]),
        environment=EnvironmentId(_text(raw["environment"])),
        production={"yes": True, "no": False}[_text(raw["production"])],
        catalogue=_text(raw["catalogue"]),
        policy=_text(raw["policy"]),
        steps=tuple(_step(_mapping(step)) for step in _items(raw["steps"])),
        blast_radius=_number(raw["blast_radius"]),
        tier=Tier(_text(raw["tier"])),
        tier_rule=_text(raw["tier_rule"]),
        approvals=_number(raw["approvals"]),
        hold_seconds=_number(raw["hold_seconds"]),
        originators=tuple(PersonId(_text(person)) for person in _items(raw["originators"])),
        expires_at=At(_number(raw["expires_at"])),
        rosters=_words(raw.get("rosters", [])),
    )


def _step(raw: Mapping[str, object]) -> Step:
    undo = _mapping(raw["undo"])
    return Step(
        action=ActionId(_text(raw["action"])),
        version=_number(raw["version"]),
        title=_text(raw["title"]),
        target=TargetId(_text(raw["target"])),
        executor=_text(raw["executor"]),
        parameters=_pairs(raw["parameters"]),
        before=_words(raw["before"]),
        preconditions=_words(raw["preconditions"]),
        timeout_seconds=_number(raw["timeout_seconds"]),
        check=_check(_mapping(raw["check"])),
        undo=Undo(
            kind=UndoKind(_text(undo["kind"])),
            action=ActionId(_text(undo["action"])) if undo["action"] else None,
            parameters=_pairs(undo["parameters"]),
            text=_text(undo["text"]),
        ),
        effect=_text(raw["effect"]),
        changes=tuple(_change(change) for change in _items(raw["changes"])),
        dry_run=tuple(_text(line) for line in _items(raw.get("dry_run", []))),
        similar=tuple(TargetId(_text(name)) for name in _items(raw.get("similar", []))),
        address=_text(raw.get("address", "")),
    )


def _check(raw: Mapping[str, object]) -> Check:
    return Check(
        metric=_text(raw["metric"]),
        query=_text(raw["query"]),
        unit=_text(raw["unit"]),
        comparison=Comparison(_text(raw["comparison"])),
        threshold=_text(raw["threshold"]),
        pace=Pace(
            settle_seconds=_number(raw["settle_seconds"]),
            every_seconds=_number(raw["every_seconds"]),
            samples=_number(raw["samples"]),
            needed=_number(raw["needed"]),
        ),
    )


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"expected a string, not {type(raw).__name__}")
    return raw


def _number(raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise TypeError(f"expected an integer, not {type(raw).__name__}")
    if abs(raw) > MAX_INTEGER:
        raise ValueError("an integer is too large")
    return raw


def _items(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise TypeError(f"expected a list, not {type(raw).__name__}")
    return cast("list[object]", raw)


def _mapping(raw: object) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        raise TypeError(f"expected an object, not {type(raw).__name__}")
    return cast("Mapping[str, object]", raw)


def _pair(raw: object) -> tuple[str, Value]:
    name, value = _items(raw)
    return _text(name), value if isinstance(value, str) else _number(value)


def _pairs(raw: object) -> tuple[tuple[str, Value], ...]:
    return tuple(_pair(pair) for pair in _items(raw))


def _change(raw: object) -> tuple[str, str, str]:
    field, before, after = _items(raw)
    return _text(field), _text(before), _text(after)


def _words(raw: object) -> tuple[tuple[str, str], ...]:
    return tuple((name, _text(value)) for name, value in _pairs(raw))
