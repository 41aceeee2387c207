"""Eyes and hands against the playground's service, metrics store and supervisor, through a real fault."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.condenser import Condenser
from bot.adapters.eyes import SourceEyes
from bot.adapters.hands import ApprovedHands
from bot.adapters.web import http_client
from bot.domain.evidence import LogPattern, MetricReading
from bot.domain.finding import ProposedStep
from bot.domain.ids import MINUTE, ActionId, At
from bot.domain.service import MetricSpec, Service, Source
from bot.playground.site import Fault, Site
from bot.ports.world import Window
from bot.redaction.redactor import Redactor
from tests.fakes.claimed import claimed, kept
from tests.fakes.content import PROCESS, FixedContent, example_content
from tests.fakes.store import memory_store
from tests.waiting import eventually

CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Stage:
    """The site, and how Greenlight sees it."""

    site: Site
    eyes: SourceEyes
    content: FixedContent

    @property
    def service(self) -> Service:
        return self.content.inventory().services[0]

    def window(self) -> Window:
        now = CLOCK.now()
        return Window(At(now - 10 * MINUTE), now)

    async def error_rate(self) -> Decimal | None:
        text = await self.eyes.sample(self.service, self.service.metrics[0])
        return None if text is None else Decimal(text)

    async def do(self, action: str, *parameters: tuple[str, object]) -> str:
        store = memory_store(CLOCK)
        seen = {PROCESS: dict((await self.eyes.observe(self.service, PROCESS)).fields)}
        case = claimed(self.content, CLOCK, ProposedStep(ActionId(action), PROCESS, parameters), state=seen)
        await kept(store.incidents, case, CLOCK)
        redact = Redactor((self.site.supervisor.password,))
        done = await ApprovedHands(store.incidents, self.content, CLOCK, redact).perform(
            case.incident, case.order
        )
        assert done.ok, done.detail
        return done.detail


def described(site: Site) -> FixedContent:
    """The inventory entry of the playground's production instance."""
    content = example_content()
    known, here = content.fixed_inventory.services[0], site.production
    settings = (
        ("rpc_url", site.supervisor.url),
        ("username", site.supervisor.username),
        ("password", site.supervisor.password),
        ("program", here.home.name),
        ("config_path", str(here.home.config)),
        ("releases_path", str(here.home.releases)),
        ("current_path", str(here.home.current)),
        ("deploy_log", str(site.deploy_log)),
    )
    service = replace(
        known,
        logs=(Source("file", (("path", str(here.home.log)),)),),
        changes=(Source("deploy_log", (("path", str(site.deploy_log)),)),),
        metrics_source=Source("prometheus", (("url", site.metrics_url),)),
        metrics=(
            MetricSpec("error_rate", here.queries.error_rate, "ratio", normal_high=Decimal("0.01")),
            MetricSpec("pool_in_use", here.queries.pool_in_use, "connections", normal_high=Decimal(15)),
        ),
        targets=(replace(known.targets[0], settings=settings),),
    )
    return replace(content, fixed_inventory=replace(content.fixed_inventory, services=(service,)))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with Site(tmp_path / "site", None) as site, http_client() as client:
        content = described(site)
        redact = Redactor((site.supervisor.password,))
        yield Stage(site, SourceEyes(CLOCK, redact, client, Condenser), content)


@pytest.mark.slow
async def test_the_leak_is_seen_from_all_sides_and_healed_by_the_rollback(stage: Stage) -> None:
    async def sound() -> bool:
        return await stage.error_rate() == 0

    async def failing() -> bool:
        return (await stage.error_rate() or Decimal(0)) > Decimal("0.05")

    await eventually(sound, within=40)
    await stage.site.cause(Fault.LEAK)
    await eventually(failing, within=40)

    window = stage.window()
    logs, metrics, changes = await asyncio.gather(
        stage.eyes.logs(stage.service, window),
        stage.eyes.metrics(stage.service, window),
        stage.eyes.changes(stage.service, window),
    )
    assert [one.evidence.failed for one in (logs, metrics, changes)] == [False] * 3
    patterns = [fact for fact in logs.facts if isinstance(fact, LogPattern)]
    assert any("pool" in pattern.example.casefold() for pattern in patterns)
    rate = next(
        fact for fact in metrics.facts if isinstance(fact, MetricReading) and fact.name == "error_rate"
    )
    assert rate.abnormal()
    assert rate.before == 0
    assert "ABNORMAL" in metrics.text
    assert "deploy checkout 41 -> 42 by marco" in changes.text

    before = await stage.eyes.observe(stage.service, PROCESS)
    assert (before.field("version"), before.field("previous_version")) == ("42", "41")
    assert "20 -> 40" in await stage.do("increase_pool_size", ("pool_size", 40))
    larger = await stage.eyes.observe(stage.service, PROCESS)
    assert (larger.field("pool_size"), larger.field("pid_start")) == ("40", before.field("pid_start"))

    await stage.do("rollback_deployment", ("version", "41"))
    after = await stage.eyes.observe(stage.service, PROCESS)
    assert (after.field("version"), after.field("state")) == ("41", "RUNNING")
    await eventually(sound, within=60)
    assert stage.site.supervisor.password not in logs.text + metrics.text + changes.text
