"""A gigabyte of log lines passes through a look without being held: memory grows with shapes alone."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest

from bot.adapters.condenser import Condenser
from bot.adapters.log_digest import LogDigest
from bot.adapters.log_files import stream_window
from bot.adapters.log_reading import LogAsk, LogBatch
from bot.domain.ids import At
from bot.domain.service import Source
from bot.ports.world import Window
from bot.redaction.redactor import Redactor
from tests.fakes.log_stores import LINES

MEGABYTE, GIGABYTE = 1 << 20, 1 << 30
FLAT = 48 * MEGABYTE
"""Bytes that the process may grow by, whatever passes through it."""

ROUND = tuple(line for _ in range(20) for line in LINES)
SIZE = sum(len(line) + 1 for line in ROUND)
WHOLE = Window(At(0), At(1 << 50))


@dataclass(slots=True)
class Stream:
    """So many bytes of the real lines of a pod, and how much memory they took on their way."""

    size: int
    passed: int = 0
    grown: int = 0

    async def read(self, _: Source, __: LogAsk, ___: httpx2.AsyncClient) -> AsyncGenerator[LogBatch]:
        began = psutil.Process().memory_info().rss
        while self.passed < self.size:
            yield LogBatch(ROUND)
            self.passed += SIZE
            self.grown = max(self.grown, psutil.Process().memory_info().rss - began)


async def looked_at(stream: Stream, redact: Callable[[str], str]) -> str:
    async with httpx2.AsyncClient(trust_env=False) as client:
        warm = LogDigest(Condenser, redact, client, {"stream": Stream(1).read}, 100)
        await warm.of((Source("stream"),), WHOLE)
        digest = LogDigest(Condenser, redact, client, {"stream": stream.read}, 100)
        return (await digest.of((Source("stream"),), WHOLE)).text


@pytest.mark.slow
async def test_a_gigabyte_of_lines_is_condensed_in_bounded_memory() -> None:
    stream = Stream(GIGABYTE)
    text = await looked_at(stream, str)
    print(f"{stream.passed} bytes passed; the process grew by {stream.grown} bytes at most")
    assert stream.passed >= GIGABYTE
    assert stream.grown < FLAT
    assert "Identity provider certificate expired" in text


async def test_lines_are_redacted_on_their_way_in_bounded_memory() -> None:
    stream = Stream(24 * MEGABYTE)
    text = await looked_at(stream, Redactor(("192.168.152.169",)))
    assert stream.grown < FLAT
    assert "192.168.152.169" not in text


def test_a_file_is_read_in_bounded_memory_even_where_it_is_one_line(tmp_path: Path) -> None:
    log = tmp_path / "one-line.log"
    with log.open("wb") as file:
        file.truncate(GIGABYTE)
    began, grown = psutil.Process().memory_info().rss, 0
    for _ in stream_window(log, WHOLE, GIGABYTE):
        grown = max(grown, psutil.Process().memory_info().rss - began)
    assert grown < FLAT


async def test_a_key_that_is_spread_over_two_batches_is_redacted_whole() -> None:
    key = ["-----BEGIN RSA PRIVATE KEY-----", *(["MIIEowIBAAKCAQEAy8Dbv8prpJ" + "x" * 38] * 20)]

    async def read(_: Source, __: LogAsk, ___: httpx2.AsyncClient) -> AsyncGenerator[LogBatch]:
        yield LogBatch(("starting", *key[:9]))
        yield LogBatch((*key[9:], "-----END RSA PRIVATE KEY-----", "started"))

    async with httpx2.AsyncClient(trust_env=False) as client:
        seen = await LogDigest(Condenser, Redactor(), client, {"keys": read}).of((Source("keys"),), WHOLE)
    assert "MIIEow" not in seen.text
    assert "started" in seen.text
