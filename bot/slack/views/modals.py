"""Modals: a rejection's reason, a plan whole, the evidence, a refusal."""

from bot.domain.action import Pace
from bot.domain.decision import Refused, value_of
from bot.domain.evidence import Evidence, Sighting
from bot.domain.ids import PersonId, grouped
from bot.domain.incident import Incident, PlanState
from bot.domain.plan import Plan, Step, pace_of
from bot.slack.views.blocks import (
    VIEW_BLOCKS,
    VIEW_CHARACTERS,
    Block,
    Part,
    at,
    budgeted,
    bullets,
    fact,
    header,
    line,
    may,
    must,
    plain,
    preformatted,
    quoted,
    rich,
    said,
    section,
)
from bot.slack.views.errors import refusal
from bot.slack.views.facts import change_lines, undo_line
from bot.slack.views.labels import label
from bot.slack.views.phrases import check_line, environment_words, step_title
from bot.slack.views.text import count, esc, mentions, short, utc
from bot.slack.views.values import metadata

TITLE = 24
REASON_LEAST, REASON_MOST = 5, 500
REASON_BLOCK = "reason"
FIELD = 900
EXCERPT = 700


def _view(title: str, blocks: tuple[Block, ...], **more: object) -> Block:
    close = plain("Close" if "submit" not in more else "Go back", TITLE)
    return {"type": "modal", "title": plain(title, TITLE), "blocks": list(blocks), "close": close, **more}


def _budgeted(parts: list[Part]) -> tuple[Block, ...]:
    return budgeted(parts, VIEW_BLOCKS, VIEW_CHARACTERS)


def reject_modal(
    state: PlanState, person: PersonId, approvers: tuple[PersonId, ...], message: tuple[str, str]
) -> Block:
    """Asks why; warns that the reason makes the person an originator of what comes next.

    `message` is channel and ts of the card; `approvers` may approve this plan.
    """
    others = tuple(one for one in approvers if one != person)
    next_one = mentions(others) if others else "nobody that I know of right now"
    warning = (
        "*Your reason steers the next plan, so you become one of those who asked for it.* "
        "Unless the policy lets people approve their own requests, you cannot approve that plan.\n"
        f"Who could approve it next, at the same risk: {next_one}."
    )
    what = f"Plan {grouped(state.digest)} will not run. Its reason is kept in the record."
    ask: Block = {
        "type": "input",
        "block_id": REASON_BLOCK,
        "label": plain("Why not?", 100),
        "hint": plain("What is wrong with it, or what should be done instead.", 150),
        "element": {
            "type": "plain_text_input",
            "action_id": REASON_BLOCK,
            "multiline": True,
            "min_length": REASON_LEAST,
            "max_length": REASON_MOST,
        },
    }
    return _view(
        "Reject this plan",
        (section(esc(what)), section(warning), ask),
        submit=plain("Reject", TITLE),
        callback_id="reject_reason",
        private_metadata=metadata(value_of(state), *message),
    )


def refusal_modal(refused: Refused) -> Block:
    """Why a click did not count, and what to do next."""
    return _view("Not counted", (section(refusal(refused)),))


def notice_modal(title: str, text: str) -> Block:
    """A sentence (mrkdwn) in answer to a click."""
    return _view(title, (section(text),))


def plan_modal(state: PlanState) -> Block:
    """The whole plan: nothing of it is left out while it fits a modal."""
    parts = [must(header(f"Plan {state.plan.revision}")), must(_frame(state))]
    last, pace = len(state.plan.steps), pace_of(state.plan)
    parts += [may(*_step(step, number, last, pace)) for number, step in enumerate(state.plan.steps, 1)]
    if state.explanation.strip():
        words = quoted(short(state.explanation.strip(), 3_000))
        parts.append(may(rich(line(said("The team's own words, unverified:", bold=True)), words)))
    return _view("The whole plan", _budgeted(parts))


