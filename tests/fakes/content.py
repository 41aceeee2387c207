"""Fixed content: a service `checkout` with its catalogue, policy, people and one failure mode."""

import re
from dataclasses import dataclass, field
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
from bot.domain.decision import Person
from bot.domain.grouping import AlertRules
from bot.domain.ids import ActionId, EnvironmentId, PersonId, RosterName, ServiceName, TargetId
from bot.domain.policy import KnownPerson, Limits, Policy, Role, RosterSpec, TierRule, Tripwire
from bot.domain.service import Criticality, Environment, Inventory, MetricSpec, Service, Source, Target
from bot.ports.content import FailureMode, MetricCondition, Remedy
from bot.ports.senders import SenderRule

WORKSPACE = "T0HOME"
ONCALL = PersonId("U0ONCALL")
LEAD = PersonId("U0LEAD")
SENIOR = PersonId("U0SENIOR")
COLLEAGUE = PersonId("U0COLLEAGUE")
GUEST = PersonId("U0GUEST")
CHECKOUT = ServiceName("checkout")
PROCESS = TargetId("checkout/process")
EXAMPLE_STATE = {
    "state": "RUNNING",
    "pid_start": "1",
    "version": "42",
    "previous_version": "41",
    "releases": "41,42,43",
    "pool_size": "20",
}
QUICK = Pace(settle_seconds=2, every_seconds=2, samples=3, needed=3)
SYMPTOM = CheckSpec(metric="symptom", comparison=Comparison.BELOW, threshold="normal", pace=QUICK)


@dataclass(slots=True)
class FixedContent:
    """Content that a test sets directly; assign another part to let a file change."""

    fixed_inventory: Inventory
    fixed_catalogue: Catalogue
    fixed_policy: Policy
    modes: tuple[FailureMode, ...] = ()
    fixed_alert_rules: AlertRules = field(default_factory=AlertRules)

    fixed_senders: tuple[SenderRule, ...] = ()

    def senders(self) -> tuple[SenderRule, ...]:
        return self.fixed_senders

    def alert_rules(self) -> AlertRules:
        return self.fixed_alert_rules

    def inventory(self) -> Inventory:
        return self.fixed_inventory

    def catalogue(self) -> Catalogue:
        return self.fixed_catalogue

    def policy(self) -> Policy:
        return self.fixed_policy

    def tripwire(self, text: str) -> str | None:
        return next((w.title for w in self.fixed_policy.tripwires if re.search(w.pattern, text)), None)

    def failure_modes(self) -> tuple[FailureMode, ...]:
        return self.modes


def example_content() -> FixedContent:
    """Content in which `checkout` can be restarted, given a larger pool and rolled back."""
    return FixedContent(example_inventory(), example_catalogue(), example_policy(), (pool_exhaustion(),))


def example_persons() -> dict[PersonId, Person]:
    """The accounts that Slack knows, by id."""
    names = {ONCALL: "Olga", LEAD: "Lee", SENIOR: "Sam", COLLEAGUE: "Cleo", GUEST: "Gus"}
    return {known: Person(known, name, WORKSPACE, guest=known == GUEST) for known, name in names.items()}


def example_inventory() -> Inventory:
    """One production environment with one service of high criticality."""
    target = Target(PROCESS, "supervisor", (("program", "checkout"),))
    service = Service(
        name=CHECKOUT,
        title="Checkout",
        environment=EnvironmentId("shop-production"),
        criticality=Criticality.HIGH,
        oncall=RosterName("checkout-oncall"),
        lead=RosterName("checkout-lead"),
        senior=RosterName("seniors"),
        aliases=("checkout-api",),
        logs=(Source("file", (("path", "/var/log/checkout.log"),)),),
        changes=(Source("deploy_log", (("path", "/var/log/deploys.jsonl"),)),),
        metrics_source=Source("prometheus", (("url", "http://127.0.0.1:9090"),)),
        metrics=(
            MetricSpec("error_rate", "checkout_error_ratio", "ratio", normal_high=Decimal("0.01")),
            MetricSpec("pool_in_use", "checkout_pool_in_use", "connections", normal_high=Decimal(15)),
            MetricSpec("pool_size", "checkout_pool_size", "connections"),
        ),
        targets=(target,),
        actions=(ActionId("restart"), ActionId("increase_pool_size"), ActionId("rollback_deployment")),
    )
    return Inventory((Environment(EnvironmentId("shop-production"), production=True),), (service,), "a1" * 32)


