"""The loop: turns, tools, answers, repairs, limits, restarts."""

# ruff: noqa: E501 - snapshots keep the lines as they are

import asyncio
from dataclasses import replace
from decimal import Decimal

from inline_snapshot import snapshot

from agents.choice import Switchboard
from agents.desk import Budget
from agents.errors import OverloadedError, ToolFailedError
from agents.journal import MemoryJournal, MemoryLedger
from agents.limits import seconds, tokens, turns, usd
from agents.loop import run
from agents.messages import Reply, Results, Said, Stop, ToolCall, Usage
from agents.model import Ask, Capabilities, Heard, Listener, Piece
from agents.providers.scripted import answers, calls, says, told
from agents.tools import Toolbox, tool_from
from agents.transcript import render
from tests.fakes.harness import TOOLS, Verdict, agent, desk, scripted
from tests.fakes.paces import JumpingPace

GOOD = {"cause": "the pool leaks", "confidence": "high"}


async def test_an_agent_looks_in_parallel_and_then_answers_typed() -> None:
    model = scripted(
        calls(
            ("fetch_logs", {"service": "payments"}),
            ("query_metrics", {"service": "payments", "metric": "cpu"}),
        ),
        answers(GOOD),
    )
    outcome = await run(agent(model, answer=Verdict), "What is wrong?", desk())
    assert outcome.answer == Verdict(cause="the pool leaks", confidence="high")
    assert outcome.stopped is None
    assert render(outcome.transcript) == snapshot("""\
> What is wrong?
# scripted:one: 260 tokens
< fetch_logs({"service": "payments"})
< query_metrics({"metric": "cpu", "service": "payments"})
= fetch_logs: <<outside 00ff fetch_logs t1_0>> / 30 min of payments: pool exhausted / <<end 00ff>>
= query_metrics: <<outside 00ff query_metrics t1_1>> / cpu of payments: 45% / <<end 00ff>>
# scripted:one: 391 tokens
< answer({"cause": "the pool leaks", "confidence": "high"})\
""")


async def test_tools_of_one_turn_run_side_by_side() -> None:
    both = asyncio.Barrier(2)

    async def meet(place: int) -> str:
        async with asyncio.timeout(5):
            await both.wait()
        return f"met {place}"

    model = scripted(calls(("meet", {"place": 1}), ("meet", {"place": 2})), says("done"))
    outcome = await run(agent(model, toolbox=Toolbox.of((tool_from(meet),))), "Meet.", desk())
    results = next(entry for entry in outcome.transcript if isinstance(entry, Results))
    assert [result.refused for result in results.results] == [False, False]
    assert ["met 1" in results.results[0].text, "met 2" in results.results[1].text] == [True, True]


async def test_what_a_tool_says_is_fenced() -> None:
    model = scripted(calls(("fetch_logs", {"service": "x"})), says("done"))
    outcome = await run(agent(model), "Look.", desk())
    results = next(entry for entry in outcome.transcript if isinstance(entry, Results))
    assert results.results[0].text == snapshot("""\
<<outside 00ff fetch_logs t1_0>>
30 min of x: pool exhausted
<<end 00ff>>\
""")


async def test_unknown_tools_and_arguments_are_refused_with_what_exists() -> None:
    model = scripted(
        calls(
            ("execute", {}),
            ("fetch_logs", {"host": "x"}),
            ("query_metrics", {"service": "x", "metric": "iq"}),
        ),
        Said("", (ToolCall("1", "fetch_logs", {}, broken='{"service": "x'),)),
        says("done"),
    )
    outcome = await run(agent(model), "Look.", desk())
    found = [
        result.text for entry in outcome.transcript if isinstance(entry, Results) for result in entry.results
    ]
    assert found == snapshot(
        [
            "There is no tool of this name: 'execute'; you have: fetch_logs, query_metrics (nothing was done)",
            "The arguments do not fit the tool: fetch_logs: service: Field required; host: Extra inputs are not permitted; parameters: minutes, service (nothing was done)",
            "The arguments do not fit the tool: query_metrics: metric: Input should be 'cpu' or 'memory'; parameters: metric, service (nothing was done)",
            'The arguments do not fit the tool: fetch_logs: expected one JSON object, not \'{"service": "x\' (nothing was done)',
        ]
    )


async def test_the_third_identical_call_is_cut() -> None:
    ran: list[int] = []

    async def look(place: int = 1) -> str:
        ran.append(place)
        return "same as before"

    model = scripted(*(calls(("look", {})) for _ in range(4)), calls(("look", {"place": 2})), says("done"))
    outcome = await run(agent(model, toolbox=Toolbox.of((tool_from(look),))), "Look.", desk())
    assert ran == [1, 1, 2]
    assert outcome.answer == "done"


async def test_an_invalid_answer_is_repaired_at_most_twice() -> None:
    bad = answers({"cause": "x", "confidence": "sure"})
    repaired = await run(agent(scripted(bad, bad, answers(GOOD)), answer=Verdict), "?", desk())
    assert repaired.answer == Verdict(cause="the pool leaks", confidence="high")
    given_up = await run(
        agent(scripted(bad, says("no idea"), bad, answers(GOOD)), answer=Verdict), "?", desk()
    )
    assert (given_up.answer, given_up.bill.calls) == (None, 3)
    assert given_up.stopped == snapshot(
        "no valid answer after 2 repairs: cause: String should have at least 3 characters; confidence: Input should be 'high', 'medium' or 'low'"
    )


