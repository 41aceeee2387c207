"""Certificates for one run: an authority, the servers and the first administrator, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

SERVER = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs what this run needs."""

    folder: Path

    @property
    def pair(self) -> Pair:
        """Its own certificate."""
        return Pair(self.folder / "ca.crt", self.folder / "ca.key")

    def signed(self, name: str, subject: str, extension: str = "") -> Pair:
        """A new certificate for this subject."""
        made = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        request = self.folder / f"{name}.csr"
        _openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", made.key, "-out", request, "-subj", subject
        )
        extras = self.folder / f"{name}.ext"
        extras.write_text(f"{extension}\nextendedKeyUsage=serverAuth,clientAuth\n")
        own = self.pair
        _openssl(
            *("x509", "-req", "-in", request, "-CA", own.certificate, "-CAkey", own.key, "-CAcreateserial"),
            *("-days", "2", "-out", made.certificate, "-extfile", extras),
        )
        return made


def authority(folder: Path) -> Authority:
    """A new authority in this folder."""
    made = Authority(folder)
    own = made.pair
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", own.key, "-out", own.certificate),
        *("-days", "2", "-subj", "/CN=e2e-ca"),
    )
    return made


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)  # noqa: S607 - from PATH
