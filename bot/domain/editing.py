"""Which parameters of a step a person may change, within which bounds, and what is wrong with a value."""

import re
from dataclasses import dataclass

from bot.domain.action import Action, ParameterKind, ParameterSpec
from bot.domain.plan import Step

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,11})", re.ASCII)
WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bound:
    """One parameter with its bounds and its value in the plan; choices are all that may be chosen."""

    name: str
    kind: ParameterKind
    now: str
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What is expected."""
        if self.kind is ParameterKind.INTEGER:
            return f"a whole number from {self.minimum} to {self.maximum}"
        return f"one of {', '.join(self.choices)}" if self.choices else "one plain word"


def bounded(spec: ParameterSpec) -> bool:
    """Whether a parameter has bounds that a person can be held to."""
    if spec.kind is ParameterKind.INTEGER:
        return spec.minimum is not None and spec.maximum is not None
    return bool(spec.choices) or spec.one_of_observed is not None


def editable(action: Action | None) -> bool:
    """Whether a step of this action has something to edit: parameters, and bounds for each of them."""
    return action is not None and bool(action.parameters) and all(map(bounded, action.parameters))


def bounds_of(action: Action, step: Step) -> tuple[Bound, ...]:
    """The parameters of a step with their bounds, as they were observed when the plan was made."""
    given, seen = dict(step.parameters), dict(step.before)
    return tuple(_bound(spec, str(given.get(spec.name, "")), seen) for spec in action.parameters)


def _bound(spec: ParameterSpec, now: str, seen: dict[str, str]) -> Bound:
    observed = seen.get(spec.one_of_observed, "") if spec.one_of_observed else ""
    choices = spec.choices or tuple(filter(None, observed.split(",")))
    return Bound(spec.name, spec.kind, now, spec.minimum, spec.maximum, choices)


def problem(spec: ParameterSpec, text: str) -> str | None:
    """What was expected instead of this text, by the catalogue alone; nothing where it may stand."""
    bound = Bound(spec.name, spec.kind, "", spec.minimum, spec.maximum, spec.choices)
    if spec.kind is ParameterKind.INTEGER:
        low, high = spec.minimum, spec.maximum
        whole = int(text) if INTEGER.fullmatch(text) else None
        fits = whole is not None and (low is None or low <= whole) and (high is None or whole <= high)
    else:
        fits = WORD.fullmatch(text) is not None and (not spec.choices or text in spec.choices)
    return None if fits else f"Expected {bound.words}."


def problems_of(action: Action | None, given: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """By parameter, what was expected instead: all parameters, each once, none beside them."""
    if action is None:
        return {"": "This action is no longer in the catalogue."}
    texts = dict(given)
    wrong = {
        spec.name: said
        for spec in action.parameters
        if (said := problem(spec, texts.get(spec.name, ""))) is not None
    }
    known = {spec.name for spec in action.parameters}
    if len(texts) != len(given) or set(texts) - known:
        wrong[""] = f"Expected only {', '.join(sorted(known))}."
    return wrong
