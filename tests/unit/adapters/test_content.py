"""The content files: what ships loads, what is wrong is named, what changes is read again."""

import os
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.content import FileContent
from bot.domain.action import Tier, UndoKind
from bot.domain.errors import ContentError
from bot.domain.ids import ActionId, RosterName, TargetId

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "runbooks"
DEMO = ROOT / "bot" / "playground" / "content"
NAMES = ("LOG", "DEPLOYS", "METRICS_URL", "SUPERVISOR_URL", "CONFIG", "CURRENT", "RELEASES")
ENVIRON = {f"GREENLIGHT_DEMO_{name}": f"/somewhere/{name.lower()}" for name in NAMES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo's content with the shipped catalogue and pages."""
    for source in (SHIPPED, DEMO):
        for path in source.iterdir():
            if path.suffix in {".yaml", ".md"}:
                shutil.copyfile(path, tmp_path / path.name)
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    stamp = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(stamp, stamp))


def freeze(window: str, said: str) -> tuple[str, str, str, str]:
    return "policy.yaml", "limits:", f"freezes:\n  - {window}\nlimits:", said


def oncall(body: str, said: str) -> tuple[str, str, str, str]:
    return "oncall.yaml", "{}", f"\n  nights:\n    time_zone: UTC\n    {body}", said


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ContentError) as caught:
        FileContent((folder,), ENVIRON)
    return caught.value.problems


def test_the_shipped_templates_load_and_let_nobody_do_anything() -> None:
    content = FileContent((SHIPPED,), {})
    assert content.inventory().services == ()
    assert content.policy().rosters == ()
    assert {"restart", "increase_pool_size", "rollback_deployment"} <= {
        a.id for a in content.catalogue().actions
    }
    assert len(content.failure_modes()) >= 11


def test_the_commented_examples_of_the_templates_load_as_well(folder: Path) -> None:
    for name in ("services.yaml", "policy.yaml", "oncall.yaml"):
        text = (SHIPPED / name).read_text(encoding="utf-8")
        text = re.sub(
            r"^(environments|services|people|rosters|schedules|freezes): (\{\}|\[\])\n",
            "",
            text,
            flags=re.MULTILINE,
        )
        text = re.sub(r"^# (\w+:$|  )", r"\1", text, flags=re.MULTILINE)
        (folder / name).write_text(text, encoding="utf-8")
    content = FileContent((folder,), {"PROMETHEUS_URL": "http://127.0.0.1:9090"})
    (service,) = content.inventory().services
    assert service.targets[0].id == "checkout/process"
    assert {roster.kind for roster in content.policy().rosters} == {
        "list",
        "usergroup",
        "schedule",
        "pagerduty",
    }
    assert [freeze.title for freeze in content.policy().freezes] == ["Year end", "Weekend"]
    assert [schedule.name for schedule in content.schedules()] == ["shop-primary", "shop-nights"]


def test_an_on_call_file_is_optional_and_read_again_when_it_appears(folder: Path) -> None:
    (folder / "oncall.yaml").unlink()
    content = FileContent((folder,), ENVIRON)
    assert content.schedules() == ()
    shutil.copyfile(SHIPPED / "oncall.yaml", folder / "oncall.yaml")
    change(folder, *oncall("rotations: [{people: [ada], first: 2026-11-02}]", "")[:3])
    assert [schedule.name for schedule in content.schedules()] == ["nights"]


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


