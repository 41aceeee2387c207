"""The demo's own home: fresh at each run, inside the checkout, with the demo's inventory and people."""

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import GreenlightError
from bot.playground.site import Site
from bot.playground.workspace.model import App, UserKind
from bot.playground.workspace.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO_CONTENT = ROOT / "bot" / "playground" / "content"
GATE_CONTENT = DEMO_CONTENT / "gate"
RUNBOOKS = ROOT / "runbooks"
CHANNEL = "C0ALERTS"
PAGER = "C0PAGER"
COMMANDS = ("/greenlight",)
MOST_AT_ONCE = 9


class DemoHomeError(GreenlightError):
    """There is no place for the demo's data."""


@dataclass(frozen=True, slots=True)
class Character:
    """A person of the demo's local workspace."""

    id: str
    name: str
    what: str
    kind: UserKind = UserKind.HUMAN


CHARACTERS = (
    Character("U0ONCALL", "olivia", "on call for checkout"),
    Character("U0LEAD", "lena", "lead"),
    Character("U0COLLEAGUE", "carl", "a colleague who is not on call"),
    Character("U0GUEST", "gus", "a guest", UserKind.GUEST),
)


def claimed_home(data: Path) -> Path:
    """A directory that is this process's until it ends: `demo`, or `demo-2` … beside demos that run.

    Raises DemoHomeError where nothing can be written.
    """
    names = ("demo", *(f"demo-{number}" for number in range(2, MOST_AT_ONCE + 1)))
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        home = next((data / name for name in names if _claimed(data / f"{name}.lock")), None)
    except OSError as error:
        where, why = error.filename or data, error.strerror
        raise DemoHomeError(f"{where}: {why}. GREENLIGHT_HOME may name a directory of yours.") from error
    if home is None:
        raise DemoHomeError(f"{MOST_AT_ONCE} demos run already in {data}.")
    return home


def _claimed(lock: Path) -> bool:
    """Take a lock and keep it: the kernel gives it back however this process ends."""
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    return True


def lay_out(home: Path, *, gate: bool = False) -> Path:
    """An empty home with the demo's content; what an earlier run left there goes.

    With `gate` the policy is the one with short windows, and the staging twin is in the inventory.
    """
    shutil.rmtree(home, ignore_errors=True)
    target = home / "runbooks"
    target.mkdir(parents=True, mode=0o700)
    for page in (*RUNBOOKS.glob("*.md"), RUNBOOKS / "actions.yaml", *DEMO_CONTENT.iterdir()):
        if page.is_file():
            shutil.copyfile(page, target / page.name)
    if gate:
        shutil.copyfile(GATE_CONTENT / "policy.yaml", target / "policy.yaml")
        twin = (GATE_CONTENT / "checkout-staging.yaml").read_text(encoding="utf-8")
        with (target / "services.yaml").open("a", encoding="utf-8") as services:
            services.write(twin)
    (home / "logs").mkdir()
    return home


def people(workspace: Workspace) -> App:
    """Put the characters, the channel and the app into a workspace; returns the app with its tokens."""
    for character in CHARACTERS:
        workspace.add_user(character.id, character.name, kind=character.kind)
    app = workspace.install_app("greenlight", commands=COMMANDS)
    workspace.add_channel(CHANNEL, "alerts", members=tuple(c.id for c in CHARACTERS))
    workspace.invite(CHANNEL, app.bot_user_id, announce=False)
    return app


def of_the_gate(workspace: Workspace, site: Site) -> dict[str, str]:
    """What is needed beside that for the staging twin and the pager, which is a channel."""
    assert site.staging is not None
    workspace.add_channel(PAGER, "pager", members=tuple(c.id for c in CHARACTERS))
    twin = site.staging.home
    return {
        "GREENLIGHT_DEMO_STAGING_LOG": str(twin.log),
        "GREENLIGHT_DEMO_STAGING_CONFIG": str(twin.config),
        "GREENLIGHT_DEMO_STAGING_CURRENT": str(twin.current),
        "GREENLIGHT_DEMO_STAGING_RELEASES": str(twin.releases),
        "GREENLIGHT_DEMO_PAGER": workspace.add_webhook(PAGER, "Pager"),
    }


def environment(home: Path, workspace: Workspace, app: App, site: Site) -> dict[str, str]:
    """What the three processes need to know of this run."""
    service = site.production.home
    return {
        "GREENLIGHT_HOME": str(home),
        "GREENLIGHT_SLACK_BASE_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token,
        "GREENLIGHT_LOG_FORMAT": "json",
        "GREENLIGHT_DEMO_LOG": str(service.log),
        "GREENLIGHT_DEMO_DEPLOYS": str(site.deploy_log),
        "GREENLIGHT_DEMO_CONFIG": str(service.config),
        "GREENLIGHT_DEMO_CURRENT": str(service.current),
        "GREENLIGHT_DEMO_RELEASES": str(service.releases),
        "GREENLIGHT_DEMO_METRICS_URL": site.metrics_url,
        "GREENLIGHT_DEMO_SUPERVISOR_URL": site.supervisor.url,
        "GREENLIGHT_DEMO_SUPERVISOR_USER": site.supervisor.username,
        "GREENLIGHT_DEMO_SUPERVISOR_PASSWORD": site.supervisor.password,
    }
