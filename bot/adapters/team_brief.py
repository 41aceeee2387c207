"""What a stage is given to read: the alert, the evidence, what may be done, what was tried; all as data."""

import re

from agents.brief import Brief, Document, Former
from agents.fence import tokens_of
from bot.adapters.log_words import loudness
from bot.adapters.team_answers import Clean
from bot.adapters.team_findings import claim_text
from bot.adapters.team_tools import clock_time, shown
from bot.domain.action import Action, Catalogue, ParameterKind, ParameterSpec
from bot.domain.evidence import EvidenceKind, Sighting
from bot.domain.finding import Diagnosis
from bot.domain.service import Service
from bot.ports.content import FailureMode
from bot.ports.team import Case, Tried

ALERT_TOKENS = 300
LOG_TOKENS = 1_400
CAUSE_LOG_TOKENS = 800
BRIEF_LOG_TOKENS = 400
NUMBER = re.compile(r"\d+", re.ASCII)
COUNTED = re.compile(r"\d+x ", re.ASCII)
OTHER_TOKENS = 500
CATALOGUE_TOKENS = 900
RECORD_TOKENS = 1_200
LABELS = 12
NOTE_TOKENS = 20
RELATED = 6
RELATED_TOKENS = 250
TITLE = 80


def to_diagnose(case: Case, modes: tuple[FailureMode, ...], clean: Clean) -> Brief:
    """The alert, all evidence, and the names of the known failure modes."""
    pages = ", ".join(mode.id for mode in modes)
    return Brief(
        (
            _alert(case, clean),
            *_related(case, clean),
            *(_document(one, clean) for one in case.sightings),
            Document("failure modes with a runbook page", pages, OTHER_TOKENS),
        )
    )


def to_remedy(case: Case, clean: Clean) -> Brief:
    """The alert, the evidence in short, the diagnosis as code checked it, the catalogue, what was tried."""
    documents = [_alert(case, clean), *_related(case, clean)]
    documents += [_short(one, clean, BRIEF_LOG_TOKENS) for one in case.sightings]
    if case.service is not None:
        text = catalogue_text(case.service, case.catalogue)
        documents.append(Document(f"actions and targets of {case.service.name}", text, CATALOGUE_TOKENS))
    if case.wish:
        documents.append(Document("what a responder asks the plan to be", clean(case.wish), OTHER_TOKENS))
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
        *_related(case, clean),
        Document("record of the incident", clean(record), RECORD_TOKENS),
        *(_document(one, clean) for one in case.sightings),
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


def telling(text: str, tokens: int) -> str:
    """The lines of a digest that tell most of a failure, in their order, within a number of tokens."""
    if tokens_of(text) <= tokens:
        return text
    lines = text.splitlines()
    loud = _loudness(lines)
    ranked = sorted(range(len(lines)), key=lambda at: (at > 0, -loud[at], at))
    kept, left = set[int](), tokens - NOTE_TOKENS
    for at in ranked:
        cost = tokens_of(lines[at] + "\n")
        if cost <= left:
            kept.add(at)
            left -= cost
    shown = [lines[at] for at in sorted(kept)]
    return "\n".join(
        (*shown, f"[{len(lines) - len(kept)} quieter lines are left out; fetch_logs shows them]")
    )


def _loudness(lines: list[str]) -> list[int]:
    """How loud each line is; the first of its shape, which has the count, stands before the others."""
    shapes = [NUMBER.sub("0", line) for line in lines]
    known = {shape: 2 * loudness(shape, "") for shape in set(shapes)}
    return [known[shape] + bool(COUNTED.match(line)) for shape, line in zip(shapes, lines, strict=True)]


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """A checked diagnosis as the next stage reads it."""
    lines = [
        f"verdict: {diagnosis.verdict} (confidence {diagnosis.confidence})",
        f"cause: {diagnosis.cause}",
        f"failure mode: {diagnosis.mode or 'none that is known'}",
        *(claim_text(claim) for claim in diagnosis.claims),
    ]
    lines += [f"against it: {one}" for one in diagnosis.against]
    return "\n".join([*lines, *(f"missing: {one}" for one in diagnosis.missing)])


def _former(diagnosis: Diagnosis | None) -> tuple[Former, ...]:
    return () if diagnosis is None else (Former("diagnostician, checked by code", diagnosis_text(diagnosis)),)


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


def _related(case: Case, clean: Clean) -> tuple[Document, ...]:
    """The first alerts that joined the incident, one line each, and how many more there are."""
    if not case.related:
        return ()
    lines = [
        f"- {one.alert.service or 'unknown service'}: {one.alert.title[:TITLE]} "
        f"(since {clock_time(one.alert.started_at)}; {one.why})"
        for one in case.related[:RELATED]
    ]
    if len(case.related) > RELATED:
        lines.append(f"and {len(case.related) - RELATED} more")
    return (Document("other alerts of this incident", clean("\n".join(lines)), RELATED_TOKENS),)


def _document(seen: Sighting, clean: Clean) -> Document:
    """A sighting whole, and in short for stages that have what another one made of it."""
    name, text = f"evidence {seen.evidence.id}", clean(shown(seen))
    if seen.evidence.kind is not EvidenceKind.LOGS:
        return Document(name, text, OTHER_TOKENS)
    return Document(name, text, LOG_TOKENS, telling(text, CAUSE_LOG_TOKENS))


def _short(seen: Sighting, clean: Clean, logs: int) -> Document:
    if seen.evidence.kind is not EvidenceKind.LOGS:
        return _document(seen, clean)
    return Document(f"evidence {seen.evidence.id}", telling(clean(shown(seen)), logs), LOG_TOKENS)


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
