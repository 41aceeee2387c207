"""The files of people and times: rosters, schedules and freezes, each mistake named."""

import re
import shutil
from pathlib import Path

import pytest

from bot.adapters.content import FileContent
from tests.fakes.folders import ENVIRON, SHIPPED, change, demo_folder, problems

__all__ = ["demo_folder"]


def freeze(window: str, said: str) -> tuple[str, str, str, str]:
    return "policy.yaml", "limits:", f"freezes:\n  - {window}\nlimits:", said


def oncall(body: str, said: str) -> tuple[str, str, str, str]:
    return "oncall.yaml", "{}", f"\n  nights:\n    time_zone: UTC\n    {body}", said


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
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
            "rotations: [{people: [a], first: 2026-11-02}, {people: [b], first: 2026-11-02}]",
            r"rotations\[1\]\.first: expected another moment",
        ),
        oncall(
            "rotations: [{people: [a], first: 2026-11-02}]\n    overrides: "
            "[{person: b, from: 2026-11-03 10:00, until: 2026-11-03 10:00}]",
            r"overrides\[0\]\.until: expected a time after from",
        ),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_was_expected(
    demo_folder: Path, file: str, old: str, new: str, said: str
) -> None:
    change(demo_folder, file, old, new)
    found = problems(demo_folder)
    assert any(re.search(said, problem) for problem in found), found
    assert all(re.match(r"\S+(\.yaml|\.md)(:\d+)?: ", problem) for problem in found)


def test_an_on_call_file_is_optional_and_read_again_when_it_appears(demo_folder: Path) -> None:
    (demo_folder / "oncall.yaml").unlink()
    content = FileContent((demo_folder,), ENVIRON)
    assert content.schedules() == ()
    shutil.copyfile(SHIPPED / "oncall.yaml", demo_folder / "oncall.yaml")
    change(demo_folder, *oncall("rotations: [{people: [ada], first: 2026-11-02}]", "")[:3])
    assert [schedule.name for schedule in content.schedules()] == ["nights"]
