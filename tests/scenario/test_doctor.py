"""Doctor over a whole home: a local workspace, a real store, a metrics server that answers."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from bot.adapters.processes import workers
from bot.adapters.store import StorePlan, opened
from bot.cli import run
from bot.domain.checkup import Finding, Level
from bot.domain.claims import index_of
from bot.domain.ids import At, PersonId
from bot.domain.teamwork import InvestigationAsked
from bot.playground.workspace.model import App, Team, UserKind
from bot.playground.workspace.workspace import DEFAULT_SCOPES, Workspace
from bot.ports.records import Pause
from bot.settings import Settings, load
from bot.slack.manifest import WHAT_FOR, manifest, scopes
from bot.slack.troubles import note_trouble
from bot.wiring.doctor import examined, pressed_button
from tests.fakes.recorded import kept
from tests.fakes.story import INCIDENT, story

PEOPLE = {"U0ONCALL": "Olga", "U0LEAD": "Lee", "U0SENIOR": "Sam", "U0SPARE": "Sue"}
POLICY = """
workspaces: [T0LOCAL]
people:
  U0ONCALL: {name: Olga, schedule_id: olga}
  U0LEAD: {name: Lee}
  U0SENIOR: {name: Sam}
  U0SPARE: {name: Sue, schedule_id: sue}
rosters:
  nights: {kind: schedule, source: nights}
  leads: {kind: usergroup, source: S0LEADS}
  seniors: {kind: list, members: [U0SENIOR]}
tiers:
  low: {approvals: 1, roles: [oncall], originator_may_approve: true}
  medium: {approvals: 1, roles: [oncall, lead]}
  high: {approvals: 2, roles: [oncall, lead, senior], one_of: senior}
"""
ONCALL = """
schedules:
  nights:
    time_zone: Europe/Berlin
    rotations:
      - {people: [olga, sue], first: 2026-01-05}
"""
SERVICES = """
environments:
  shop: {production: false}
services:
  shop:
    title: Shop
    environment: shop
    criticality: low
    oncall: nights
    lead: leads
    senior: seniors
    symptom: errors
    metrics_source: {kind: prometheus, url: env:GREENLIGHT_PROMETHEUS_URL}
    metrics:
      errors: {query: sum(errors), unit: ratio, normal: {high: 0.1}}
    targets:
      process: {executor: simulator, observed.state: RUNNING}
