"""The catalogue as a table for people, written from `actions.yaml`: prose names no other tier."""

from bot.adapters.content_kinds import HOWS
from bot.domain.action import Action, Catalogue, ParameterSpec, UndoKind

HEAD = """\
# Actions

Everything that Greenlight may ever do, as the catalogue `runbooks/actions.yaml` says it. This page is
written by `greenlight runbook actions > docs/actions.md`, and a test compares the two: tiers stand in one
place.

A service is only offered what its entry in `services.yaml` lists under `actions`. The tier is the lowest
that applies: a critical service, a trip-wire, many targets and a careful team raise it; nothing lowers it.
`policy.yaml` says who approves what.

| action | tier | how | on | parameters | read before | undo | at most |
|---|---|---|---|---|---|---|---|
"""


def table(catalogue: Catalogue) -> str:
    """The page as Markdown."""
    rows = "".join(_row(action) for action in catalogue.actions)
    return f"{HEAD}{rows}\n{_words(catalogue)}"


def _row(action: Action) -> str:
    known = HOWS[action.how]
    on = " or ".join(sorted(known.executors)) or "any target, nothing is changed"
    how = action.how + (f" `{action.setting('procedure')}`" if action.setting("procedure") else "")
    cells = (
        f"`{action.id}`",
        action.tier,
        how,
        on,
        "<br>".join(map(_parameter, action.parameters)) or "none",
        ", ".join(action.observes) or "nothing",
        _undo(action),
        f"{action.timeout_seconds} s",
    )
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def _parameter(spec: ParameterSpec) -> str:
    if spec.minimum is not None or spec.maximum is not None:
        return f"{spec.name}: {spec.minimum} to {spec.maximum}"
    return f"{spec.name}: one of {', '.join(spec.choices) or f'the observed {spec.one_of_observed}'}"


def _undo(action: Action) -> str:
    match action.undo.kind:
        case UndoKind.ACTION:
            return f"`{action.undo.action}` with the former values"
        case UndoKind.NOT_NEEDED:
            return f"not needed: {action.undo.text}"
        case UndoKind.IRREVERSIBLE:
            return f"**irreversible**: {action.undo.text}"


def _words(catalogue: Catalogue) -> str:
    lines = (f"- `{action.id}`: {action.title}. {action.effect}".rstrip() for action in catalogue.actions)
    return "## What each does\n\n" + "\n".join(lines) + "\n"
