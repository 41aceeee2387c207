"""The demo's content with `--gate` loads, and holds what its guide promises."""

from pathlib import Path

from bot.adapters.content import FileContent
from bot.demo.home import lay_out
from bot.domain.action import Tier
from bot.domain.ids import MINUTE, SECOND, EnvironmentId
from tests.fakes.folders import ENVIRON

NAMES = ("LOG", "CONFIG", "CURRENT", "RELEASES")
STAGING = {f"GREENLIGHT_DEMO_STAGING_{name}": "/somewhere" for name in NAMES}


def test_with_the_gate_windows_are_short_and_a_roll_back_of_production_trips(tmp_path: Path) -> None:
    home = lay_out(tmp_path / "home", gate=True)
    content = FileContent((home / "runbooks",), ENVIRON | STAGING)
    policy = content.policy()
    assert policy.rule(Tier.LOW).window_seconds * SECOND == 2 * MINUTE
    assert policy.rule(Tier.HIGH).hold_seconds == 20
    assert content.tripwire("rollback_deployment version=41 checkout/process production") is not None
    assert content.tripwire("rollback_deployment version=41 checkout-staging/process staging") is None
    assert policy.auto_apply is not None
    environments = content.inventory().environments
    assert [one.production for one in environments if one.id in policy.auto_apply.environments] == [False]
    twin = content.inventory().service("checkout-staging")
    assert twin is not None
    assert twin.environment == EnvironmentId("staging")


def test_without_it_the_demo_is_as_it_was(tmp_path: Path) -> None:
    home = lay_out(tmp_path / "home")
    content = FileContent((home / "runbooks",), ENVIRON)
    assert content.policy().auto_apply is None
    assert content.inventory().service("checkout-staging") is None
