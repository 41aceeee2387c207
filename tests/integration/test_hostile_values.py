"""400 and more hostile values: each is refused before a program is started or a byte is sent."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.command import run_command
from bot.adapters.http_action import call_over_http
from bot.adapters.rehearsals import REHEARSALS
from bot.adapters.tasks import Executor, Task
from bot.domain.errors import ExecutorRefusedError, PlanRefusedError
from bot.domain.events import PlanProposed
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId, At
from bot.domain.plan import Step, parsed
from tests.fakes.claimed import claimed
from tests.fakes.homes import TARGET, Room, written
from tests.fakes.hostile import hostile_numbers, hostile_words
from tests.fakes.job_servers import JobServer, job_server

CHECK = "check: {metric: symptom, comparison: below, threshold: normal, PACE}"
PACE = "settle_seconds: 0, every_seconds: 1, samples: 1, needed: 1"
PARAMETERS = """\
  parameters:
    size: {kind: integer, minimum: 1, maximum: 90}
    name: {kind: word, one_of_observed: names}
  observes: [names]
"""
COMMON = f"""\
  version: 1
  title: Something
  tier: low
{PARAMETERS}  undo: {{kind: irreversible, text: There is no way back.}}
  {CHECK.replace("PACE", PACE)}
  timeout_seconds: 5
"""
ACTIONS = f"""\
over_http:
{COMMON}  how: http.call
  http:
    start:
      path: /pools/{{name}}/size
      query: {{of: "{{name}}"}}
      headers: {{X-Name: "{{name}}"}}
      body: {{size: "{{size}}", name: "{{name}}"}}
by_program:
{COMMON}  how: command.run
  command: {{program: PROGRAM, options: [--all], arguments: ["{{size}}", "{{name}}"]}}
by_procedure:
{COMMON}  how: procedure.run
  settings: {{procedure: own}}
"""
HOWS = ("over_http", "by_program", "by_procedure")


@dataclass(frozen=True, slots=True)
class Range:
    """Actions over HTTP and by programs, and what would tell that any of them was reached."""

    server: JobServer
    mark: Path
    http: Room
    command: Room

    def task(self, action: str, size: object, name: object) -> tuple[Executor, Task]:
        """A task as somebody would make it who has got past the drafting of plans."""
        room = self.http if action == "over_http" else self.command
        known = room.content.catalogue().action(action)
        assert known is not None
        step = replace(self.step(room, action), parameters=(("size", size), ("name", name)))
        run = call_over_http if action == "over_http" else run_command
        return run, Task(step, known, room.service, room.service.targets[0], "0123456789ab:0", At(0))

    def step(self, room: Room, action: str) -> Step:
        step = ProposedStep(ActionId(action), TARGET, (("size", 5), ("name", "blue")))
        case = claimed(room.fixed(), SystemClock(), step, state={TARGET: {"names": "blue,green"}})
        return parsed(next(event for event in case.events if isinstance(event, PlanProposed)).body).steps[0]

    def untouched(self) -> bool:
        return not self.server.heard and not self.mark.exists()


@pytest.fixture
async def shooting(tmp_path: Path) -> AsyncGenerator[Range]:
    mark = tmp_path / "mark"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {mark}\n')
    program.chmod(0o755)
    actions = ACTIONS.replace("PROGRAM", str(program))
    async with job_server() as server:
        for name in ("http", "command"):
            (tmp_path / name).mkdir()
        http = written(tmp_path / "http", {"executor": "http", "url": server.url}, ("over_http",), actions)
        target = {"executor": "command", "procedure.own": str(program)}
        command = written(tmp_path / "command", target, ("by_program", "by_procedure"), actions)
        yield Range(server, mark, Room(http), Room(command))


def pairs() -> Sequence[tuple[object, object]]:
    words = [(5, word) for word in hostile_words()]
    return [
        *words,
        *((number, "blue") for number in hostile_numbers()),
        (5, None),
        (5, 5),
        (5, b"x"),
        (5, ["a"]),
    ]


def test_there_are_more_than_four_hundred_of_them() -> None:
    assert len(hostile_words()) >= 400
    assert len(set(hostile_words())) == len(hostile_words())


@pytest.mark.parametrize("how", HOWS)
async def test_no_hostile_value_gets_past_the_executor(shooting: Range, how: str) -> None:
    passed: list[object] = []
    refused = 0
    base = shooting.task(how, 5, "blue")
    for size, name in pairs():
        run, task = (
            base[0],
            replace(base[1], step=replace(base[1].step, parameters=(("size", size), ("name", name)))),
        )
        try:
            passed.append((size, name, await run(task)))
        except ExecutorRefusedError as error:
            plain = error.message.isascii() and error.message.isprintable()
            refused += plain and error.code == "BAD_PARAMETER"
    assert passed == []
    assert refused == len(pairs()) >= 440
    assert shooting.untouched()


@pytest.mark.parametrize("how", HOWS)
async def test_no_hostile_value_gets_into_a_rehearsal(shooting: Range, how: str) -> None:
    _, task = shooting.task(how, 5, "blue")
    for size, name in pairs():
        bad = replace(task, step=replace(task.step, parameters=(("size", size), ("name", name))))
        shown = await REHEARSALS[task.target.executor](bad)
        assert shown is not None
        assert shown.refused
        assert not shown.difference
    assert shooting.untouched()


def test_no_hostile_value_gets_into_a_plan(tmp_path: Path) -> None:
    room = Room(
        written(
            tmp_path,
            {"executor": "http", "url": "http://127.0.0.1:9"},
            ("over_http",),
            ACTIONS.replace("PROGRAM", "/bin/true"),
        )
    )
    clock = SystemClock()
    names = ",".join(("blue", *(word for word in hostile_words() if "," not in word and len(word) < 100)))
    for size, name in pairs():
        step = ProposedStep(ActionId("over_http"), TARGET, (("size", size), ("name", name)))
        with pytest.raises(PlanRefusedError) as refused:
            claimed(room.fixed(), clock, step, state={TARGET: {"names": names}})
        assert refused.value.code == "BAD_PARAMETER"


@pytest.mark.parametrize("how", HOWS)
async def test_the_ordinary_value_beside_them_does_arrive(shooting: Range, how: str) -> None:
    run, task = shooting.task(how, 5, "blue")
    assert (await run(task)).ok
    if how == "over_http":
        (heard,) = shooting.server.writes
        assert (heard.path, heard.query, heard.headers["x-name"]) == (
            "/pools/blue/size",
            {"of": "blue"},
            "blue",
        )
        assert heard.body == {"size": 5, "name": "blue"}
    else:
        options = ["--all"] if how == "by_program" else []
        assert shooting.mark.read_text().splitlines() == [*options, "--", "5", "blue"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(
    "parameters",
    [
        (),
        (("size", 5),),
        (("size", 5), ("name", "blue"), ("more", 1)),
        (("size", 5), ("size", 5), ("name", "blue")),
    ],
)
async def test_missing_unknown_and_repeated_parameters_are_refused(
    shooting: Range, how: str, parameters: tuple[tuple[str, object], ...]
) -> None:
    run, task = shooting.task(how, 5, "blue")
    with pytest.raises(ExecutorRefusedError):
        await run(replace(task, step=replace(task.step, parameters=parameters)))
    assert shooting.untouched()
