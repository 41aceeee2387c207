import io
import json
import logging
from collections.abc import Generator

import pytest
import structlog
from prometheus_client import generate_latest

from bot.ports.records import WorkerRole
from bot.redaction.redactor import Redactor
from bot.telemetry import MAX_TEXT, Metrics, cleaned, configure_logs

OWN = Redactor(("s3cr3t-value",))


@pytest.fixture
def stream() -> Generator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logs("info", "json", OWN, stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_its_fields(stream: io.StringIO) -> None:
    structlog.get_logger().info("step_started", incident="inc-1", step=0)
    (line,) = lines(stream)
    assert {key: line[key] for key in ("event", "incident", "step", "level")} == {
        "event": "step_started",
        "incident": "inc-1",
        "step": 0,
        "level": "info",
    }


def test_secrets_go_from_texts_nested_values_and_exceptions(stream: io.StringIO) -> None:
    log = structlog.get_logger()
    log.warning("call_failed", url="http://h/?k=s3cr3t-value", nested={"a": ["s3cr3t-value"]})
    try:
        int("s3cr3t-value")
    except ValueError:
        log.exception("broke")
    logging.getLogger("library").error("it said %s", "s3cr3t-value")
    assert len(lines(stream)) == 3
    assert "ValueError" in stream.getvalue()
    assert "s3cr3t-value" not in stream.getvalue()


def test_values_under_a_name_of_a_credential_are_never_written(stream: io.StringIO) -> None:
    structlog.get_logger().info("connected", bot_token="anything at all")
    assert "anything at all" not in stream.getvalue()


def test_lines_below_the_level_are_not_written(stream: io.StringIO) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("library").debug("detail")
    assert stream.getvalue() == ""


def test_a_very_long_text_is_cut_with_a_note() -> None:
    shown = cleaned("x" * (MAX_TEXT + 5), str, 3)
    assert isinstance(shown, str)
    assert shown.endswith("… (5 more)")


def test_metrics_of_two_owners_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.verifications.labels(outcome="improved").inc()
    assert b'greenlight_verifications_total{outcome="improved"} 1.0' in generate_latest(one.registry)
    assert b"improved" not in generate_latest(other.registry)


def test_words_of_an_enum_are_redacted_like_any_text() -> None:
    redact = Redactor(("hunter2-hunter2",))
    assert cleaned({"incident": WorkerRole.THINK}, redact, 6) == {"incident": "think"}
    assert redact(WorkerRole.THINK) == "think"
