# ruff: noqa: E501 - a row of a table stands on one line
"""What the doors of actions, runners and targets refuse, and how they say it."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
import re2
import yaml
from jsonschema import Draft202012Validator, ValidationError

from bot.adapters import patterns
from bot.adapters.clock import SystemClock
from bot.adapters.content import FileContent
from bot.adapters.content_kinds import EXECUTORS, HOWS
from bot.adapters.executors import EXECUTORS as RUN
from bot.adapters.patterns import Patterns, fault
from bot.adapters.write_names import write_names
from bot.domain.checkup import Level
from bot.domain.errors import ContentError, PlanRefusedError
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, TargetId
from bot.domain.service import Target
from bot.settings import Settings
from bot.wiring.checks import credential_findings
from tests.fakes.claimed import claimed
from tests.fakes.content import FixedContent
from tests.fakes.homes import SHIPPED, written

HTTP = {"executor": "http", "url": "http://127.0.0.1:9"}
CALL = """\
own:
  version: 1
  title: Something of our own
  tier: low
  how: http.call
  parameters:
    size: {kind: integer, minimum: 1, maximum: 90}
    name: {kind: word, choices: [blue]}
  undo: {kind: irreversible, text: There is no way back.}
  check: {metric: symptom, comparison: below, threshold: normal,
    settle_seconds: 0, every_seconds: 1, samples: 1, needed: 1}
  timeout_seconds: 5
  http:
    start:
      path: /pools/{name}
      body: {size: "{size}"}
    probe: {path: "/changes/{key}", where: /key, state: /state, done: [done], failed: [failed]}
"""
COMMAND = (
    CALL[: CALL.index("  http:\n")].replace("http.call", "command.run")
    + """\
  command:
    program: /bin/true
    arguments: ["{size}", "{name}"]
    probe: /bin/true
