"""The team of models: proposes like any team, is checked like any team, and falls back to the rules."""

import re
import time
from dataclasses import dataclass, replace
from typing import cast, final

from agents.brief import Brief
from agents.desk import Outcome
from agents.errors import ModelUnavailableError, NoAnswerError
from agents.journal import digest
from agents.team import Session, TeamRun
from bot.adapters.rules_team import RulesTeam
from bot.adapters.team_answers import (
    DiagnosisAnswer,
    FindingsAnswer,
    RemediationAnswer,
    claims_of,
    diagnosis_of,
    remediation_of,
)
from bot.adapters.team_brief import to_answer, to_diagnose, to_remedy
from bot.adapters.team_crew import DIAGNOSIS, LOGS, REMEDIATION, Crew, Crews
from bot.adapters.team_findings import findings_beside, keep_findings
from bot.adapters.team_ledger import Books
from bot.adapters.team_spending import models_of, notes_of, tried_of, worked_of
from bot.adapters.team_spoken import spoken_of
from bot.adapters.team_tools import Reach, Tools
from bot.adapters.team_words import Aloud
from bot.domain.finding import RANK, Claim, Confidence, Diagnosis, Option, Remediation, Verdict, checked
from bot.domain.ids import EvidenceId
from bot.domain.teamwork import DraftKind
from bot.ports.team import Case, Hear, MemoryWish, Reply, unheard

EVIDENCE_ID = re.compile(r"\bev-[0-9A-Za-z-]{4,40}", re.ASCII)
MAX_REPLY = 8_000
WRITERS = {
    DraftKind.POSTMORTEM: "postmortem_writer",
    DraftKind.STAKEHOLDERS: "communicator",
    DraftKind.ESCALATION: "communicator",
}
DRAFT_TASKS = {
    DraftKind.POSTMORTEM: (
        "Draft a blameless postmortem in Markdown, without the timeline: it is added from the record."
    ),
    DraftKind.STAKEHOLDERS: "Draft a short update for stakeholders, free of jargon. Only the text to send.",
    DraftKind.ESCALATION: "Draft an escalation message: summary, impact, actions so far, why, what next.",
}
PROPOSALS = 3
"""How often the models may propose before the runbooks' remedies stand beside theirs."""

REFUSED = "From the runbooks, because what the models proposed was refused before. "
ALL_STAGES = "Have the logs analysed, then the cause found, each by the member of your team whose work it is."
ONLY_STEPS = "The cause is diagnosed. Have steps proposed by the member of your team whose work it is."


@dataclass(frozen=True, slots=True)
class Ran:
    """What a crew did on a case."""

    run: TeamRun
    crew: Crew
    tools: Tools