def test_the_hash_is_over_the_bytes_of_the_file(folder: Path) -> None:
    before = FileContent((folder,), ENVIRON).catalogue().sha256
    change(folder, "actions.yaml", "# The catalogue", "# the catalogue")
    assert FileContent((folder,), ENVIRON).catalogue().sha256 != before


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
            "services.yaml",
            "        executor: supervisor\n",
            "",
            r"targets\.process\.executor: is missing; expected one of",
        ),
        (
            "services.yaml",
            "executor: supervisor",
            "executor: ansible",
            r"expected one of simulator, supervisor, not ansible",
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
            r"logs\.0\.kind: expected one of file, not tape",
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
        (
            "policy.yaml",
            "kind: list, members: [U0LEAD]",
            "kind: schedule, source: nights",
            r"shop-lead\.source: expected a schedule of oncall\.yaml \(none is listed\)",
        ),
        (
            "policy.yaml",
            "kind: list, members: [U0LEAD]",
            "kind: pagerduty, source: everybody",
            r"source: expected ids of PagerDuty schedules",
        ),
        (
            "policy.yaml",
            "kind: list, members: [U0LEAD]",
            'kind: usergroup, source: "@leads"',
            r"source: expected the id of a Slack user group",
        ),
        (
            "policy.yaml",
            "{name: Lena}\n",
            "{name: Lena, schedule_id: X}\n  U0OTHER: {name: L, schedule_id: X}\n",
            r"people: U0OTHER and U0LEAD have the same schedule_id",
        ),
        (
            "policy.yaml",
            "{name: Lena}",
            "{name: Lena, schedule_id: U0ONCALL}",
            r"the schedule_id of U0LEAD is the Slack id of another",
        ),
        freeze("{title: F, time_zone: Mars/Base, from: 2026-12-20 00:00, until: 2027-01-04 08:00}", "IANA"),
        freeze("{title: F, time_zone: UTC, from: 2027-12-20 00:00, until: 2027-01-04 08:00}", "after from"),
        freeze('{title: F, time_zone: UTC, from: "18:00", until: "08:00"}', "or days, for a window"),
        freeze("{title: F, time_zone: UTC, days: [friday], from: a, until: b}", "expected one of mon, tue"),
        freeze('{title: F, time_zone: UTC, days: [fri], from: "18", until: "8"}', "expected times in quotes"),
        freeze(
            '{title: F, time_zone: UTC, days: [fri], from: "18:00", until: "08:00", environments: [prd]}',
            r"environments: expected environments \(.*\), not prd",
        ),
        oncall("rotations: []", r"rotations: .*at least 1"),
        oncall("rotations: [{people: [], first: 2026-11-02}]", r"people: .*at least 1"),
        oncall("rotations: [{people: [ada], first: soon}]", r"first: expected a day"),
        oncall(
            'rotations: [{people: [ada], first: 2026-11-02, handover: ["08:00", "20:00"]}]',
            r"handover: expected one time, since",
        ),
        oncall(
            'rotations: [{people: [ada], first: 2026-11-02, every_days: 1, handover: ["20:00", "08:00"]}]',
            r"handover: expected one time, or several in order",
        ),
        oncall(
            "rotations: [{people: [a], first: 2026-11-02}]\n    overrides: "
            "[{person: b, from: 2026-11-03 10:00, until: 2026-11-03 10:00}]",
            r"overrides\[0\]\.until: expected a time after from",
        ),
        ("disk-full.md", "title: Disk is full\n", "", r"disk-full\.md:\d+: title: is missing"),
        ("disk-full.md", "above: 95", "above: 95%", r"conditions\[0\]: expected a percentage together with"),
        ("disk-full.md", "---\ntitle", "title", r"disk-full\.md:1: expected front matter"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_key_and_what_was_expected(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    change(folder, file, old, new)
    found = problems(folder)
    assert any(re.search(said, problem) for problem in found), found
    assert all(re.match(r"\S+(\.yaml|\.md)(:\d+)?: ", problem) for problem in found)


def test_all_mistakes_of_all_files_are_told_at_once(folder: Path) -> None:
    change(folder, "services.yaml", "criticality: high", "criticality: huge")
    change(folder, "policy.yaml", "members: [U0ONCALL]", "members: []")
    change(folder, "actions.yaml", "tier: low", "tier: none")
    said = "\n".join(problems(folder))
    assert "services.yaml:" in said
    assert "policy.yaml:" in said
    assert "actions.yaml:" in said


def test_a_missing_file_is_a_mistake(folder: Path) -> None:
    (folder / "policy.yaml").unlink()
    assert any(problem.startswith("policy.yaml: is missing") for problem in problems(folder))


def test_a_changed_file_is_read_again(folder: Path) -> None:
    content = FileContent((folder,), ENVIRON)
    change(folder, "services.yaml", "title: Checkout", "title: Till")
    assert content.inventory().services[0].title == "Till"


def test_a_broken_change_leaves_the_last_good_content_and_warns_once(folder: Path) -> None:
    warnings = list[str]()
    content = FileContent((folder,), ENVIRON, warnings.append)
    change(folder, "policy.yaml", "members: [U0ONCALL]", "members: []")
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
