"""Actions over HTTP on a local server with the documented shapes of Rundeck, AWX, GitHub and Argo CD."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.domain.events import PlanProposed
from bot.domain.plan import Step, idempotency_key, parsed
from tests.fakes.claimed import Case
from tests.fakes.homes import Room, written
from tests.fakes.job_servers import JOB, Fault, JobServer, job_server
from tests.waiting import eventually

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RUNNERS: dict[str, dict[str, str]] = {
    "rundeck": {"procedure.restart": JOB, "procedure.scale": JOB, "name.project": "shop"},
    "awx": {"procedure.restart": '"42"', "procedure.scale": '"42"'},
    "github": {
        "procedure.restart": "restart.yml",
        "procedure.scale": "scale.yml",
        "name.owner": "shop",
        "name.repository": "ops",
        "name.ref": "main",
    },
}
GOOD = {"rundeck": "succeeded", "awx": "successful", "github": "success"}
BAD = {"rundeck": "failed", "awx": "canceled", "github": "timed_out"}
ACTIONS = ("run_restart", "run_scale_up")
PATHS = {
    "rundeck": f"/api/44/job/{JOB}/run",
    "awx": "/api/v2/job_templates/42/launch/",
    "github": "/repos/shop/ops/actions/workflows/restart.yml/dispatches",
}


@pytest.fixture
async def server() -> AsyncGenerator[JobServer]:
    async with job_server() as server:
        yield server


@pytest.fixture(params=sorted(RUNNERS))
def runner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def room_of(folder: Path, server: JobServer, runner: str, **more: str) -> Room:
    target = {
        "executor": "http", "url": server.url, "runner": runner,
        "token": "env:READ", "write_token": "env:WRITE", **RUNNERS[runner],
        "look.instances": '"/state#/nested/list/-1"', **more,
    }  # fmt: skip
    server.states = [GOOD[runner]]
    return Room(written(folder, target, ACTIONS))


def step_of(case: Case) -> Step:
    proposed = next(event for event in case.events if isinstance(event, PlanProposed))
    return parsed(proposed.body).steps[0]


async def test_a_procedure_is_started_once_and_waited_for(
    tmp_path: Path, server: JobServer, runner: str
) -> None:
    room = room_of(tmp_path, server, runner)
    server.states = ["running", GOOD[runner]]
    case = await room.claimed("run_restart")
    done = await room.run(case)
    assert done.ok, done.detail
    assert server.started[0].states == [GOOD[runner]]
    (heard,) = server.writes
    assert (heard.method, heard.path) == ("POST", PATHS[runner])
    assert server.started[0].given == {"greenlight": idempotency_key(case.order.digest, 0)}


async def test_parameters_arrive_as_they_were_approved(
    tmp_path: Path, server: JobServer, runner: str
) -> None:
    room = room_of(tmp_path, server, runner)
    case = await room.claimed("run_scale_up", ("instances", 7))
    assert (await room.run(case)).ok
    wanted: int | str = 7 if runner == "awx" else "7"
    assert server.started[0].given == {
        "instances": wanted,
        "greenlight": idempotency_key(case.order.digest, 0),
    }


async def test_looking_and_changing_use_a_token_each_and_the_runners_header(
    tmp_path: Path, server: JobServer, runner: str
) -> None:
    room = room_of(tmp_path, server, runner)
    assert await room.observe() == {"instances": "3"}
    await room.perform("run_restart")
    name = "x-rundeck-auth-token" if runner == "rundeck" else "authorization"
    prefix = "" if runner == "rundeck" else "Bearer "
    assert server.heard[0].headers[name] == f"{prefix}read-token"
    assert server.writes[0].headers[name] == f"{prefix}write-token"
    if runner == "github":
        assert server.writes[0].headers["x-github-api-version"] == "2022-11-28"


async def test_what_ends_badly_is_a_failure_with_its_state(
    tmp_path: Path, server: JobServer, runner: str
) -> None:
    room = room_of(tmp_path, server, runner)
    server.states = [BAD[runner]]
    done = await room.perform("run_restart")
    assert not done.ok
    assert BAD[runner] in done.detail


async def test_what_must_be_so_is_read_first_and_stops_the_rest(
    tmp_path: Path, server: JobServer, runner: str
) -> None:
    room = room_of(tmp_path, server, runner)
    case = await room.claimed("run_restart")
    server.enabled = False
    done = await room.run(case)
    assert (done.ok, done.detail.endswith("this is not so. Nothing was sent.")) == (False, True)
    assert not server.writes
    rehearsal = await room.rehearse(step_of(case))
    assert rehearsal is not None
    assert rehearsal.refused.endswith("this is not so.")


async def test_the_rehearsal_shows_the_very_request_and_sends_nothing(
    tmp_path: Path, server: JobServer, runner: str
) -> None:
    room = room_of(tmp_path, server, runner)
    case = await room.claimed("run_scale_up", ("instances", 7))
    shown = await room.rehearse(step_of(case))
    assert not server.writes
    assert shown is not None
    await room.run(case)
    heard = server.writes[0]
    assert shown.difference[0] == f"POST {heard.path}"
    key = idempotency_key(case.order.digest, 0)
    assert json.loads(shown.difference[-1].replace("KEY", key)) == heard.body


LOST = (Fault.HANGS_AFTER, Fault.BREAKS_AFTER, Fault.FAILS_AFTER)


@pytest.mark.parametrize("fault", LOST)
async def test_a_lost_answer_is_unknown_and_the_probe_finds_what_was_started_by_its_key(
    tmp_path: Path, server: JobServer, runner: str, fault: Fault
) -> None:
    room = room_of(tmp_path, server, runner)
    case = await room.claimed("run_restart")
    server.fault, server.states = fault, ["running", GOOD[runner]]
    with pytest.raises((TimeoutError, SourceUnavailableError)):
        async with asyncio.timeout(1.5):
            await room.run(case)
    key = idempotency_key(case.order.digest, 0)
    still = await room.probe(step_of(case), key)
    assert still is not None
    assert still.applied is None
    assert "is still running" in still.detail
    over = await room.probe(step_of(case), key)
    assert over is not None
    assert over.applied is True, over.detail
    another = await room.probe(step_of(case), "0123456789ab:0")
    assert another is not None
    assert another.applied is False
    assert len(server.writes) == 1


async def test_a_probe_says_when_nothing_has_the_key(tmp_path: Path, server: JobServer, runner: str) -> None:
    room = room_of(tmp_path, server, runner)
    case = await room.claimed("run_restart")
    server.fault = Fault.HANGS_BEFORE
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await room.run(case)
    found = await room.probe(step_of(case), idempotency_key(case.order.digest, 0))
    assert found is not None
    assert found.applied is False
    other = await room.probe(step_of(case), "0123456789ab:0")
    assert other is not None
    assert other.applied is False


async def test_a_probe_that_cannot_look_is_not_certain(
    tmp_path: Path, server: JobServer, runner: str
) -> None:
    room = room_of(tmp_path, server, runner)
    case = await room.claimed("run_restart")
    server.looking = [401]
    found = await room.probe(step_of(case), "0123456789ab:0")
    assert found is not None
    assert found.applied is None
    assert "401" in found.detail


@pytest.mark.parametrize("fault", [Fault.REDIRECTED, Fault.HTML, Fault.HUGE, Fault.COMPRESSED])
async def test_an_answer_that_says_nothing_certain_is_unknown_and_never_followed(
    tmp_path: Path, server: JobServer, fault: Fault
) -> None:
    room = room_of(tmp_path, server, "rundeck")
    case = await room.claimed("run_restart")
    server.fault = fault
    with pytest.raises(SourceUnavailableError):
        await room.run(case)
    assert [heard.path for heard in server.writes] == [PATHS["rundeck"]]
    assert "/elsewhere" not in {heard.path for heard in server.heard}


async def test_a_refusal_is_certain_and_says_why(tmp_path: Path, server: JobServer, runner: str) -> None:
    room = room_of(tmp_path, server, runner)
    case = await room.claimed("run_restart")
    server.fault = Fault.REFUSED
    done = await room.run(case)
    expected = "Refused with 403: You may not run this. Nothing was changed."
    assert (done.ok, done.detail) == (False, expected)


async def test_an_unreachable_server_is_a_certain_failure(tmp_path: Path) -> None:
    async with job_server() as server:
        room = room_of(tmp_path, server, "rundeck")
        case = await room.claimed("run_restart")
    done = await room.run(case)
    assert not done.ok
    assert done.detail.endswith("Nothing was sent.")


async def test_a_server_that_the_plan_was_not_made_for_is_sent_nothing(
    tmp_path: Path, server: JobServer
) -> None:
    case = await room_of(tmp_path, server, "rundeck").claimed("run_restart")
    async with job_server() as other:
        with pytest.raises(ExecutorRefusedError, match=r"services\.yaml are not those"):
            await room_of(tmp_path, other, "rundeck").run(case)
        assert other.heard == []


async def test_reads_that_fail_in_the_middle_are_tried_again_and_then_it_is_unknown(
    tmp_path: Path, server: JobServer
) -> None:
    room = room_of(tmp_path, server, "github")
    case = await room.claimed("run_restart")
    server.states = ["running"]

    async def perform() -> object:
        return await room.run(case)

    task = asyncio.create_task(perform())

    async def begun() -> bool:
        return bool(server.started)

    await eventually(begun)
    server.looking = [502, 401, 401]
    with pytest.raises(SourceUnavailableError, match=r"was started.*cannot be read"):
        await task


async def test_awx_dropping_what_was_approved_is_not_called_done(tmp_path: Path, server: JobServer) -> None:
    room = room_of(tmp_path, server, "awx")
    server.ignored = {"extra_vars": {"instances": 7}}
    with pytest.raises(SourceUnavailableError, match="AWX ignored what was approved"):
        await room.perform("run_scale_up", ("instances", 7))


async def test_a_process_without_the_write_token_sends_nothing(tmp_path: Path, server: JobServer) -> None:
    room = room_of(tmp_path, server, "rundeck", write_token="env:MISSING?")
    done = await room.perform("run_restart")
    assert (done.ok, "has no write_token" in done.detail) == (False, True)
    assert not server.writes


ARGO = {
    "executor": "http",
    "name.application": "shop",
    "look.revision": '"/api/v1/applications/shop#/status/sync/revision"',
    "look.revisions": '"/api/v1/applications/shop#/status/history/*/revision"',
    "look.phase": '"/api/v1/applications/shop#/status/operationState/phase"',
}


async def test_argo_cd_syncs_to_a_revision_of_its_history_and_back(tmp_path: Path, server: JobServer) -> None:
    room = Room(written(tmp_path, {**ARGO, "url": server.url}, ("argocd_sync",)))
    server.states = ["Succeeded"]
    case = await room.claimed("argocd_sync", ("revision", "bbb222"))
    assert step_of(case).changes == (("revision", "aaa111", "bbb222"),)
    assert step_of(case).undo.parameters == (("revision", "aaa111"),)
    done = await room.run(case)
    assert done.ok, done.detail
    assert server.writes[0].path == "/api/v1/applications/shop/sync"
    key = idempotency_key(case.order.digest, 0)
    assert server.writes[0].body == {
        "revision": "bbb222",
        "prune": False,
        "infos": [{"name": "greenlight", "value": key}],
    }
    assert (await room.observe())["revision"] == "bbb222"
    found = await room.probe(step_of(case), key)
    assert found is not None
    assert found.applied is True


OWN = """\
resize:
  version: 1
  title: Resize over HTTP
  tier: low
  how: http.call
  parameters:
    size: {kind: integer, minimum: 1, maximum: 90}
    name: {kind: word, choices: [blue, green, a..b]}
  undo: {kind: irreversible, text: There is no way back.}
  check: {metric: symptom, comparison: below, threshold: normal,
    settle_seconds: 0, every_seconds: 1, samples: 1, needed: 1}
  timeout_seconds: 20
  http:
    start:
      method: PUT
      path: /pools/{name}/size
      query: {dry: "no", of: "{name}"}
      headers: {X-Size: "{size}"}
      body: {size: "{size}", text: "{size} of {name}", key: "{key}", deep: [true, null, {x: "{{{size}}}"}]}
    probe:
      path: /operations/{key}
      where: /key
      state: /state
      done: [succeeded]
      failed: [failed]
