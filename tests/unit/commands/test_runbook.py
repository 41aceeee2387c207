"""`greenlight runbook`: pages are written, checked and tried by exit code and by what is said."""

import re
import shutil
from pathlib import Path

import pytest

from bot.adapters.content import read_catalogue
from bot.adapters.content_table import table
from bot.adapters.replay import MAX_LINE
from bot.cli import run
from bot.domain.action import Tier
from tests.fakes.folders import ROOT, SHIPPED

PAGE = """\
---
title: Something fails
signatures:
  - 'it (broke|failed) badly'
  - 'never seen'
causes: [A cause]
checks: ['Is it so?']
excludes: ['drill']
---
# Something fails

Look.
"""


def page(folder: Path, text: str = PAGE, name: str = "some-page") -> Path:
    file = folder / f"{name}.md"
    file.write_text(text, encoding="utf-8")
    return file


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out = capsys.readouterr()
    return out.out + out.err


def test_a_new_page_lints_and_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "runbooks"
    assert run(["runbook", "new", "cache-stampede", "--into", str(folder)]) == 0
    file = folder / "cache-stampede.md"
    assert "title: Cache stampede" in file.read_text()
    assert run(["runbook", "lint", "--folder", str(folder)]) == 0
    file.write_text(PAGE)
    assert run(["runbook", "new", "cache-stampede", "--into", str(folder)]) == 1
    assert "exists already" in said(capsys)
    assert file.read_text() == PAGE


@pytest.mark.parametrize("name", ["../x", "Upper", "a b", "-x", "README", "", "a/b", "é", "a" * 64])
def test_a_page_cannot_be_written_anywhere_else(tmp_path: Path, name: str) -> None:
    assert run(["runbook", "new", "--into", str(tmp_path / "in"), "--", name]) == 1
    assert not list(tmp_path.rglob("*.md"))


@pytest.mark.parametrize("title", ["a: b", "it's", 'a"b', "# x", "a\nb: c"])
def test_a_title_cannot_write_front_matter(tmp_path: Path, title: str) -> None:
    assert run(["runbook", "new", "x", "--title", title, "--into", str(tmp_path)]) == 1
    assert not list(tmp_path.glob("*.md"))


def test_the_shipped_pages_lint() -> None:
    assert run(["runbook", "lint", str(SHIPPED)]) == 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: Something fails", "titel: Something fails", r"some-page\.md:2: titel: is not a known key"),
        ("'never seen'", "'(unclosed'", r"some-page\.md:5: signatures\[1\]: expected an RE2 pattern"),
        ("'never seen'", r"'(?=look)ahead'", r"some-page\.md:5: signatures\[1\]: expected an RE2 pattern"),
        ("'never seen'", r"'(a)\1'", r"signatures\[1\]: expected an RE2 pattern: invalid escape sequence"),
        ("'never seen'", "'(a{1000}){1000}'", r"signatures\[1\]: expected an RE2 pattern"),
        ("'never seen'", f"'{'x' * 501}'", r"signatures\[1\]: .*at most 500"),
        ("'never seen'", "'.*'", r"signatures\[1\]: expected a pattern of this failure alone"),
        ("'never seen'", "'info'", r"signatures\[1\]: expected a pattern of this failure alone"),
        ("'never seen'", "'it (broke|failed) badly'", r"signatures\[1\]: stands here twice"),
        ("causes: [A cause]", "causes: []", r"some-page\.md: causes: is empty"),
        ("# Something fails", "Something fails", r"body: expected a heading"),
        ("checks: ['Is", "title: Again\nchecks: ['Is", r"some-page\.md:7: title: stands here twice"),
        ("[A cause]", "&a [A cause]", r"some-page\.md:6: .*anchors \(&name\) are not allowed"),
        ("[A cause]", "*a", r"some-page\.md:6: .*aliases \(\*name\) are not allowed"),
        ("causes: [A cause]", "<<: {causes: [x]}", r"some-page\.md:6: .*merge keys \(<<\) are not allowed"),
        ("[A cause]", "!!python/object/apply:os.system [id]", r"some-page\.md:6: .*tags \(!name\) are not"),
        ("[A cause]", f"{'[' * 40}{']' * 40}", r"more than 12 levels"),
        ("[A cause]", f"[{'x, ' * 210_000}x]", r"more than 12 levels or 200000 values"),
        ("[A cause]", f"['{'x' * 2_100_000}']", r"expected at most 2097152 bytes|expected front matter"),
        ("causes: [A cause]", "remedies: [{action: burn}]", r"remedies: burn is not an action of"),
        ("causes: [A cause]", "remedies: [{action: increase_pool_size}]", r"takes other parameters"),
        ("---\ntitle", "title", r"some-page\.md:1: expected front matter"),
        ("badly'", "badly", r"some-page\.md:\d+: not readable as YAML"),
        ("Look.", "x" * 33_000, r"expected a page of at most 32768 characters"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_key_and_what_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, expected: str
) -> None:
    assert old in PAGE
    assert run(["runbook", "lint", str(page(tmp_path, PAGE.replace(old, new, 1)))]) == 1
    assert re.search(expected, said(capsys)), said(capsys)


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 10))
    text = PAGE.replace("causes: [A cause]\n", f"l0: &l0 [lol, lol]\n{levels}")
    assert run(["runbook", "lint", str(page(tmp_path, text))]) == 1
    assert "anchors (&name) are not allowed" in said(capsys)