"""
)


def problems(folder: Path, extra: str, target: dict[str, str] | None = None, action: str = "own") -> str:
    with pytest.raises(ContentError) as caught:
        written(folder, target or HTTP, (action,), extra)
    assert all(re.match(r"\S+\.(yaml|md)(:\d+)?: ", one) for one in caught.value.problems)
    return "\n".join(caught.value.problems)


def test_both_templates_of_these_tests_are_well(tmp_path: Path) -> None:
    written(tmp_path, HTTP, ("own",), CALL)
    written(tmp_path, {"executor": "command"}, ("own",), COMMAND)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{name}\n", "{nme}\n", r"actions\.own\.http\.start: \{nme\} is unknown; expected key, name, size or target"),
        ("{name}\n", "{job}\n", r"http\.start: \{job\} is unknown"),
        ("{name}\n", "{parameters}\n", r"http\.start: \{parameters\} is unknown"),
        ("/pools/{name}\n", "pools/{name}\n", r"actions\.own\.http\.start\.path: expected a path that begins"),
        ("/pools/{name}\n", "//evil.example/{name}\n", r"http\.start\.path: expected a path that begins with"),
        ("/pools/{name}\n", "/pools/../{name}\n", r"http\.start\.path: expected a path that begins"),
        ("/pools/{name}\n", "/pools?x={name}\n", r"http\.start\.path: expected a path that begins"),
        ("/pools/{name}\n", "http://evil.example/{name}\n", r"http\.start\.path: expected a path that begins"),
        ("/pools/{name}\n", "/pools/{name\n", r"http\.start\.path: expected \{name\}, or"),
        ("body: {size", "headers: {Host: evil}\n      body: {size", r"expected a header that is not one of the"),
        ("body: {size", "headers: {Authorization: x}\n      body: {size", r"expected a header that is not one"),
        ("body: {size", 'headers: {"X-A\\r\\nB": x}\n      body: {size', r"expected a header that is not one"),
        ("body: {size", "method: GET\n      body: {size", r"http\.start\.method: expected 'POST', 'PUT', 'PATCH'"),
        ("body: {size", "redirects: true\n      body: {size", r"http\.start\.redirects: is not a known key"),
        ("body: {size", "ok: [302]\n      body: {size", r"http\.start\.ok\[0\]: expected less than or equal to 299"),
        ('body: {size: "{size}"}', "body: {size: 1.5}", r"http\.start\.body"),
        ("where: /key", "where: key", r"http\.probe\.where: expected a JSON pointer"),
        ("done: [done]", "done: []", r"http\.probe\.done: "),
        ("http:\n", "htp:\n", r"actions\.own\.htp: is not a known key"),
        ("how: http.call", "how: supervisor.restart", r"own\.http: expected only where how is http\.call"),
        ("how: http.call", "how: command.run", r"own\.command: is missing; command\.run needs it"),
        ("  timeout_seconds: 5\n", "", r"actions\.own\.timeout_seconds: is missing"),
        ("  timeout_seconds: 5\n", "  timeout_seconds: 0\n", r"actions\.own\.timeout_seconds: expected greater"),
        (", text: There is no way back.", "", r"actions\.own\.undo\.text: is missing"),
        ("minimum: 1, ", "", r"parameters\.size: expected minimum and maximum"),
        (", choices: [blue]", "", r"parameters\.name: expected choices or one_of_observed"),
        ("maximum: 90}", "maximum: 90, observed: size}", r"own\.observes: expected size among them"),
        ("  timeout", "  preconditions: [version]\n  timeout", r"own\.observes: expected version among them"),
        ("size: {kind", "key: {kind", r"parameters\.key: expected another name; templates use this one"),
        ("    probe:", "    # probe:", r"own\.observes: is empty; expected fields, or a probe"),
        ("    probe:", "    wait: {path: '/j/{job}', state: /s, done: [a], failed: [b]}\n    probe:",
         r"http\.job: is missing; expected where the answer has the id"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_call_is_named_with_file_key_and_what_was_expected(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in CALL
    assert re.search(expected, problems(tmp_path, CALL.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("program: /bin/true", "program: true", r"own\.command\.program: "),
        ("program: /bin/true", "program: bin/true", r"command\.program: expected an absolute path"),
        ("program: /bin/true", "program: /bin/../bin/true", r"command\.program: expected an absolute path"),
        (
            '["{size}", "{name}"]',
            '["{size}"]',
            r"command\.arguments: \{name\} is missing; an approved value must",
        ),
        ('["{size}", "{name}"]', '["{size}", "{name}", "{key}"]', r"command\.arguments: \{key\} is unknown"),
        ("    probe: /bin/true\n", "    shell: true\n", r"command\.shell: is not a known key"),
        ("    probe: /bin/true\n", "", r"own\.observes: is empty; expected fields, or a probe"),
        ("    probe: /bin/true\n", "    environment: {ld-preload: x}\n", r"command\.environment"),
    ],
)
def test_a_mistake_in_a_command_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in COMMAND
    assert re.search(expected, problems(tmp_path, COMMAND.replace(old, new, 1), {"executor": "command"}))


@pytest.mark.parametrize(
    ("target", "action", "expected"),
    [
        ({**HTTP, "look.x": "version"}, "own", r"look\.x: expected /path\?query#/pointer"),
        ({**HTTP, "look.x": "http://evil.example/#/a"}, "own", r"look\.x: expected /path"),
        ({**HTTP, "identity": "'/a b#/c'"}, "own", r"identity: expected a path without spaces"),
        ({**HTTP, "lok.x": "/a#/b"}, "own", r"lok\.x: is not a known setting of http"),
        ({**HTTP, "token": "abc"}, "own", r"token: expected a reference, env:NAME or file:/path, never the"),
        ({"executor": "http"}, "own", r"url: is missing; http needs it"),
        ({**HTTP, "procedure.restart": "x"}, "run_restart", r"and for http a runner \(awx, github, rundeck\)"),
        ({**HTTP, "runner": "jenkins", "procedure.restart": "x"}, "run_restart", r"a runner \(awx, github"),
        ({**HTTP, "runner": "awx"}, "run_restart", r"with the settings procedure\.restart"),
        ({"executor": "systemd"}, "restart_unit", r"unit: is missing; systemd needs it"),
        ({**HTTP}, "restart_unit", r"restart_unit needs a target of systemd with the settings unit"),
        ({"executor": "systemd", "unit": "x.service"}, "own", r"own needs a target of http"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_target_is_named(
    tmp_path: Path, target: dict[str, str], action: str, expected: str
) -> None:
    assert re.search(expected, problems(tmp_path, CALL, target, action))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title:", "titel:", r"own\.yaml:\d+: titel: is not a known key"),
        ("{procedure}", "{job_id}", r"own\.yaml:\d+: (require|start): \{job_id\} is unknown"),
        ("probe:\n", "prob:\n", r"own\.yaml:\d+: prob: is not a known key"),
        ("path: /api/44/job/{procedure}/run", "path: /api/&x {procedure}", r"start\.path: expected a path"),
    ],
)
def test_a_mistake_in_a_runners_file_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = (SHIPPED / "catalogue" / "rundeck.yaml").read_text()
    assert old in text
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "own.yaml").write_text(text.replace(old, new))
    assert re.search(expected, problems(tmp_path, CALL))


def test_a_runner_of_ones_own_is_a_file_and_part_of_what_is_approved(tmp_path: Path) -> None:
    target = {**HTTP, "runner": "own", "procedure.restart": "x", "name.project": "p"}
    (tmp_path / "catalogue").mkdir()
    runner = tmp_path / "catalogue" / "own.yaml"
    runner.write_text((SHIPPED / "catalogue" / "rundeck.yaml").read_text())
    before = written(tmp_path, target, ("run_restart",)).catalogue().sha256
    runner.write_text(runner.read_text().replace("every_seconds: 3", "every_seconds: 4"))
    assert FileContent((tmp_path, SHIPPED), {}).catalogue().sha256 != before


def test_every_how_is_done_by_somebody_and_every_executor_is_known() -> None:
    done = {(executor, how) for executor, known in RUN.items() for how in known}
    listed = {(executor, how) for how, known in HOWS.items() for executor in known.executors}
    # Memory is edited in the store, which the hands of the act process hold themselves.
    assert done | {("memory", "memory.edit")} == listed | {("memory", "memory.edit")}
    assert set(RUN) <= set(EXECUTORS)


def test_write_credentials_are_named_without_being_read(tmp_path: Path) -> None:
    target = {**HTTP, "token": "env:READ", "write_token": "env:WRITE?"}
    written(tmp_path, target, ("own",), CALL)
    assert write_names((tmp_path, SHIPPED)) == ("WRITE",)
    (tmp_path / "services.yaml").write_text("a: [")
    assert write_names((tmp_path,)) == ()
    assert write_names((tmp_path / "none",)) == ()


HARD = (r"(a*)*b", r"(a|a)*b", r"(a|aa)+$b", r"(.*)*x", r"((a+)+)+b", r"a.*a.*a.*a.*b", r"(x+x+)+y")


def vars_of(options: object) -> tuple[object, object]:
    return getattr(options, "max_mem", None), getattr(options, "log_errors", None)


def test_patterns_run_on_an_engine_without_backtracking_and_with_a_cap_on_memory() -> None:
    options = patterns.options()
    assert isinstance(options, re2.Options)
    assert vars_of(options) == (32 << 20, False)
    assert fault(r"(a)\1") is not None
    assert fault("((a{100}){100}){100}") is not None
    assert Patterns(HARD).matching("a" * 20_000) == ()


@pytest.mark.parametrize("pattern", HARD)
def test_the_work_of_a_hostile_pattern_grows_with_the_text_and_not_with_its_square(pattern: str) -> None:
    """CPU over lengths, not wall time; quadratic work would be a hundred times more at least once in five."""
    search = Patterns([pattern])

    def work(size: int) -> int:
        text = "a" * size
        search.matching(text)
        start = time.process_time_ns()
        for _ in range(3):
            search.matching(text)
        return max(1, time.process_time_ns() - start)

    ratios = [work(50_000) / max(work(5_000), 20_000) for _ in range(5)]
    assert min(ratios) < 60


@pytest.mark.parametrize("name", ["rundeck", "awx", "github"])
def test_a_runners_file_keeps_to_the_schema_that_editors_use(name: str) -> None:
    schema = json.loads((SHIPPED / "schema" / "runner.schema.json").read_text())
    document = yaml.safe_load((SHIPPED / "catalogue" / f"{name}.yaml").read_text())
    Draft202012Validator(schema).validate(document)  # pyright: ignore[reportUnknownMemberType]
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate({**document, "strt": {}})  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ({"token": "env:READ", "write_token": "env:WRITE"}, []),
        ({"token": "env:READ"}, ["one token for looking and for changing"]),
        ({}, []),
    ],
)
def test_doctor_names_a_target_with_one_token_for_everything(
    tmp_path: Path, tokens: dict[str, str], said: list[str]
) -> None:
    content = written(tmp_path, {**HTTP, **tokens}, ("own",), CALL)
    found = [
        one.what
        for one in credential_findings(Settings.model_validate({"home": tmp_path}), content.inventory(), {})
        if one.level is not Level.OK
    ]
    assert [part for part in said if any(part in one for one in found)] == said
    assert len(found) == len(said)
    written_down = credential_findings(
        Settings.model_validate({"home": tmp_path}), content.inventory(), {"X": "write-token"}
    )
    leaks = [one for one in written_down if "in .env" in one.what]
    assert bool(leaks) == ("write_token" in tokens)


def test_an_action_is_only_planned_for_a_target_that_its_executor_can_reach(tmp_path: Path) -> None:
    content = written(tmp_path, HTTP, ("own",), CALL)
    (service,) = content.inventory().services
    other = Target(TargetId("checkout/unit"), "systemd", (("unit", "x.service"),))
    inventory = replace(content.inventory(), services=(replace(service, targets=(other, *service.targets)),))
    step = ProposedStep(ActionId("own"), other.id, (("size", 5), ("name", "blue")))
    with pytest.raises(PlanRefusedError) as refused:
        claimed(FixedContent(inventory, content.catalogue(), content.policy()), SystemClock(), step)
    assert refused.value.code == "UNKNOWN_TARGET"
    assert refused.value.message.endswith("targets that fit: checkout/jobs.")
