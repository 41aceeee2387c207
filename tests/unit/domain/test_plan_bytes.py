"""The bytes of a plan (rule 1): one form only, everything in them bound, and read back as what was stored."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, cast

import pytest

from bot.domain.action import Comparison, Tier, UndoKind
from bot.domain.errors import PlanCode, PlanRefusedError
from bot.domain.ids import ActionId, TargetId
from bot.domain.plan import MAX_INTEGER, Plan, canonical, digest_of, parsed, same_steps_hash
from tests.fakes.story import story

STATE = story().opened().diagnosed().proposed().plan
PLAN = STATE.plan
OTHERS: dict[type[StrEnum], StrEnum] = {
    Tier: Tier.HIGH,
    UndoKind: UndoKind.IRREVERSIBLE,
    Comparison: Comparison.ABOVE,
}


def other(value: object) -> object:
    """Another value of the same kind."""
    for kind, another in OTHERS.items():
        if isinstance(value, kind):
            return another
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    return "new"


def variants(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The same thing with one leaf changed, for each leaf, by the leaf's name."""
    if is_dataclass(value):
        for field in fields(value):
            for name, changed in variants(getattr(value, field.name), f"{path}.{field.name}"):
                yield name, replace(cast("Any", value), **{field.name: changed})
    elif isinstance(value, tuple):
        items = cast("tuple[Any, ...]", value)
        for index, item in enumerate(items):
            for name, changed in variants(item, f"{path}[{index}]"):
                yield name, (*items[:index], changed, *items[index + 1 :])
    else:
        yield path, other(value)


VARIANTS = dict(variants(PLAN))


def code(body: str) -> PlanCode:
    with pytest.raises(PlanRefusedError) as caught:
        parsed(body)
    return caught.value.code


def test_the_stored_bytes_are_the_canonical_ones_and_the_digest_is_theirs() -> None:
    assert STATE.body == canonical(PLAN)
    assert STATE.digest == hashlib.sha256(STATE.body.encode()).hexdigest()
    assert parsed(STATE.body) == PLAN
    assert json.dumps(json.loads(STATE.body), sort_keys=True, separators=(",", ":")) == STATE.body


@pytest.mark.parametrize("name", VARIANTS)
def test_every_leaf_of_a_plan_is_bound_by_its_digest_and_read_back(name: str) -> None:
    changed: Plan = VARIANTS[name]
    body = canonical(changed)
    assert digest_of(body) != STATE.digest
    assert parsed(body) == changed


def test_more_than_forty_leaves_are_bound() -> None:
    assert len(VARIANTS) > 40


@pytest.mark.parametrize("letter", ["\u0430", "\u200b", "\n", "\t", "\x7f", "\u202e", "\x00"])
def test_no_byte_of_a_plan_is_anything_but_printable_ascii(letter: str) -> None:
    for changed in (
        replace(PLAN, tier_rule=letter),
        replace(PLAN, steps=(replace(PLAN.steps[0], target=TargetId(letter)),)),
        replace(PLAN, steps=(replace(PLAN.steps[0], parameters=(("pool_size", letter),)),)),
        replace(PLAN, steps=(replace(PLAN.steps[0], dry_run=(letter,)),)),
    ):
        with pytest.raises(PlanRefusedError) as caught:
            canonical(changed)
        assert caught.value.code is PlanCode.BAD_PARAMETER


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"revision":1', '"revision":1.0'),
        ('"revision":1', '"revision":true'),
        ('"revision":1', '"revision":"1"'),
        ('"revision":1', '"revision":NaN'),
        ('"revision":1', '"revision":01'),
        ('"revision":1', '"revision":1e0'),
        ('"revision":1', f'"revision":{MAX_INTEGER + 1}'),
        ('"revision":1', f'"revision":{"9" * 5000}'),
        ('"revision":1', '"revision":1,"revision":1'),
        ('"revision":1', '"revision": 1'),
        ('"revision":1', '"revision":1,"surprise":1'),
        ('"schema":1', '"schema":2'),
        ('"schema":1', '"schema":true'),
        ('"steps":[', '"steps":' + "[" * 100_000),
        ('"production":"yes"', '"production":"maybe"'),
        ('"tier":"low"', '"tier":"none"'),
        ('"blast_radius":1', '"blast_radius":-0'),
        ("checkout/process", "checkout\\/process"),
        ("checkout/process", "\\u0063heckout/process"),
    ],
)
def test_bytes_in_any_other_form_are_no_plan(old: str, new: str) -> None:
    assert old in STATE.body
    assert code(STATE.body.replace(old, new, 1)) is PlanCode.BAD_PARAMETER


@pytest.mark.parametrize("body", ["", "null", "[]", '""', "{}", "1"])
def test_what_is_no_object_is_no_plan(body: str) -> None:
    assert code(body) is PlanCode.BAD_PARAMETER


def test_the_hash_of_the_steps_knows_action_target_and_parameters_and_nothing_else() -> None:
    step, same = PLAN.steps[0], same_steps_hash(PLAN)
    for changed in (
        replace(PLAN, revision=9, tier=Tier.HIGH, expires_at=PLAN.expires_at + 1, originators=()),
        replace(PLAN, steps=(replace(step, before=(), preconditions=(), title="x", timeout_seconds=1),)),
    ):
        assert same_steps_hash(changed) == same
    for other_step in (
        replace(step, action=ActionId("restart")),
        replace(step, target=TargetId("checkout/other")),
        replace(step, parameters=(("pool_size", 41),)),
        replace(step, parameters=(("pool_size", "40"),)),
    ):
        assert same_steps_hash(replace(PLAN, steps=(other_step,))) != same
    assert same_steps_hash(replace(PLAN, steps=(step, step))) != same
