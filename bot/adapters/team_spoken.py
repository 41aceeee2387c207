"""What was said in a run of a team, redacted and within bounds, as people may read it."""

import json
from collections.abc import Callable, Iterator

from agents.desk import Outcome
from agents.messages import Results, Said, Told, ToolCall
from agents.team import TeamRun
from agents.transcript import Called, Entry, Noted
from bot.domain.events import TeamWorked
from bot.domain.ids import IncidentId
from bot.domain.spoken import Speech, Spoken, StageSpoken, Utterance, key_of

STAGE = 40_000
"""Characters of one stage."""
WORDS = 12_000
"""Characters of one utterance."""
STAGES = 12


def spoken_of(incident: IncidentId, worked: TeamWorked, run: TeamRun, clean: Callable[[str], str]) -> Spoken:
    """All stages of a run, the first ones where there are too many."""
    return Spoken(incident, key_of(worked), tuple(_stage(one, clean) for one in run.outcomes[:STAGES]))


def _stage(outcome: Outcome, clean: Callable[[str], str]) -> StageSpoken:
    kept: list[Utterance] = []
    room, left_out = STAGE, 0
    for entry in outcome.transcript:
        for kind, text in _words(entry):
            said = clean(text).strip()
            shown = said[: min(WORDS, room)]
            room -= len(shown)
            left_out += len(said) - len(shown)
            kept += [Utterance(kind, shown)] if shown else []
    return StageSpoken(outcome.stage or outcome.agent, outcome.agent, tuple(kept), left_out)


def _words(entry: Entry) -> Iterator[tuple[Speech, str]]:
    match entry:
        case Told(text):
            yield Speech.ASKED, text
        case Said(text, calls):
            yield Speech.ANSWERED, text
            for call in calls:
                yield Speech.CALLED, _call(call)
        case Results(results):
            for result in results:
                yield Speech.GIVEN, f"{result.name}: {result.text}"
        case Called(model, usage, _, _, replayed, tried):
            vain = f" after {'; '.join(str(one) for one in tried)}" if tried else ""
            again = ", taken from before a restart" if replayed else ""
            yield Speech.NOTED, f"{model}: {usage.total} tokens{again}{vain}"
        case Noted(text):
            yield Speech.NOTED, text


def _call(call: ToolCall) -> str:
    if call.broken is not None:
        return f"{call.name}: {call.broken}"
    return f"{call.name}: {json.dumps(dict(call.arguments), indent=1, sort_keys=True, default=str)}"
