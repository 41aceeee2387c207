"""What can be told of a step by its action: what would be sent or run, and what became of one in doubt."""

import json
from collections.abc import Awaitable, Callable, Mapping

from bot.adapters import command, http_action, kubernetes_rehearsal
from bot.adapters.http_exchange import NotSentError, site_of
from bot.adapters.plain_values import BadValueError
from bot.adapters.tasks import Task
from bot.domain.rehearsal import DryRun

MAX_LINE = 200
KEY = "KEY"
"""Stands for the step's key, which is made of the plan's digest and so is not known before the plan."""

Rehearse = Callable[[Task], Awaitable[DryRun | None]]
Probe = Callable[[Task], Awaitable[tuple[bool | None, str] | None]]


async def _request(task: Task) -> DryRun | None:
    """The request that would be sent, and what must be so before, which is read now."""
    try:
        call = http_action.call_of(task)
        if call is None:
            return DryRun(refused=f"{task.target.id} is not configured for {task.action.how}")
        request, headers = call.started(), call.headers()
    except (BadValueError, KeyError) as error:
        return DryRun(refused=str(getattr(error, "message", None) or f"there is no value for {error}"))
    lines = [f"{request.method} {request.path}"]
    lines += [f"{name}={value}" for name, value in request.query.items()]
    lines += [f"{name}: {request.headers[name]}" for name in call.door.start.headers]
    if request.body is not None:
        lines += _cut(json.dumps(json.loads(request.body), ensure_ascii=True))
    if call.door.require:
        try:
            async with site_of(task.target, call.door.auth, headers=headers) as site:
                failed = await http_action.unmet(site, call)
        except NotSentError as error:
            failed = error.message
        if failed is not None:
            return DryRun(refused=failed)
    return DryRun(tuple(lines))


async def _command(task: Task) -> DryRun | None:
    """The argument list, and what the program's own dry run says where it has one."""
    try:
        invocation = command.invocation_of(task)
    except BadValueError as error:
        return DryRun(refused=error.message)
    if invocation is None:
        return DryRun(refused=f"{task.target.id} is not configured for {task.action.how}")
    said = await command.rehearsed(task)
    if said is not None and said.refused:
        return said
    return DryRun((*_cut(invocation.shown()), *(said.difference if said else ())))


def _cut(text: str) -> list[str]:
    return [text[start : start + MAX_LINE] for start in range(0, len(text), MAX_LINE)]


REHEARSALS: Mapping[str, Rehearse] = {
    "http": _request,
    "command": _command,
    "kubernetes": kubernetes_rehearsal.rehearse,
}
"""By executor."""

PROBES: Mapping[str, Probe] = {
    "http": http_action.probed,
    "command": command.probed,
    "kubernetes": kubernetes_rehearsal.probe,
}
"""By executor; one that is not here is probed by what can be observed of the target."""