async def test_an_answer_in_text_counts_where_it_is_valid_json() -> None:
    text = 'Here it is:\n```json\n{"cause": "the pool leaks", "confidence": "low"}\n```'
    outcome = await run(agent(scripted(says(text)), answer=Verdict), "?", desk())
    assert outcome.answer == Verdict(cause="the pool leaks", confidence="low")


async def test_before_the_last_turn_the_agent_is_told_to_answer() -> None:
    model = scripted(
        calls(("fetch_logs", {"service": "a"})), calls(("fetch_logs", {"service": "b"})), answers(GOOD)
    )
    outcome = await run(agent(model, answer=Verdict, limits=turns(3)), "?", desk())
    assert outcome.answer is not None
    assert "ANSWER NOW" in told(model.asked[2])
    assert "ANSWER NOW" not in told(model.asked[1])


async def test_a_limit_ends_an_agent_that_does_not_answer_and_keeps_what_it_said() -> None:
    model = scripted(*(calls(("fetch_logs", {"service": f"s{n}"}), text=f"looking at {n}") for n in range(9)))
    outcome = await run(agent(model, answer=Verdict, limits=turns(3)), "?", desk())
    assert (outcome.answer, outcome.stopped, outcome.said) == (None, "turns(3)", "looking at 2")
    assert len(model.asked) == 3


async def test_tokens_seconds_and_dollars_are_limits_too() -> None:
    def looking(name: str, pace: JumpingPace, latency: float = 0.0) -> object:
        lines = (calls(("fetch_logs", {"service": f"s{n}"})) for n in range(9))
        return scripted(*lines, name=name, pace=pace, latency=latency)

    stopped: list[str | None] = []
    for name, latency, limits in (("a", 0.0, tokens(300)), ("b", 30.0, seconds(90)), ("dear", 0.0, usd(5))):
        pace = JumpingPace()
        model = looking(name, pace, latency)
        outcome = await run(agent(model, limits=limits), "?", desk(pace))  # pyright: ignore[reportArgumentType]
        stopped.append(outcome.stopped)
    assert stopped == ["tokens(300)", "seconds(90)", "usd(5)"]


async def test_a_budget_that_was_spent_elsewhere_stops_an_agent_at_once() -> None:
    ledger = MemoryLedger()
    budget = Budget("incident:7", turns(3))
    first = scripted(says("one"), name="dear")
    await run(agent(first), "?", desk(ledger=ledger, budgets=(budget,)))
    await run(agent(scripted(says("two"))), "?", desk(ledger=ledger, budgets=(budget,)))
    third = scripted(says("three"))
    last = await run(agent(third), "?", desk(ledger=ledger, budgets=(budget,)))
    assert "ANSWER NOW" in told(third.asked[0])
    assert last.answer == "three"
    fourth = scripted(says("four"))
    refused = await run(agent(fourth), "?", desk(ledger=ledger, budgets=(budget,)))
    assert (refused.answer, refused.stopped, fourth.asked) == (None, "turns(3) of incident:7", [])
    (total,) = await ledger.totals(("incident:7",))
    assert total.turns == 3
    assert total.usd > Decimal(0)


async def test_a_restart_repeats_no_finished_call() -> None:
    ran: list[str] = []

    async def look(place: str) -> str:
        ran.append(place)
        return f"seen {place}"

    box = Toolbox.of((tool_from(look),))
    journal, ledger = MemoryJournal(), MemoryLedger()
    lines = (calls(("look", {"place": "a"}), ("look", {"place": "b"})), calls(("look", {"place": "c"})))
    budget = Budget("incident:7", turns(40))
    crashing = scripted(*lines, OverloadedError("down"))
    before = await run(agent(crashing, toolbox=box), "?", desk(None, journal, ledger, (budget,)))
    assert before.stopped == "no model could be reached"
    again = scripted(says("done"))
    after = await run(agent(again, toolbox=box), "?", desk(None, journal, ledger, (budget,)))
    assert after.answer == "done"
    assert len(again.asked) == 1
    assert ran == ["a", "b", "c"]
    assert [total.turns for total in await ledger.totals(("incident:7",))] == [3]


async def test_a_tool_that_fails_or_stalls_is_told_to_the_model() -> None:
    async def fail() -> str:
        raise ToolFailedError("services: checkout, payments")

    async def stall() -> str:
        await asyncio.Event().wait()
        return ""

    async def lose() -> str:
        raise ConnectionResetError

    box = Toolbox.of((tool_from(fail), replace(tool_from(stall), seconds=0.01), tool_from(lose)))
    model = scripted(calls(("fail", {}), ("stall", {}), ("lose", {})), says("done"))
    outcome = await run(agent(model, toolbox=box), "?", desk())
    results = next(entry for entry in outcome.transcript if isinstance(entry, Results))
    assert [result.text for result in results.results] == snapshot(
        [
            """\
<<outside 00ff fail t1_0>>
The tool has no answer: services: checkout, payments (nothing was done)
<<end 00ff>>\
""",
            "The tool took too long: stall had 0.01 s; ask for less (nothing was done)",
            """\
<<outside 00ff lose t1_2>>
The tool has no answer: lose: ConnectionResetError (nothing was done)
<<end 00ff>>\
""",
        ]
    )


