"""What the models were asked and answered, page by page, and the buttons that lead there."""

import re
from dataclasses import dataclass

from bot.domain.events import TeamWorked
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.domain.spoken import Speech, Spoken, StageSpoken, Utterance
from bot.slack.views.blocks import (
    VIEW_BLOCKS,
    VIEW_CHARACTERS,
    Block,
    Part,
    actions,
    budgeted,
    button,
    context,
    header,
    line,
    may,
    must,
    plain,
    preformatted,
    rich,
    said,
    section,
)
from bot.slack.views.text import count, esc_fit, short, visible
from bot.slack.views.values import parse_incident

PAGE = re.compile(
    r"(?P<name>[^|]{1,60})\|(?P<run>[0-9]{1,4})\|(?P<stage>[0-9]{1,2})\|(?P<page>[0-9]{1,4})", re.ASCII
)
CALLBACK = "spoken"
TITLE = 24
PIECE = 2_400
PIECES = 6
"""So many pieces on a page, which stay well within what a view may hold."""
MOST_BUTTONS = 25
IN_A_ROW = 5
NO_MODEL = "No model was asked: the rules of the runbooks worked alone, so nothing was said."
GONE = (
    "What was said here was not kept: it is older than 90 days, or from before such texts were kept. "
    "The cost above stays in the record."
)
HEADS = {
    Speech.ASKED: "Asked:",
    Speech.ANSWERED: "Answered:",
    Speech.CALLED: "Called a tool:",
    Speech.GIVEN: "Was given:",
    Speech.NOTED: "Noted:",
}


@dataclass(frozen=True, slots=True)
class Where:
    """A page of one stage of one run, all counted from 0."""

    incident: IncidentId
    run: int
    stage: int
    page: int

    def value(self, page: int) -> str:
        """The value of a button that leads to this page."""
        return f"{self.incident}|{self.run}|{self.stage}|{page}"


def parse_page(value: str) -> Where | None:
    """Which page a button means; nothing where it is anything else."""
    found = PAGE.fullmatch(value)
    name = parse_incident(found["name"]) if found else None
    if found is None or name is None:
        return None
    return Where(name, int(found["run"]), int(found["stage"]), int(found["page"]))


def doors(incident: Incident) -> list[Part]:
    """A button for each stage of each run; says so where no model was asked."""
    head = must(header("What the models were asked and answered"))
    if not incident.worked:
        return [head, must(context(NO_MODEL))]
    made = [
        button(
            _name(worked, stage),
            f"spoken_{run}_{stage}",
            Where(incident.id, run, stage, 0).value(0),
            f"Read what was asked and answered: {_name(worked, stage)}",
        )
        for run, worked in enumerate(incident.worked)
        for stage in range(len(worked.stages))
    ]
    rows = [made[start : start + IN_A_ROW] for start in range(0, min(len(made), MOST_BUTTONS), IN_A_ROW)]
    more = len(made) - MOST_BUTTONS
    told = [may(context(f"and {count(more, 'later one')}"))] if more > 0 else []
    return [head, *(may(actions(*row)) for row in rows), *told]


def _name(worked: TeamWorked, stage: int) -> str:
    task, name = worked.task, worked.stages[stage].stage
    shown = name if task == name or len(worked.stages) > 1 else f"{task}: {name}"
    return short(shown.replace("_", " ").capitalize(), 60)


def spoken_modal(worked: TeamWorked, spoken: Spoken | None, where: Where) -> Block:
    """One page of what was said in one stage."""
    stage = spoken.stages[where.stage] if spoken and where.stage < len(spoken.stages) else None
    name = _name(worked, where.stage) if where.stage < len(worked.stages) else worked.task
    parts = [must(header(name))]
    parts += [must(section(GONE))] if stage is None else _page(stage, where)
    return {
        "type": "modal",
        "title": plain("Asked and answered", TITLE),
        "close": plain("Back", TITLE),
        "callback_id": CALLBACK,
        "blocks": list(budgeted(parts, VIEW_BLOCKS, VIEW_CHARACTERS)),
    }


def _page(stage: StageSpoken, where: Where) -> list[Part]:
    pieces = [piece for one in stage.words for piece in _pieces(one)]
    last = max(0, -(-len(pieces) // PIECES) - 1)
    page = min(where.page, last)
    shown = pieces[page * PIECES : (page + 1) * PIECES]
    left = f" {stage.left_out} characters were too long to keep." if stage.left_out else ""
    about = f"{esc_fit(stage.agent, 60)}, page {page + 1} of {last + 1}. Secrets are taken out.{left}"
    turns = [("Earlier", page - 1)] if page > 0 else []
    turns += [("Later", page + 1)] if page < last else []
    buttons = [button(text, f"spoken_{text.lower()}", where.value(to), f"{text} words") for text, to in turns]
    parts = [
        must(context(about)),
        *(may(rich(line(said(head, bold=True)), preformatted(text))) for head, text in shown),
    ]
    return [*parts, must(actions(*buttons))] if buttons else parts


def _pieces(one: Utterance) -> list[tuple[str, str]]:
    """An utterance in pieces that fit a block each, with what stands over them.

    It is made visible before it is cut, since one hidden character becomes eight that are seen.
    """
    text, head = visible(one.text, lines=True), HEADS[one.kind]
    starts = range(0, len(text), PIECE)
    return [(f"{head} (goes on)" if start else head, text[start : start + PIECE]) for start in starts]
