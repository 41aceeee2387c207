"""From a proposal to a plan (rules 1, 3 to 7): what is refused with which code, and what tier comes of it."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.action import Action, ParameterKind, ParameterSpec, Tier, UndoKind, UndoSpec, Value
from bot.domain.drafting import MORE_CARE, Desk, asked_for_more_care, draft
from bot.domain.errors import PlanCode, PlanRefusedError
from bot.domain.evidence import Observation
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, EnvironmentId, PlanId, ServiceName, TargetId
from bot.domain.plan import Plan
from bot.domain.service import Criticality, Environment, Service, Target
from tests.fakes.content import EXAMPLE_STATE, PROCESS, FixedContent, example_content
from tests.fakes.story import story
from tests.fakes.world import START

STORY = story().opened().diagnosed()
OTHERS = tuple(TargetId(f"checkout/worker{number}") for number in range(12))


def content(action: Callable[[Action], Action] = lambda one: one, **service: object) -> FixedContent:
    """The example with more targets, another service beside it, and whatever a test changes."""
    found = example_content()
    home = found.fixed_inventory.services[0]
    targets = (*home.targets, *(Target(one, "supervisor") for one in OTHERS))
    mine: Service = replace(home, targets=targets, **service)
    other = replace(
        home,
        name=ServiceName("search"),
        aliases=(),
        targets=(Target(TargetId("search/process"), "supervisor"),),
    )
    found.fixed_inventory = replace(found.fixed_inventory, services=(mine, other))
    actions = tuple(map(action, found.fixed_catalogue.actions))
    found.fixed_catalogue = replace(found.fixed_catalogue, actions=actions)
    return found


def desk(found: FixedContent, **state: str) -> Desk:
    fields = tuple((EXAMPLE_STATE | state).items())
    return Desk(
        inventory=found.inventory(),
        catalogue=found.catalogue(),
        policy=found.policy(),
        observations={one: Observation(one, START, fields) for one in (PROCESS, *OTHERS)},
        originators=(),
        tripwire=found.tripwire,
        raise_tier=False,
        now=START,
    )


def drafted(found: FixedContent, *steps: ProposedStep, **state: str) -> Plan:
    return draft(STORY.incident, PlanId("plan-1"), steps, desk(found, **state))


def step(action: str, target: TargetId = PROCESS, **parameters: object) -> ProposedStep:
    return ProposedStep(ActionId(action), target, tuple(parameters.items()))


def pool(size: object) -> ProposedStep:
    return step("increase_pool_size", pool_size=size)


def refused(*steps: ProposedStep, found: FixedContent | None = None, **state: str) -> PlanRefusedError:
    with pytest.raises(PlanRefusedError) as caught:
        drafted(found or content(), *steps, **state)
    assert caught.value.message.isascii()
    return caught.value


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        "3",
        "",
        3.0,
        float("nan"),
        float("inf"),
        "\u0663",
        None,
        0,
        -1,
        201,
        10**30,
        10**5000,
        [3],
        {},
    ],
    ids=lambda value: f"{type(value).__name__}-{value!a:.12}" if value != 10**5000 else "endless",
)
def test_a_value_of_another_type_or_out_of_bounds_is_no_integer(value: object) -> None:
    assert refused(pool(value)).code is PlanCode.BAD_PARAMETER


@pytest.mark.parametrize("size", [1, 200])
def test_both_ends_of_the_bounds_belong_to_them(size: int) -> None:
    assert dict(drafted(content(), pool(size)).steps[0].parameters) == {"pool_size": size}


@pytest.mark.parametrize(
    "value",
    ["", "44", "41,42", " 41", "41\n", "\uff14\uff11", "4\u200b1", "-41", 41, True, None, "4" * 65, 10**5000],
    ids=lambda value: f"{type(value).__name__}-{value!a:.12}" if value != 10**5000 else "endless",
)
def test_a_word_that_was_not_observed_or_is_none_is_refused(value: object) -> None:
    assert refused(step("rollback_deployment", version=value)).code is PlanCode.BAD_PARAMETER


def test_unknown_and_missing_and_doubled_parameters_are_refused() -> None:
    size = ("pool_size", 30)
    for parameters in ((size, ("extra", 1)), (), (size, size), (("p\u043eol_size", 30),)):
        assert (
            refused(ProposedStep(ActionId("increase_pool_size"), PROCESS, parameters)).code
            is PlanCode.BAD_PARAMETER
        )


@pytest.mark.parametrize("name", ["", "Restart", "restart ", "r\u0435start", "rm -rf /"])
def test_an_action_that_is_not_in_the_catalogue_is_refused(name: str) -> None:
    assert refused(step(name)).code is PlanCode.UNKNOWN_ACTION


def test_a_plan_without_steps_is_refused() -> None:
    assert refused().code is PlanCode.UNKNOWN_ACTION


@pytest.mark.parametrize("name", ["", "checkout/Process", "\u0441heckout/process", "checkout/process "])
def test_a_target_that_only_looks_like_one_is_refused(name: str) -> None:
    assert refused(step("restart", TargetId(name))).code is PlanCode.UNKNOWN_TARGET


def test_a_target_that_cannot_be_observed_is_refused() -> None:
    found = desk(content())
    with pytest.raises(PlanRefusedError) as caught:
        draft(STORY.incident, PlanId("p"), (step("restart"),), replace(found, observations={}))
    assert caught.value.code is PlanCode.UNKNOWN_TARGET


def test_the_target_of_another_service_and_an_action_not_allowed_here_are_out_of_scope() -> None:
    assert refused(step("restart", TargetId("search/process"))).code is PlanCode.OUT_OF_SCOPE
    fewer = content(actions=(ActionId("increase_pool_size"),))
    assert refused(step("restart"), found=fewer).code is PlanCode.OUT_OF_SCOPE


def test_ten_steps_are_a_plan_and_eleven_are_not() -> None:
    assert len(drafted(content(), *(step("restart", one) for one in OTHERS[:10])).steps) == 10
    assert refused(*(step("restart", one) for one in OTHERS[:11])).code is PlanCode.TOO_MANY_STEPS


@pytest.mark.parametrize("seen", ["4\u0662", "42\n", "42\x00", "4\u200b2"])
def test_an_observed_value_that_is_not_printable_ascii_blocks_the_plan(seen: str) -> None:
    assert refused(step("rollback_deployment", version="41"), version=seen).code is PlanCode.BAD_PARAMETER


# tiers


def tier(found: FixedContent, *steps: ProposedStep) -> tuple[Tier, str]:
    plan = drafted(found, *steps)
    return plan.tier, plan.tier_rule


@pytest.mark.parametrize("base", list(Tier))
def test_the_tier_is_that_of_the_riskiest_action(base: Tier) -> None:
    found = content(lambda one: replace(one, tier=base) if one.id == "rollback_deployment" else one)
    for steps in ((pool(30), step("rollback_deployment", version="41")),):
        high, why = tier(found, *steps)
        assert high is base
        assert why.endswith(f"is {base}")


@pytest.mark.parametrize(
    ("base", "read_only", "wanted"),
    [
        (Tier.LOW, False, Tier.MEDIUM),
        (Tier.MEDIUM, False, Tier.HIGH),
        (Tier.HIGH, False, Tier.HIGH),
        (Tier.LOW, True, Tier.LOW),
        (Tier.MEDIUM, True, Tier.MEDIUM),
    ],
)
def test_a_critical_service_is_one_tier_higher_unless_nothing_is_changed(
    base: Tier, wanted: Tier, *, read_only: bool
) -> None:
    found = content(
        lambda one: replace(one, tier=base, read_only=read_only), criticality=Criticality.CRITICAL
    )
    high, why = tier(found, step("restart"))
    assert high is wanted
    assert why == f"action restart is {base}" + ("" if read_only else "; checkout is critical (+1)")


def test_one_step_that_changes_something_among_read_only_ones_counts_on_a_critical_service() -> None:
    found = content(lambda one: replace(one, read_only=one.id == "restart"), criticality=Criticality.CRITICAL)
    assert tier(found, step("restart"), pool(30))[0] is Tier.MEDIUM


def test_more_targets_than_the_policy_allows_are_high() -> None:
    most = content().policy().limits.blast_radius
    few = tier(content(), *(step("restart", one) for one in OTHERS[:most]))
    many = tier(content(), *(step("restart", one) for one in OTHERS[: most + 1]))
    assert few[0] is Tier.LOW
    assert many == (Tier.HIGH, f"action restart is low; {most + 1} targets are more than {most}")


def test_a_trip_wire_sees_action_parameters_target_and_environment_but_no_prose() -> None:
    def told(one: Action) -> Action:
        return replace(one, title="delete all", effect="drops everything")

    plain = content(told)
    assert tier(plain, pool(30))[0] is Tier.LOW
    for word in ("increase_pool_size", "pool_size=30", "checkout/process", "shop-production"):
        found = content(told)
        wires = tuple(
            replace(wire, pattern=re.escape(word), title="seen") for wire in found.fixed_policy.tripwires
        )
        found.fixed_policy = replace(found.fixed_policy, tripwires=wires)
        assert tier(found, pool(30)) == (Tier.HIGH, "action increase_pool_size is low; trip-wire: seen"), word


@pytest.mark.parametrize(("production", "wanted"), [(True, Tier.HIGH), (False, Tier.LOW)])
def test_production_is_what_the_inventory_calls_so_whatever_its_name(
    wanted: Tier, *, production: bool
) -> None:
    found = content(environment=EnvironmentId("live"))
    found.fixed_inventory = replace(
        found.fixed_inventory, environments=(Environment(EnvironmentId("live"), production=production),)
    )
    wires = (replace(found.fixed_policy.tripwires[0], pattern="restart.*[^a-z]prod", title="restarts prod"),)
    found.fixed_policy = replace(found.fixed_policy, tripwires=wires)
    plan = drafted(found, step("restart"))
    assert (plan.tier, plan.production) == (wanted, production)


def test_the_team_raises_a_tier_and_never_lowers_it_and_the_plan_says_so() -> None:
    for base, wanted in ((Tier.LOW, Tier.MEDIUM), (Tier.MEDIUM, Tier.HIGH), (Tier.HIGH, Tier.HIGH)):
        found = content(lambda one, base=base: replace(one, tier=base))
        asking = replace(desk(found), raise_tier=True)
        plan = draft(STORY.incident, PlanId("p"), (step("restart"),), asking)
        assert (plan.tier, plan.tier_rule) == (wanted, f"action restart is {base}; {MORE_CARE}")
        assert asked_for_more_care(plan)
        assert not asked_for_more_care(drafted(found, step("restart")))


def test_the_first_use_of_an_action_is_one_tier_higher_on_that_target_alone() -> None:
    first = replace(desk(content()), first_uses=frozenset({("restart", str(PROCESS))}))
    here = draft(STORY.incident, PlanId("p"), (step("restart"),), first)
    there = draft(STORY.incident, PlanId("p"), (step("restart", OTHERS[0]),), first)
    assert (here.tier, there.tier) == (Tier.MEDIUM, Tier.LOW)
    assert here.tier_rule.endswith(f"first use of restart on {PROCESS} (+1)")


# undo


def undo_of(found: FixedContent, **state: str) -> tuple[UndoKind, tuple[tuple[str, Value], ...], str]:
    undo = drafted(found, pool(30), **state).steps[0].undo
    return undo.kind, undo.parameters, undo.text


def test_the_undo_sets_back_what_was_there_before() -> None:
    assert undo_of(content())[:2] == (UndoKind.ACTION, (("pool_size", 20),))


@pytest.mark.parametrize("before", ["0", "201", "020", "many", "", "9" * 5000])
def test_an_undo_that_the_catalogue_would_refuse_is_not_promised(before: str) -> None:
    kind, parameters, text = undo_of(content(), pool_size=before)
    assert (kind, parameters) == (UndoKind.IRREVERSIBLE, ())
    assert text.startswith("increase_pool_size may not set pool_size back to ")


def test_a_negative_value_can_be_set_back_where_the_bounds_allow_it() -> None:
    size = ParameterSpec("pool_size", ParameterKind.INTEGER, minimum=-5, maximum=200, observed="pool_size")
    found = content(lambda one: replace(one, parameters=(size,)) if one.parameters else one)
    assert undo_of(found, pool_size="-3")[:2] == (UndoKind.ACTION, (("pool_size", -3),))


def test_an_undo_whose_action_the_service_does_not_allow_is_not_promised() -> None:
    found = content(
        lambda one: (
            replace(one, undo=UndoSpec(UndoKind.ACTION, ActionId("restart")))
            if one.id == "increase_pool_size"
            else one
        ),
        actions=(ActionId("increase_pool_size"),),
    )
    assert undo_of(found) == (UndoKind.IRREVERSIBLE, (), f"checkout does not allow restart on {PROCESS}.")
