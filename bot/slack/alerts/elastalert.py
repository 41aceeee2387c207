"""ElastAlert 2: an attachment whose text is the rule's name and the fields of the matched document."""

import re

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.headline import bare_title
from bot.slack.alerts.naming import named_services, title_service, workload
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.words import FIRING

SOURCE = "elastalert"

_FIELD = re.compile(r"^(@?[\w.]{1,64}): (?!\{)(\S.*)$", re.MULTILINE)
_MARKS = frozenset({"@timestamp", "num_hits", "num_matches", "spike_count", "reference_count"})
_LABELS = frozenset(
    [
        "service",
        "app",
        "application",
        "host",
        "hostname",
        "pod",
        "container",
        "deployment",
        "namespace",
        "environment",
        "env",
        "cluster",
        "region",
        "job",
        "node",
        "service.name",
        "host.name",
        "kubernetes.pod.name",
        "kubernetes.container.name",
        "kubernetes.namespace",
    ]
)


def read_elastalert(flat: Flat) -> Reading | None:
    """A match of a rule; ElastAlert reports no resolution and no severity (a level is the log's)."""
    body = next(iter(flat.of(Role.BODY)), "")
    document = dict(_FIELD.findall(body))
    if not _MARKS & document.keys():
        return None
    rule = body.partition("\n")[0].strip()
    title = next((bare_title(text) for text in flat.of(Role.TITLE)), "") or rule
    labels = {key: value for key, value in document.items() if key in _LABELS}
    in_title = title_service(title)
    services = (*named_services(_short(labels)), *((in_title,) if in_title else ()))
    return Reading(
        source=SOURCE,
        status=FIRING,
        title=title,
        identity=(rule, *sorted(f"{key}={workload(value)}" for key, value in labels.items())),
        labels=labels,
        services=tuple(dict.fromkeys(services)),
        summary=document.get("message", rule),
        started=document.get("@timestamp", ""),
    )


def _short(labels: dict[str, str]) -> dict[str, str]:
    """`kubernetes.pod.name` as `pod`, `service.name` as `service`."""
    return {key.removesuffix(".name").rpartition(".")[2]: value for key, value in labels.items()}
