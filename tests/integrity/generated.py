"""Random catalogues, inventories and proposals, from a seed."""

import random
import string
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain.action import (
    Action,
    Catalogue,
    CheckSpec,
    Comparison,
    Pace,
    ParameterKind,
    ParameterSpec,
    Tier,
    UndoKind,
    UndoSpec,
)
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, TargetId
from bot.domain.policy import Limits
from bot.domain.service import Criticality, Inventory, MetricSpec, Target
from tests.fakes.content import CHECKOUT, FixedContent, example_content

HOW = "record"
FIRST = f"{string.ascii_letters}{string.digits}_"
WORDS = f"{FIRST}.:-"
PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
CHECK = CheckSpec("error_rate", Comparison.BELOW, "normal", Pace(2, 2, 3, 3))
WIDE = Limits(
    per_target=100_000, per_workspace=1_000_000, executions_per_incident=1000, plans_per_incident=1000
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Content, what every target shows now, and the steps that a team proposes on it."""

    content: FixedContent
    observed: dict[TargetId, dict[str, str]]
    steps: tuple[ProposedStep, ...]


def proposal(seed: int) -> Proposal:
    """A catalogue of up to five actions, up to five targets, and one to ten steps over them."""
    dice = random.Random(seed)
    actions = tuple(_action(dice, number) for number in range(dice.randint(1, 5)))
    targets = tuple(TargetId(f"checkout/{_name(dice)}{number}") for number in range(dice.randint(1, 5)))
    fields = {field for action in actions for field in action.observes}
    observed = {target: {field: _text(dice) for field in sorted(fields)} for target in targets}
    # few steps are what teams propose; ten are what the rules allow
    many = dice.choice((1, 1, 2, 2, 3, 4, 6, 10))
    steps = tuple(_step(dice, dice.choice(actions), dice.choice(targets)) for _ in range(many))
    return Proposal(_content(dice, actions, targets), observed, steps)


def _name(dice: random.Random) -> str:
    return dice.choice(("set", "raise", "drop", "move", "limit")) + "".join(
        dice.choices(string.ascii_lowercase, k=6)
    )


def _word(dice: random.Random) -> str:
    return dice.choice(FIRST) + "".join(dice.choices(WORDS, k=dice.choice((0, 1, 4, 11, 63))))


def _text(dice: random.Random) -> str:
    """What a target may show: printable ASCII of any kind."""
    if dice.random() < 0.5:
        return str(dice.randint(0, 1000))
    return "".join(dice.choices(PRINTABLE, k=dice.randint(1, 20)))


def _action(dice: random.Random, number: int) -> Action:
    name = ActionId(f"{_name(dice)}_{number}")
    specs = tuple(_spec(dice, one) for one in range(dice.choice((0, 1, 1, 2, 4))))
    observed = tuple(spec.observed for spec in specs if spec.observed)
    others = tuple(f"seen_{one}" for one in range(dice.randint(0, 3)))
    undo = (
        UndoSpec(UndoKind.NOT_NEEDED)
        if dice.random() < 0.5
        else UndoSpec(UndoKind.IRREVERSIBLE, text="No way.")
    )
    return Action(
        id=name,
        version=dice.randint(1, 9),
        title=f"Do {name}",
        tier=dice.choice(tuple(Tier)),
        how=HOW,
        parameters=specs,
        observes=(*observed, *others),
        preconditions=others,
        undo=undo,
        check=CHECK,
        timeout_seconds=dice.randint(1, 600),
        effect=dice.choice(("", "Requests in flight are lost.")),
    )


def _spec(dice: random.Random, number: int) -> ParameterSpec:
    name = f"p{number}"
    observed = dice.choice((None, name, f"field_{number}"))
    if dice.random() < 0.5:
        low = dice.randint(-(10**9), 10**9)
        return ParameterSpec(
            name, ParameterKind.INTEGER, low, low + dice.randint(0, 10**12), observed=observed
        )
    choices = tuple(_word(dice) for _ in range(3)) if dice.random() < 0.3 else ()
    return ParameterSpec(name, ParameterKind.WORD, choices=choices, observed=observed)


def _step(dice: random.Random, action: Action, target: TargetId) -> ProposedStep:
    return ProposedStep(
        action.id, target, tuple((spec.name, _value(dice, spec)) for spec in action.parameters)
    )


def _value(dice: random.Random, spec: ParameterSpec) -> int | str:
    if spec.kind is ParameterKind.INTEGER:
        return dice.randint(spec.minimum or 0, spec.maximum or 0)
    return dice.choice(spec.choices) if spec.choices else _word(dice)


def _content(dice: random.Random, actions: tuple[Action, ...], targets: tuple[TargetId, ...]) -> FixedContent:
    content = example_content()
    service = replace(
        content.fixed_inventory.services[0],
        criticality=dice.choice(tuple(Criticality)),
        metrics=(MetricSpec("error_rate", "ratio", "ratio", normal_high=Decimal("0.01")),),
        targets=tuple(Target(target, "supervisor") for target in targets),
        actions=tuple(action.id for action in actions),
    )
    assert service.name == CHECKOUT
    environments = content.fixed_inventory.environments
    return FixedContent(
        Inventory(environments, (service,), content.fixed_inventory.sha256),
        Catalogue(actions, f"{dice.getrandbits(256):064x}"),
        replace(content.fixed_policy, limits=WIDE),
    )
