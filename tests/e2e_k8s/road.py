"""The whole road: Greenlight's three processes, a local Slack workspace, clicks, and the cluster."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bot.adapters.kubernetes_eyes import identity
from bot.domain.events import Closing, Escalated, StepNotRun
from bot.domain.incident import Incident, Phase
from bot.playground.workspace.model import App, Message, Team
from bot.playground.workspace.workspace import Workspace
from bot.settings import Settings
from bot.wiring.store import open_store
from tests.chaos.crew import crewed
from tests.chaos.home import CHANNEL, ONCALL, PEOPLE, WORKSPACE, policy
from tests.chaos.stage import QUICK, Stage, said
from tests.chaos.target import Target as Unused
from tests.e2e_k8s.hop import ADDED, Hop, hopping
from tests.e2e_k8s.rig import NAMESPACE, Rig, until

READ, WRITE, REHEARSE = "E2E_KUBECONFIG", "E2E_KUBECONFIG_WRITE", "E2E_KUBECONFIG_REHEARSE"
PATIENCE = 90.0
IMAGE = "registry.example/shop/checkout"
LABEL = f"spec.template.spec.containers[app].image: {IMAGE}:v42 -> {IMAGE}:v41"


@dataclass(slots=True)
class Diary:
    """What happened, with the seconds since the beginning."""

    begun: float = field(default_factory=time.monotonic)
    lines: list[str] = field(default_factory=list[str])

    def note(self, text: str) -> None:
        """One line."""
        self.lines.append(f"{time.monotonic() - self.begun:5.1f} s {text}")


async def bad_rollout(rig: Rig) -> str:
    """Bad rollout, alert, plan with the dry run on its card, approval, rollout undo, healthy."""
    async with staged(rig, rig.folder / "home-road") as stage:
        diary = Diary()
        alert, before, card = await _proposed(rig, stage, diary)
        state = before.current
        assert state is not None
        step = state.plan.steps[0]
        assert (step.action, step.executor, step.dry_run) == ("k8s_rollback", "kubernetes", (LABEL,))
        assert LABEL in said(card), said(card)
        assert {name for name, _ in step.preconditions} == {"uid", "template"}
        diary.note(f"card: {step.title}; dry run: {step.dry_run[0]}")
        await stage.clicks(alert, ONCALL, "decide_approve")
        diary.note("olivia clicks Approve")
        after = await stage.reaches(alert, Phase.CLOSED, PATIENCE)
        assert after.closed is not None
        assert after.closed.closing is Closing.VERIFIED
        assert after.current is not None
        diary.note(f"step: {after.current.steps[0].detail}")
        diary.note(f"verified and closed; error ratio {rig.traffic.ratio():.2f}")
        found = await rig.raw()
        assert found["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":v41")
        assert found["metadata"]["annotations"]["greenlight-oncall/step"] == f"{state.digest[:12]}:0"
        assert rig.traffic.ratio() < 0.02
        assert await stage.store.incidents.verify(after.id) == ()
    return "\n".join(["", *(f"     {line}" for line in diary.lines)])


async def changed_after_the_card(rig: Rig) -> str:
    """Somebody deploys again between the card and the click: the step is not run, with DRIFT."""
    async with staged(rig, rig.folder / "home-drift") as stage:
        alert, _, _ = await _proposed(rig, stage, Diary())
        annotation = {"metadata": {"annotations": {"deployed-again": str(time.time())}}}
        await rig.changed({"spec": {"template": annotation}})
        generation = (await rig.raw())["metadata"]["generation"]
        await stage.clicks(alert, ONCALL, "decide_approve")
        found = await stage.until(alert, lambda one: _not_run(one) is not None, PATIENCE)
        halted = _not_run(found)
        assert halted is not None
        assert halted.code == "DRIFT", halted
        assert "template was" in halted.detail
        assert (await rig.raw())["metadata"]["generation"] == generation
        await rig.deployed("v41")
        return f"{halted.code}: {halted.detail}; nothing was written"


async def server_would_do_more(rig: Rig) -> str:
    """Something adds to what is written, as webhooks do: the server's dry run differs, nothing is written."""
    async with _through(rig) as hop, staged(rig, rig.folder / "home-differs") as stage:
        alert, _, _ = await _proposed(rig, stage, Diary())
        hop.injecting = True
        generation = (await rig.raw())["metadata"]["generation"]
        await stage.clicks(alert, ONCALL, "decide_approve")
        found = await stage.until(alert, lambda one: _not_run(one) is not None, PATIENCE)
        halted = _not_run(found)
        assert halted is not None
        assert halted.code == "DRY_RUN_DIFFERS", halted
        assert ADDED in halted.detail
        assert (await rig.raw())["metadata"]["generation"] == generation
        return f"{halted.code}: {halted.detail}; nothing was written"