@final
class ModelTeam:
    """Asks the agents; what they say is data until code has checked it. Is also the house's speaker."""

    def __init__(self, crews: Crews, rules: RulesTeam, reach: Reach, books: Books) -> None:
        self._crews = crews
        self._rules = rules
        self._reach = reach
        self._books = books

    async def diagnose(self, case: Case) -> Diagnosis:
        """The models' diagnosis, and what the rules say against it; the rules' own where no model answers."""
        ruled = await self._rules.diagnose(case)
        crew = await self._crews.of(case.incident)
        brief = to_diagnose(case, self._reach.content.failure_modes(), self._reach.clean)
        ran = await self._run(case, crew, crew.before_remediation(), replace(brief, task=ALL_STAGES))
        self._hand_in_work(case, DIAGNOSIS, ran.run, crew)
        notes = self._notes(ran)
        seen = (*case.sightings, *case.worksheet.sightings)
        await keep_findings(self._books.journal(case.incident), self._findings(ran.run), seen)
        try:
            answer = ran.run.answer(DIAGNOSIS)
        except ModelUnavailableError as error:
            return _ruled(ruled, self._reach.clean(f"no model answered: {tried_of(error.tried)}"), notes)
        except NoAnswerError as error:
            known = self._findings(ran.run)
            said = _ruled(ruled, f"the models gave no diagnosis: {error.detail}", notes)
            return replace(said, claims=(*said.claims, *known))
        assert isinstance(answer, DiagnosisAnswer)
        modes = frozenset(mode.id for mode in self._reach.content.failure_modes())
        team = f"models {', '.join(models_of(ran.run))}"
        found = diagnosis_of(answer, team, modes, self._reach.clean)
        found = replace(found, notes=(*notes, *found.notes), service=ruled.service)
        return _with_objection(found, checked(ruled, case.sightings))

    async def remedy(self, case: Case) -> Remediation:
        """The models' proposal; the runbooks' remedies where no model answers."""
        crew = await self._crews.of(case.incident)
        findings = await findings_beside(self._books.journal(case.incident), case.diagnosis)
        brief = to_remedy(case, self._reach.clean).after(*findings)
        ran = await self._run(case, crew, (REMEDIATION,), replace(brief, task=ONLY_STEPS))
        self._hand_in_work(case, REMEDIATION, ran.run, crew)
        try:
            answer = ran.run.answer(REMEDIATION)
        except ModelUnavailableError as error:
            return await self._by_rules(
                case, self._reach.clean(f"No model answered: {tried_of(error.tried)}.")
            )
        except NoAnswerError as error:
            if ran.tools.steps:
                return _recorded(ran.tools, f"The models gave no other answer: {error.detail}.")
            return await self._by_rules(case, f"The models proposed nothing: {error.detail}.")
        assert isinstance(answer, RemediationAnswer)
        proposed = remediation_of(answer, self._reach.clean)
        if not proposed.options and ran.tools.steps:
            proposed = _recorded(ran.tools, proposed.note)
        return await self._with_rules(case, proposed) if _is_last_try(case) else proposed

    async def answer(self, case: Case, question: str, hear: Hear = unheard) -> Reply | None:
        """The manager's answer to a person, citing evidence; nothing where no model can be reached."""
        crew = await self._crews.of(case.incident)
        brief = to_answer(case, question, self._reach.clean)
        session, tools = await self._session(case, crew, f"answer:{digest(question.encode())[:16]}")
        aloud = Aloud(hear, lambda text: _citing(self._reach.clean(text), case), time.monotonic)
        session = session if hear is unheard else replace(session, listener=aloud)
        try:
            run = await crew.team.manage(brief, session)
        except ExceptionGroup as group:
            raise _first(group) from group
        self._hand_in_work(case, "answer", run, crew)
        return self._reply(run.outcomes[-1], case, tools)

    async def draft(self, case: Case, kind: DraftKind) -> str | None:
        """A draft by the member whose work it is; nothing where there is none, or no model can be reached."""
        crew = await self._crews.of(case.incident)
        if WRITERS[kind] not in crew.roster.members:
            return None
        brief = to_answer(case, DRAFT_TASKS[kind], self._reach.clean)
        session, tools = await self._session(case, crew, f"draft:{kind}:{len(case.record)}")
        outcome = await crew.team.ask(WRITERS[kind], brief, session)
        self._hand_in_edits(case, tools)
        run = TeamRun((outcome,))
        self._hand_in_work(case, f"draft of {kind}", run, crew)
        return self._reach.clean(outcome.answer).strip() or None if isinstance(outcome.answer, str) else None

    def _reply(self, outcome: Outcome, case: Case, tools: Tools) -> Reply | None:
        if outcome.answer is None and outcome.unavailable:
            return None
        said = outcome.answer if isinstance(outcome.answer, str) else outcome.said
        text = self._reach.clean(said).strip()
        if outcome.stopped:
            text = f"{text}\n\nI had to stop early: {outcome.stopped}.".strip()
        text = _citing(text, case)
        self._hand_in_edits(case, tools)
        cited = tuple(dict.fromkeys(EvidenceId(found) for found in EVIDENCE_ID.findall(text)))
        return Reply(
            f"{text[:MAX_REPLY]}\n(Answered by {outcome.agent}, a model; it can change nothing.)",
            cited,
            offers=bool(tools.wishes),
        )

    async def _run(self, case: Case, crew: Crew, stages: tuple[str, ...], brief: Brief) -> Ran:
        tried = f"{len(case.tried)}:{digest(repr(case.refusals).encode())[:8]}"
        session, tools = await self._session(case, crew, f"{stages[-1] if stages else ''}:{tried}")
        try:
            if crew.roster.orchestration == "manager":
                run = await crew.team.manage(brief, session)
            else:
                run = await crew.team.run_stages(stages, replace(brief, task=""), session)
        except ExceptionGroup as group:
            raise _first(group) from group
        self._hand_in_edits(case, tools)
        return Ran(run, crew, tools)

    def _hand_in_edits(self, case: Case, tools: Tools) -> None:
        """Whichever agent wished them, while whatever was done: each has to meet a person."""
        clean = self._reach.clean
        case.worksheet.edits.extend(MemoryWish(clean(edit.after), clean(edit.reason)) for edit in tools.edits)

    def _hand_in_work(self, case: Case, task: str, run: TeamRun, crew: Crew) -> None:
        """What a run used, for the record, and what was said in it, for people to read."""
        worked = worked_of(task, run, crew.digests, self._reach.clean)
        case.worksheet.worked.append(worked)
        case.worksheet.spoken.append(spoken_of(case.incident, worked, run, self._reach.clean))

    async def _session(self, case: Case, crew: Crew, run: str) -> tuple[Session, Tools]:
        journal = self._books.journal(case.incident)
        tools = Tools(case, self._reach, journal, run, crew.memory)
        session = Session(case.incident, tools.toolbox(), journal, self._books.ledger, crew.memory)
        return session, tools

    def _notes(self, ran: Ran) -> tuple[str, ...]:
        told = (ran.crew.note, *notes_of(ran.run))
        return tuple(self._reach.clean(note) for note in told if note)

    def _findings(self, run: TeamRun) -> tuple[Claim, ...]:
        outcome = run.outcome(LOGS)
        answer = outcome.answer if outcome else None
        return claims_of(answer.findings, self._reach.clean) if isinstance(answer, FindingsAnswer) else ()

    async def _with_rules(self, case: Case, proposed: Remediation) -> Remediation:
        """The models' third proposal, and the runbooks' remedies behind it, in case it is refused as well."""
        ruled = await self._rules.remedy(case)
        behind = tuple(replace(one, explanation=f"{REFUSED}{one.explanation}") for one in ruled.options)
        return replace(proposed, options=(*proposed.options, *behind))

    async def _by_rules(self, case: Case, why: str) -> Remediation:
        ruled = await self._rules.remedy(case)
        return replace(ruled, note=f"{why} {ruled.note}".strip())


