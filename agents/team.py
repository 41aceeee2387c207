"""The team: a pipeline of stages, or a manager who gives tasks; both give the same typed answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import final

from pydantic import BaseModel

from agents.answers import Answers
from agents.brief import Brief, Former
from agents.choice import Switchboard
from agents.cost import Bill
from agents.desk import Agent, Budget, Desk, Outcome, Sheet
from agents.errors import ModelUnavailableError, NoAnswerError, UnknownAgentError, choices
from agents.fence import Fence
from agents.journal import Charge, Journal, Kept, Ledger, digest
from agents.load import TASK
from agents.loop import run
from agents.members import Member, Roster
from agents.model import Listener, Model
from agents.pace import Pace
from agents.skills import skill_tool
from agents.tools import Tool, Toolbox, form_of
from agents.transcript import render

TASK_SECONDS = 900.0
FENCE_KEY = "fence"


@dataclass(frozen=True, slots=True)
class Session:
    """One incident's own things: its tools, journal and ledger; `memory` replaces the file's AGENTS.md."""

    incident: str
    toolbox: Toolbox
    journal: Journal
    ledger: Ledger
    memory: str | None = None
    listener: Listener | None = None


@dataclass(frozen=True, slots=True)
class TeamRun:
    """What several agents did, in the order in which they ended."""

    outcomes: tuple[Outcome, ...]

    def outcome(self, stage: str) -> Outcome | None:
        """The last answered outcome of a stage, else its last one."""
        found = [outcome for outcome in self.outcomes if outcome.stage == stage]
        answered = [outcome for outcome in found if outcome.answer is not None]
        return (answered or found or [None])[-1]

    def answer(self, stage: str) -> BaseModel | str:
        """The answer of a stage; raises ModelUnavailableError or NoAnswerError."""
        outcome = self.outcome(stage)
        if outcome is None:
            raise NoAnswerError(f"{stage}: nobody was asked")
        if outcome.answer is None and outcome.unavailable:
            raise ModelUnavailableError(outcome.unavailable)
        if outcome.answer is None:
            raise NoAnswerError(f"{stage}: {outcome.stopped}")
        return outcome.answer

    def bill(self) -> Bill:
        """What it cost in all."""
        return sum((outcome.bill for outcome in self.outcomes), Bill())

    def bills(self) -> Mapping[str, Bill]:
        """What it cost by stage, or by agent where it has no stage."""
        found: dict[str, Bill] = {}
        for outcome in self.outcomes:
            name = outcome.stage or outcome.agent
            found[name] = found.get(name, Bill()) + outcome.bill
        return found

    def render(self, width: int = 100) -> str:
        """All transcripts as text."""
        return "\n".join(f"[{o.agent}]\n{render(o.transcript, width)}" for o in self.outcomes)


@final
class Team:
    """Runs the agents of one roster; holds nothing of any incident."""

    def __init__(self, roster: Roster, models: Mapping[str, Model], answers: Answers, pace: Pace) -> None:
        self.roster = roster
        self._models = models
        self._answers = answers
        self._pace = pace
        self._switchboard = Switchboard(pace)
        self._cache_key = digest(" ".join(roster.digests.values()).encode())[:12]

    async def aclose(self) -> None:
        """Close the models' connections."""
        for model in self._models.values():
            await model.aclose()

    async def run_stages(self, stages: tuple[str, ...], brief: Brief, session: Session) -> TeamRun:
        """One stage after the other; each sees the documents, after the first one in short, and all answers.

        A stage without an answer has failed: the next ones are told so and go on with what is known.
        """
        desk = await self._desk(session)
        done: tuple[Outcome, ...] = ()
        for stage in stages:
            given = brief.after(*map(_former, done))
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._run(member, given, session, desk))
                    for member in self.roster.of_stage(stage)
                ]
            done += tuple(task.result() for task in tasks)
        return TeamRun(done)

    async def manage(self, brief: Brief, session: Session) -> TeamRun:
        """The manager does it, alone or by giving tasks; its own outcome is the last one."""
        desk = await self._desk(session)
        delegation = _Delegation(self, brief, session, replace(desk, listener=None))
        member = self.roster.members[self.roster.manager]
        own = await self._run(member, brief, session, desk, (delegation.tool(),))
        return TeamRun((*delegation.done, own))

    async def ask(self, name: str, brief: Brief, session: Session) -> Outcome:
        """One member alone; raises UnknownAgentError."""
        if name not in self.roster.members:
            raise UnknownAgentError(f"{name[:80]!r}; there are: {choices(self.roster.members)}")
        return await self._run(self.roster.members[name], brief, session, await self._desk(session))

    async def delegate(self, member: Member, brief: Brief, session: Session, desk: Desk) -> Outcome:
        """One member at a desk that is set up already."""
        return await self._run(member, brief, session, desk)

    async def _run(
        self, member: Member, brief: Brief, session: Session, desk: Desk, more: tuple[Tool, ...] = ()
    ) -> Outcome:
        agent = self._agent(member, session, more)
        return await run(agent, brief.render(desk.fence), desk)

    def _agent(self, member: Member, session: Session, more: tuple[Tool, ...]) -> Agent:
        skills = {name: self.roster.skills[name] for name in member.skills}
        own = (skill_tool(skills),) if skills else ()
        memory = self.roster.memory if session.memory is None else session.memory
        return Agent(
            member.name,
            self.roster.system(member, memory),
            tuple(self._models[name] for name in member.models),
            session.toolbox.only(member.tools).with_tools(*own, *more),
            self._answers.shape(member.answer),
            member.limits,
            member.effort,
            member.max_tokens,
            stage=member.stage,
        )

    async def _desk(self, session: Session) -> Desk:
        mine = self._pace.nonce().encode()
        budgets = (
            Budget(f"incident:{session.incident}", self.roster.incident_limits),
            Budget(f"day:{self._pace.today().isoformat()}", self.roster.day_limits),
        )
        accounts = Charge(tuple(budget.account for budget in budgets))
        nonce, totals = await session.ledger.settle(accounts, session.journal, Kept(FENCE_KEY, mine))
        return Desk(
            self._switchboard,
            self.roster.prices,
            session.journal,
            session.ledger,
            Fence(nonce.decode()),
            self.roster.phrases,
            budgets,
            session.listener,
            self._cache_key,
            fresh=nonce == mine,
            sheet=Sheet(totals),
        )