"""


async def test_an_action_of_yaml_alone_sends_exactly_its_values_as_data(
    tmp_path: Path, server: JobServer
) -> None:
    target = {"executor": "http", "url": f"{server.url}/base"}
    room = Room(written(tmp_path, target, ("resize",), OWN))
    case = await room.claimed("resize", ("size", 5), ("name", "blue"))
    key = idempotency_key(case.order.digest, 0)
    server.states = ["succeeded"]
    done = await room.run(case)
    assert done.ok, done.detail
    (heard,) = server.writes
    assert (heard.method, heard.path) == ("PUT", "/base/pools/blue/size")
    assert heard.query == {"dry": "no", "of": "blue"}
    assert heard.body == {"size": 5, "text": "5 of blue", "key": key, "deep": [True, None, {"x": "{5}"}]}
    assert heard.headers["x-size"] == "5"
    assert heard.headers["idempotency-key"] == key


async def test_a_value_that_would_leave_its_part_of_the_path_is_refused_before_anything_is_sent(
    tmp_path: Path, server: JobServer
) -> None:
    room = Room(written(tmp_path, {"executor": "http", "url": server.url}, ("resize",), OWN))
    case = await room.claimed("resize", ("size", 5), ("name", "a..b"))
    with pytest.raises(ExecutorRefusedError) as refused:
        await room.run(case)
    assert refused.value.code == "BAD_PARAMETER"
    assert not server.heard
