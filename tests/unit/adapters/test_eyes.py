import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest

from bot.adapters.eyes import SourceEyes
from bot.adapters.readings import reading_of, reading_text
from bot.adapters.series import Series
from bot.adapters.sightings import Look, Seen, Sightings
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change, EvidenceKind, LogPattern, MetricReading
from bot.domain.ids import MINUTE, SECOND, At, TargetId
from bot.domain.service import MetricSpec, Service, Source, Target
from bot.ports.world import Window
from bot.redaction.redactor import Redactor, tag_of
from tests.fakes.content import PROCESS, example_content
from tests.fakes.world import START, FakeClock

WINDOW = Window(At(START - 30 * MINUTE), START)
RATE = MetricSpec("error_rate", "errors / requests", "ratio", normal_high=Decimal("0.01"))
REDACT = Redactor(("own-credential",))


@dataclass(frozen=True, slots=True)
class Digest:
    patterns: tuple[LogPattern, ...]
    text: str


@dataclass
class OnePattern:
    kept: list[str] = field(default_factory=list[str])

    def add(self, lines: Iterable[str]) -> None:
        self.kept.extend(lines)

    def result(self, budget: int) -> Digest:
        pattern = LogPattern(self.kept[0], len(self.kept), None, None, "ERROR", self.kept[0])
        return Digest((pattern,), "\n".join(self.kept)[:budget])


class Cutting(OnePattern):
    def result(self, budget: int) -> Digest:
        text = self.kept[0]
        return Digest((), text[: text.index("own-cred") + 8] if "own-cred" in text else text[:budget])


def metrics_answering(*results: object) -> httpx2.AsyncClient:
    answers = list(results)

    def handler(request: httpx2.Request) -> httpx2.Response:
        result = answers.pop(0) if len(answers) > 1 else answers[0]
        if result is None:
            raise httpx2.ConnectError("refused", request=request)
        return httpx2.Response(200, content=json.dumps({"status": "success", "data": {"result": result}}))

    return httpx2.AsyncClient(transport=httpx2.MockTransport(handler))


def eyes(client: httpx2.AsyncClient | None = None) -> SourceEyes:
    return SourceEyes(FakeClock(), REDACT, client or metrics_answering(None), OnePattern)


def service(**changed: object) -> Service:
    known = example_content().inventory().services[0]
    return replace(known, **changed)


def logged(path: Path, *messages: str) -> Service:
    at = datetime.fromtimestamp((START - MINUTE) / SECOND, UTC).isoformat()
    path.write_text("".join(json.dumps({"ts": at, "msg": message}) + "\n" for message in messages))
    return service(logs=(Source("file", (("path", str(path)),)),))


async def test_logs_become_redacted_patterns_with_a_hash_over_what_was_kept(tmp_path: Path) -> None:
    checkout = logged(tmp_path / "c.log", "pool exhausted, password=hunter22", "own-credential used")
    seen = await eyes().logs(checkout, WINDOW)
    assert not seen.evidence.failed
    assert seen.evidence.sha256 == hashlib.sha256(seen.text.encode()).hexdigest()
    assert seen.evidence.summary == "2 lines in 1 patterns"
    assert (seen.evidence.source, seen.evidence.query) == ("file", "c.log")
    shown = seen.text + repr(seen.facts)
    assert "pool exhausted" in shown
    assert "hunter22" not in shown
    assert "own-credential" not in shown


async def test_a_secret_that_the_digest_would_cut_in_two_is_gone_before(tmp_path: Path) -> None:
    sighting = await SourceEyes(FakeClock(), REDACT, metrics_answering(None), Cutting).logs(
        logged(tmp_path / "c.log", "used own-credential"), WINDOW
    )
    assert "own-cred" not in sighting.text


def test_nothing_becomes_evidence_with_a_secret_in_it() -> None:
    secret = "own-credential"
    pattern = LogPattern(secret, 1, None, None, "ERROR", secret)
    change = Change(START, secret, secret, secret, secret, "checkout", secret)
    look = Look(EvidenceKind.LOGS, "file", secret, WINDOW)
    made = Sightings(FakeClock(), REDACT).made(look, Seen(secret, secret, (pattern, change)))
    assert secret not in repr(made)
    assert tag_of(secret) in made.text


async def test_a_window_without_lines_says_so(tmp_path: Path) -> None:
    seen = await eyes().logs(logged(tmp_path / "c.log"), WINDOW)
    assert (seen.evidence.failed, seen.text) == (False, "no log lines in this window")


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        ((), "The inventory names no logs."),
        ((Source("pigeon"),), "There is no reader for logs of kind 'pigeon'."),
        (
            (Source("file", (("path", "/nowhere/c.log"),)),),
            "A log cannot be read (No such file or directory).",
        ),
    ],
)
async def test_logs_that_cannot_be_read_are_a_failed_sighting(sources: tuple[Source, ...], why: str) -> None:
    seen = await eyes().logs(service(logs=sources), WINDOW)
    assert (seen.evidence.failed, seen.text, seen.facts) == (True, why, ())