def test_a_log_is_played_against_the_signatures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(
        b"fine\nIt FAILED badly\n\xff\xfe it broke badly \x1b[31m\nin a drill it failed badly\nend"
    )
    assert run(["runbook", "test", str(page(tmp_path)), str(log)]) == 0
    out = said(capsys)
    assert re.search(r"^ +2  it \(broke\|failed\) badly$", out, re.MULTILINE)
    assert re.search(r"^ +0  never seen$", out, re.MULTILINE)
    assert "line 2: It FAILED badly" in out
    assert "line 3: " in out
    assert out.endswith("2 of 5 lines match, 1 left out by excludes\n")
    assert "\x1b" not in out


def test_a_log_without_any_match_is_told_by_the_exit_code(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("all is well\n")
    assert run(["runbook", "test", str(page(tmp_path)), str(log)]) == 1
    assert run(["runbook", "test", str(page(tmp_path)), str(tmp_path / "no.log")]) == 2
    assert run(["runbook", "test", str(page(tmp_path, "no page")), str(log)]) == 2


def test_shipped_pages_are_tried_by_name(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("FATAL: remaining connection slots are reserved\n")
    assert run(["runbook", "test", "connection-pool-exhausted", str(log)]) == 0
    assert run(["runbook", "test", "disk-full", str(log)]) == 1


def test_a_line_without_end_is_cut_and_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"it failed badly " + b"x" * (MAX_LINE * 20) + b"\nnext\n")
    assert run(["runbook", "test", str(page(tmp_path)), str(log)]) == 0
    assert "1 of 2 lines match" in said(capsys)


WANTED = {
    "pool exhaustion": "connection-pool-exhausted", "OOM": "out-of-memory", "memory leak": "memory-leak",
    "disk full": "disk-full", "DNS/network": "dns-or-network", "certificate expiry": "certificate-expired",
    "deadlocks": "deadlocks", "slow queries": "slow-queries", "bad deploy": "bad-deploy",
    "dependency down": "dependency-down", "traffic surge": "traffic-surge", "crash loop": "crash-loop",
    "node pressure": "node-pressure", "queue backlog": "queue-backlog", "replication lag": "replication-lag",
}  # fmt: skip


@pytest.mark.parametrize("name", WANTED.values(), ids=list(WANTED))
def test_there_is_a_page_for_each_failure_mode(name: str) -> None:
    assert (SHIPPED / f"{name}.md").is_file()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("deadlocks", "ERROR: deadlock detected DETAIL: Process 71 waits for ShareLock on transaction 9"),
        ("slow-queries", "canceling statement due to statement timeout"),
        ("queue-backlog", "WARN consumer lag is 184223 on orders-3"),
        ("queue-backlog", "queue depth 90211 exceeds the limit of 1000"),
        ("replication-lag", "replica lag 412 s is above 30 s"),
        ("replication-lag", "FATAL: requested WAL segment 0000000100 has already been removed"),
        ("node-pressure", "Warning EvictionThresholdMet Attempting to reclaim memory: MemoryPressure"),
        ("node-pressure", "The node was low on resource: memory. Threshold quantity: 100Mi"),
    ],
)
def test_a_page_knows_lines_of_its_failure(tmp_path: Path, name: str, line: str) -> None:
    log = tmp_path / "a.log"
    log.write_text(f"{line}\n")
    assert run(["runbook", "test", name, str(log)]) == 0


DOMAIN = {
    "restart": Tier.LOW, "scale_up": Tier.LOW, "increase_pool_size": Tier.LOW,
    "rollback_deployment": Tier.MEDIUM, "reset_connection_pool": Tier.MEDIUM,
    "clear_disk_space": Tier.MEDIUM, "change_setting": Tier.MEDIUM,
    "database_failover": Tier.HIGH, "emergency_maintenance": Tier.HIGH, "data_restoration": Tier.HIGH,
}  # fmt: skip


def test_every_action_has_its_tier_and_the_page_says_the_same() -> None:
    catalogue = read_catalogue((SHIPPED,))
    tiers = {action.id: action.tier for action in catalogue.actions}
    assert {name: tiers[f"run_{name}"] for name in DOMAIN} == DOMAIN  # pyright: ignore[reportArgumentType]
    beside = {name: tier for name, tier in DOMAIN.items() if name in tiers}
    assert {name: tiers[name] for name in beside} == beside  # pyright: ignore[reportArgumentType]
    written = (ROOT / "docs" / "actions.md").read_text(encoding="utf-8")
    assert written == table(catalogue), "run `greenlight runbook actions > docs/actions.md`"


def test_the_table_is_printed_from_the_home_where_it_has_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copyfile(SHIPPED / "actions.yaml", tmp_path / "actions.yaml")
    text = (tmp_path / "actions.yaml").read_text().replace("tier: low", "tier: high", 1)
    (tmp_path / "actions.yaml").write_text(text)
    assert run(["runbook", "actions", "--folder", str(tmp_path)]) == 0
    assert "| `restart` | high |" in said(capsys)
