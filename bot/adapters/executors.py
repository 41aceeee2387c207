"""What each `how` of the catalogue does to a target; all of them run in act processes only."""

import asyncio
from collections.abc import Mapping

from bot.adapters.command import run_command
from bot.adapters.config_file import ConfigFileError, set_key
from bot.adapters.deploy_log import DEPLOY, ROLLBACK, append_deploy
from bot.adapters.http_action import call_over_http
from bot.adapters.kubernetes_hands import perform
from bot.adapters.kubernetes_patches import MAKERS
from bot.adapters.reach import reach_of
from bot.adapters.releases import ReleaseError, natural, switch
from bot.adapters.simulator import SIMULATOR, simulated
from bot.adapters.supervisor import NotReachedError, Supervisor, SupervisorFaultError, supervisor_of
from bot.adapters.systemd import doing
from bot.adapters.tasks import WHO, Executor, Task, not_configured
from bot.domain.action import Action
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change
from bot.domain.plan import Step
from bot.ports.world import Done


async def simulate(task: Task) -> Done:
    """Change nothing."""
    return simulated(task.step)


async def restart(task: Task) -> Done:
    """Restart the target's program."""
    supervisor = supervisor_of(task.target)
    if supervisor is None:
        return not_configured(task, "rpc_url and program")
    failed = await _restarted(supervisor, task)
    return failed or Done(ok=True, detail=f"{supervisor.program} was stopped and started again.")


async def set_config(task: Task) -> Done:
    """Set one key of the target's configuration file to the step's only parameter."""
    path, key = reach_of(task.target).config, task.action.setting("key")
    value = task.only_parameter
    if path is None or not key or value is None:
        return not_configured(task, "config_path, key and one parameter")
    try:
        old = await asyncio.to_thread(set_key, path, key, value)
    except ConfigFileError as error:
        return Done(ok=False, detail=error.message)
    except OSError as error:
        raise SourceUnavailableError(f"{key} may or may not be written ({error.strerror}).") from error
    return Done(ok=True, detail=f"{key}: {old!a:.60} -> {value}")


async def set_config_and_restart(task: Task) -> Done:
    """Set one key of the configuration, then restart, for settings that are read at the start alone."""
    supervisor = supervisor_of(task.target)
    if supervisor is None:
        return not_configured(task, "rpc_url and program")
    done = await set_config(task)
    if not done.ok:
        return done
    failed = await _restarted(supervisor, task)
    if failed is not None:
        return Done(ok=False, detail=f"{done.detail}, but: {failed.detail}")
    return Done(ok=True, detail=f"{done.detail}, {supervisor.program} was restarted.")


async def switch_release(task: Task) -> Done:
    """Point the target at another release, note that in the log of deployments, restart."""
    reach = reach_of(task.target)
    current, releases = reach.current, reach.releases
    supervisor, version = supervisor_of(task.target), task.only_parameter
    if current is None or releases is None or supervisor is None or version is None:
        return not_configured(task, "current_path, releases_path, rpc_url, program and one parameter")
    try:
        before = await asyncio.to_thread(switch, current, releases, str(version))
        await asyncio.to_thread(_note, task, before, str(version))
    except ReleaseError as error:
        return Done(ok=False, detail=error.message)
    except OSError as error:
        raise SourceUnavailableError(f"The switch may or may not be done ({error.strerror}).") from error
    failed = await _restarted(supervisor, task)
    if failed is not None:
        return Done(ok=False, detail=f"The link points at {version}, but: {failed.detail}")
    return Done(ok=True, detail=f"release {before} -> {version}, {supervisor.program} was restarted.")


EXECUTORS: Mapping[str, Mapping[str, Executor]] = {
    SIMULATOR: {},
    "supervisor": {
        "supervisor.restart": restart,
        "config.set": set_config,
        "config.set_and_restart": set_config_and_restart,
        "release.switch": switch_release,
    },
    "systemd": {
        "systemd.restart": doing("restart"),
        "systemd.start": doing("start"),
        "systemd.stop": doing("stop"),
    },
    "kubernetes": dict.fromkeys(MAKERS, perform),
    "http": {"http.call": call_over_http, "procedure.run": call_over_http},
    "command": {"command.run": run_command, "procedure.run": run_command},
}
"""By the executor that the plan shows, then by the action's `how`; the simulator takes every `how`."""


def executor_for(step: Step, action: Action) -> Executor | None:
    """The executor that the plan showed; never a simulation in place of a real one, nor the reverse."""
    if step.executor == SIMULATOR:
        return simulate
    return EXECUTORS.get(step.executor, {}).get(action.how)


async def _restarted(supervisor: Supervisor, task: Task) -> Done | None:
    """Restart; a failure where it is certain, SourceUnavailableError or TimeoutError where it is not."""
    try:
        await supervisor.restart(task.step.timeout_seconds)
    except SupervisorFaultError as fault:
        return Done(ok=False, detail=f"supervisord refused: {fault.message}")
    except NotReachedError as error:
        return Done(ok=False, detail=f"{error.message} The process was not touched.")
    return None


def _note(task: Task, before: str, version: str) -> None:
    log = reach_of(task.target).deploy_log
    if log is None:
        return
    what = ROLLBACK if natural(version) < natural(before) else DEPLOY
    note = f"approved plan step {task.key}"
    append_deploy(log, Change(task.now, WHO, what, before, version, task.service.name, note))