async def test_metrics_are_read_against_their_normal_range() -> None:
    end = START / SECOND
    values = [[end - 20, "0"], [end - 10, "0.1"], [end, "0.5"]]
    client = metrics_answering([{"metric": {"job": "a"}, "values": values}])
    seen = await eyes(client).metrics(service(metrics=(RATE,)), WINDOW)
    assert seen.text == "error_rate = 0.5 ratio (before 0, peak 0.5) normal up to 0.01 ABNORMAL"
    assert seen.evidence.summary == seen.text
    (fact,) = seen.facts
    assert isinstance(fact, MetricReading)
    assert fact.abnormal()


async def test_one_metric_that_fails_does_not_hide_the_others() -> None:
    end = START / SECOND
    client = metrics_answering([{"metric": {"job": "a"}, "values": [[end, "0"]]}])
    broken = replace(RATE, name="broken", query="sum(")
    seen = await eyes(client).metrics(service(metrics=(broken, RATE)), WINDOW)
    assert not seen.evidence.failed
    assert seen.text.startswith("broken: unknown, The query is no PromQL")
    assert seen.evidence.summary == "nothing abnormal"


async def test_metrics_of_which_none_can_be_read_are_a_failed_sighting() -> None:
    seen = await eyes().metrics(service(metrics=(RATE,)), WINDOW)
    assert seen.evidence.failed
    assert "did not answer" in seen.text


@pytest.mark.parametrize(
    ("result", "sample"),
    [
        ([{"metric": {"job": "a"}, "value": [1, "0.25"]}], "0.25"),
        ([{"metric": {"job": "a"}, "value": [1, "NaN"]}], None),
        (list[object](), None),
        ([{"metric": {"i": "a"}, "value": [1, "1"]}, {"metric": {"i": "b"}, "value": [1, "2"]}], None),
        (None, None),
    ],
)
async def test_a_sample_is_one_finite_number_or_nothing(result: object, sample: str | None) -> None:
    assert await eyes(metrics_answering(result)).sample(service(), RATE) == sample


async def test_changes_are_seen_a_day_back_and_only_of_the_service(tmp_path: Path) -> None:
    log = tmp_path / "d.jsonl"
    rows = [(-25 * 60, "40", "41"), (-10, "41", "42")]
    log.write_text(
        "".join(
            json.dumps(
                {
                    "at": START + minutes * MINUTE,
                    "who": "marco",
                    "service": name,
                    "what": "deploy",
                    "from": before,
                    "to": after,
                    "commit": "b7e42a1",
                    "message": "Tidy up",
                }
            )
            + "\n"
            for minutes, before, after in rows
            for name in ("checkout", "other")
        )
    )
    checkout = service(changes=(Source("deploy_log", (("path", str(log)),)),))
    seen = await eyes().changes(checkout, WINDOW)
    assert seen.text == "2026-09-21T14:03:20+00:00 deploy checkout 41 -> 42 by marco: b7e42a1 Tidy up"
    assert [fact.after for fact in seen.facts if isinstance(fact, Change)] == ["42"]
    assert len(await eyes().recent_changes(checkout, WINDOW)) == 1


async def test_changes_that_cannot_be_read_are_a_failed_sighting_and_no_change() -> None:
    seen = await eyes().changes(service(), WINDOW)
    assert seen.evidence.failed
    assert await eyes().recent_changes(service(), WINDOW) == ()


async def test_a_target_that_nobody_knows_cannot_be_observed() -> None:
    with pytest.raises(SourceUnavailableError, match="no target of checkout"):
        await eyes().observe(service(), TargetId("checkout/other"))


async def test_an_unreachable_supervisor_cannot_be_observed(tmp_path: Path) -> None:
    settings = (("rpc_url", f"unix://{tmp_path}/none"), ("program", "checkout"))
    with pytest.raises(SourceUnavailableError, match="cannot be reached"):
        await eyes().observe(service(targets=(Target(PROCESS, "supervisor", settings),)), PROCESS)


async def test_a_simulated_target_shows_the_state_that_its_settings_give() -> None:
    target = Target(PROCESS, "simulator", (("observed.replicas", "3"),))
    seen = await eyes().observe(service(targets=(target,)), PROCESS)
    assert seen.fields == (("replicas", "3"),)


async def test_values_that_are_not_printable_ascii_are_not_shown(tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text(
        '{"ok": 1, "on": true, "ratio": 1e-3, "odd": "caf\\u00e9", "esc": "\\u001b[31m", "deep": {}}'
    )
    target = Target(PROCESS, "supervisor", (("config_path", str(config)),))
    seen = await eyes().observe(service(targets=(target,)), PROCESS)
    assert seen.fields == (("ok", "1"), ("on", "yes"), ("ratio", "0.001"))


def test_a_metric_with_several_series_has_no_value() -> None:
    series = (Series((), ((START, Decimal(1)),)), Series((), ((START, Decimal(2)),)))
    reading = reading_of(RATE, series, WINDOW)
    assert reading.value is None
    assert reading_text(reading, 2) == "error_rate: unknown, the query has 2 series and not one"


def test_a_metric_that_has_ended_has_no_value_now() -> None:
    reading = reading_of(RATE, (Series((), ((At(START - 10_000), Decimal(1)),)),), WINDOW)
    assert reading.value is None
    assert reading_text(reading) == "error_rate: no value now (before 1, peak 1)"
