"""What was changed on a workload: its rollouts, and the events that the cluster still holds."""

from collections.abc import Iterator

import httpx2

from bot.adapters.change_reading import ChangeAsk, Deploys
from bot.adapters.deploy_log import DEPLOY
from bot.adapters.kubernetes_objects import MAX_ITEMS, Manager, Revision, listed, text, where_of, whole
from bot.adapters.kubernetes_reads import Seen, looking, revisions_of, workload_of
from bot.adapters.log_files import moment
from bot.adapters.shapes import mapping
from bot.domain.evidence import Change
from bot.domain.ids import At

UNKNOWN = "unknown"
CONTROLLERS = frozenset({"kube-controller-manager"})
MAX_EVENTS = 40


async def read_rollouts(ask: ChangeAsk, _: httpx2.AsyncClient) -> Deploys:
    """Every rollout of the service and its newest events, oldest first; raises SourceUnavailableError.

    Events stand under the workload's name, not the service's: a crash is no change that somebody made.
    """
    settings = dict(ask.source.settings)
    where = where_of(settings)
    async with looking(settings) as cluster:
        found = await workload_of(cluster, where)
        revisions = await revisions_of(cluster, found)
        path = f"/api/v1/namespaces/{where.namespace}/events"
        about = (f"involvedObject.name={where.name}", "type=Warning")
        queries = [{"fieldSelector": one, "limit": str(MAX_ITEMS)} for one in about]
        rows = [row for query in queries for row in listed(await cluster.get(path, query))]
    events = {one: None for row in rows if (one := _event(row, where.name)) is not None}
    newest = sorted(events, key=lambda one: one.at)[-MAX_EVENTS:]
    changes = [*_rollouts(Seen(found, revisions, ()), ask.service.name), *newest]
    return Deploys(tuple(sorted(changes, key=lambda one: one.at)))


def _rollouts(found: Seen, service: str) -> Iterator[Change]:
    """One change for each revision that came after another one, with the images from and to."""
    writers = [one for one in found.workload.managers if one.template and one.name not in CONTROLLERS]
    newest = max(writers, key=lambda one: one.at or 0, default=None)
    for before, after in zip(found.revisions, found.revisions[1:], strict=False):
        current = after is found.current
        at = _at(after, newest if current else None)
        if at is not None:
            who = newest.name if current and newest else UNKNOWN
            cause = f", {after.cause}" if after.cause else ""
            note = f"revision {before.number} -> {after.number}{cause}"
            yield Change(at, who or UNKNOWN, DEPLOY, _image(before), _image(after), service, note)


def _at(revision: Revision, writer: Manager | None) -> At | None:
    """When it went live: a revision that was gone back to is older than that."""
    times = [at for at in (revision.at, writer.at if writer else None) if at is not None]
    return max(times, default=None)


def _image(revision: Revision) -> str:
    """The image without its registry, as people name it."""
    return revision.containers[0].image.rpartition("/")[2] if revision.containers else UNKNOWN


def _event(row: object, name: str) -> Change | None:
    """An event of the workload or of what it owns, by the name that theirs begin with."""
    fields = mapping(row)
    about = mapping(fields.get("involvedObject"))
    subject = text(about.get("name"))
    times = (fields.get("lastTimestamp"), fields.get("eventTime"), fields.get("firstTimestamp"))
    at = next((found for raw in times if (found := moment(raw)) is not None), None)
    if at is None or not (subject == name or subject.startswith(f"{name}-")):
        return None
    count = whole(fields.get("count"), 1)
    times_said = f" ({count} times)" if count > 1 else ""
    return Change(
        at=at,
        who=text(mapping(fields.get("source")).get("component")) or UNKNOWN,
        what=text(fields.get("reason")) or "event",
        before="",
        after="",
        service=f"{text(about.get('kind'))}/{subject}",
        note=f"{text(fields.get('message'))}{times_said}",
    )