def _frame(state: PlanState) -> Block:
    plan: Plan = state.plan
    rows = (
        ("Digest (SHA-256)", state.digest),
        ("Incident, plan", f"{plan.incident}, {plan.id} revision {plan.revision}"),
        ("Environment", environment_words(plan.environment, production=plan.production)),
        ("Risk", f"{plan.tier} ({plan.tier_rule})"),
        ("Approvals", f"{plan.approvals}; hold {plan.hold_seconds} s; {count(plan.blast_radius, 'target')}"),
        ("Asked for by", ", ".join(plan.originators) or "nobody; a machine's alert"),
        ("Expires", utc(plan.expires_at)),
        ("Policy hash", plan.policy),
        ("Catalogue hash", plan.catalogue),
    )
    return rich(
        bullets(*(line(fact(f"{name}: ", bold=True), fact(short(value, FIELD))) for name, value in rows))
    )


def _step(step: Step, number: int, last: int, pace: Pace) -> tuple[Block, ...]:
    heading = line(fact(f"Step {number} of {last}: {step_title(step)}", bold=True))
    rows = (
        ("Action", f"{step.action}, version {step.version}"),
        ("Target", f"{step.target}, run by {step.executor}, at most {step.timeout_seconds} s"),
        ("Parameters", _pairs(tuple((name, str(value)) for name, value in step.parameters))),
        ("Seen before", _pairs(step.before)),
        ("Must still be so when it starts", _pairs(step.preconditions)),
        ("Effect", step.effect or "none stated"),
        ("Undo", undo_line(step.undo)),
        ("Worked if", check_line(step.check, pace)),
        ("Measured by", step.check.query),
    )
    items = (line(fact(f"{name}: ", bold=True), fact(short(value, FIELD))) for name, value in rows)
    return (rich(heading, preformatted(short("\n".join(change_lines(step)), FIELD))), rich(bullets(*items)))


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in pairs) or "none"


def evidence_modal(incident: Incident, sightings: tuple[Sighting, ...] = ()) -> Block:
    """Every look with its source, query and time, the claims that cite it, and what was seen where given."""
    texts = {sighting.evidence.id: sighting.text for sighting in sightings}
    parts: list[Part] = [must(section(_summary(incident)))]
    parts += [may(*_evidence(incident, one, texts.get(one.id, ""))) for one in incident.evidence]
    return _view("Evidence", _budgeted(parts))


def _summary(incident: Incident) -> str:
    failed = sum(one.failed for one in incident.evidence)
    lines = [f"*{count(len(incident.evidence), 'look')}*, {failed} of them without an answer."]
    if incident.diagnosis is not None and incident.diagnosis.dropped:
        lines.append(f"{count(incident.diagnosis.dropped, 'claim')} dropped: evidence or quote not found.")
    return "\n".join(lines) if incident.evidence else "Nothing has been looked at yet."


def _evidence(incident: Incident, one: Evidence, text: str) -> tuple[Block, ...]:
    head = said(f"{label(incident, one.id)}: {one.kind} from {short(one.source, 200)}", bold=True)
    state = said(" (no answer)" if one.failed else "")
    what = said(f"\n{short(one.summary, FIELD)}\nQuery: {short(one.query, FIELD)}\nFrom ")
    times = (at(one.start), said(" to "), at(one.end), said(f". Id {one.id}, sha256 {one.sha256[:12]}."))
    blocks = [rich(line(head, state, what, *times))]
    cited = _claims(incident, one)
    blocks += [rich(*cited)] if cited else []
    blocks += [rich(preformatted(short(text, EXCERPT)))] if text.strip() else []
    return tuple(blocks)


def _claims(incident: Incident, one: Evidence) -> tuple[Block, ...]:
    claims = incident.diagnosis.claims if incident.diagnosis else ()
    shown: list[Block] = []
    for claim in claims:
        if one.id in claim.evidence:
            shown.append(line(said(f"Claim: {short(claim.statement, 300)}")))
            shown += [quoted(short(claim.quote, 300))] if claim.quote else []
    return tuple(shown)
