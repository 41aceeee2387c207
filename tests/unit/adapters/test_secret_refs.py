"""Secrets in content are references, and each process resolves only its own."""

import os
from pathlib import Path

import pytest

from bot.adapters.content import FileContent
from bot.adapters.reach import credentials_of
from bot.adapters.secret_refs import Holder, ReferenceFaultError, resolved
from bot.domain.errors import ContentError
from bot.domain.ids import TargetId
from tests.fakes.folders import DEMO, ENVIRON, SHIPPED, change, demo_folder

__all__ = ["demo_folder"]

EVERYTHING = """
    logs:
      - {kind: loki, url: "http://loki:3100", selector: '{app="checkout"}', token: env:LOKI_TOKEN}
    changes:
      - {kind: argocd, url: "http://argo", application: checkout, token: env:ARGO_TOKEN}
    metrics_source: {kind: prometheus, url: "http://prom:9090", token: env:PROM_TOKEN, tenant: shop}
"""
TARGET = """
      api:
        executor: http
        url: http://jobs:4440
        runner: rundeck
        token: env:JOBS_READ
        write_token: env:JOBS_WRITE
"""
NAMES = ("LOKI_TOKEN", "ARGO_TOKEN", "PROM_TOKEN", "JOBS_READ", "JOBS_WRITE")
VALUES = {name: f"value-of-{name.lower()}" for name in NAMES}
VENDORS = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
OLD = """
    logs:
      - {kind: file, path: env:GREENLIGHT_DEMO_LOG}
    changes:
      - {kind: deploy_log, path: env:GREENLIGHT_DEMO_DEPLOYS}
    metrics_source: {kind: prometheus, url: env:GREENLIGHT_DEMO_METRICS_URL}
"""


@pytest.fixture
def secretive(demo_folder: Path) -> Path:
    change(demo_folder, "services.yaml", OLD, EVERYTHING)
    change(demo_folder, "services.yaml", "    targets:\n", f"    targets:{TARGET}")
    return demo_folder


def held(folder: Path, holder: Holder, values: dict[str, str] = VALUES) -> set[str]:
    content = FileContent((folder, DEMO, SHIPPED), {**ENVIRON, **values}, holder=holder)
    return {value.removeprefix("value-of-").upper() for value in credentials_of(content.inventory())}


@pytest.mark.parametrize(
    ("holder", "names"),
    [
        (Holder.ALL, set(NAMES)),
        (Holder.BOT, set[str]()),
        (Holder.THINK, {"LOKI_TOKEN", "ARGO_TOKEN", "PROM_TOKEN", "JOBS_READ"}),
        (Holder.ACT, {"PROM_TOKEN", "JOBS_READ", "JOBS_WRITE"}),
    ],
)
def test_each_process_resolves_its_own_secrets_alone(
    secretive: Path, holder: Holder, names: set[str]
) -> None:
    assert held(secretive, holder) == names


def test_a_process_starts_without_the_secrets_of_the_others(secretive: Path) -> None:
    without = {name: value for name, value in VALUES.items() if name != "JOBS_WRITE"}
    assert "JOBS_WRITE" not in held(secretive, Holder.THINK, without)
    with pytest.raises(ContentError, match="JOBS_WRITE is not set"):
        held(secretive, Holder.ACT, without)


GIVEN_AWAY = (
    ("token: env:PROM_TOKEN", "token: hunter2", r"metrics_source\.token: expected a reference, env:NAME"),
    ("http://argo", "http://admin:hunter2hunter2@argo", r"changes\.0\.url: looks like it holds a secret"),
    ("application: checkout", f"application: {VENDORS}", r"changes\.0\.application: looks like it holds"),
    ("write_token: env:JOBS_WRITE", "write_token: s3cr3t", r"api\.write_token: expected a reference"),
)


@pytest.mark.parametrize(("old", "new", "said"), GIVEN_AWAY)
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    secretive: Path, old: str, new: str, said: str
) -> None:
    change(secretive, "services.yaml", old, new)
    with pytest.raises(ContentError, match=said) as caught:
        held(secretive, Holder.ALL)
    assert not any(word in caught.value.message for word in ("hunter2", "ghp_", "s3cr3t"))


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-a-file\n")
    assert resolved("token", f"file:{tmp_path}/token", {}) == "from-a-file"


def test_what_may_be_missing_is_empty(tmp_path: Path) -> None:
    assert resolved("token", f"file:{tmp_path}/none?", {}) == ""
    assert resolved("token", "env:NOWHERE?", {}) == ""


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"two\nlines", b"x" * 70_000])
def test_a_file_that_holds_no_secret_of_one_line_is_a_mistake(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "token").write_bytes(body)
    with pytest.raises(ReferenceFaultError, match="token"):
        resolved("token", f"file:{tmp_path}/token", {})


def test_missing_relative_and_endless_files_are_mistakes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for value, why in (
        (f"file:{tmp_path}/none", "No such file"),
        ("file:relative", "absolute path"),
        (f"file:{tmp_path}/pipe", "is empty"),
    ):
        with pytest.raises(ReferenceFaultError, match=why):
            resolved("token", value, {})


def test_nobody_reads_a_secret_that_is_not_theirs() -> None:
    assert resolved("token", "env:NOT_SET", {}, held=False) == ""
    assert resolved("write_token", "file:/nowhere/at/all", {}, held=False) == ""


def test_a_target_has_the_same_address_in_every_process_until_its_settings_change(secretive: Path) -> None:
    def address(holder: Holder) -> str:
        content = FileContent((secretive, DEMO, SHIPPED), {**ENVIRON, **VALUES}, holder=holder)
        service = content.inventory().service("checkout")
        target = service.target(TargetId("checkout/api")) if service else None
        assert target is not None
        return target.address

    before = {address(holder) for holder in Holder}
    assert len(before) == 1
    change(secretive, "services.yaml", "http://jobs:4440", "http://jobs:4441")
    assert address(Holder.ACT) not in before
