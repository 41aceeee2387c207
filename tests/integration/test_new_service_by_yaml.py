"""A service that only YAML knows, with other logs and metrics: the whole road, from alert to report."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.adapters.deploy_log import read_deploys
from bot.adapters.log_files import time_of
from bot.demo.home import CHANNEL
from bot.demo.story import Story
from bot.demo.teller import Teller
from bot.demo.watch import Watcher
from bot.domain.alert import Place
from bot.domain.ids import SECOND, At
from bot.playground.site import Fault, Site
from tests.chaos.stage import notification
from tests.fakes.backends import Asked, scripted
from tests.fakes.loki import Loki, Row
from tests.fakes.shop_stage import shop
from tests.waiting import eventually

TOKEN = "reads-logs-and-nothing-else"
BASKET = """
environments:
  production: {production: true, identity: {supervisor: playground}}
services:
  basket:
    title: Basket
    environment: production
    criticality: normal
    oncall: checkout-oncall
    lead: shop-lead
    symptom: failures
    pace: {settle_seconds: 5, every_seconds: 1, samples: 12, needed: 10}
    logs:
      - {kind: loki, url: env:BASKET_LOKI, selector: '{app="basket"}', token: "file:HOME/loki-token"}
    changes:
      - {kind: argocd, url: env:BASKET_ARGO, application: basket}
    metrics_source: {kind: scrape, url: env:BASKET_METRICS, every_seconds: 1}
    metrics:
      failures:
        query: sum(rate(http_requests_total{status=~"5.."}[6s])) / sum(rate(http_requests_total[6s]))
        unit: ratio
        normal: {high: 0.02}
      pool_in_use: {query: sum(db_pool_in_use), unit: connections, normal: {high: 15}}
      pool_size: {query: sum(db_pool_size), unit: connections}
    targets:
      process:
        executor: supervisor
        rpc_url: env:GREENLIGHT_DEMO_SUPERVISOR_URL
        program: checkout
        username: env:GREENLIGHT_DEMO_SUPERVISOR_USER?
        password: env:GREENLIGHT_DEMO_SUPERVISOR_PASSWORD?
        config_path: env:GREENLIGHT_DEMO_CONFIG
        current_path: env:GREENLIGHT_DEMO_CURRENT
        releases_path: env:GREENLIGHT_DEMO_RELEASES
        deploy_log: env:GREENLIGHT_DEMO_DEPLOYS
    actions: [restart, rollback_deployment]
"""


@dataclass(slots=True)
class Backends:
    """A stand-in for Loki over the log file that the real service writes, and one for Argo CD."""

    site: Site | None = None
    tokens: set[str] = field(default_factory=set[str])

    def __call__(self, asked: Asked) -> object:
        self.tokens.add(asked.headers.get("authorization", ""))
        if asked.path.startswith("/api/v1/applications/"):
            return {"metadata": {"name": "basket"}, "status": {"history": self._history()}}
        return Loki(self._rows())(asked)

    def _rows(self) -> list[Row]:
        assert self.site is not None
        lines = self.site.production.home.log.read_text(encoding="utf-8").splitlines()
        timed = ((time_of(line), line) for line in lines)
        return [Row(at * 1_000_000, (("app", "basket"),), line) for at, line in timed if at is not None]

    def _history(self) -> list[dict[str, object]]:
        assert self.site is not None
        deploys = read_deploys(self.site.deploy_log, "checkout").changes
        return [
            {"revision": one.after, "deployedAt": _iso(one.at), "initiatedBy": {"username": one.who}}
            for one in deploys
        ]

    def furnish(self, url: str, home: Path, site: Site) -> Mapping[str, str]:
        """Replace the inventory by the new service's, and give its secret to the home."""
        self.site = site
        (home / "loki-token").write_text(f"{TOKEN}\n")
        text = BASKET.replace("file:HOME", f"file:{home}")
        (home / "runbooks" / "services.yaml").write_text(text, encoding="utf-8")
        metrics = f"{site.production.url}/metrics"
        return {"BASKET_LOKI": url, "BASKET_ARGO": url, "BASKET_METRICS": metrics}


def _iso(at: At) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat()


async def alerted(site: Site, webhook: str) -> None:
    """Post the alert of the new service once its requests really fail."""

    async def failing() -> bool:
        return ((await site.snapshot()).error_ratio or 0) > 0.05

    await eventually(failing, within=60)
    async with aiohttp.ClientSession() as session:
        await session.post(webhook, json=notification("HighErrorRate", "basket"))


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_yaml_alone_makes_a_new_service_whose_fault_is_found_and_fixed(tmp_path: Path) -> None:
    backends = Backends()
    async with (
        scripted(backends) as server,
        shop(tmp_path / "home", lambda home, site: backends.furnish(server.url, home, site)) as shopped,
    ):
        stage, webhook, store = shopped
        alerting = asyncio.create_task(alerted(stage.site, webhook))
        story = Story(stage, store.incidents, Teller(stage.workspace, stage.names))
        assert await story.play(Fault.LEAK, auto=True) == 0, "the record does not say verified"
        await alerting
        alert = next(one for one in stage.workspace.messages(CHANNEL) if one.attachments)
        place = Place(stage.workspace.team.id, CHANNEL, alert.ts)
        found = await Watcher(store.incidents, await store.incidents.by_thread(place)).newest()
    assert found is not None
    assert found.service == "basket"
    sources = {evidence.source for evidence in found.evidence}
    assert {"loki", "argocd", "scrape"} <= sources
    assert not any(evidence.failed for evidence in found.evidence)
    assert f"Bearer {TOKEN}" in backends.tokens
