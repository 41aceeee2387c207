"""The content files: what ships loads, what is wrong is named, what changes is read again."""

import os
import re
import shutil
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.content import FileContent
from bot.domain.action import Tier, UndoKind
from bot.domain.errors import ContentError
from bot.domain.ids import ActionId, EnvironmentId, RosterName, TargetId
from bot.domain.local_time import moment
from tests.fakes.folders import DEMO, ENVIRON, SHIPPED, change, demo_folder, problems

__all__ = ["demo_folder"]


def test_the_shipped_templates_load_and_let_nobody_do_anything() -> None:
    content = FileContent((SHIPPED,), {})
    assert content.inventory().services == ()
    assert content.policy().rosters == ()
    assert {"restart", "increase_pool_size", "rollback_deployment"} <= {
        a.id for a in content.catalogue().actions
    }
    assert len(content.failure_modes()) >= 11


def test_the_commented_examples_of_the_templates_load_as_well(demo_folder: Path) -> None:
    for name in ("services.yaml", "policy.yaml", "oncall.yaml"):
        text = (SHIPPED / name).read_text(encoding="utf-8")
        text = re.sub(
            r"^(environments|services|people|rosters|schedules|freezes): (\{\}|\[\])\n",
            "",
            text,
            flags=re.MULTILINE,
        )
        text = re.sub(r"^# (\w+:$|  )", r"\1", text, flags=re.MULTILINE)
        (demo_folder / name).write_text(text, encoding="utf-8")
    content = FileContent((demo_folder,), {"PROMETHEUS_URL": "http://127.0.0.1:9090"})
    service, own = content.inventory().services
    assert service.targets[0].id == "checkout/process"
    assert own.targets[0].id == "greenlight/memory"
    assert {roster.kind for roster in content.policy().rosters} == {
        "list",
        "usergroup",
        "schedule",
        "pagerduty",
    }
    policy = content.policy()
    assert [freeze.title for freeze in policy.freezes] == ["Year end", "Weekend", "Sunday night"]
    berlin, shop = ZoneInfo("Europe/Berlin"), EnvironmentId("shop-production")
    for day, hour, closed in (
        (11, 17, False),
        (11, 18, True),
        (12, 12, True),
        (13, 20, True),
        (14, 8, False),
    ):
        at = moment(date(2026, 12, day), time(hour), berlin)
        assert (policy.frozen(shop, at) is not None) is closed, (day, hour)
    assert [schedule.name for schedule in content.schedules()] == ["shop-primary", "shop-nights"]


def test_the_demo_knows_its_service_and_its_people() -> None:
    content = FileContent((DEMO, SHIPPED), ENVIRON)
    service = content.inventory().service("checkout-service")
    assert service is not None
    target = service.target(TargetId("checkout/process"))
    assert target is not None
    assert target.setting("config_path") == "/somewhere/config"
    assert target.setting("password") == ""
    metric = service.metric("error_rate")
    assert metric is not None
    assert metric.normal_high == Decimal("0.02")
    roster = content.policy().roster(RosterName("checkout-oncall"))
    assert roster is not None
    assert roster.members == ("U0ONCALL",)


def test_actions_carry_their_tier_bounds_undo_and_check() -> None:
    catalogue = FileContent((SHIPPED,), {}).catalogue()
    action = catalogue.action("increase_pool_size")
    assert action is not None
    assert action.tier is Tier.LOW
    assert action.setting("key") == "pool_size"
    assert action.undo.kind is UndoKind.ACTION
    assert action.undo.action == ActionId("increase_pool_size")
    assert action.check.threshold == "normal"
    rollback = catalogue.action("rollback_deployment")
    assert rollback is not None
    assert rollback.tier is Tier.MEDIUM


