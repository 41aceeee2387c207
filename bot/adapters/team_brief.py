"""What a stage is given to read: the alert, the evidence, what may be done, what was tried; all as data."""

from collections.abc import Iterable

from agents.brief import Brief, Document, Former
from bot.adapters.team_answers import Clean
from bot.adapters.team_tools import clock_time, shown
from bot.domain.action import Action, Catalogue, ParameterKind, ParameterSpec
from bot.domain.evidence import EvidenceKind, Sighting
from bot.domain.finding import Claim, Diagnosis
from bot.domain.service import Service
from bot.ports.content import FailureMode
from bot.ports.team import Case, Tried

ALERT_TOKENS = 300
LOG_TOKENS = 1_400
BRIEF_LOG_TOKENS = 500
OTHER_TOKENS = 500
CATALOGUE_TOKENS = 900
RECORD_TOKENS = 1_200
LABELS = 12


def to_diagnose(case: Case, modes: tuple[FailureMode, ...], clean: Clean) -> Brief:
    """The alert, all evidence, and the names of the known failure modes."""
    pages = ", ".join(mode.id for mode in modes)
    return Brief(
        (
            _alert(case, clean),
            *_evidence(case.sightings, clean, LOG_TOKENS),
            Document("failure modes with a runbook page", pages, OTHER_TOKENS),
        )
    )


def to_remedy(case: Case, clean: Clean) -> Brief:
    """The alert, the evidence in short, the diagnosis as code checked it, the catalogue, what was tried."""
    documents = [_alert(case, clean), *_evidence(case.sightings, clean, BRIEF_LOG_TOKENS)]
    if case.service is not None:
        text = catalogue_text(case.service, case.catalogue)
        documents.append(Document(f"actions and targets of {case.service.name}", text, CATALOGUE_TOKENS))
    if case.tried:
        tried = "\n".join(_tried(one) for one in case.tried)
        documents.append(Document("tried or rejected before", clean(tried), OTHER_TOKENS))
    if case.refusals:
        refused = "\n".join(case.refusals)
        documents.append(Document("why your last proposal was refused", clean(refused), OTHER_TOKENS))
    return Brief(tuple(documents), _former(case.diagnosis))


def to_answer(case: Case, question: str, clean: Clean) -> Brief:
    """The record, the evidence, the diagnosis, and a person's question."""
    record = "\n".join(case.record)
    documents = (
        _alert(case, clean),
        Document("record of the incident", clean(record), RECORD_TOKENS),
        *_evidence(case.sightings, clean, LOG_TOKENS),
    )
    task = (
        f"A person asks in the incident's thread. Answer in a few sentences; cite evidence ids.\n\n{question}"
    )
    return Brief(documents, _former(case.diagnosis), task)


def catalogue_text(service: Service, catalogue: Catalogue) -> str:
    """The actions that this service allows, with their parameters, and its targets."""
    actions = (catalogue.action(name) for name in service.actions)
    lines = [_action(one) for one in actions if one is not None]
    targets = ", ".join(target.id for target in service.targets)
    return "\n".join((f"targets: {targets}", *lines))


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """A checked diagnosis as the next stage reads it."""
    lines = [
        f"verdict: {diagnosis.verdict} (confidence {diagnosis.confidence})",
        f"cause: {diagnosis.cause}",
        f"failure mode: {diagnosis.mode or 'none that is known'}",
        *(_claim(claim) for claim in diagnosis.claims),
    ]
    lines += [f"against it: {one}" for one in diagnosis.against]
    return "\n".join([*lines, *(f"missing: {one}" for one in diagnosis.missing)])


def _former(diagnosis: Diagnosis | None) -> tuple[Former, ...]:
    return () if diagnosis is None else (Former("diagnostician, checked by code", diagnosis_text(diagnosis)),)


def _claim(claim: Claim) -> str:
    quote = f' "{claim.quote}"' if claim.quote else ""
    return f"- {claim.statement}{quote} [{', '.join(claim.evidence)}]"


def _alert(case: Case, clean: Clean) -> Document:
    alert = case.alert
    labels = ", ".join(f"{name}={value}" for name, value in alert.labels[:LABELS])
    service = case.service.name if case.service else alert.service or "unknown"
    lines = (
        f"{alert.title} (from {alert.source}, severity {alert.severity or 'not given'})",
        f"service: {service}",
        f"since: {clock_time(alert.started_at)}",
        f"labels: {labels or 'none'}",
    )
    return Document("alert", clean("\n".join(lines)), ALERT_TOKENS)


def _evidence(sightings: Iterable[Sighting], clean: Clean, logs: int) -> tuple[Document, ...]:
    return tuple(
        Document(
            f"evidence {one.evidence.id}",
            clean(shown(one)),
            logs if one.evidence.kind is EvidenceKind.LOGS else OTHER_TOKENS,
        )
        for one in sightings
    )


def _tried(tried: Tried) -> str:
    steps = "; ".join(f"{step.action} on {step.target} {dict(step.parameters)}" for step in tried.steps)
    return f"{steps}: {tried.outcome} {tried.reason}".strip()


def _action(action: Action) -> str:
    parameters = ", ".join(_parameter(spec) for spec in action.parameters)
    effect = f" Effect: {action.effect}" if action.effect else ""
    return (
        f"- {action.id}({parameters}): {action.title}; risk {action.tier}; undo {action.undo.kind}.{effect}"
    )


def _parameter(spec: ParameterSpec) -> str:
    if spec.kind is ParameterKind.INTEGER:
        return f"{spec.name}: integer {spec.minimum} to {spec.maximum}"
    if spec.one_of_observed is not None:
        return f"{spec.name}: one of the observed {spec.one_of_observed}"
    return f"{spec.name}: one of {', '.join(spec.choices)}" if spec.choices else f"{spec.name}: word"
