"""Short names for evidence: `E1` is the first that the incident gathered."""

from collections.abc import Iterable

from bot.domain.evidence import Evidence
from bot.domain.incident import Incident
from bot.slack.views.text import short

ID = 40


def label(incident: Incident, evidence: str) -> str:
    """`E1` for an evidence id; the id itself where the incident has no such evidence."""
    ids: list[str] = [known.id for known in incident.evidence]
    return f"E{ids.index(evidence) + 1}" if evidence in ids else short(evidence, ID)


def labels(incident: Incident, evidence: Iterable[str]) -> str:
    """Several of them, as `E1, E3`."""
    return ", ".join(label(incident, one) for one in evidence)


def found(incident: Incident, evidence: str) -> Evidence | None:
    """The evidence of an id."""
    return next((known for known in incident.evidence if known.id == evidence), None)