def example_catalogue() -> Catalogue:
    """The three actions of the road."""
    return Catalogue((_restart(), _increase_pool_size(), _rollback_deployment()), "b2" * 32)


def _restart() -> Action:
    return Action(
        id=ActionId("restart"),
        version=1,
        title="Restart the process",
        tier=Tier.LOW,
        how="supervisor.restart",
        parameters=(),
        observes=("state", "pid_start"),
        preconditions=("state", "pid_start"),
        undo=UndoSpec(UndoKind.NOT_NEEDED, text="A restart needs no undo."),
        check=SYMPTOM,
        timeout_seconds=20,
        effect="Requests in flight are lost.",
    )


def _increase_pool_size() -> Action:
    size = ParameterSpec("pool_size", ParameterKind.INTEGER, minimum=1, maximum=200, observed="pool_size")
    return Action(
        id=ActionId("increase_pool_size"),
        version=1,
        title="Change the size of the connection pool",
        tier=Tier.LOW,
        how="config.set",
        parameters=(size,),
        observes=("pool_size", "version"),
        preconditions=("pool_size", "version"),
        undo=UndoSpec(UndoKind.ACTION, ActionId("increase_pool_size"), (("pool_size", "pool_size"),)),
        check=SYMPTOM,
        timeout_seconds=10,
        settings=(("key", "pool_size"),),
    )


def _rollback_deployment() -> Action:
    version = ParameterSpec("version", ParameterKind.WORD, observed="version", one_of_observed="releases")
    return Action(
        id=ActionId("rollback_deployment"),
        version=1,
        title="Switch to another release and restart",
        tier=Tier.MEDIUM,
        how="release.switch",
        parameters=(version,),
        observes=("version", "releases", "state"),
        preconditions=("version",),
        undo=UndoSpec(UndoKind.ACTION, ActionId("rollback_deployment"), (("version", "version"),)),
        check=SYMPTOM,
        timeout_seconds=30,
        effect="Requests in flight are lost.",
    )


def example_policy() -> Policy:
    """Low: on-call; medium: on-call or lead, no originator; high: two, one of them senior."""
    oncall, lead, senior = Role.ONCALL, Role.LEAD, Role.SENIOR
    return Policy(
        people=tuple(KnownPerson(p.id, p.name) for p in example_persons().values()),
        rosters=(
            RosterSpec(RosterName("checkout-oncall"), "list", (ONCALL,)),
            RosterSpec(RosterName("checkout-lead"), "list", (LEAD,)),
            RosterSpec(RosterName("seniors"), "list", (SENIOR,)),
        ),
        tiers=(
            TierRule(Tier.LOW, 1, (oncall,), None, True, 1800, 0),
            TierRule(Tier.MEDIUM, 1, (oncall, lead), None, False, 1800, 0),
            TierRule(Tier.HIGH, 2, (oncall, lead, senior), senior, False, 1800, 0),
        ),
        tripwires=(Tripwire("delete|drop", "deletes something"),),
        limits=Limits(),
        workspaces=(WORKSPACE,),
        shared_channels_allowed=False,
        sha256="c3" * 32,
    )


def pool_exhaustion() -> FailureMode:
    """The failure mode of the road: the connection pool runs dry."""
    return FailureMode(
        id="db-pool-exhaustion",
        title="Database connection pool exhausted",
        signatures=("PoolTimeout", "pool exhausted"),
        conditions=(MetricCondition("pool_in_use", "above", "90%", percent_of="pool_size"),),
        causes=("a release that does not return connections", "more load than the pool can serve"),
        remedies=(
            Remedy("increase_pool_size", (("pool_size", 40),), title="Raise the pool"),
            Remedy("rollback_deployment", (("version", "previous_version"),), when_change=True),
        ),
        checks=("Does the number in use fall when load falls?",),
        body="# Database connection pool exhausted\n",
    )
