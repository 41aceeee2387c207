"""A plan that a person asks for in words, as far as code understands it: actions by name, numbers, versions.

Conservative on purpose: what is not an order is a question, and a question changes nothing.
"""

import re
from collections.abc import Iterable

from bot.domain.action import Action, Catalogue, ParameterKind, ParameterSpec, Value
from bot.domain.evidence import Observation
from bot.domain.finding import Option, ProposedStep
from bot.domain.ids import TargetId
from bot.domain.service import Service

ASKS = re.compile(
    r"\b(why|what|when|who|whom|how|would|should|shall|is|are|was|were|did|does|do|has|have|will|if|not|never"
    r"|don't|dont|cannot|can't|wait|stop|explain|tell|show)\b|\bcan i\b"
)
"""Words of somebody who asks, doubts or holds back."""
POLITE = re.compile(
    r"^(?:(?:please|ok|okay|no|so|and|then|rather|instead|let's|lets|try|just|can you|could you"
    r"|i want(?: you)? to|i'd rather|we want to|we need to)[\s,:]+)+"
)
EXPLICIT = re.compile(r"^propose\b(?: to)?|\b(?:instead|rather)$")
ROLL_BACK = re.compile(r"\b(?:roll(?:ing)?(?: \w+){0,3} back|revert)\b")
NUMBER = re.compile(r"(?<![\w.])(\d{1,9})(?: ?(?:mi?b?|seconds|s))?(?![\w.]*\d)(?!\w)")
WORDS = re.compile(r"[a-z0-9]+")
DULL = frozenset(
    ["the", "a", "an", "of", "and", "to", "all", "its", "another", "other", "more", "up", "it", "on"]
)
SETS = frozenset({"use", "set", "make", "change", "raise", "lower", "increase"})
OBJECTS = {"with", "from", "for", "now", "please", "back", "service", "version", "release", "at", "by", "in"}
FILLERS = SETS | OBJECTS
VALUE = re.compile(r"v?\d+(?:mi?b?|s)?", re.ASCII)
BY_ID, BY_WORDS = 2, 1
MAX_TEXT = 300


def wished(text: str, service: Service | None, catalogue: Catalogue) -> bool:
    """Whether these words clearly order a plan: an action of the service, `propose ...`, `... instead`."""
    plain = _plain(text)
    if service is None or not plain or len(plain) > MAX_TEXT or "?" in plain or ASKS.search(plain):
        return False
    order = POLITE.sub("", plain)
    if EXPLICIT.search(order.rstrip(" .!")):
        return True
    named = _best(order, service, catalogue)
    ours = {word for action in named for word in (*_id_words(action), *_told_words(action))}
    ours |= set(
        WORDS.findall(f"{service.name} {' '.join(target.id for target in service.targets)}".casefold())
    )
    others = [word for word in WORDS.findall(order) if word not in ours | DULL | FILLERS]
    leads = any(word in _id_words(action) for action in named for word in WORDS.findall(order)[:2])
    sets = order.split(" ", 1)[0] in SETS
    return bool(named) and (leads or sets) and all(VALUE.fullmatch(word) for word in others)


def understood(
    text: str, service: Service, catalogue: Catalogue, observations: Iterable[Observation]
) -> Option | str:
    """The wish as an option, or why code alone cannot make one of it."""
    plain = _plain(text)
    named = _best(plain, service, catalogue)
    action = next(iter(named), None)
    if action is None:
        names = ", ".join(service.actions)
        return f"I did not recognise an action in it; {service.name} allows: {names}. More needs a model."
    if len(named) > 1:
        return f"That could be {' or '.join(action.id for action in named)}; please name one of them."
    seen = _target(plain, action, service, observations)
    if seen is None:
        return f"No target of {service.name} shows what {action.id} needs to know."
    parameters: list[tuple[str, Value]] = []
    numbers = [int(found) for found in NUMBER.findall(plain)]
    for spec in action.parameters:
        value = _value(spec, plain, numbers, seen)
        if value is None:
            return f"{action.id} needs {_expected(spec, seen)}."
        parameters.append((spec.name, value))
    step = ProposedStep(action.id, TargetId(seen.target), tuple(parameters))
    return Option(action.title, (step,), f"Asked for in words: {text.strip()[:MAX_TEXT]}")


def option_named(text: str, service: Service, catalogue: Catalogue) -> Action | None:
    """The one action of this service that the words name; nothing where it is none or several."""
    named = _best(_plain(text), service, catalogue)
    return named[0] if len(named) == 1 else None


def _plain(text: str) -> str:
    plain = re.sub(r"<[^>]*>", " ", text).casefold()
    return ROLL_BACK.sub("rollback", re.sub(r"\s+", " ", plain).strip())


def _best(plain: str, service: Service, catalogue: Catalogue) -> tuple[Action, ...]:
    """The actions that the words name best; one that takes a number where there is one, before others."""
    allowed = [known for name in service.actions if (known := catalogue.action(name)) is not None]
    words, numbers = set(WORDS.findall(plain)), bool(NUMBER.search(plain))
    scored = {action.id: _score(action, words) for action in allowed}
    top = max(scored.values(), default=0)
    best = [action for action in allowed if scored[action.id] == top and top >= BY_ID]
    fitting = [action for action in best if _takes_number(action) == numbers]
    return tuple(fitting or best)


def _score(action: Action, words: set[str]) -> int:
    return BY_ID * len(_id_words(action) & words) + BY_WORDS * len(_told_words(action) & words)


def _id_words(action: Action) -> set[str]:
    return set(WORDS.findall(action.id.casefold().replace("_", " "))) - DULL


def _told_words(action: Action) -> set[str]:
    told = set(WORDS.findall(action.title.casefold()))
    told |= {part for spec in action.parameters for part in spec.name.split("_")}
    return told - _id_words(action) - DULL


def _takes_number(action: Action) -> bool:
    return any(spec.kind is ParameterKind.INTEGER for spec in action.parameters)


def _target(
    plain: str, action: Action, service: Service, observations: Iterable[Observation]
) -> Observation | None:
    known = {target.id for target in service.targets}
    fitting = [
        seen
        for seen in observations
        if TargetId(seen.target) in known and action.reads <= {name for name, _ in seen.fields}
    ]
    named = [seen for seen in fitting if seen.target.rpartition("/")[2].casefold() in WORDS.findall(plain)]
    return next(iter(named or fitting), None)


def _value(spec: ParameterSpec, plain: str, numbers: list[int], seen: Observation) -> Value | None:
    if spec.kind is ParameterKind.INTEGER:
        return numbers[0] if len(numbers) == 1 else None
    listed = spec.choices
    if spec.one_of_observed is not None:
        listed = tuple((seen.field(spec.one_of_observed) or "").split(","))
    said = [choice for choice in listed if choice and choice.casefold() in plain.split()]
    if len(said) == 1:
        return said[0]
    former = seen.field(f"previous_{spec.observed}") if spec.observed else None
    return former if not said and former in listed else None


def _expected(spec: ParameterSpec, seen: Observation) -> str:
    if spec.kind is ParameterKind.INTEGER:
        return f"one number for {spec.name}, from {spec.minimum} to {spec.maximum}"
    listed = spec.choices or tuple((seen.field(spec.one_of_observed or "") or "").split(","))
    return f"one of {', '.join(listed)} for {spec.name}"
