"""All messages of an incident, as a pure function of the incident and the world around it."""

from bot.domain.events import Asked, PlanProposed
from bot.domain.incident import Incident, Question
from bot.slack.views.blocks import budgeted as within_budget
from bot.slack.views.blocks import context, long_prose, may, must, rich
from bot.slack.views.blocks import quoted as quote
from bot.slack.views.incident_card import incident_card
from bot.slack.views.labels import found, label
from bot.slack.views.notices import notice_cards
from bot.slack.views.plan_card import plan_card
from bot.slack.views.report_card import report_card
from bot.slack.views.scene import Card, Message, Scene
from bot.slack.views.text import esc_fit, short

QUESTION = 300
ANSWER = 8_700


def cards_of(incident: Incident, scene: Scene) -> tuple[Card, ...]:
    """The incident card, then plans, notices and answers in the order in which they came, then the report."""
    dated = [*_plans(incident, scene), *notice_cards(incident, scene), *_answers(incident)]
    ordered = tuple(card for _, card in sorted(dated, key=lambda pair: pair[0]))
    report = () if incident.is_open else (report_card(incident, scene),)
    return (incident_card(incident, scene), *ordered, *report)


def _plans(incident: Incident, scene: Scene) -> list[tuple[int, Card]]:
    proposed = [entry.number for entry in incident.entries if isinstance(entry.event, PlanProposed)]
    cards = (plan_card(incident, state, scene) for state in incident.plans)
    return list(zip(proposed, cards, strict=True))


def _answers(incident: Incident) -> list[tuple[int, Card]]:
    asked = {entry.event.ts: entry.number for entry in incident.entries if isinstance(entry.event, Asked)}
    return [
        (asked[one.ts], answer_card(incident, one)) for one in incident.questions if one.answer is not None
    ]


def answer_card(incident: Incident, question: Question) -> Card:
    """An answer below the question that it answers, with the evidence that it cites."""
    answer = question.answer or ""
    parts = [may(rich(quote(short(question.text, QUESTION)))), must(*long_prose(answer, ANSWER))]
    cited = [_cited(incident, one) for one in question.evidence[:8]]
    if cited:
        parts.append(must(context("Evidence: " + "; ".join(cited))))
    return Card(
        f"answer:{question.ts}",
        Message(esc_fit(answer, 2_500).strip() or "Answer", within_budget(parts)),
        state="answered",
    )


def _cited(incident: Incident, evidence: str) -> str:
    known = found(incident, evidence)
    what = f" ({known.kind} from {known.source})" if known else ""
    return esc_fit(f"{label(incident, evidence)}{what}", 120)