def test_the_hash_is_over_the_bytes_of_the_file(demo_folder: Path) -> None:
    before = FileContent((demo_folder,), ENVIRON).catalogue().sha256
    change(demo_folder, "actions.yaml", "# The catalogue", "# the catalogue")
    assert FileContent((demo_folder,), ENVIRON).catalogue().sha256 != before


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "services.yaml",
            "    oncall: checkout-oncall",
            "    oncall: nobody",
            r"services\.checkout\.oncall: expected a roster",
        ),
        (
            "services.yaml",
            "actions: [restart,",
            "actions: [reboot,",
            r"expected actions of actions\.yaml .*not reboot",
        ),
        (
            "policy.yaml",
            "workspaces: [T0LOCAL]",
            "pages: 5\nworkspaces: [T0LOCAL]",
            r"pages: expected a mapping, that is lines of `key: value`",
        ),
        (
            "services.yaml",
            "actions: [restart,",
            "depends_on: web\n    actions: [restart,",
            r"depends_on: expected a list",
        ),
        (
            "services.yaml",
            "        executor: supervisor\n",
            "",
            r"targets\.process\.executor: is missing; expected one of",
        ),
        (
            "services.yaml",
            "executor: supervisor",
            "executor: ansible",
            r"expected one of .*simulator, .*supervisor.*, not ansible",
        ),
        (
            "services.yaml",
            "    criticality: high",
            "    criticalty: high",
            r"services\.checkout\.criticalty: is not a known key",
        ),
        (
            "services.yaml",
            "    criticality: high",
            "    criticality: huge",
            r"criticality: expected 'low', 'normal', 'high' or",
        ),
        (
            "services.yaml",
            "    environment: production",
            "    environment: prod",
            r"environment: expected one of environments",
        ),
        ("services.yaml", "symptom: error_rate", "symptom: errors", r"symptom: expected one of its metrics"),
        ("services.yaml", "kind: file, path", "kind: file, pth", r"logs\.0\.path: is missing; file needs it"),
        (
            "services.yaml",
            "kind: file, path",
            "kind: tape, path",
            r"logs\.0\.kind: expected one of .*file.*, not tape",
        ),
        (
            "services.yaml",
            "config_path: env:GREENLIGHT_DEMO_CONFIG",
            "username2: x",
            r"is not a known setting of supervisor",
        ),
        (
            "services.yaml",
            "env:GREENLIGHT_DEMO_LOG",
            "env:UNSET_HERE",
            r"the environment variable UNSET_HERE is not set",
        ),
        (
            "services.yaml",
            "normal: {high: 0.02}",
            "normal: {low: 1, high: 0.02}",
            r"expected low to be at most high",
        ),
        ("policy.yaml", "members: [U0ONCALL]", "members: []", r"rosters\.checkout-oncall\.members: is empty"),
        ("policy.yaml", "members: [U0ONCALL]", "members: [U0NEW]", r"U0NEW is not listed under people"),
        (
            "policy.yaml",
            "low: {approvals: 1, roles: [oncall]",
            "low: {approvals: 1, roles: []",
            r"tiers\.low\.roles: ",
        ),
        (
            "policy.yaml",
            "low: {approvals: 1",
            "low: {approvals: 0",
            r"tiers\.low\.approvals: expected greater than",
        ),
        (
            "policy.yaml",
            "low: {approvals: 1",
            "low: {approvals: '1'",
            r"tiers\.low\.approvals: expected a valid integer",
        ),
        (
            "policy.yaml",
            "low: {approvals: 1",
            "low: {approvals: true",
            r"tiers\.low\.approvals: expected a valid integer",
        ),
        ("policy.yaml", "fail.?over", "fail(over", r"tripwires\[\d\]\.pattern: expected an RE2 pattern"),
        (
            "policy.yaml",
            "roles: [oncall, lead], window",
            "roles: [oncall, lead], hold_seconds: 301, window",
            r"tiers\.medium\.hold_seconds: ",
        ),
        ("policy.yaml", "one_of: senior", "one_of: boss", r"tiers\.high\.one_of: "),
        (
            "actions.yaml",
            "tier: low",
            "tier: none",
            r"actions\.restart\.tier: expected 'low', 'medium' or 'high'",
        ),
        (
            "actions.yaml",
            "how: supervisor.restart",
            "how: shell",
            r"actions\.restart\.how: expected 'supervisor\.restart'",
        ),
        (
            "actions.yaml",
            "settings: {key: pool_size}",
            "settings: {}",
            r"settings\.key: is missing; config\.set needs it",
        ),
        ("actions.yaml", "minimum: 1, maximum: 500, ", "", r"pool_size: expected minimum and maximum"),
        (
            "actions.yaml",
            "action: increase_pool_size, parameters",
            "action: shrink, parameters",
            r"undo\.action: expected one of",
        ),
        (
            "actions.yaml",
            "{pool_size: pool_size}, text",
            "{pool_size: other}, text",
            r"other is not among what the action observes",
        ),
        (
            "actions.yaml",
            "samples: 6, needed: 5",
            "samples: 6, needed: 7",
            r"check\.needed: expected at most samples",
        ),
        (
            "disk-full.md",
            "action: clear_disk_space",
            "action: burn",
            r"burn is not an action of actions\.yaml",
        ),
        ("disk-full.md", "title: Disk is full\n", "", r"disk-full\.md:\d+: title: is missing"),
        ("disk-full.md", "above: 95", "above: 95%", r"conditions\[0\]: expected a percentage together with"),
        ("disk-full.md", "---\ntitle", "title", r"disk-full\.md:1: expected front matter"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_key_and_what_was_expected(
    demo_folder: Path, file: str, old: str, new: str, said: str
) -> None:
    change(demo_folder, file, old, new)
    found = problems(demo_folder)
    assert any(re.search(said, problem) for problem in found), found
    assert all(re.match(r"\S+(\.yaml|\.md)(:\d+)?: ", problem) for problem in found)


def test_all_mistakes_of_all_files_are_told_at_once(demo_folder: Path) -> None:
    change(demo_folder, "services.yaml", "criticality: high", "criticality: huge")
    change(demo_folder, "policy.yaml", "members: [U0ONCALL]", "members: []")
    change(demo_folder, "actions.yaml", "tier: low", "tier: none")
    said = "\n".join(problems(demo_folder))
    assert "services.yaml:" in said
    assert "policy.yaml:" in said
    assert "actions.yaml:" in said


def test_a_missing_file_is_a_mistake(demo_folder: Path) -> None:
    (demo_folder / "policy.yaml").unlink()
    assert any(problem.startswith("policy.yaml: is missing") for problem in problems(demo_folder))


def test_a_changed_file_is_read_again(demo_folder: Path) -> None:
    content = FileContent((demo_folder,), ENVIRON)
    change(demo_folder, "services.yaml", "title: Checkout", "title: Till")
    assert content.inventory().services[0].title == "Till"


def test_a_file_that_keeps_its_time_and_size_is_read_again(demo_folder: Path) -> None:
    content, file = FileContent((demo_folder,), ENVIRON), demo_folder / "services.yaml"
    before = file.stat()
    file.write_text(file.read_text().replace("title: Checkout", "title: Checkoff"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (before.st_mtime_ns, before.st_size)
    assert content.inventory().services[0].title == "Checkoff"


def test_a_page_that_comes_later_is_read(demo_folder: Path) -> None:
    content = FileContent((demo_folder,), ENVIRON)
    before = len(content.failure_modes())
    shutil.copyfile(SHIPPED / "disk-full.md", demo_folder / "new-page.md")
    assert len(content.failure_modes()) == before + 1


def test_a_broken_change_leaves_the_last_good_content_and_warns_once(demo_folder: Path) -> None:
    warnings = list[str]()
    content = FileContent((demo_folder,), ENVIRON, warnings.append)
    change(demo_folder, "policy.yaml", "members: [U0ONCALL]", "members: []")
    roster = content.policy().roster(RosterName("checkout-oncall"))
    assert roster is not None
    assert roster.members == ("U0ONCALL",)
    content.inventory()
    assert len(warnings) == 1
    assert "members: is empty" in warnings[0]


def test_a_file_of_the_first_folder_hides_that_of_the_second(tmp_path: Path) -> None:
    shutil.copyfile(SHIPPED / "disk-full.md", tmp_path / "disk-full.md")
    change(tmp_path, "disk-full.md", "Disk is full", "Disk is really full")
    modes = {mode.id: mode for mode in FileContent((tmp_path, SHIPPED), {}).failure_modes()}
    assert modes["disk-full"].title == "Disk is really full"
    assert "out-of-memory" in modes


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("delete_rows  db/main staging", "deletes something"),
        ("drop_table name=orders db/main staging", "drops something"),
        ("forceDeleteAll  db/main staging", "deletes something"),
        ("dropTable name=orders db/main staging", "drops something"),
        ("scale instances=0 shop/web staging", "scales to zero"),
        ("DATABASE_FAILOVER  db/main staging", "fails over"),
        ("restart  checkout/process production", "restarts production"),
        ("restart  checkout/process staging", None),
        ("scale_up instances=10 shop/web production", None),
        ("rollback_deployment version=41 checkout/process production", None),
        ("increase_pool_size pool_size=40 dropbox/process production", None),
    ],
)
def test_the_shipped_tripwires_catch_what_they_name(text: str, title: str | None) -> None:
    assert FileContent((SHIPPED,), {}).tripwire(text) == title


def test_every_page_has_a_body_causes_and_checks() -> None:
    for mode in FileContent((SHIPPED,), {}).failure_modes():
        assert mode.body.startswith("\n# ") or mode.body.startswith("# "), mode.id
        assert mode.causes, mode.id
        assert mode.checks, mode.id


def test_a_home_with_an_older_catalogue_keeps_working_with_newer_pages(tmp_path: Path) -> None:
    shipped = Path("runbooks")
    catalogue = (shipped / "actions.yaml").read_text()
    older = catalogue[: catalogue.index("  k8s_")]
    (tmp_path / "actions.yaml").write_text(older)
    loaded = FileContent((tmp_path, shipped), {})
    proposed = {remedy.action for mode in loaded.failure_modes() for remedy in mode.remedies}
    assert proposed
    assert not any(action.startswith("k8s_") for action in proposed)
    (tmp_path / "crash-loop.md").write_text((shipped / "crash-loop.md").read_text())
    with pytest.raises(ContentError, match=r"crash-loop\.md: remedies: k8s_\w+ is not an action"):
        FileContent((tmp_path, shipped), {})
