"""The last look at a value before it leaves this process: its type, its bounds, and no room for tricks.

The plan was checked when it was drafted; this repeats it where the value is used, so that no way around the
drafting can put an option, a path or a second header where a plain word was approved.
"""

import re

from bot.domain.action import Action, ParameterKind, ParameterSpec, Value
from bot.domain.errors import GreenlightError
from bot.domain.plan import Step

WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,63}", re.ASCII)
CONFIGURED = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9._:@~+ -]{0,199}", re.ASCII)
INTEGER_LIMIT = 10**15
MAX_TEXT = 2_000


class BadValueError(GreenlightError):
    """A value is not what was approved to be sent; nothing was sent."""


def checked_parameters(action: Action, step: Step) -> dict[str, Value]:
    """The parameters of a step, each of its type and within its bounds; raises BadValueError."""
    given = dict(step.parameters)
    wanted = {spec.name for spec in action.parameters}
    if set(given) != wanted or len(given) != len(step.parameters):
        raise BadValueError(
            f"{action.id} takes exactly the parameters {', '.join(sorted(wanted)) or 'none'}."
        )
    return {spec.name: checked(spec, given[spec.name]) for spec in action.parameters}


def checked(spec: ParameterSpec, value: object) -> Value:
    """The value, if it is of the parameter's type and within its bounds; raises BadValueError."""
    match spec.kind:
        case ParameterKind.INTEGER:
            return _integer(spec, value)
        case ParameterKind.WORD:
            return _word(spec, value)


def segment(value: Value) -> str:
    """A value as one part of a path; raises BadValueError where it could be more, or another one."""
    text = str(value)
    if not CONFIGURED.fullmatch(text) or ".." in text:
        raise BadValueError(f"{text!a:.80} cannot be one part of a path.")
    return text


def line(text: str) -> str:
    """A text as the value of a header or of a query; raises BadValueError where it is not one plain line."""
    if len(text) > MAX_TEXT or not text.isascii() or not text.isprintable():
        raise BadValueError(f"{text!a:.80} is not one line of printable ASCII.")
    return text


def argument(value: Value) -> str:
    """A value as an argument of a program; raises BadValueError where it could be read as an option."""
    text = str(value)
    if isinstance(value, str) and not WORD.fullmatch(text):
        raise BadValueError(f"{text!a:.80} cannot be an argument.")
    return text


def _integer(spec: ParameterSpec, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValueError(f"{spec.name} must be an integer, not {value!a:.60}.")
    low, high = spec.minimum, spec.maximum
    if low is None or high is None or not low <= value <= high or abs(value) > INTEGER_LIMIT:
        raise BadValueError(f"{spec.name} must be within {low} and {high}, not {value!a:.60}.")
    return value


def _word(spec: ParameterSpec, value: object) -> str:
    if not isinstance(value, str) or not WORD.fullmatch(value):
        raise BadValueError(f"{spec.name} must be one plain word, not {value!a:.60}.")
    if spec.choices and value not in spec.choices:
        raise BadValueError(f"{spec.name} must be one of {', '.join(spec.choices)}, not {value}.")
    return value
