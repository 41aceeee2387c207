"""Credentials for a cluster: what a kubeconfig or a pod's account may hold, and what is refused."""

import base64
from pathlib import Path

import pytest
import yaml

from bot.adapters.kubernetes_access import IN_CLUSTER, access
from bot.domain.errors import SourceUnavailableError


def config(folder: Path, cluster: dict[str, object], user: dict[str, object]) -> str:
    path = folder / "config"
    contexts = [{"name": "a", "context": {"cluster": "c", "user": "u"}}]
    body = {
        "current-context": "a",
        "contexts": contexts,
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(body))
    return str(path)


HTTPS: dict[str, object] = {"server": "https://10.0.0.1:6443/"}


def test_a_token_is_taken_from_its_file_each_time(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    given = config(tmp_path, HTTPS, {"tokenFile": "token"})
    assert access(given).token == "first"
    (tmp_path / "token").write_text("second\n")
    assert access(given).token == "second"
    assert access(given).server == "https://10.0.0.1:6443"


def test_tls_is_verified(tmp_path: Path) -> None:
    tls = access(config(tmp_path, HTTPS, {"token": "t"})).tls
    assert tls is not None
    assert tls.check_hostname
    assert tls.verify_mode.name == "CERT_REQUIRED"


def test_a_token_is_not_shown(tmp_path: Path) -> None:
    assert "geheim" not in repr(access(config(tmp_path, HTTPS, {"token": "geheim"})))


@pytest.mark.parametrize(
    ("cluster", "user", "said"),
    [
        ({"server": "https://h", "insecure-skip-tls-verify": True}, {"token": "t"}, "never done"),
        ({"server": "http://10.0.0.1:8080"}, {"token": "t"}, "https only"),
        ({"server": "http://localhost.evil.example"}, {"token": "t"}, "https only"),
        ({"server": "https://user:pass@h"}, {"token": "t"}, "no credentials"),
        ({"server": "https://h/?x=1"}, {"token": "t"}, "https://host:port"),
        ({"server": ""}, {"token": "t"}, "https://host:port"),
        (HTTPS, {"exec": {"command": "/bin/sh"}}, "never run"),
        (HTTPS, {"auth-provider": {"name": "gcp"}}, "never run"),
        (HTTPS, {"tokenFile": "missing"}, "cannot be read"),
        (HTTPS, {"client-certificate-data": "!!!"}, "not base64"),
        ({**HTTPS, "certificate-authority-data": "AAAA"}, {"token": "t"}, "not usable"),
        ({**HTTPS, "certificate-authority": "missing.crt"}, {"token": "t"}, "cannot be read"),
        (
            HTTPS,
            {"client-certificate-data": base64.b64encode(b"x").decode(), "client-key-data": "eA=="},
            "not usable",
        ),
    ],
)
def test_what_is_not_safe_or_not_usable_is_refused(
    tmp_path: Path, cluster: dict[str, object], user: dict[str, object], said: str
) -> None:
    with pytest.raises(SourceUnavailableError) as caught:
        access(config(tmp_path, cluster, user))
    assert said in caught.value.message


@pytest.mark.parametrize("body", ["a: &x [1]\nb: *x", "a: 1\na: 2", "\x00", "- 1", "x" * 400_000])
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path, body: str) -> None:
    (tmp_path / "config").write_text(body)
    with pytest.raises(SourceUnavailableError):
        access(str(tmp_path / "config"))


def test_another_context_is_named_or_refused(tmp_path: Path) -> None:
    given = config(tmp_path, HTTPS, {"token": "t"})
    assert access(given, "a").token == "t"
    with pytest.raises(SourceUnavailableError, match="no context 'b'"):
        access(given, "b")


def test_in_a_pod_the_account_of_the_pod_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text("from-the-pod")
    with pytest.raises(SourceUnavailableError):
        access(IN_CLUSTER, account=tmp_path)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST")
    with pytest.raises(SourceUnavailableError, match="KUBERNETES_SERVICE_HOST"):
        access(IN_CLUSTER, account=tmp_path)
