"""What doctor says of credentials for a cluster."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.checkup import Level
from bot.domain.service import Inventory, Target
from bot.settings import Settings
from bot.wiring.checks import credential_findings
from tests.fakes.content import PROCESS, example_inventory

READ = "/etc/greenlight/read.kubeconfig"


def inventory(**settings: str) -> Inventory:
    known = example_inventory()
    target = Target(PROCESS, "kubernetes", tuple(settings.items()))
    return replace(known, services=(replace(known.services[0], targets=(target,)),))


@pytest.mark.parametrize(
    ("looks", "writes", "warned"),
    [
        (READ, READ, True),
        (READ, "/etc/greenlight/write.kubeconfig", False),
        (READ, "", False),
        ("in-cluster", "in-cluster", False),
    ],
)
def test_one_credential_for_looking_and_writing_is_pointed_out(
    tmp_path: Path, looks: str, writes: str, *, warned: bool
) -> None:
    settings = Settings.model_validate({"home": tmp_path, "redis_url": None})
    known = inventory(kubeconfig=looks, write_kubeconfig=writes, namespace="shop", name="checkout")
    found = [one for one in credential_findings(settings, known, {}) if one.level is Level.WARN]
    assert bool(found) is warned
    assert all("are the same" in one.what for one in found)
