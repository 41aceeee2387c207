"""`greenlight init`: a first draft of the inventory, from a Prometheus server or from Kubernetes."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from bot.adapters.clock import SystemClock
from bot.adapters.discovery import LABELS, from_deployments, from_prometheus
from bot.adapters.first_draft import Draft, Drafted, draft_text
from bot.adapters.kubernetes_objects import checked_name
from bot.adapters.kubernetes_reads import looking
from bot.adapters.prometheus import prometheus_of
from bot.adapters.secret_refs import ReferenceFaultError, resolved
from bot.adapters.shapes import items, mapping
from bot.adapters.web import http_client
from bot.domain.errors import SourceUnavailableError
from bot.domain.service import Source
from bot.settings import environment

MAX_LIST = 64_000_000
REFUSED = 2
EPILOG = """\
examples:
  greenlight init --prometheus http://prometheus:9090 --into runbooks/services.yaml
  greenlight init --prometheus https://mimir/prometheus --token env:MIMIR_TOKEN --tenant shop --label app
  greenlight init --kubernetes shop --kubeconfig /etc/greenlight/read.kubeconfig
  kubectl get deployments,statefulsets -n shop -o json | greenlight init --from-file -

The draft is printed, or written with --into; an existing file is left alone unless --force is given.
It is a start to edit: nothing is listed that may be changed until you add actions."""


def main(argv: list[str]) -> int:
    """Draft, and say where it is; 2 where nothing could be drafted or written."""
    given = _parser().parse_args(argv)
    try:
        draft = asyncio.run(_drafted(given))
    except (SourceUnavailableError, ReferenceFaultError) as error:
        print(f"greenlight init: {error}", file=sys.stderr)
        return REFUSED
    if not draft.services:
        print(f"greenlight init: no service was found in {draft.origin}", file=sys.stderr)
        return REFUSED
    if given.into is None:
        sys.stdout.write(draft_text(draft))
        return 0
    return _written(given.into, draft_text(draft), len(draft.services), force=given.force)


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="greenlight init",
        description="Draft services.yaml from what a Prometheus server or a Kubernetes namespace knows.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    origin = made.add_mutually_exclusive_group(required=True)
    origin.add_argument("--prometheus", metavar="URL", help="a server with Prometheus' HTTP API")
    origin.add_argument("--kubernetes", metavar="NAMESPACE", help="a namespace, read over the API server")
    origin.add_argument("--from-file", metavar="FILE", help="a list by kubectl get -o json; - is the input")
    made.add_argument("--token", default="", metavar="REF", help="env:NAME or file:/path of a bearer token")
    made.add_argument("--tenant", default="", help="the value of X-Scope-OrgID")
    made.add_argument("--ca-file", default="", metavar="FILE", help="certificates to trust")
    made.add_argument(
        "--label", action="append", help=f"the label that names a service (tried: {', '.join(LABELS)})"
    )
    made.add_argument("--kubeconfig", default="in-cluster", metavar="FILE", help="or in-cluster (default)")
    made.add_argument("--environment", default="production", help="its name (default: production)")
    made.add_argument("--not-production", action="store_true", help="say that it is no production")
    made.add_argument("--into", type=Path, metavar="FILE", help="write the draft there")
    made.add_argument("--force", action="store_true", help="write over an existing file")
    return made


async def _drafted(given: argparse.Namespace) -> Draft:
    if given.prometheus:
        origin, services = f"the Prometheus server {given.prometheus}", await _asked(given)
    elif given.kubernetes:
        origin, services = f"the namespace {given.kubernetes}", await _listed(given)
    else:
        origin = "standard input" if given.from_file == "-" else given.from_file
        services = await asyncio.to_thread(_from_file, given)
    reference = f"url: {json.dumps(given.prometheus)}" if given.prometheus else ""
    reference += "".join(
        f", {name}: {json.dumps(value)}"
        for name, value in (("token", given.token), ("tenant", given.tenant), ("ca_file", given.ca_file))
        if value and reference
    )
    source = f"{{kind: prometheus, {reference}}}"
    return Draft(origin, given.environment, not given.not_production, services, source)


async def _asked(given: argparse.Namespace) -> tuple[Drafted, ...]:
    token = resolved("token", given.token, environment()) if given.token else ""
    settings = (
        *(("url", given.prometheus), ("token", token)),
        *(("tenant", given.tenant), ("ca_file", given.ca_file)),
    )
    async with http_client() as client:
        reader = prometheus_of(Source("prometheus", settings), client)
        return await from_prometheus(reader, SystemClock().now(), given.label or LABELS)


async def _listed(given: argparse.Namespace) -> tuple[Drafted, ...]:
    found: list[Drafted] = []
    namespace = checked_name(given.kubernetes)
    async with looking({"kubeconfig": given.kubeconfig}) as cluster:
        for plural, kind in (("deployments", "Deployment"), ("statefulsets", "StatefulSet")):
            answer = await cluster.get(f"/apis/apps/v1/namespaces/{namespace}/{plural}")
            # Objects of a list do not say their kind; the list does.
            rows = [{**row, "kind": kind} for row in _rows(answer)]
            found.extend(from_deployments({"items": rows}, given.kubeconfig))
    return tuple(found)


def _rows(answer: object) -> list[dict[str, object]]:
    rows = items(mapping(answer).get("items")) or []
    return [dict(mapping(row)) for row in rows]


def _from_file(given: argparse.Namespace) -> tuple[Drafted, ...]:
    try:
        if given.from_file == "-":
            body = sys.stdin.buffer.read(MAX_LIST + 1)
        else:
            with Path(given.from_file).open("rb") as file:
                body = file.read(MAX_LIST + 1)
        parsed: object = json.loads(body) if len(body) <= MAX_LIST else None
    except (OSError, ValueError, RecursionError) as error:
        why = f"{given.from_file} cannot be read as JSON ({error})"
        raise SourceUnavailableError(why[:300]) from error
    return from_deployments(parsed, given.kubeconfig)


def _written(path: Path, text: str, count: int, *, force: bool) -> int:
    """Write the file, never over another one unless that is wanted."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, flags, 0o644), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        print(f"greenlight init: {path} exists and is left alone; --force writes over it", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"greenlight init: {path} cannot be written ({error.strerror})", file=sys.stderr)
        return REFUSED
    many = "1 service" if count == 1 else f"{count} services"
    print(f"{path}: a draft of {many}. Edit it, then run greenlight doctor.")
    return 0