"""


@dataclass(slots=True)
class Clinic:
    """A healthy home, and the means to make it ill."""

    home: Path
    workspace: Workspace
    app: App
    value: str = "0.01"

    def write(self, name: str, text: str) -> None:
        (self.home / "runbooks" / name).write_text(text, encoding="utf-8")

    async def examine(self, *, rebuilding: bool = False) -> dict[Level, list[str]]:
        settings = load()
        assert isinstance(settings, Settings)
        said: dict[Level, list[str]] = {level: [] for level in Level}
        async for finding in examined(settings, rebuilding=rebuilding):
            said[finding.level].append(f"{finding.where}: {finding.what}")
            assert finding.level is Level.OK or finding.todo or finding.where.startswith("channel")
        return said

    async def findings(self, *, config_only: bool = False) -> list[Finding]:
        settings = load()
        assert isinstance(settings, Settings)
        return [one async for one in examined(settings, config_only=config_only)]

    async def prometheus(self, _: web.Request) -> web.StreamResponse:
        row: dict[str, object] = {"metric": {"job": "shop"}, "value": [1_790_000_000, self.value]}
        result = [row] if self.value else []
        body = {"status": "success", "data": {"resultType": "vector", "result": result}}
        return web.Response(text=json.dumps(body), content_type="application/json")


@asynccontextmanager
async def served(handler: Callable[[web.Request], object]) -> AsyncGenerator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)  # pyright: ignore[reportArgumentType]
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Clinic]:
    for name in [name for name in os.environ if name.startswith(("GREENLIGHT_", "SLACK_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "runbooks").mkdir()
    data = tmp_path / ".greenlight"
    data.mkdir(mode=0o700)
    async with Workspace(Team(paid=True)) as workspace, opened(StorePlan(data)) as store:
        app = workspace.install_app("greenlight", scopes=(*scopes().needed, "usergroups:read"))
        for person, name in PEOPLE.items():
            workspace.add_user(person, name)
        workspace.add_group("S0LEADS", "leads", ("U0LEAD", "U0SPARE"))
        workspace.add_channel("C0ALERTS", "alerts", members=tuple(PEOPLE))
        workspace.invite("C0ALERTS", app.bot_user_id, announce=False)
        await kept(store, tuple(story().opened().diagnosed().nothing().entries))
        made = Clinic(tmp_path, workspace, app)
        for name, text in (("policy.yaml", POLICY), ("oncall.yaml", ONCALL), ("services.yaml", SERVICES)):
            made.write(name, text)
        async with served(made.prometheus) as url:
            for name, value in {
                "GREENLIGHT_HOME": str(tmp_path),
                "GREENLIGHT_SLACK_BASE_URL": workspace.api_url,
                "SLACK_BOT_TOKEN": app.bot_token,
                "SLACK_APP_TOKEN": app.app_token,
                "GREENLIGHT_CHANNELS": "C0ALERTS",
                "GREENLIGHT_PROMETHEUS_URL": url,
            }.items():
                monkeypatch.setenv(name, value)
            yield made


async def test_a_healthy_home_has_nothing_to_mend(clinic: Clinic) -> None:
    said = await clinic.examine()
    assert said[Level.FAIL] == []
    assert said[Level.WARN] == []
    everything = "\n".join(said[Level.OK])
    for wanted in (
        "store: durable: appendonly yes, appendfsync always",
        "record: 1 incidents, all whole",
        "slack scopes: all that are needed",
        "channel C0ALERTS: the bot is in it",
        "person U0ONCALL: Olga, schedules: olga",
        "roster nights: schedule: ",
        "roster leads: usergroup: Lee (U0LEAD), Sue (U0SPARE)",
        "shop, high: ",
        "service shop: 1 metrics answer",
        "service shop: shop/process can be observed",
        "slack socket: Socket Mode is on and the app-level token works",
        "queue: nothing waits",
        "clock: this machine and the store's clock agree",
        "clock: this machine and Slack's clock agree",
        "models: none is set up: the rules team works",
        "messages: all messages of the open incidents were shown as drawn",
    ):
        assert wanted in everything, everything


def ill(said: dict[Level, list[str]]) -> str:
    return "\n".join((*said[Level.FAIL], *said[Level.WARN]))


async def test_a_user_group_that_is_switched_off_is_named(clinic: Clinic) -> None:
    clinic.workspace.change_group("S0LEADS", is_enabled=False)
    assert "roster leads: usergroup: S0LEADS: there is no such user group" in ill(await clinic.examine())


async def test_missing_and_needless_scopes_are_named(clinic: Clinic) -> None:
    granted = [scope for scope in DEFAULT_SCOPES if scope not in {"groups:read", "usergroups:read"}]
    clinic.workspace.change_app(clinic.app, scopes=tuple(granted))
    said = ill(await clinic.examine())
    assert "slack scopes: missing: usergroups:read" in said
    assert "slack scopes: not needed: im:write" in said


async def test_a_socket_that_is_switched_off_is_named(clinic: Clinic) -> None:
    clinic.workspace.change_app(clinic.app, socket_mode=False)
    assert "slack socket: Slack refused apps.connections.open" in ill(await clinic.examine())


async def test_an_incident_for_which_no_worker_comes_is_named(clinic: Clinic) -> None:
    async with opened(StorePlan(clinic.home / ".greenlight")) as store:
        told = story().opened().diagnosed().nothing().then(InvestigationAsked(PersonId("U0ONCALL")))
        last = told.entries[-1]
        await store.incidents.append(INCIDENT, last.number - 1, (last,), (), index_of(told.incident))
        said = ill(await clinic.examine())
    assert "queue: 1 incidents have waited for a worker for over a minute" in said


async def test_a_message_that_slack_did_not_take_is_named_with_what_to_do(clinic: Clinic) -> None:
    async with opened(StorePlan(clinic.home / ".greenlight")) as store:
        await note_trouble(store.cards, INCIDENT, "incident", "is_archived")
        await note_trouble(store.cards, INCIDENT, "plan:1", "msg_blocks_too_long")
        await note_trouble(store.cards, INCIDENT, "plan:2", "")
        said = [one for one in await clinic.findings() if one.where.startswith("messages")]
    assert sorted(one.what for one in said) == [
        "incident was not shown as drawn (is_archived)",
        "plan:1 was not shown as drawn (msg_blocks_too_long)",
    ]
    assert all(one.todo for one in said)


async def test_every_finding_that_is_not_fine_has_a_next_step(clinic: Clinic) -> None:
    clinic.workspace.revoke_token(clinic.app.bot_token)
    for one in await clinic.findings():
        assert one.level is Level.OK or one.todo, one


async def test_the_configuration_alone_is_examined_without_any_network(clinic: Clinic) -> None:
    asked = len(clinic.workspace.calls("auth.test"))
    found = await clinic.findings(config_only=True)
    assert {one.where for one in found} >= {"settings", "content", "models"}
    assert len(clinic.workspace.calls("auth.test")) == asked
    assert not any(one.where.startswith(("slack", "store", "service")) for one in found)


async def test_a_test_button_waits_for_its_click(clinic: Clinic) -> None:
    settings = load()
    assert isinstance(settings, Settings)
    finding = asyncio.ensure_future(anext(pressed_button(settings, "C0ALERTS")))
    posted = await clinic.workspace.wait_until(
        lambda: next((one for one in clinic.workspace.messages("C0ALERTS") if "doctor" in one.text), None)
    )
    await clinic.workspace.wait_connected(clinic.app)
    await clinic.workspace.as_user("U0ONCALL").click(posted, "doctor_test")
    found = await finding
    assert (found.level, found.what) == (Level.OK, "the click of U0ONCALL arrived by doctor")


async def test_people_whose_decisions_would_not_count_are_named(clinic: Clinic) -> None:
    clinic.workspace.change_user("U0SENIOR", kind=UserKind.GUEST)
    clinic.workspace.change_user("U0SPARE", kind=UserKind.DELETED)
    clinic.write("policy.yaml", POLICY.replace("U0LEAD: {name: Lee}", "U0NOBODY: {name: Lee}"))
    said = ill(await clinic.examine())
    assert "person U0SENIOR: Sam is a guest" in said
    assert "person U0SPARE: Sue is deactivated" in said
    assert "person U0NOBODY: Slack does not know Lee" in said


async def test_a_senior_whose_account_is_gone_makes_no_quorum(clinic: Clinic) -> None:
    clinic.workspace.change_user("U0SENIOR", kind=UserKind.DELETED)
    said = ill(await clinic.examine())
    assert "shop, high: one approval must come from senior, and nobody holds that role" in said


async def test_a_turn_to_come_of_somebody_unmapped_is_named_tonight(clinic: Clinic) -> None:
    clinic.write("oncall.yaml", ONCALL.replace("[olga, sue]", "[olga, sue, otto]"))
    said = ill(await clinic.examine())
    assert "schedule nights: not mapped: otto; in their turns nobody may approve by it" in said


async def test_what_is_paused_is_told_with_who_and_how_to_lift_it(clinic: Clinic) -> None:
    async with opened(StorePlan(clinic.home / ".greenlight")) as store:
        pause = Pause("environment:shop", PersonId("U0ONCALL"), "odd numbers", At(1))
        await store.incidents.set_pause(pause)
        found = [one for one in await clinic.findings() if one.where == "pause"]
    assert [one.what for one in found] == ["environment:shop was paused by U0ONCALL: odd numbers"]
    assert "/greenlight resume environment:shop" in found[0].todo


async def test_a_store_that_keeps_nothing_on_disk_is_told(clinic: Clinic) -> None:
    async with opened(StorePlan(clinic.home / ".greenlight")) as store:
        await store.link.call("CONFIG", "SET", "appendonly", "no")
        (found,) = [one for one in await clinic.findings() if one.where == "store"]
    assert (found.level, "appendonly is off" in found.what) == (Level.FAIL, True)
    assert "act process refuses to start" in found.todo


async def test_a_store_that_is_down_is_told_with_what_to_do(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLIGHT_REDIS_URL", "redis://127.0.0.1:1/0")
    (store,) = [one for one in await clinic.findings() if one.where == "store"]
    assert store.level is Level.FAIL
    assert "GREENLIGHT_REDIS_URL" in store.todo


async def test_somebody_on_a_roster_whom_the_policy_does_not_map_is_named(clinic: Clinic) -> None:
    clinic.workspace.add_user("U0NEW", "new")
    clinic.workspace.change_group("S0LEADS", users=("U0LEAD", "U0NEW"))
    assert "roster leads: usergroup; not mapped in policy.yaml people: U0NEW" in ill(await clinic.examine())


async def test_one_person_in_every_role_cannot_approve_what_needs_two(clinic: Clinic) -> None:
    clinic.workspace.change_group("S0LEADS", users=("U0SENIOR",))
    clinic.write("oncall.yaml", ONCALL.replace("[olga, sue]", "[U0SENIOR]"))
    assert "shop, high: 1 may approve, 2 are needed" in ill(await clinic.examine())


async def test_a_metric_without_a_value_is_named(clinic: Clinic) -> None:
    clinic.value = ""
    assert "service shop: no value for errors" in ill(await clinic.examine())


async def test_a_channel_that_the_bot_is_not_in_is_named(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.workspace.add_channel("C0OTHER", "other", members=tuple(PEOPLE))
    monkeypatch.setenv("GREENLIGHT_CHANNELS", "C0ALERTS,C0OTHER")
    assert "channel C0OTHER: the bot is not in it" in ill(await clinic.examine())


async def test_tokens_in_the_file_that_all_processes_read_are_named(clinic: Clinic) -> None:
    (clinic.home / ".env").write_text(f"SLACK_BOT_TOKEN={clinic.app.bot_token}\n", encoding="utf-8")
    assert "credentials: in .env, which every process of this home can read: SLACK_BOT_TOKEN" in ill(
        await clinic.examine()
    )


async def test_broken_content_is_told_whole(clinic: Clinic) -> None:
    clinic.write("policy.yaml", POLICY.replace("[T0LOCAL]", "7").replace("kind: list", "kind: lots"))
    said = await clinic.examine()
    assert len(said[Level.FAIL]) == 2


async def test_a_rebuild_says_how_many_it_rebuilt(clinic: Clinic) -> None:
    said = await clinic.examine(rebuilding=True)
    assert "rebuild: 1 incidents: indices and claims are as events say" in "\n".join(said[Level.OK])


def test_a_worker_is_known_by_its_role_and_its_home(tmp_path: Path) -> None:
    waiting = "import sys; sys.stdin.read()"
    environment = {**os.environ, "GREENLIGHT_HOME": str(tmp_path), "SLACK_BOT_TOKEN": "xoxb-leaked"}
    words = [sys.executable, "-c", waiting, "worker", "--role", "think"]
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        found = list(workers("think", tmp_path))
        others = list(workers("act", tmp_path)), list(workers("think", tmp_path / "elsewhere"))
        process.communicate(b"")
    assert [one["SLACK_BOT_TOKEN"] for one in found] == ["xoxb-leaked"]
    assert others == ([], [])


def test_the_command_says_what_is_missing_and_ends_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GREENLIGHT_HOME", str(tmp_path))
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "FAIL  policy: no workspace is listed, so nobody may decide\n      -> list your workspace" in out
    assert out.splitlines()[-1].endswith("1 FAIL")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("GREENLIGHT_SLACK_BASE_URL", "nowhere")
    assert run(["doctor"]) == 1
    assert "FAIL  settings: GREENLIGHT_SLACK_BASE_URL" in capsys.readouterr().out


async def test_the_manifest_installs_an_app_that_has_every_scope(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["manifest"]) == 0
    printed = capsys.readouterr().out
    assert printed == manifest()
    async with Workspace() as workspace:
        app = workspace.install_manifest(yaml.safe_load(printed))
    assert scopes().missing(app.scopes) == ()
    assert {"channels:read", "groups:read"} - set(scopes().needed) == {"groups:read"}


@pytest.mark.parametrize(
    ("flags", "needs", "events"),
    [
        (["--private"], {"groups:history", "groups:read"}, {"message.groups"}),
        (["--agent"], {"assistant:write", "im:history"}, {"message.im"}),
        (["--private", "--agent"], {"groups:read", "im:history"}, {"message.groups", "message.im"}),
    ],
)
def test_a_variant_of_the_manifest_asks_for_what_it_needs_beyond(
    capsys: pytest.CaptureFixture[str], flags: list[str], needs: set[str], events: set[str]
) -> None:
    assert run(["manifest", *flags]) == 0
    document = yaml.safe_load(capsys.readouterr().out)
    plain = yaml.safe_load(manifest())
    assert needs <= set(document["oauth_config"]["scopes"]["bot"])
    assert not needs & set(plain["oauth_config"]["scopes"]["bot"])
    assert events <= set(document["settings"]["event_subscriptions"]["bot_events"])
    assert ("agent_view" in document["features"]) == ("--agent" in flags)
    assert set(document["oauth_config"]["scopes"]["bot"]) <= set(WHAT_FOR)
