"""systemd through `systemctl`: one unit is restarted, started or stopped, and its properties are read."""

import re

from bot.adapters.command import first_line, looked
from bot.adapters.programs import Invocation, NotStartedError, ran
from bot.adapters.tasks import Executor, Task
from bot.domain.errors import SourceUnavailableError
from bot.domain.service import Target
from bot.ports.world import Done

SYSTEMCTL = "/usr/bin/systemctl"
UNIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9:_.@-]{0,200}\.(service|timer|socket|path|target)", re.ASCII)
SCOPES = {"": "--system", "system": "--system", "user": "--user"}
PLAIN = ("--no-pager", "--no-ask-password")
PROPERTIES = (
    "LoadState", "ActiveState", "SubState", "Result", "MainPID", "NRestarts", "ActiveEnterTimestampMonotonic",
)  # fmt: skip
LINE = re.compile(r"([A-Za-z]{1,64})=(.*)", re.ASCII)


def doing(verb: str) -> Executor:
    """An executor that does this one thing to the unit of the target."""

    async def act(task: Task) -> Done:
        if task.step.parameters:
            return Done(ok=False, detail=f"systemctl {verb} takes no parameters. Nothing was done.")
        try:
            invocation = _invocation(task.target, verb)
            ended = await ran(invocation)
        except (NotStartedError, _NoUnitError) as error:
            return Done(ok=False, detail=f"{error.message} Nothing was done.")
        if ended.code == 0:
            return Done(ok=True, detail=f"systemctl {verb} {invocation.arguments[-1]} ended well.")
        return Done(ok=False, detail=f"systemctl {verb} ended with {ended.code}{first_line(ended)}")

    return act


async def observed(target: Target) -> dict[str, str]:
    """`state` as `active/running`, `pid_start`, another one after each start, `restarts` and `result`.

    Raises SourceUnavailableError.
    """
    try:
        invocation = _invocation(target, "show", f"--property={','.join(PROPERTIES)}")
    except _NoUnitError as error:
        raise SourceUnavailableError(error.message) from error
    ended = await looked(invocation)
    if ended.code != 0 or ended.cut:
        raise SourceUnavailableError(f"systemctl show ended with {ended.code}{first_line(ended)}")
    lines = (LINE.fullmatch(line) for line in ended.output.splitlines())
    found = {match[1]: match[2] for match in lines if match is not None}
    missing = [name for name in PROPERTIES if name not in found]
    if found.get("LoadState") != "loaded" or missing:
        what = f"shown without {', '.join(missing)}" if missing else found["LoadState"]
        raise SourceUnavailableError(f"The unit {invocation.arguments[-1]} is {what}.")
    return {
        "state": f"{found['ActiveState']}/{found['SubState']}",
        "pid_start": f"{found['MainPID']}@{found['ActiveEnterTimestampMonotonic']}",
        "restarts": found["NRestarts"],
        "result": found["Result"],
    }


class _NoUnitError(SourceUnavailableError):
    """The target names no unit."""


def _invocation(target: Target, verb: str, *options: str) -> Invocation:
    unit, scope = target.setting("unit"), target.setting("scope")
    if not UNIT.fullmatch(unit) or scope not in SCOPES:
        raise _NoUnitError(f"{unit!a:.80} is no unit, or {scope!a:.20} is neither system nor user.")
    program = target.setting("systemctl") or SYSTEMCTL
    return Invocation(program, (*PLAIN, SCOPES[scope], verb, *options, "--", unit))
