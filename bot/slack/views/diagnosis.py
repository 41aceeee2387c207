"""What the team found, as blocks: verdict, confidence, claims with evidence and quotes, what was dropped."""

from bot.domain.finding import Claim, Diagnosis, Verdict
from bot.domain.incident import Incident
from bot.slack.views.around import feedback_row, feedback_words
from bot.slack.views.blocks import Block, Part, bullets, context, line, may, must, quoted, rich, said
from bot.slack.views.labels import labels
from bot.slack.views.phrases import team_label, verdict_word
from bot.slack.views.text import count, esc_fit, short

CAUSE = 300
STATEMENT = 240
QUOTE = 240
SHOWN_CLAIMS = 4
SHOWN_ITEMS = 4


def diagnosis_parts(incident: Incident) -> list[Part]:
    """The newest diagnosis; nothing before there is one."""
    diagnosis = incident.diagnosis
    if diagnosis is None:
        return []
    parts = [must(rich(line(*_heading(diagnosis))))]
    parts += [may(*_claim(incident, claim)) for claim in diagnosis.claims[:SHOWN_CLAIMS]]
    parts.append(must(context(*_small_print(diagnosis, feedback_words(incident.feedback)))))
    return [*parts, may(feedback_row(incident))]


def _heading(diagnosis: Diagnosis) -> tuple[Block, ...]:
    head = said(f"{verdict_word(diagnosis.verdict)}", bold=True)
    sure = said(f" (confidence {diagnosis.confidence})" if diagnosis.verdict is Verdict.CAUSE else ".")
    cause = short(diagnosis.cause.strip(), CAUSE)
    return (head, sure, said(f"\n{cause}")) if cause else (head, sure)


def _claim(incident: Incident, claim: Claim) -> tuple[Block, ...]:
    cited = labels(incident, claim.evidence[:6])
    row = bullets(line(said(short(claim.statement, STATEMENT)), said(f" [{cited}]", bold=True)))
    return (rich(row, quoted(short(claim.quote, QUOTE))),) if claim.quote else (rich(row),)


def _small_print(diagnosis: Diagnosis, rated: str) -> list[str]:
    lines = [f"Found by: {esc_fit(team_label(diagnosis.team), 100)}."]
    more = len(diagnosis.claims) - SHOWN_CLAIMS
    if more > 0:
        lines.append(f"{count(more, 'more claim')} under Evidence.")
    if diagnosis.dropped:
        lines.append(f"{dropped(diagnosis.dropped)}")
    if diagnosis.against:
        lines.append(f"Against it: {_list(diagnosis.against)}")
    if diagnosis.missing:
        lines.append(f"Missing: {_list(diagnosis.missing)}")
    if diagnosis.verdict is not Verdict.CAUSE and diagnosis.checked:
        lines.append(f"Looked at: {_list(diagnosis.checked)}")
    if diagnosis.notes:
        lines.append(f"Note: {_list(diagnosis.notes)}")
    return [*lines, rated] if rated else lines


def dropped(number: int) -> str:
    """How many claims did not hold."""
    was = "was" if number == 1 else "were"
    return f"{count(number, 'claim')} {was} dropped: the evidence or the quote could not be found."


def _list(items: tuple[str, ...]) -> str:
    shown = [esc_fit(item, 150) for item in items[:SHOWN_ITEMS]]
    more = len(items) - SHOWN_ITEMS
    return "; ".join([*shown, f"and {more} more"] if more > 0 else shown)