def _ruled(ruled: Diagnosis, why: str, notes: tuple[str, ...]) -> Diagnosis:
    return replace(ruled, notes=(why, *notes, *ruled.notes))


def _citing(text: str, case: Case) -> str:
    """The text without ids of evidence that there is not."""
    known = {one.evidence.id for one in (*case.sightings, *case.worksheet.sightings)}
    return EVIDENCE_ID.sub(lambda found: found[0] if found[0] in known else "[no such evidence]", text)


def _recorded(tools: Tools, note: str) -> Remediation:
    return Remediation((Option("The recorded steps", tuple(tools.steps), note),), note)


def _is_last_try(case: Case) -> bool:
    tries = sum(worked.task == REMEDIATION for worked in case.worksheet.worked)
    return bool(case.refusals) and tries >= PROPOSALS


def _with_objection(found: Diagnosis, ruled: Diagnosis) -> Diagnosis:
    """What the rules see otherwise, in the open; where they are sure of it, no confidence stays high."""
    if ruled.verdict is not Verdict.CAUSE or RANK[ruled.confidence] < RANK[Confidence.MEDIUM]:
        return found
    if found.verdict is Verdict.CAUSE and found.mode == ruled.mode:
        return found
    said = f"the rules of the runbooks say: {ruled.cause} ({ruled.mode}, confidence {ruled.confidence})"
    return replace(found, against=(*found.against, said), notes=(f"Not agreed: {said}", *found.notes))


def _first(error: Exception) -> Exception:
    """What went wrong first in a group of tasks, as it would have been raised without one."""
    while isinstance(error, ExceptionGroup):
        error = cast("ExceptionGroup[Exception]", error).exceptions[0]
    return error