async def server_dry_run_on_the_card(rig: Rig) -> str:
    """With a credential for rehearsals the card shows the server's own answer, webhooks included."""
    home = rig.folder / "home-rehearses"
    async with _through(rig) as hop, staged(rig, home, rehearsing=True) as stage:
        hop.injecting = True
        alert, before, card = await _proposed(rig, stage, Diary())
        assert before.current is not None
        lines = before.current.plan.steps[0].dry_run
        assert set(lines) == {ADDED, LABEL}, lines
        assert ADDED in said(card)
        await stage.clicks(alert, ONCALL, "decide_approve")
        after = await stage.reaches(alert, Phase.CLOSED, PATIENCE)
        assert after.closed is not None
        assert after.closed.closing is Closing.VERIFIED
        annotations = (await rig.raw())["spec"]["template"]["metadata"]["annotations"]
        assert annotations["mesh.example/injected"] == "yes"
        return f"card: {'; '.join(lines)}; approved, run as shown, verified"


@asynccontextmanager
async def _through(rig: Rig) -> AsyncGenerator[Hop]:
    """A hop in the way of everything that is written with the credential of act."""
    straight = rig.configs["act"]
    async with hopping(rig.plane) as hop:
        rig.configs["act"] = hop.config(rig.folder, "through", rig.folder / "greenlight-act.token")
        try:
            yield hop
        finally:
            rig.configs["act"] = straight


async def elsewhere(rig: Rig) -> str:
    """The inventory says another cluster than the one that answers: no plan, and nothing is written."""
    async with staged(
        rig, rig.folder / "home-elsewhere", uid="00000000-0000-4000-8000-000000000000"
    ) as stage:
        await rig.deployed("v41")
        await rig.settled()
        await rig.deployed("v42")
        await until(_ratio(rig), lambda ratio: ratio > 0.5)
        alert = await stage.fires(name="CheckoutErrors")
        found = await stage.reaches(alert, Phase.ESCALATED, PATIENCE)
        told = next(e.event.reason for e in found.entries if isinstance(e.event, Escalated))
        assert "is live in" in told
        assert "OUT_OF_SCOPE" in told
        await rig.deployed("v41")
        return told


def _not_run(incident: Incident) -> StepNotRun | None:
    events = (entry.event for entry in incident.entries)
    return next((event for event in events if isinstance(event, StepNotRun)), None)


async def _proposed(rig: Rig, stage: Stage, diary: Diary) -> tuple[Message, Incident, Message]:
    """A bad version goes live, the errors climb, the alert is posted, a plan waits with its button."""
    await rig.deployed("v41")
    await rig.settled()
    await until(_ratio(rig), lambda ratio: ratio < 0.01)
    diary.note(f"v41 sells; error ratio {rig.traffic.ratio():.2f}")
    await rig.deployed("v42")
    await until(_ratio(rig), lambda ratio: ratio > 0.5)
    diary.note(f"v42 was rolled out; error ratio {rig.traffic.ratio():.2f}")
    alert = await stage.fires(name="CheckoutErrors")
    diary.note("the alert is posted")
    card = await stage.button(alert, "decide_approve", PATIENCE)
    found = await stage.reaches(alert, Phase.PROPOSED, PATIENCE)
    diary.note(f"diagnosis: {found.diagnosis.cause if found.diagnosis else ''}")
    return alert, found, card


