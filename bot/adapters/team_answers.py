"""The typed answers of a team of models, and how each becomes one of ours; nothing in them is trusted."""

from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

from agents.answers import Answers
from bot.domain.finding import (
    MAX_STATEMENT,
    Claim,
    Confidence,
    Diagnosis,
    Option,
    ProposedStep,
    Remediation,
    Verdict,
)
from bot.domain.ids import ActionId, EvidenceId, TargetId
from bot.domain.numbers import Number

MAX_ITEMS = 12
MAX_TEXT = 600

Clean = Callable[[str], str]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Words = Annotated[list[str], BeforeValidator(_listed), Field(max_length=40)]
Given = dict[str, Annotated[int, Strict()] | Annotated[str, Strict()]]
"""Parameters as a model gave them; neither true nor 3.0 becomes an integer on the way."""


class NumberAnswer(BaseModel):
    """A number and the metric, state field or log words that give it."""

    value: str
    query: str


class ClaimAnswer(BaseModel):
    """A statement with the ids of its evidence."""

    statement: str
    evidence: Words = Field(description="ids such as ev-…")
    quote: str = Field("", description="words copied from the cited logs; needed where logs are cited")
    numbers: list[NumberAnswer] = Field([], description="each number of the statement")


class FindingsAnswer(BaseModel):
    """What the logs show."""

    summary: str
    findings: list[ClaimAnswer] = Field([], max_length=40)
    reaches: Words = []
    missing: Words = []


class DiagnosisAnswer(BaseModel):
    """The likely cause."""

    verdict: Verdict
    cause: str = Field("", description="one sentence of at most 300 characters")
    mode: str | None = Field(None, description="id of the failure mode in the runbooks, if one fits")
    confidence: Confidence = Confidence.LOW
    claims: list[ClaimAnswer] = Field([], max_length=40)
    against: Words = []
    checked: Words = []
    missing: Words = []


class StepAnswer(BaseModel):
    """One step of the catalogue."""

    model_config = ConfigDict(extra="forbid")
    action: str
    target: str
    parameters: Given = {}


class OptionAnswer(BaseModel):
    """One way to help."""

    title: str
    why: str = ""
    steps: list[StepAnswer] = Field(max_length=20)


class RemediationAnswer(BaseModel):
    """The ways to help, the best one first; none where nothing of the catalogue fits."""

    options: list[OptionAnswer] = Field([], max_length=6)
    note: str = ""
    raise_tier: bool = Field(False, description="true asks for more approval than the rules do")


ANSWERS = Answers(
    {"findings": FindingsAnswer, "diagnosis": DiagnosisAnswer, "remediation": RemediationAnswer}
)


def claims_of(answers: Iterable[ClaimAnswer], clean: Clean) -> tuple[Claim, ...]:
    """Claims as code can check them."""
    return tuple(
        Claim(
            clean(answer.statement)[:MAX_STATEMENT],
            tuple(EvidenceId(one.strip().strip("[]")) for one in answer.evidence[:MAX_ITEMS]),
            clean(answer.quote)[:MAX_TEXT],
            tuple(Number(one.value[:40], one.query[:400]) for one in answer.numbers[:MAX_ITEMS]),
        )
        for answer in answers
    )


def diagnosis_of(answer: DiagnosisAnswer, team: str, modes: frozenset[str], clean: Clean) -> Diagnosis:
    """A diagnosis whose mode is one of the runbooks' or none."""
    known = answer.mode if answer.mode in modes else None
    unknown = (f"it names the failure mode {answer.mode!a:.60}, which no runbook has",)
    return Diagnosis(
        verdict=answer.verdict,
        cause=clean(answer.cause)[:MAX_STATEMENT],
        mode=known,
        confidence=answer.confidence,
        claims=claims_of(answer.claims, clean),
        team=team,
        checked=texts(answer.checked, clean),
        missing=texts(answer.missing, clean),
        against=texts(answer.against, clean),
        notes=unknown if answer.mode and known is None else (),
    )


def remediation_of(answer: RemediationAnswer, clean: Clean) -> Remediation:
    """Options as they were proposed; drafting checks every name and value."""
    options = tuple(
        Option(
            clean(option.title)[:120] or "A proposal",
            tuple(step_of(one.action, one.target, one.parameters) for one in option.steps),
            clean(option.why)[:MAX_TEXT],
        )
        for option in answer.options
        if option.steps
    )
    return Remediation(options, clean(answer.note)[:MAX_TEXT], answer.raise_tier)


def step_of(action: str, target: str, parameters: Given) -> ProposedStep:
    """A step with raw values."""
    return ProposedStep(ActionId(action[:80]), TargetId(target[:120]), tuple(parameters.items()))


def texts(words: Iterable[str], clean: Clean) -> tuple[str, ...]:
    """Short sentences, no more than a few."""
    return tuple(clean(word)[:MAX_STATEMENT] for word in words if word.strip())[:MAX_ITEMS]
