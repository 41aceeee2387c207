"""The facts of an approval card: a pure function of the plan alone, literal, never cut (rules 1, 2, 7)."""

from bot.domain.action import Pace, UndoKind
from bot.domain.ids import Digest, grouped
from bot.domain.incident import PlanState
from bot.domain.plan import Plan, Step, Undo, pace_of
from bot.domain.review import FACTS_CHARACTERS, STEP_CHARACTERS, reviewable
from bot.slack.views.blocks import Block, at, fact, line, person, preformatted, rich, size
from bot.slack.views.phrases import check_line, environment_words, step_title
from bot.slack.views.text import count

FACT_TEXT = STEP_CHARACTERS


def facts_of(plan: Plan, digest: Digest) -> tuple[Block, ...]:
    """Environment, tier, size, expiry and digest, then one block per step."""
    last, pace = len(plan.steps), pace_of(plan)
    steps = (step_facts(step, number, last, pace) for number, step in enumerate(plan.steps, 1))
    return (_frame(plan, digest), *steps)


def fits(state: PlanState) -> bool:
    """Whether the facts can be shown whole and as they are; otherwise nobody may approve."""
    blocks = facts_of(state.plan, state.digest)
    short = size(blocks) <= FACTS_CHARACTERS and all(size((block,)) <= FACT_TEXT for block in blocks)
    short = short and reviewable(state.plan)
    return short and all(_plain(text) for step in state.plan.steps for text in _values(step))


def _values(step: Step) -> tuple[str, ...]:
    pairs = (*step.parameters, *step.undo.parameters)
    changed = tuple(text for change in step.changes for text in change)
    said = (*changed, *step.dry_run, *step.similar)
    return (step.action, step.target, *(str(part) for pair in pairs for part in pair), *said)


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _frame(plan: Plan, digest: Digest) -> Block:
    where = environment_words(plan.environment, production=plan.production)
    rows: list[tuple[Block, ...]] = [
        (fact("Environment: ", bold=True), fact(where)),
        (fact("Risk: ", bold=True), fact(f"{plan.tier} ({plan.tier_rule})")),
        (fact("Touches: ", bold=True), fact(count(plan.blast_radius, "target"))),
        (fact("Needs: ", bold=True), fact(f"{count(plan.approvals, 'approval')}{_hold(plan)}")),
        (fact("Expires: ", bold=True), at(plan.expires_at)),
        (fact("Digest: ", bold=True), fact(grouped(digest), code=True)),
    ]
    if plan.originators:
        rows.append((fact("Asked for by: ", bold=True), *_spaced(tuple(map(person, plan.originators)))))
    return rich(line(*_lines(rows)))


def _hold(plan: Plan) -> str:
    last = "it" if plan.approvals == 1 else "the last"
    if plan.hold_seconds == 0:
        return f"; runs at once after {last}"
    return f"; runs {plan.hold_seconds} s after {last}, Stop pauses it"


def _spaced(pieces: tuple[Block, ...]) -> tuple[Block, ...]:
    return tuple(piece for one in pieces for piece in (one, fact(" ")))[:-1]


def _lines(rows: list[tuple[Block, ...]]) -> tuple[Block, ...]:
    return tuple(piece for row in rows for piece in (*row, fact("\n")))[:-1]


def step_facts(step: Step, number: int, last: int, pace: Pace) -> Block:
    """One step: what, on what, before -> after, undo, success check, effect."""
    heading = line(
        fact(f"Step {number} of {last}: {step_title(step)}", bold=True),
        fact(f"\non {step.target} ({step.action}, run by {step.executor}, at most {step.timeout_seconds} s)"),
    )
    rows: list[tuple[Block, ...]] = [
        (fact("Undo: ", bold=True), fact(undo_line(step.undo))),
        (fact("Worked if: ", bold=True), fact(check_line(step.check, pace))),
    ]
    if step.effect:
        rows.insert(0, (fact("Effect: ", bold=True), fact(step.effect)))
    if step.similar:
        rows.append((fact("Not to be confused with: ", bold=True), fact(", ".join(step.similar))))
    if step.executor == "simulator":
        rows.append((fact("Simulated: ", bold=True), fact("nothing real is changed")))
    changes = preformatted("\n".join(change_lines(step)))
    return rich(heading, changes, *_dry_run(step), line(*_lines(rows)))


def _dry_run(step: Step) -> tuple[Block, ...]:
    """What the executor itself says it would change; nothing where it cannot say."""
    if not step.dry_run:
        return ()
    heading = line(fact(f"Dry run (asked of {step.executor} again right before the step):", bold=True))
    return heading, preformatted("\n".join(step.dry_run))


def change_lines(step: Step) -> tuple[str, ...]:
    """Before -> after for each change, then every parameter that these lines do not already show."""
    shown = {(name, after) for name, _, after in step.changes}
    changes = tuple(f"{name}: {before} → {after}" for name, before, after in step.changes)
    others = tuple(f"{name} = {value}" for name, value in step.parameters if (name, str(value)) not in shown)
    return (*changes, *others) or ("no parameters",)


def undo_line(undo: Undo) -> str:
    """How a step is taken back."""
    match undo.kind:
        case UndoKind.NOT_NEEDED:
            return undo.text or "not needed"
        case UndoKind.IRREVERSIBLE:
            return f"cannot be undone. {undo.text}".strip()
        case UndoKind.ACTION:
            values = ", ".join(f"{name} = {value}" for name, value in undo.parameters)
            how = f"{undo.action} with {values}" if values else f"{undo.action}"
            return f"{how} (a new plan with its own approval). {undo.text}".strip()
