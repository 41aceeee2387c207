"""Why another way was not proposed: what the record knows of it, without a model."""

import re

from bot.domain.finding import Option
from bot.domain.ids import grouped
from bot.domain.incident import Incident, PlanState
from bot.slack.views.phrases import outcome_sentence, step_title
from bot.slack.views.text import fit

WHY_NOT = re.compile(r"^\W*(?:but\s+)?(?:why (?:not|don't|didn't|isn't|aren't)|what about|how about)\b")
ROLL_BACK = re.compile(r"\broll(?:ing|ed)?(?: \w+){0,3} back\b|\brevert\w*\b")
DULL = frozenset(
    re.findall(
        r"\S+",
        "the a an of and to all its another other more up it on why not what how about but we you just do "
        "did "
        "don't didn't isn't aren't instead is way run use process service",
    )
)

Answer = tuple[str, tuple[str, ...]]


def why_not_answer(incident: Incident, asked: str) -> Answer | None:
    """What is known of the way that a question names; nothing where there is no plan to compare it with."""
    state = incident.current
    if state is None:
        return None
    words = _words(asked)
    mine = _score(words, _plan_text(state))
    tried = [one for one in incident.plans[:-1] if _score(words, _plan_text(one))]
    scored = [(_score(words, _option_text(option)), -n, option) for n, option in enumerate(state.options, 1)]
    best = max(scored, default=(0, 0, None), key=lambda one: one[:2])
    first = "; ".join(step_title(step) for step in state.plan.steps)
    lines: list[str] = []
    if best[2] is not None and best[0] > mine:
        lines.append(_option(best[2], -best[1], first, state))
    elif mine:
        lines.append(f"That is what plan {state.plan.revision} does: {first} ({grouped(state.digest)}).")
    lines += [_tried(one) for one in tried]
    if not lines:
        ways = "; ".join(f"use {n}: {fit(o.title, 120)}" for n, o in enumerate(state.options, 1)) or "none"
        lines.append(
            f"That is not among the ways that the team saw. Plan {state.plan.revision} proposes: {first}. "
            f"Other ways: {ways}."
        )
    return "\n".join(lines), ()


def _option(option: Option, number: int, first: str, state: PlanState) -> str:
    why = fit(state.explanation.strip(), 400)
    because = f' The team put "{first}" first, in its own words: {why}' if why else ""
    own = (
        f" Of this way it said: {fit(option.explanation.strip(), 400)}" if option.explanation.strip() else ""
    )
    return (
        f'"{fit(option.title, 120)}" is the team\'s way {number + 1}, after what plan {state.plan.revision} '
        f"proposes.{because}{own} Mention me with use {number} for a plan of it."
    )


def _tried(state: PlanState) -> str:
    what = "; ".join(step_title(step) for step in state.plan.steps)
    head = f"Plan {state.plan.revision} proposed it ({what})"
    if state.rejection is not None:
        reason = fit(state.rejection.reason, 300) or "no reason given"
        return f"{head} and was rejected: {reason}."
    if state.outcome is not None:
        return f"{head}: {outcome_sentence(state)}"
    if state.stopped is not None:
        return f"{head} and stopped ({state.stopped[0]})."
    return f"{head} and was not carried out ({state.ended or 'not decided'})."


def _plan_text(state: PlanState) -> str:
    return " ".join(f"{step.action} {step.title}" for step in state.plan.steps)


def _option_text(option: Option) -> str:
    return f"{option.title} {' '.join(step.action for step in option.steps)}"


def _words(text: str) -> set[str]:
    plain = ROLL_BACK.sub("rollback", text.casefold().replace("_", " "))
    return set(re.findall(r"[a-z']+", plain)) - DULL


def _score(words: set[str], text: str) -> int:
    return len(words & _words(text))
