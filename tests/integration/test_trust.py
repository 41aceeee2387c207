"""TLS is verified: only a certificate that the system or the source's `ca_file` vouches for is believed."""

import ssl
import subprocess
from pathlib import Path

import pytest

from bot.adapters.prometheus import prometheus_of
from bot.adapters.web import Question, backend_of, http_client
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source
from tests.fakes.backends import Asked, response, scripted
from tests.needs import need

SERIES: dict[str, object] = {"metric": {"job": "a"}, "value": [1, "7"]}
ANSWER = {"status": "success", "data": {"resultType": "vector", "result": [SERIES]}}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of our own for 127.0.0.1, with its key in the same file."""
    made = tmp_path / "own.pem"
    subprocess.run(
        [
            *(str(need("openssl")), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(made), "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return made


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


def source(url: str, **more: str) -> Source:
    return Source("prometheus", (("url", url), *more.items()))


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(certificate: Path) -> None:
    async with scripted(lambda _: ANSWER, serving(certificate)) as server, http_client() as client:
        with pytest.raises(SourceUnavailableError, match="did not answer"):
            await prometheus_of(source(server.url, token="secret"), client).instant("up", At(0))
    assert server.asked == [], "nothing was said to it, the token least of all"


async def test_a_certificate_of_the_sources_own_authority_is_believed(certificate: Path) -> None:
    async with scripted(lambda _: ANSWER, serving(certificate)) as server, http_client() as client:
        trusting = prometheus_of(source(server.url, ca_file=str(certificate)), client)
        assert (await trusting.instant("up", At(0)))[0].samples[0][1] == 7


@pytest.mark.parametrize("body", [b"", b"no certificate", None])
async def test_a_file_that_holds_no_certificate_is_said_to_hold_none(
    tmp_path: Path, body: bytes | None
) -> None:
    if body is not None:
        (tmp_path / "ca.pem").write_bytes(body)
    async with http_client() as client:
        asking = prometheus_of(source("https://127.0.0.1:1", ca_file=str(tmp_path / "ca.pem")), client)
        with pytest.raises(SourceUnavailableError, match="ca_file cannot be read as certificates"):
            await asking.instant("up", At(0))


async def test_a_redirect_on_the_same_server_is_followed_with_the_credential() -> None:
    def script(asked: Asked) -> object:
        moved = response(b"", "301 Moved Permanently", location="/new/place")
        return {"here": True} if asked.path == "/new/place" else moved

    async with scripted(script) as server, http_client() as client:
        backend = backend_of("It", source(server.url, token="t"), client)
        assert await backend.json(Question("/old")) == {"here": True}
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer t"}
        with pytest.raises(SourceUnavailableError, match="refused"):
            await backend.json(Question("/old", body={}))
    assert [asked.path for asked in server.asked] == ["/old", "/new/place", "/old"]
