"""All messages of an incident, as a pure function of the incident and the world around it."""

from dataclasses import replace

from bot.domain.events import Answered, Asked, PlanProposed
from bot.domain.incident import Incident, Question
from bot.domain.teamwork import DraftMade
from bot.slack.views.around import feedback_row, feedback_words, is_muted
from bot.slack.views.blocks import actions, button, context, long_prose, may, must, rich
from bot.slack.views.blocks import budgeted as within_budget
from bot.slack.views.blocks import quoted as quote
from bot.slack.views.chart_card import chart_card
from bot.slack.views.drafts import draft_cards
from bot.slack.views.incident_card import incident_card
from bot.slack.views.labels import found, label
from bot.slack.views.notices import notice_cards
from bot.slack.views.plan_card import plan_card
from bot.slack.views.report_card import report_card
from bot.slack.views.scene import Card, Growing, Message, Scene
from bot.slack.views.text import esc_fit, short

QUESTION = 300
ANSWER = 8_700
INSTEAD = "Propose that instead"
WRITING = "Still being written; not the whole answer yet."


def cards_of(incident: Incident, scene: Scene) -> tuple[Card, ...]:
    """The incident card, then plans, notices and answers in the order in which they came, then the report."""
    dated = [
        *_plans(incident, scene),
        *notice_cards(incident, scene),
        *_answers(incident, scene),
        *draft_cards(incident),
    ]
    ordered = tuple(card for _, card in sorted(dated, key=lambda pair: pair[0]))
    report = () if incident.is_open else (report_card(incident, scene),)
    # the chart comes last: a plan that waits for approval must not wait for a picture
    chart = () if scene.chart is None else (chart_card(scene.chart),)
    cards = (incident_card(incident, scene), *ordered, *report, *chart)
    return tuple(replace(card, broadcast=False) for card in cards) if is_muted(incident, scene) else cards


def _plans(incident: Incident, scene: Scene) -> list[tuple[int, Card]]:
    proposed = [entry.number for entry in incident.entries if isinstance(entry.event, PlanProposed)]
    cards = (plan_card(incident, state, scene) for state in incident.plans)
    return list(zip(proposed, cards, strict=True))


def _answers(incident: Incident, scene: Scene) -> list[tuple[int, Card]]:
    asked = {entry.event.ts: entry.number for entry in incident.entries if isinstance(entry.event, Asked)}
    cards = ((one, _answer(incident, one, scene)) for one in incident.questions)
    return [(asked[one.ts], card) for one, card in cards if card is not None]


def _answer(incident: Incident, question: Question, scene: Scene) -> Card | None:
    if question.answer is not None:
        return answer_card(incident, question)
    words = scene.progress.answering if scene.progress else None
    if question.chose or words is None or words.ts != question.ts or not words.text.strip():
        return None
    return growing_card(question, words.text)


def growing_card(question: Question, text: str) -> Card:
    """An answer that is still being written; the whole one takes its place."""
    parts = [may(rich(quote(short(question.text, QUESTION)))), must(*long_prose(text, ANSWER))]
    parts.append(must(context(WRITING)))
    return Card(
        f"answer:{question.ts}",
        Message(esc_fit(text, 2_500).strip() or "Answer", within_budget(parts)),
        state="writing",
        grows=Growing(question.person, text),
    )


def answer_card(incident: Incident, question: Question) -> Card:
    """An answer below the question that it answers, with the evidence that it cites."""
    answer = question.answer or ""
    parts = [may(rich(quote(short(question.text, QUESTION)))), must(*long_prose(answer, ANSWER))]
    cited = [_cited(incident, one) for one in question.evidence[:8]]
    if cited:
        parts.append(must(context("Evidence: " + "; ".join(cited))))
    rated = feedback_words(incident.feedback, question.ts)
    parts += [may(context(rated))] if rated else []
    if question.offers and incident.is_open and not _proposed_instead(incident, question):
        value = f"{incident.id}|{question.ts}"
        parts.append(must(actions(button(INSTEAD, "propose_wish", value, f"{INSTEAD}: {question.text}"))))
    if any(one.ts == question.ts for one in incident.questions) and not _drafted(incident, question):
        parts.append(may(feedback_row(incident, question.ts)))
    return Card(
        f"answer:{question.ts}",
        Message(esc_fit(answer, 2_500).strip() or "Answer", within_budget(parts)),
        state="answered",
    )


def _proposed_instead(incident: Incident, question: Question) -> bool:
    return any(one.ts == f"{question.ts}7" for one in incident.questions)


def _drafted(incident: Incident, question: Question) -> bool:
    """Whether the answer only says that a draft is there: that is not a thing to rate."""
    pairs = zip(incident.entries, incident.entries[1:], strict=False)
    said = (b.event for a, b in pairs if isinstance(a.event, DraftMade))
    return any(isinstance(event, Answered) and event.ts == question.ts for event in said)


def _cited(incident: Incident, evidence: str) -> str:
    known = found(incident, evidence)
    what = f" ({known.kind} from {known.source})" if known else ""
    return esc_fit(f"{label(incident, evidence)}{what}", 120)
