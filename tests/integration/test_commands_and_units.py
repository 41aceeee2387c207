"""Actions by programs on this machine, and on systemd units through a stand-in of systemctl."""

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from bot.adapters import programs
from bot.adapters.programs import MAX_OUTPUT, Invocation, NotStartedError, ran
from bot.domain.errors import SourceUnavailableError
from bot.domain.events import PlanProposed
from bot.domain.plan import Step, idempotency_key, parsed
from tests.fakes.claimed import Case
from tests.fakes.homes import Room, written
from tests.waiting import eventually

FACTS = '{"version": "42", "releases": "41,42", "instances": 3, "ratio": 0.5}'


def program(folder: Path, name: str, body: str) -> str:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def room_of(folder: Path, body: str, *, probe: str = "echo unknown") -> Room:
    target = {
        "executor": "command",
        "procedure.scale": program(folder, "scale", body),
        "procedure.restart": program(folder, "restart", body),
        "observe_program": program(folder, "look", f"echo '{FACTS}'"),
        "probe_program": program(folder, "probe", probe),
        "directory": str(folder),
    }
    return Room(written(folder, target, ("run_scale_up", "run_restart")))


def step_of(case: Case) -> Step:
    return parsed(next(event for event in case.events if isinstance(event, PlanProposed)).body).steps[0]


async def test_a_procedure_gets_its_values_after_the_two_dashes_and_a_fixed_environment(
    tmp_path: Path,
) -> None:
    room = room_of(
        tmp_path, f'printf "%s\\n" "$@" > {tmp_path}/argv; pwd >> {tmp_path}/argv; env > {tmp_path}/env'
    )
    case = await room.claimed("run_scale_up", ("instances", 7))
    done = await room.run(case)
    assert done.ok, done.detail
    assert (tmp_path / "argv").read_text().splitlines() == ["--", "7", str(tmp_path)]
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "LANG", "LC_ALL", "GREENLIGHT_KEY"}
    key = idempotency_key(case.order.digest, 0)
    assert f"GREENLIGHT_KEY={key}" in (tmp_path / "env").read_text().splitlines()


async def test_what_the_observe_program_prints_is_the_state_of_the_target(tmp_path: Path) -> None:
    room = room_of(tmp_path, "exit 0")
    assert await room.observe() == {"instances": "3", "releases": "41,42", "version": "42"}
    case = await room.claimed("run_scale_up", ("instances", 7))
    assert step_of(case).changes == (("instances", "3", "7"),)
    assert step_of(case).undo.parameters == (("instances", 3),)


@pytest.mark.parametrize("body", ["echo '[1]'", "echo no", "exit 3", "yes | head -c 200000", "echo '{'"])
async def test_an_observe_program_that_prints_something_else_is_no_observation(
    tmp_path: Path, body: str
) -> None:
    room = room_of(tmp_path, "exit 0")
    program(tmp_path, "look", body)
    with pytest.raises(SourceUnavailableError):
        await room.observe()


async def test_an_exit_code_is_a_failure_with_the_first_line_that_was_written(tmp_path: Path) -> None:
    done = await room_of(tmp_path, 'printf "no\\033[31m such\\nmore"; exit 3').perform("run_restart")
    assert (done.ok, done.detail.partition("ended")[2]) == (False, " with 3: no?[31m such.")