def _ratio(rig: Rig) -> Any:
    async def ratio() -> float:
        return rig.traffic.ratio()

    return ratio


@asynccontextmanager
async def staged(rig: Rig, home: Path, *, rehearsing: bool = False, uid: str = "") -> AsyncGenerator[Stage]:
    """The workspace and the three processes; the write credential is in act's environment alone."""
    await asyncio.to_thread(_lay_out, home, await _inventory(rig, uid))
    async with Workspace(Team(id=WORKSPACE), QUICK) as workspace, aiohttp.ClientSession() as session:
        app = _people(workspace)
        hook = workspace.add_webhook(CHANNEL, "Alertmanager")
        given = {
            "GREENLIGHT_HOME": str(home),
            "GREENLIGHT_SLACK_BASE_URL": workspace.api_url,
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_APP_TOKEN": app.app_token,
            "GREENLIGHT_LOG_FORMAT": "json",
            READ: str(rig.configs["think"]),
        }
        if rehearsing:
            given[REHEARSE] = str(rig.configs["act"])
        writing = {**given, READ: str(rig.configs["act"]), WRITE: str(rig.configs["act"])}
        settings = Settings.model_validate({"home": home, "redis_url": None})
        async with (
            open_store(settings) as store,
            crewed(home, given, "bot", "think") as crew,
            crewed(home, writing, "act"),
        ):
            target = Unused(home / "unused.json")
            stage = Stage(home, workspace, app, hook, target, crew, store, session)
            try:
                await stage.connected()
                yield stage
            except (AssertionError, TimeoutError):
                for log in sorted((home / "logs").glob("*.log")):
                    print(f"== {log.name}\n{log.read_text(errors='replace')[-4000:]}", file=sys.stderr)
                raise


def _lay_out(home: Path, inventory: Mapping[str, Any]) -> None:
    runbooks = home / "runbooks"
    for folder in (runbooks, home / "logs", home / "pids"):
        folder.mkdir(parents=True)
    (runbooks / "services.yaml").write_text(yaml.safe_dump(dict(inventory), sort_keys=False))
    (runbooks / "policy.yaml").write_text(yaml.safe_dump(policy(), sort_keys=False))


async def _inventory(rig: Rig, uid: str) -> Mapping[str, Any]:
    place = {"kubeconfig": f"env:{READ}", "namespace": NAMESPACE, "name": "checkout"}
    target = {"executor": "kubernetes", **place, "write_kubeconfig": f"env:{WRITE}?"}
    target |= {"rehearse_kubeconfig": f"env:{REHEARSE}?", "env": "POOL_SIZE"}
    checkout = {
        "title": "Checkout",
        "environment": "production",
        "criticality": "normal",
        "oncall": "checkout-oncall",
        "lead": "shop-lead",
        "senior": "shop-lead",
        "pace": {"settle_seconds": 3, "every_seconds": 1, "samples": 3, "needed": 3},
        "logs": [{"kind": "kubernetes", **place}],
        "changes": [{"kind": "kubernetes", **place}],
        "metrics_source": {"kind": "prometheus", "url": rig.traffic.url},
        "metrics": {"error_rate": {"query": "error_rate", "unit": "ratio", "normal": {"high": 0.02}}},
        "targets": {"deployment": target},
        "actions": ["k8s_rollback", "k8s_reset_connection_pool"],
    }
    live = {"kubernetes": uid or await identity(rig.target())}
    environments = {"production": {"production": True, "identity": live}}
    return {"environments": environments, "services": {"checkout": checkout}}


def _people(workspace: Workspace) -> App:
    for person, name in PEOPLE.items():
        workspace.add_user(person, name)
    app = workspace.install_app("greenlight", commands=("/greenlight",))
    workspace.add_channel(CHANNEL, "alerts", members=tuple(PEOPLE))
    workspace.invite(CHANNEL, app.bot_user_id, announce=False)
    return app
