"""A home whose service is changed by the executors of its targets, read through the real doors."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.clock import SystemClock
from bot.adapters.content import FileContent
from bot.adapters.eyes import SourceEyes
from bot.adapters.hands import ApprovedHands
from bot.adapters.log_digest import Condense
from bot.adapters.web import http_client
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, TargetId
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import Service
from bot.ports.world import Done, Probe
from tests.fakes.claimed import Case, claimed, kept
from tests.fakes.content import FixedContent
from tests.fakes.store import memory_store

SHIPPED = Path(__file__).resolve().parents[2] / "runbooks"
TARGET = TargetId("checkout/jobs")
SERVICES = """\
environments:
  shop: {production: true}
services:
  checkout:
    title: Checkout
    environment: shop
    criticality: high
    oncall: shop
    lead: shop
    symptom: error_rate
    metrics_source: {kind: prometheus, url: "http://127.0.0.1:9"}
    metrics:
      error_rate: {query: errors, unit: ratio, normal: {high: 0.02}}
    targets:
      jobs:
"""
POLICY = {
    "people: {}\n": "people:\n  U0ONCALL: {name: Olga}\n",
    "rosters: {}\n": "rosters:\n  shop: {kind: list, members: [U0ONCALL]}\n",
    "workspaces: []": "workspaces: [T0HOME]",
}


def written(
    folder: Path, target: Mapping[str, str], actions: tuple[str, ...], extra: str = ""
) -> FileContent:
    """Write a home with one target and these actions; `extra` is YAML beneath `actions:` of the catalogue."""
    settings = "".join(f"        {name}: {value}\n" for name, value in target.items())
    services = f"{SERVICES}{settings}    actions: [{', '.join(actions)}]\n"
    (folder / "services.yaml").write_text(services, encoding="utf-8")
    catalogue = (SHIPPED / "actions.yaml").read_text(encoding="utf-8")
    (folder / "actions.yaml").write_text(catalogue + textwrap.indent(extra, "  "), encoding="utf-8")
    policy = (SHIPPED / "policy.yaml").read_text(encoding="utf-8")
    for old, new in POLICY.items():
        assert old in policy
        policy = policy.replace(old, new, 1)
    (folder / "policy.yaml").write_text(policy, encoding="utf-8")
    return FileContent((folder, SHIPPED), {"READ": "read-token", "WRITE": "write-token"})


@dataclass(slots=True)
class Room:
    """Hands and eyes over such a home."""

    content: FileContent

    @property
    def service(self) -> Service:
        return self.content.inventory().services[0]

    def fixed(self) -> FixedContent:
        content = self.content
        return FixedContent(content.inventory(), content.catalogue(), content.policy())

    async def observe(self) -> dict[str, str]:
        async with http_client() as client:
            return dict((await self.eyes(client).observe(self.service, TARGET)).fields)

    def eyes(self, client: object) -> SourceEyes:
        no_logs: Condense = _no_logs  # pyright: ignore[reportAssignmentType]
        return SourceEyes(SystemClock(), str, client, no_logs, self.content.catalogue)  # pyright: ignore[reportArgumentType]

    async def claimed(self, action: str, *parameters: tuple[str, object]) -> Case:
        seen = {TARGET: await self.observe()}
        step = ProposedStep(ActionId(action), TARGET, parameters)
        return claimed(self.fixed(), SystemClock(), step, state=seen)

    async def run(self, case: Case) -> Done:
        clock = SystemClock()
        store = memory_store(clock)
        await kept(store.incidents, case, clock)
        hands = ApprovedHands(store.incidents, self.content, clock, str)
        return await hands.perform(case.incident, case.order)

    async def perform(self, action: str, *parameters: tuple[str, object]) -> Done:
        return await self.run(await self.claimed(action, *parameters))

    async def probe(self, step: Step, key: str) -> Probe | None:
        async with http_client() as client:
            return await self.eyes(client).probe(self.service, step, key)

    async def rehearse(self, step: Step) -> DryRun | None:
        async with http_client() as client:
            return await self.eyes(client).dry_run(self.service, step)


def _no_logs() -> object:
    raise AssertionError("no logs here")