async def test_a_time_out_kills_the_whole_group_and_the_outcome_is_unknown(tmp_path: Path) -> None:
    room = room_of(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 600 & echo $! > {tmp_path}/child; wait")
    case = await room.claimed("run_restart")

    async def started() -> bool:
        return (tmp_path / "child").exists() and (tmp_path / "child").read_text().endswith("\n")

    task = asyncio.create_task(room.run(case))
    await eventually(started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for name in ("pid", "child"):
        number = int((tmp_path / name).read_text())

        async def gone(number: int = number) -> bool:
            return not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE

        await eventually(gone)


async def test_a_program_ended_by_a_signal_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="ended by signal 9"):
        await room_of(tmp_path, "kill -9 $$").perform("run_restart")


async def test_what_it_leaves_running_is_neither_waited_for_nor_killed(tmp_path: Path) -> None:
    room = room_of(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; exit 0")
    done = await room.perform("run_restart")
    assert done.ok
    child = psutil.Process(int((tmp_path / "child").read_text()))
    assert child.is_running()
    child.kill()


async def test_output_without_end_is_cut_and_does_not_hold_it_up(tmp_path: Path) -> None:
    noisy = program(tmp_path, "noisy", "head -c 5000000 /dev/zero; exit 4")
    ended = await ran(Invocation(noisy))
    assert (ended.code, ended.cut, len(ended.output)) == (4, True, MAX_OUTPUT)


@pytest.mark.parametrize(
    ("mode", "name", "why"),
    [
        (0o757, "scale", "can be written by everybody"),
        (0o644, "scale", "is not a program"),
        (0o755, "nothing-here", "cannot be found"),
        (0o755, ".", "is not a program"),
    ],
)
async def test_only_a_program_that_others_cannot_replace_is_started(
    tmp_path: Path, mode: int, name: str, why: str
) -> None:
    Path(program(tmp_path, "scale", "exit 0")).chmod(mode)  # noqa: ASYNC240
    with pytest.raises(NotStartedError, match=why):
        await ran(Invocation(f"{tmp_path}/{name}".removesuffix("/.")))


async def test_what_cannot_be_started_is_a_certain_failure(tmp_path: Path) -> None:
    room = room_of(tmp_path, "exit 0")
    case = await room.claimed("run_restart")
    await asyncio.to_thread((tmp_path / "restart").unlink)
    done = await room.run(case)
    assert (done.ok, done.detail.endswith("Nothing was done.")) == (False, True)


@pytest.mark.parametrize(
    ("probe", "applied"),
    [
        ("echo applied", True),
        ("echo not_applied", False),
        ("echo unknown", None),
        ("echo ok", None),
        ("exit 1", None),
    ],
)
async def test_the_probe_program_tells_what_became_of_a_lost_run(
    tmp_path: Path,
    probe: str,
    applied: bool | None,  # noqa: FBT001
) -> None:
    room = room_of(tmp_path, "exit 0", probe=f'printf "%s\\n" "$@" > {tmp_path}/argv; {probe}')
    step = step_of(await room.claimed("run_restart"))
    found = await room.probe(step, "0123456789ab:0")
    assert found is not None
    assert found.applied is applied
    assert (tmp_path / "argv").read_text().splitlines() == ["--", "restart", "0123456789ab:0"]


async def test_without_a_probe_and_without_a_sign_nothing_is_called_certain(tmp_path: Path) -> None:
    target = {"executor": "command", "procedure.restart": program(tmp_path, "restart", "exit 0")}
    room = Room(written(tmp_path, target, ("run_restart",)))
    found = await room.probe(step_of(await room.claimed("run_restart")), "0123456789ab:0")
    assert found is not None
    assert found.applied is None


OWN = """\
rotate:
  version: 1
  title: Rotate logs
  tier: medium
  how: command.run
  parameters:
    keep: {kind: integer, minimum: 1, maximum: 90}
  undo: {kind: irreversible, text: Old logs are gone.}
  check: {metric: symptom, comparison: below, threshold: normal,
    settle_seconds: 0, every_seconds: 1, samples: 1, needed: 1}
  timeout_seconds: 20
  command:
    program: PROGRAM
    options: [--force]
    dry_run: [--debug]
    arguments: ["keep={keep}"]
    environment: {TZ: UTC}
    probe: PROGRAM
"""


async def test_a_command_of_yaml_alone_is_rehearsed_with_its_own_options_and_then_run(tmp_path: Path) -> None:
    log = tmp_path / "argv"
    path = program(tmp_path, "rotate", f'echo "$TZ $@" >> {log}; echo "would remove 3 files"')
    room = Room(written(tmp_path, {"executor": "command"}, ("rotate",), OWN.replace("PROGRAM", path)))
    case = await room.claimed("rotate", ("keep", 7))
    shown = await room.rehearse(step_of(case))
    assert shown is not None
    assert shown.difference == (f"{path} --force -- keep=7", "would remove 3 files")
    assert log.read_text() == "UTC --debug -- keep=7\n"
    assert (await room.run(case)).ok
    assert log.read_text().splitlines()[-1] == "UTC --force -- keep=7"


SHOWN = """\
Result=success
NRestarts=2
MainPID=@
LoadState=loaded
ActiveState=active
SubState=running
ActiveEnterTimestampMonotonic=8071234567
"""
STAND_IN = """\
printf '%s\\n' "$*" >> DIR/calls
case "$*" in
  *show*) sed "s/@/$(cat DIR/pid)/" DIR/shown;;
  *restart*|*start*) echo $$ > DIR/pid;;
esac
"""


def unit_room(folder: Path, unit: str = "checkout.service", *, shown: str = SHOWN) -> Room:
    """A unit behind a stand-in of systemctl that prints properties as documented; no systemd runs."""
    (folder / "shown").write_text(shown)
    (folder / "pid").write_text("4711\n")
    path = program(folder, "systemctl", STAND_IN.replace("DIR", str(folder)))
    target = {"executor": "systemd", "unit": unit, "systemctl": path}
    return Room(written(folder, target, ("restart_unit", "start_unit", "stop_unit")))


async def test_a_unit_is_observed_by_its_properties(tmp_path: Path) -> None:
    assert await unit_room(tmp_path).observe() == {
        "state": "active/running",
        "pid_start": "4711@8071234567",
        "restarts": "2",
        "result": "success",
    }


async def test_a_unit_is_restarted_by_an_argument_list_with_the_unit_after_the_dashes(tmp_path: Path) -> None:
    room = unit_room(tmp_path)
    before = await room.observe()
    done = await room.perform("restart_unit")
    assert done.ok, done.detail
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[-1] == "--no-pager --no-ask-password --system restart -- checkout.service"
    assert (await room.observe())["pid_start"] != before["pid_start"]


async def test_stopping_is_undone_by_starting_and_needs_two(tmp_path: Path) -> None:
    catalogue = unit_room(tmp_path).content.catalogue()
    stop = catalogue.action("stop_unit")
    assert stop is not None
    assert (stop.tier, stop.undo.action) == ("high", "start_unit")


@pytest.mark.parametrize(
    "unit", ["-rf.service", "a b.service", "checkout", "../x.service", '"x\\ny.service"', "é.service"]
)
async def test_a_unit_that_is_no_unit_is_never_handed_over(tmp_path: Path, unit: str) -> None:
    with pytest.raises(SourceUnavailableError):
        await unit_room(tmp_path, unit).observe()
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("shown", ["", "LoadState=not-found\n", SHOWN.replace("MainPID", "Other")])
async def test_a_unit_that_is_not_loaded_or_half_shown_is_no_observation(tmp_path: Path, shown: str) -> None:
    with pytest.raises(SourceUnavailableError):
        await unit_room(tmp_path, shown=shown).observe()


@pytest.mark.skipif(not os.access("/usr/bin/systemctl", os.X_OK), reason="there is no systemctl")
@pytest.mark.skipif(Path("/run/systemd/system").exists(), reason="systemd runs this machine")
async def test_the_real_systemctl_without_systemd_is_no_observation(tmp_path: Path) -> None:
    target = {"executor": "systemd", "unit": "checkout.service"}
    room = Room(written(tmp_path, target, ("restart_unit",)))
    with pytest.raises(SourceUnavailableError, match="systemctl show ended with 1"):
        await room.observe()


def test_the_environment_of_programs_is_written_down() -> None:
    assert set(programs.ENVIRONMENT) == {"PATH", "LANG", "LC_ALL"}
