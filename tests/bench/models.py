"""A team of scripted models on the sample incident of a memory limit: calls, tokens, time, bytes."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from agents.messages import Said
from agents.model import Ask, Heard
from agents.pace import RealPace
from agents.providers.scripted import Line, Script
from agents.roster_files import SHIPPED
from agents.team import Session
from bot.adapters.rules_team import RulesTeam
from bot.adapters.store import Store, StorePlan, opened
from bot.adapters.team import ModelTeam
from bot.adapters.team_brief import to_diagnose
from bot.adapters.team_crew import Crews, Files
from bot.adapters.team_ledger import RedisBooks
from bot.adapters.team_tools import Reach, Tools
from bot.domain.alert import Sighted
from bot.domain.finding import Diagnosis, Remediation
from bot.domain.grouping import AlertRules
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident, Phase
from bot.flow.conductor import load, walk
from bot.flow.intake import alert_seen
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole
from bot.ports.team import Case, Team, Worksheet
from bot.redaction.redactor import Redactor
from tests.bench.measures import stored_bytes
from tests.fakes.crews import Cast, environment
from tests.fakes.house import PLACE, alert, house
from tests.fakes.payments import PAYMENTS, failing_payments

LATENCY = 0.2
ONE_BY_ONE = 20
AT_ONCE = 20
CPU_RUNS = 40
TICK = 0.002
WORDS = "The pool is exhausted again and again, and memory was at its limit each time before that. " * 6


@dataclass(slots=True)
class Overheard:
    """A team that keeps the case that another one is asked about."""

    team: Team
    cases: dict[str, Case] = field(default_factory=dict[str, Case])

    async def diagnose(self, case: Case) -> Diagnosis:
        self.cases["diagnose"] = case
        return await self.team.diagnose(case)

    async def remedy(self, case: Case) -> Remediation:
        self.cases["remedy"] = case
        return await self.team.remedy(case)


@dataclass(slots=True)
class Ground:
    """Ports over a real store and fakes of the world, with a team of scripted models."""

    store: Store
    ports: Ports
    crews: Crews
    reach: Reach
    cast: Cast
    overheard: Overheard
    played: int = 0

    async def plays(self) -> Incident:
        """One incident from its alert to the plan card."""
        self.played += 1
        number = self.played
        place = replace(PLACE, thread=f"17900{number:05d}.000100")
        seen = alert(f"fp-{number}", service="payment-api")
        name = await alert_seen(self.ports, Sighted(seen, place, None))
        assert name is not None
        await walk(self.ports, name, WorkerRole.THINK, table)
        found = await load(self.ports, name)
        assert found.phase is Phase.PROPOSED, (found.phase, found.escalation)
        return found

    def slow(self, latency: float) -> None:
        """How long each call takes from now on."""
        self.cast.latency = latency
        for model in self.cast.models.values():
            model.latency = latency


def talking(script: Script) -> Script:
    """The same script with some words beside each call, so that there is something to stream."""

    def says(ask: Ask) -> Line:
        line = script(ask)
        return replace(line, text=WORDS) if isinstance(line, Said) else line

    return says


@asynccontextmanager
async def ground(place: Path) -> AsyncGenerator[Ground]:
    """A ground over an embedded server in this directory."""
    home = house()
    failing_payments(home)
    # Each alert is an incident of its own here, and none waits in line.
    home.content.fixed_alert_rules = AlertRules(group_seconds=0, parallel_investigations=2 * AT_ONCE)
    scripts = {name: talking(script) for name, script in PAYMENTS.items() if callable(script)}
    cast = Cast(scripts, pace=RealPace())
    async with opened(StorePlan(place)) as store:
        crews = Crews(Files((SHIPPED,), None, environment()), {}, RealPace(), cast.connect)
        reach = Reach(home.eyes, home.content, home.clock, Redactor())
        team = ModelTeam(crews, RulesTeam(home.content), reach, RedisBooks(store.link))
        overheard = Overheard(team)
        ports = replace(
            home.ports,
            incidents=store.incidents,
            cards=store.cards,
            seen=store.seen,
            blobs=store.blobs,
            team=overheard,
        )
        yield Ground(store, ports, crews, reach, cast, overheard)


async def measured(place: Path) -> None:
    """Measure and print."""
    async with ground(place) as found:
        await found.plays()
        await _one_by_one(found)
        await _cpu(found)
        await _at_once(found)


async def _one_by_one(found: Ground) -> None:
    before, asked = await stored_bytes(found.store), found.cast.calls
    plain: list[float] = []
    incident = None
    for _ in range(ONE_BY_ONE):
        began = time.perf_counter()
        incident = await found.plays()
        plain.append(time.perf_counter() - began)
    assert incident is not None
    calls = (found.cast.calls - asked) / ONE_BY_ONE
    stored = (await stored_bytes(found.store) - before) / ONE_BY_ONE
    found.slow(LATENCY)
    slow: list[float] = []
    for _ in range(ONE_BY_ONE // 4):
        began = time.perf_counter()
        await found.plays()
        slow.append(time.perf_counter() - began)
    found.slow(0.0)
    tokens = sum(one.tokens_in for one in incident.spent)
    stages: Mapping[str, int] = {one.stage: one.tokens_in for one in incident.spent}
    _row("model calls on the critical path", f"{calls:g}", "4")
    _row("input tokens", f"{tokens:,} {dict(stages)}", "8,000")
    _row("alert to plan at 0 ms a call, s", f"{median(plain):.3f}", "")
    _row(f"alert to plan at {LATENCY * 1000:.0f} ms a call, s", f"{median(slow):.2f}", "1.0")
    _row("stored bytes per incident", f"{stored:,.0f}", "50,000")


async def _cpu(found: Ground) -> None:
    """CPU of this process per call of a model, with what is written for it; the server's own is not in it."""
    first, second = found.overheard.cases["diagnose"], found.overheard.cases["remedy"]
    whole, streamed, heard = list[float](), list[float](), 0
    for number in range(CPU_RUNS):
        name = IncidentId(f"inc-cpu-{number}")
        asked, began = found.cast.calls, time.process_time()
        await found.overheard.team.diagnose(replace(first, incident=name, worksheet=Worksheet()))
        await found.overheard.team.remedy(replace(second, incident=name, worksheet=Worksheet()))
        whole.append((time.process_time() - began) / (found.cast.calls - asked))
        asked, began = found.cast.calls, time.process_time()
        heard += await _streamed(found, replace(first, incident=IncidentId(f"inc-heard-{number}")))
        streamed.append((time.process_time() - began) / (found.cast.calls - asked))
    pieces = heard // (2 * CPU_RUNS)
    _row("our CPU per call, ms", f"{1000 * median(whole):.2f}", "3")
    _row(f"our CPU per call, streamed in {pieces} pieces, ms", f"{1000 * median(streamed):.2f}", "4")