@final
@dataclass(slots=True)
class _Delegation:
    team: Team
    brief: Brief
    session: Session
    desk: Desk
    done: list[Outcome] = field(default_factory=list[Outcome])

    def tool(self) -> Tool:
        """The tool by which the manager gives work to one of the others."""
        return FORM.tool(self.give, seconds=TASK_SECONDS, kept=False)

    async def give(self, agent: str, task: str) -> str:
        """Give a task to one member of your team, with all the context that it needs.

        It sees the documents and the answers given so far. Several tasks may be given in one turn.
        """
        roster = self.team.roster
        others = {key: member for key, member in roster.members.items() if key != roster.manager}
        if agent not in others:
            raise UnknownAgentError(f"{agent[:80]!r}; your team: {choices(others)}")
        # Sorted, because tasks of one turn end in any order and a restart must ask the same again.
        given = sorted((_former(outcome) for outcome in self.done), key=lambda one: (one.agent, one.text()))
        former = (*self.brief.former, *given)
        brief = Brief(self.brief.documents, former, task)
        outcome = await self.team.delegate(others[agent], brief, self.session, self.desk)
        self.done.append(outcome)
        return _former(outcome).text()


FORM = form_of(_Delegation.give, TASK)


def _former(outcome: Outcome) -> Former:
    return Former(outcome.agent, outcome.answer, outcome.said, outcome.stopped)
