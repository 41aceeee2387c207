"""The one loop: ask, run the wanted tools side by side, ask again, until an answer or a limit."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import final

from pydantic import BaseModel

from agents.answers import Invalid, answer_spec, read_answer
from agents.cost import Bill
from agents.desk import Agent, Desk, Outcome
from agents.errors import Failure, ModelUnavailableError, RepeatedCallError, ToModelError, ToolFailedError
from agents.fence import cut, visible
from agents.journal import REPLIES, RESULTS, Kept, ask_key, tool_key
from agents.limits import LimitKind, Spent, Standing
from agents.messages import Message, Reply, Results, Said, Stop, Told, ToolCall, ToolResult
from agents.model import Ask, Piece, StartedAgain
from agents.tools import Tool, refusal
from agents.transcript import Called, Entry, Noted

REPAIRS = 2
SAME_CALLS = 3
CALLS_A_TURN = 8
REFUSAL_TOKENS = 300
LAST_SECONDS = 1.0


async def run(agent: Agent, task: str, desk: Desk) -> Outcome:
    """Let an agent work on a task until it answers or a limit stops it; never raises for a model's fault."""
    work = _Work(agent, desk, began=desk.switchboard.pace.now(), replaying=not desk.fresh)
    work.tell(task)
    try:
        return await work.until_done()
    except ModelUnavailableError as error:
        work.note(f"no model could be reached: {'; '.join(str(failure) for failure in error.tried)}")
        return work.outcome(None, "no model could be reached", unavailable=error.tried)