async def _streamed(found: Ground, case: Case) -> int:
    """Two stages with a listener; how many pieces it heard."""
    heard = 0

    async def listen(_: Heard) -> None:
        nonlocal heard
        heard += 1

    crew = await found.crews.of(case.incident)
    books = RedisBooks(found.store.link)
    journal = books.journal(case.incident)
    tools = Tools(case, found.reach, journal, "bench", crew.memory)
    session = Session(case.incident, tools.toolbox(), journal, books.ledger, crew.memory, listen)
    brief = to_diagnose(case, found.reach.content.failure_modes(), found.reach.clean)
    await crew.team.run_stages(crew.before_remediation(), brief, session)
    return heard


async def _at_once(found: Ground) -> None:
    found.slow(LATENCY)
    lags: list[float] = []
    watching = asyncio.create_task(_lag(lags))
    began = time.perf_counter()
    await asyncio.gather(*(found.plays() for _ in range(AT_ONCE)))
    passed = time.perf_counter() - began
    watching.cancel()
    _row(f"{AT_ONCE} incidents at once at {LATENCY * 1000:.0f} ms a call, s", f"{passed:.2f}", "2.0")
    _row("longest lag of the loop meanwhile, ms", f"{1000 * max(lags):.0f}", "50")


async def _lag(lags: list[float]) -> None:
    """How much later than it asked for a task is woken, again and again."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append(time.perf_counter() - began - TICK)


def _row(what: str, value: str, aim: str) -> None:
    print(f"{what:58} {value:>12}   {f'aim {aim}' if aim else ''}".rstrip())