async def test_the_next_model_answers_where_one_fails_and_the_tired_one_rests() -> None:
    pace = JumpingPace()
    ill = scripted(OverloadedError("529"), says("well again"), name="ill")
    well = scripted(says("one"), says("two"), name="well")
    shared = replace(desk(pace), switchboard=Switchboard(pace))
    first = await run(agent(ill, well), "?", shared)
    second = await run(agent(ill, well), "??", shared)
    assert (first.answer, second.answer) == ("one", "two")
    assert [str(failure) for failure in first.tried] == ["scripted:ill: OverloadedError (529)"]
    assert len(ill.asked) == 1
    pace.time += 61
    assert (await run(agent(ill, well), "???", shared)).answer == "well again"


async def test_no_model_at_all_is_an_outcome_that_names_who_was_tried() -> None:
    outcome = await run(
        agent(scripted(OverloadedError("a")), scripted(OverloadedError("b"), name="two")), "?", desk()
    )
    assert outcome.answer is None
    assert [failure.model for failure in outcome.unavailable] == ["scripted:one", "scripted:two"]


async def test_text_is_streamed_to_a_listener() -> None:
    heard: list[Heard] = []

    async def listen(piece: Heard) -> None:
        heard.append(piece)

    text = "a sentence that is longer than one piece"
    outcome = await run(agent(scripted(says(text))), "?", replace(desk(), listener=listen))
    assert outcome.answer == text
    assert "".join(piece.text for piece in heard if isinstance(piece, Piece)) == text
    assert len(heard) > 1


async def test_an_agent_without_tools_is_offered_none() -> None:
    model = scripted(calls(("fetch_logs", {"service": "x"})), says("done"))
    outcome = await run(agent(model, toolbox=Toolbox()), "?", desk())
    assert model.asked[0].tools == ()
    assert outcome.answer == "done"
    assert TOOLS.specs()[0].name == "fetch_logs"


async def test_an_unknown_price_is_said_and_not_guessed() -> None:
    outcome = await run(agent(scripted(says("x"), name="unpriced")), "?", desk())
    assert str(outcome.bill).endswith("price unknown for scripted:unpriced")
    assert outcome.spent.unpriced == 1


async def test_no_tool_runs_any_more_after_the_agent_was_told_to_answer() -> None:
    ran: list[int] = []

    async def look(place: int) -> str:
        ran.append(place)
        return "seen"

    model = scripted(*(calls(("look", {"place": n})) for n in range(9)))
    outcome = await run(agent(model, toolbox=Toolbox.of((tool_from(look),)), limits=turns(3)), "?", desk())
    assert ran == [0, 1]
    assert "Not run: the budget is nearly spent" in render(outcome.transcript, 0)


async def test_seconds_that_were_spent_before_a_restart_count_after_it() -> None:
    journal = MemoryJournal()
    lines = [calls(("fetch_logs", {"service": f"s{n}"})) for n in range(2)]
    pace = JumpingPace()
    dying = scripted(*lines, OverloadedError("killed"), pace=pace, latency=30.0)
    await run(agent(dying, limits=seconds(100)), "?", desk(pace, journal))
    later = JumpingPace(time=9_000.0)
    again = scripted(says("done"), pace=later, latency=1.0)
    outcome = await run(agent(again, limits=seconds(70)), "?", desk(later, journal))
    assert (outcome.answer, len(again.asked)) == ("done", 1)
    assert "ANSWER NOW" in told(again.asked[0])
    assert again.asked[0].seconds == 10


async def test_more_calls_in_one_turn_than_allowed_are_refused_and_not_run() -> None:
    ran: list[int] = []

    async def look(place: int) -> str:
        ran.append(place)
        return "seen"

    model = scripted(calls(*(("look", {"place": n}) for n in range(12))), says("done"))
    outcome = await run(agent(model, toolbox=Toolbox.of((tool_from(look),))), "?", desk())
    assert ran == list(range(8))
    results = next(entry for entry in outcome.transcript if isinstance(entry, Results))
    assert [result.refused for result in results.results] == [False] * 8 + [True] * 4


async def test_words_that_were_cut_for_their_length_count_and_are_said_to_be_cut() -> None:
    class Cut:
        """A model that talks until it is cut."""

        name = "scripted:cut"
        capabilities = Capabilities()

        async def reply(self, ask: Ask, listener: Listener | None = None) -> Reply:
            del ask, listener
            return Reply(Said("and then", model=self.name), Stop.LENGTH, Usage(1, 1))

        async def aclose(self) -> None:
            return None

    outcome = await run(agent(Cut()), "?", desk())
    assert (outcome.answer, outcome.stopped) == ("and then", "the answer was cut for its length")
