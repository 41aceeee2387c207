"""How a cluster is reached: a kubeconfig file or the pod's own service account, as one credential.

Programs that a kubeconfig names (`exec`, `auth-provider`) are never run, and TLS is always verified.
"""

import base64
import binascii
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.adapters.shapes import items, mapping
from bot.adapters.yaml_door import MAX_BYTES, load
from bot.domain.errors import ContentError, SourceUnavailableError

IN_CLUSTER = "in-cluster"
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MAX_TOKEN = 16_384
PROGRAMS = ("exec", "auth-provider")


@dataclass(frozen=True, slots=True)
class Access:
    """One credential for one API server; `tls` is nothing for plain HTTP on this machine."""

    server: str
    tls: ssl.SSLContext | None = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Material:
    """Where certificates and token stand, before anything is loaded."""

    server: str
    ca_file: Path | None = None
    ca_text: str | None = None
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)


def access(config: str, context: str = "", account: Path = ACCOUNT) -> Access:
    """The credential of a kubeconfig file or, for `in-cluster`, of the pod.

    Blocks; read again at each use, since tokens are renewed in their files; raises SourceUnavailableError.
    """
    try:
        material = _of_pod(account) if config == IN_CLUSTER else _of_file(Path(config), context)
        return Access(_checked(material.server), _tls(material), material.token)
    except OSError as error:
        what = "the service account" if config == IN_CLUSTER else "the kubeconfig"
        raise SourceUnavailableError(f"{what} cannot be read ({error.strerror or error}).") from error


def _of_pod(account: Path) -> _Material:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise SourceUnavailableError("in-cluster is said, but KUBERNETES_SERVICE_HOST is not set.")
    shown = f"[{host}]" if ":" in host else host
    token = _token(account / "token")
    return _Material(f"https://{shown}:{port}", ca_file=account / "ca.crt", token=token)


def _of_file(path: Path, context: str) -> _Material:
    with path.open("rb") as file:
        body = file.read(MAX_BYTES + 1)
    try:
        config = mapping(load(body, path.name).value)
    except ContentError as error:
        raise SourceUnavailableError(f"the kubeconfig is not readable: {error.problems[0]}") from error
    wanted = context or str(config.get("current-context") or "")
    chosen = _named(config, "contexts", "context", wanted)
    cluster = _named(config, "clusters", "cluster", str(chosen.get("cluster")))
    user = _named(config, "users", "user", str(chosen.get("user")))
    if str(cluster.get("insecure-skip-tls-verify", False)).casefold() not in {"false", "none"}:
        raise SourceUnavailableError("the kubeconfig turns off TLS verification, which is never done here.")
    program = next((name for name in PROGRAMS if user.get(name)), None)
    if program is not None:
        raise SourceUnavailableError(
            f"the kubeconfig names a program ({program}), which is never run; give a token or certificate."
        )
    home = path.parent
    ca = cluster.get("certificate-authority")
    ca_text = _inline(cluster, "certificate-authority-data")
    return _Material(
        server=str(cluster.get("server") or ""),
        ca_file=home / str(ca) if ca else None,
        ca_text=ca_text.decode("ascii", "replace") if ca_text else None,
        certificate=_given(user, "client-certificate", home),
        key=_given(user, "client-key", home),
        token=_token(home / str(user["tokenFile"]))
        if user.get("tokenFile")
        else str(user.get("token") or ""),
    )


def _named(config: Mapping[str, object], group: str, key: str, wanted: str) -> Mapping[str, object]:
    for one in items(config.get(group)) or ():
        if mapping(one).get("name") == wanted:
            return mapping(mapping(one).get(key))
    raise SourceUnavailableError(f"the kubeconfig has no {key} {wanted!a:.80}.")


def _inline(holder: Mapping[str, object], name: str) -> bytes:
    text = holder.get(name)
    try:
        return base64.b64decode(str(text), validate=True) if text else b""
    except binascii.Error as error:
        raise SourceUnavailableError(f"the kubeconfig's {name} is not base64.") from error


def _given(user: Mapping[str, object], name: str, home: Path) -> bytes:
    file = user.get(name)
    return (home / str(file)).read_bytes()[:MAX_BYTES] if file else _inline(user, f"{name}-data")


def _token(path: Path) -> str:
    with path.open("rb") as file:
        token = file.read(MAX_TOKEN + 1).decode("ascii", "replace").strip()
    if not token or len(token) > MAX_TOKEN or not token.isprintable() or " " in token:
        raise SourceUnavailableError(f"{path.name} holds no token.")
    return token


def _checked(server: str) -> str:
    parts = urlsplit(server)
    if parts.username is not None or parts.query or parts.fragment or not parts.hostname:
        raise SourceUnavailableError("the server of a cluster must be https://host:port, no credentials.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise SourceUnavailableError("a cluster is spoken to over https only (http on this machine alone).")
    return server.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(material: _Material) -> ssl.SSLContext | None:
    if not material.server.startswith("https:"):
        return None
    try:
        context = ssl.create_default_context(cafile=material.ca_file, cadata=material.ca_text)
        if material.certificate:
            _load_pair(context, material)
    except ssl.SSLError as error:
        raise SourceUnavailableError(
            f"a certificate of the cluster is not usable ({error.reason})."
        ) from error
    return context


def _load_pair(context: ssl.SSLContext, material: _Material) -> None:
    """Python's TLS takes a client certificate from files only: two private ones, gone at once."""
    with tempfile.TemporaryDirectory(prefix="gl-") as folder:
        certificate, key = Path(folder) / "crt", Path(folder) / "key"
        certificate.write_bytes(material.certificate)
        key.touch(mode=0o600)
        key.write_bytes(material.key)
        context.load_cert_chain(certificate, key)