@final
@dataclass(slots=True)
class _Work:
    agent: Agent
    desk: Desk
    began: float
    messages: list[Message] = field(default_factory=list[Message])
    entries: list[Entry] = field(default_factory=list[Entry])
    tried: list[Failure] = field(default_factory=list[Failure])
    calls: Counter[str] = field(default_factory=Counter[str])
    spent: Spent = field(default_factory=Spent)
    bill: Bill = field(default_factory=Bill)
    repairs: int = 0
    nudged: bool = False
    replaying: bool = True
    waited: float = 0.0
    said: str = ""

    def tell(self, text: str) -> None:
        self.messages.append(Told(text))
        self.entries.append(Told(text))

    def note(self, text: str) -> None:
        self.entries.append(Noted(text))

    async def until_done(self) -> Outcome:
        while True:
            turn = await self._recalled()
            if turn is None:
                over = await self._over_or_nudged()
                if over is not None:
                    self.note(f"stopped by {over}")
                    return self.outcome(None, over)
                turn = (await self._recalled() if self.nudged else None) or await self._fresh_reply()
            key, reply = turn
            said = self._heard(reply)
            answer = read_answer(said, self.agent.answer)
            if answer == "":
                answer = Invalid("expected an answer in words")
            if isinstance(answer, Invalid):
                if self.repairs >= REPAIRS:
                    return self.outcome(None, f"no valid answer after {REPAIRS} repairs: {answer.reason}")
                self._repair(said, answer, cut_short=reply.stop is Stop.LENGTH)
            elif answer is not None:
                cut_short = isinstance(answer, str) and reply.stop is Stop.LENGTH
                return self.outcome(answer, "the answer was cut for its length" if cut_short else None)
            else:
                await self._void(said)
                await self._run_tools(key, said.calls)

    async def _over_or_nudged(self) -> str | None:
        """Tell the model once that the budget ends; the reason where nothing may be asked any more."""
        spent, totals = self._spent(), await self.desk.totals()
        own = self.agent.limits.reached(spent, Standing.OVER)
        over = str(own) if own is not None else self.desk.shared(totals, Standing.OVER)
        if over is not None:
            return over
        last = self.agent.limits.reached(spent, Standing.LAST) or self.desk.shared(totals, Standing.LAST)
        if not self.nudged and last is not None:
            self.nudged = True
            self.note(f"nearly at {last}: asked to answer now")
            self.tell(self.desk.phrases.last)
        return None

    def _spent(self) -> Spent:
        elapsed = self.desk.switchboard.pace.now() - self.began + self.waited
        return Spent(
            self.spent.turns, self.spent.tokens, Decimal(str(elapsed)), self.spent.usd, self.spent.unpriced
        )

    def _ask(self) -> Ask:
        left = self.agent.limits.left(self._spent(), LimitKind.SECONDS)
        seconds = self.agent.call_seconds if left is None else min(float(left), self.agent.call_seconds)
        specs = self.agent.toolbox.specs()
        if self.agent.answer is not None:
            specs = (*specs, answer_spec(self.agent.answer))
        return Ask(
            self.agent.system,
            tuple(self.messages),
            specs,
            self.agent.max_tokens,
            self.agent.effort,
            max(seconds, LAST_SECONDS),
            growing=bool(self.agent.toolbox.tools),
            cache_key=f"{self.desk.cache_key}:{self.agent.name}",
        )

    def _key(self, ask: Ask) -> str:
        names = tuple(model.name for model in self.agent.models)
        return ask_key(self.agent.stage or self.agent.name, names, ask)

    async def _recalled(self) -> tuple[str, Reply] | None:
        """The reply that this very call got before a restart; after the first miss there is none."""
        if not self.replaying:
            return None
        key = self._key(self._ask())
        kept = await self.desk.journal.find(key)
        if kept is None:
            return None
        reply = REPLIES.validate_json(kept)
        self.waited += reply.seconds
        if self.desk.listener is not None and reply.said.text:
            await self.desk.listener(Piece(reply.said.text))
        self._count(reply, replayed=True)
        return key, reply

    async def _fresh_reply(self) -> tuple[str, Reply]:
        self.replaying = False
        ask = self._ask()
        key = self._key(ask)
        reply, tried = await self.desk.switchboard.ask(self.agent.models, ask, self.desk.listener)
        self.tried.extend(tried)
        body = REPLIES.dump_json(reply)
        kept = await self.desk.settle(self._count(reply, tried=tried), Kept(key, body))
        return key, reply if kept == body else REPLIES.validate_json(kept)

    def _count(self, reply: Reply, *, replayed: bool = False, tried: tuple[Failure, ...] = ()) -> Spent:
        model = reply.said.model
        price = self.desk.prices.cost(model, reply.usage)
        cost = Spent(
            1, reply.usage.total, Decimal(str(reply.seconds)), price or Decimal(0), int(price is None)
        )
        unpriced = (model,) if price is None else ()
        self.spent += cost
        self.bill += Bill(1, reply.usage, price or Decimal(0), reply.seconds, unpriced)
        self.entries.append(Called(model, reply.usage, price, reply.seconds, replayed, tried))
        return cost

    def _heard(self, reply: Reply) -> Said:
        """The reply with call ids of our own, which are unique and the same after a restart."""
        calls = tuple(
            ToolCall(f"t{self.spent.turns}_{place}", call.name, call.arguments, call.broken)
            for place, call in enumerate(reply.said.calls)
        )
        said = Said(reply.said.text, calls, reply.said.thoughts, reply.said.model)
        self.messages.append(said)
        self.entries.append(said)
        self.said = said.text or self.said
        return said

    async def _void(self, said: Said) -> None:
        """What was said before tools are called is not the answer."""
        if self.desk.listener is not None and said.text:
            await self.desk.listener(StartedAgain())

    def _repair(self, said: Said, invalid: Invalid, *, cut_short: bool) -> None:
        self.repairs += 1
        reason = f"{invalid.reason}; the reply was cut for its length" if cut_short else invalid.reason
        self.note(f"repair {self.repairs}: {reason}")
        text = self.desk.phrases.repair.replace("{reason}", visible(cut(reason, REFUSAL_TOKENS)))
        if said.calls:
            self._give(tuple(ToolResult(call.id, call.name, text, refused=True) for call in said.calls))
        else:
            self.tell(text)

    def _give(self, results: tuple[ToolResult, ...]) -> None:
        self.messages.append(Results(results))
        self.entries.append(Results(results))

    async def _run_tools(self, key: str, calls: tuple[ToolCall, ...]) -> None:
        if self.nudged:
            closed = "Not run: the budget is nearly spent. Answer now with what is known."
            self._give(tuple(ToolResult(call.id, call.name, closed, refused=True) for call in calls))
            return
        # Tools take time, and some let others spend: what stood on the accounts has to be read again.
        self.desk.sheet.totals = None
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._tool(tool_key(key, place), call))
                for place, call in enumerate(calls[:CALLS_A_TURN])
            ]
        many = f"Not run: at most {CALLS_A_TURN} calls in one turn."
        rest = (ToolResult(call.id, call.name, many, refused=True) for call in calls[CALLS_A_TURN:])
        self._give((*(task.result() for task in tasks), *rest))

    async def _tool(self, key: str, call: ToolCall) -> ToolResult:
        tool = self.agent.toolbox.tools.get(call.name)
        kept = await self.desk.journal.find(key) if tool is None or tool.kept else None
        if kept is not None:
            return RESULTS.validate_json(kept)
        result = await self._fresh(tool, call)
        if tool is None or tool.kept:
            await self.desk.journal.keep(key, RESULTS.dump_json(result))
        return result

    async def _fresh(self, tool: Tool | None, call: ToolCall) -> ToolResult:
        try:
            self._refuse_repeats(call)
            text = await self.agent.toolbox.call(call)
        except ToolFailedError as error:
            return ToolResult(call.id, call.name, self._fenced(call, refusal(error), REFUSAL_TOKENS), True)
        except ToModelError as error:
            return ToolResult(call.id, call.name, visible(cut(refusal(error), REFUSAL_TOKENS)), True)
        assert tool is not None
        shown = self._fenced(call, text, tool.tokens) if tool.outside else cut(text, tool.tokens)
        return ToolResult(call.id, call.name, shown)

    def _fenced(self, call: ToolCall, text: str, tokens: int) -> str:
        return self.desk.fence.around(f"{call.name} {call.id}", text, tokens)

    def _refuse_repeats(self, call: ToolCall) -> None:
        same = f"{call.name} {json.dumps(dict(call.arguments), sort_keys=True, default=str)}"
        self.calls[same] += 1
        if self.calls[same] >= SAME_CALLS:
            raise RepeatedCallError(
                f"{call.name} with these arguments was answered before; use what you have"
            )

    def outcome(
        self, answer: BaseModel | str | None, stopped: str | None, unavailable: tuple[Failure, ...] = ()
    ) -> Outcome:
        return Outcome(
            self.agent.name,
            self.agent.stage,
            answer,
            self.said,
            self.bill,
            tuple(self.entries),
            stopped,
            unavailable,
            tuple(self.tried),
            self.spent,
        )
