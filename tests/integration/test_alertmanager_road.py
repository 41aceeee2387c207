"""The real Prometheus and Alertmanager alert a local workspace; the approved fix makes them resolve."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.demo.home import CHANNEL
from bot.demo.story import Story
from bot.demo.teller import Teller
from bot.demo.watch import Watcher
from bot.domain.alert import Place
from bot.domain.incident import Phase
from bot.playground.metrics.servers import prometheus_configuration
from bot.playground.processes import free_port, spawn
from bot.playground.readiness import until_ready
from bot.playground.site import Fault, Site
from bot.playground.workspace.model import Message
from tests.fakes.shop_stage import shop
from tests.needs import need
from tests.waiting import eventually

TIMING = {"group_wait": "1s", "group_interval": "2s", "repeat_interval": "1h"}
DELIVERY = "{{ range .Alerts }}{{ .Annotations.description }}\n{{ end }}"


@dataclass(frozen=True, slots=True)
class Alerting:
    """A Prometheus that evaluates one rule, and the Alertmanager that it tells, both as Debian packs them."""

    folder: Path
    scraping: int
    alerting: int

    def configure(self, site: Site, webhook: str) -> None:
        """Write what both read; JSON is YAML."""
        self.folder.mkdir()
        slack = {"api_url": webhook, "channel": "#alerts", "send_resolved": True, "text": DELIVERY}
        route = {"receiver": "slack", "group_by": ["alertname", "service"], **TIMING}
        self._write(
            "alertmanager", {"route": route, "receivers": [{"name": "slack", "slack_configs": [slack]}]}
        )
        rule = {
            "alert": "HighErrorRate",
            "expr": f"{site.production.queries.error_rate} > 0.05",
            "for": "3s",
            "labels": {"severity": "critical"},
            "annotations": {"description": "{{ $value | humanizePercentage }} of the requests fail."},
        }
        self._write("rules", {"groups": [{"name": "shop", "rules": [rule]}]})
        told = {
            "rule_files": [str(self.folder / "rules.yml")],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.alerting}"]}]}]
            },
        }
        scraped = json.loads(prometheus_configuration([each.target for each in site.instances]))
        self._write("prometheus", scraped | told)

    def _write(self, name: str, content: object) -> None:
        (self.folder / f"{name}.yml").write_text(json.dumps(content), encoding="utf-8")

    @asynccontextmanager
    async def running(self, program: str, port: int, *more: str) -> AsyncGenerator[None]:
        """One of the two, until the block ends."""
        name = program.removeprefix("prometheus-")
        arguments = (
            *(str(self.folder), f"{name}-of-the-test", str(need(program))),
            *(f"--config.file={self.folder}/{name}.yml", f"--web.listen-address=127.0.0.1:{port}", *more),
        )
        output = self.folder / f"{name}.out"
        child = await spawn(name, "bot.playground.processes", arguments, output=output)
        try:
            await until_ready(f"http://127.0.0.1:{port}/-/ready", child)
            yield
        finally:
            await child.stop()


@asynccontextmanager
async def alerting(site: Site, webhook: str, folder: Path) -> AsyncGenerator[None]:
    """Both servers, Alertmanager posting to the webhook."""
    made = Alerting(folder, free_port(), free_port())
    made.configure(site, webhook)
    alone = ("--cluster.listen-address=", f"--storage.path={folder}/alerts")
    async with (
        made.running("prometheus-alertmanager", made.alerting, *alone),
        made.running("prometheus", made.scraping, f"--storage.tsdb.path={folder}/metrics"),
    ):
        yield


def alerts(messages: Sequence[Message], status: str) -> list[Message]:
    """What Alertmanager posted, by its own words in the title."""
    return [one for one in messages if f"[{status}" in json.dumps(one.attachments)]


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_alertmanagers_own_messages_open_the_incident_and_resolve_after_the_fix(tmp_path: Path) -> None:
    need("prometheus-alertmanager")
    async with (
        shop(tmp_path / "home", real_prometheus=True) as (stage, webhook, store),
        alerting(stage.site, webhook, tmp_path / "alerting"),
    ):
        played = await Story(stage, store.incidents, Teller(stage.workspace, stage.names)).play(
            Fault.LEAK, auto=True
        )
        assert played == 0, "the record does not say verified"

        async def resolved() -> bool:
            return bool(alerts(stage.workspace.messages(CHANNEL), "RESOLVED"))

        await eventually(resolved, within=60)
        fired = alerts(stage.workspace.messages(CHANNEL), "FIRING")
        assert fired
        place = Place(stage.workspace.team.id, CHANNEL, fired[0].ts)
        found = await Watcher(store.incidents, await store.incidents.by_thread(place)).newest()
        assert found is not None
        assert (found.alert.source, found.alert.title) == ("alertmanager", "HighErrorRate")
        assert found.phase is Phase.CLOSED
