"""Looks that agents ask for: fewer log lines by level and pattern, and alerts that joined the incident."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from agents.errors import BadArgumentsError
from agents.fence import tokens_of
from agents.journal import MemoryJournal
from bot.adapters.log_reading import Sieve, ask_of, narrowed, place_of
from bot.adapters.rules_team import RulesTeam
from bot.adapters.team_brief import RELATED_TOKENS, to_answer, to_diagnose, to_remedy
from bot.adapters.team_tools import Reach, Tools
from bot.domain.evidence import Sighting
from bot.domain.ids import At, ServiceName
from bot.domain.service import Service, Source
from bot.domain.teamwork import AlertJoined
from bot.ports.team import Case
from bot.ports.world import Eyes, Window
from tests.fakes.house import PLACE, House, alert, house

WINDOW = Window(At(0), At(1))
LINES = ("ERROR pool timeout user=7", "    at checkout.pool", "INFO paid user=7", "WARN pool slow user=8")


def kept(source: Source) -> tuple[str, ...]:
    return Sieve(ask_of(source, WINDOW)).kept(LINES)


def test_a_level_leaves_the_louder_lines_with_what_belongs_to_them() -> None:
    assert kept(narrowed(Source("file"), "error", "")) == LINES[:2]
    assert kept(narrowed(Source("file"), "", "user=[78]")) == (LINES[0], LINES[2], LINES[3])


def test_an_agent_sees_nothing_that_the_inventory_leaves_out() -> None:
    own = Source("file", (("path", "/var/log/a"), ("level", "warning"), ("pattern", "pool")))
    assert kept(narrowed(own, "debug", "user=8")) == (LINES[3],)
    assert kept(narrowed(own, "", "paid")) == ()
    assert place_of(narrowed(own, "fatal", "user")) == "a, level fatal, pattern pool, within user"


@dataclass
class Recording:
    """Eyes that keep what logs they were asked for."""

    eyes: Any
    asked: list[tuple[Source, ...]] = field(default_factory=list[tuple[Source, ...]])

    async def logs(self, service: Service, window: Window) -> Sighting:
        self.asked.append(service.logs)
        return await self.eyes.logs(service, window)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.eyes, name)


def tools_of(home: House, eyes: Eyes) -> Tools:
    case = case_of(home)
    return Tools(case, Reach(eyes, home.content, home.clock, str), MemoryJournal(), "run", "")


def case_of(home: House, *related: AlertJoined) -> Case:
    service = home.content.inventory().services[0]
    return Case(
        incident=home.clock.new_id("inc"),  # pyright: ignore[reportArgumentType]
        alert=alert(),
        service=service,
        sightings=(),
        catalogue=home.content.catalogue(),
        now=home.clock.now(),
        related=related,
    )


def logged() -> House:
    home = house()
    (service,) = home.content.fixed_inventory.services
    logs = (Source("file", (("path", "/var/log/a"),)),)
    home.content.fixed_inventory = replace(
        home.content.fixed_inventory, services=(replace(service, logs=logs),)
    )
    return home


async def test_level_and_pattern_reach_the_eyes_and_another_pattern_is_another_look() -> None:
    home = logged()
    eyes = Recording(home.eyes)
    tools = tools_of(home, eyes)  # pyright: ignore[reportArgumentType]
    await tools.fetch_logs("checkout", level="Warning", pattern="pool.*user")
    await tools.fetch_logs("checkout", level="warn", pattern="pool.*user")
    await tools.fetch_logs("checkout")
    settings = [dict(asked[0].settings) for asked in eyes.asked]
    assert settings == [
        {"path": "/var/log/a", "level": "warn", "pattern": "pool.*user"},
        {"path": "/var/log/a"},
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"pattern": "(?<=a)b"},
            "pattern: expected RE2 (no look-around, no back-references), case is ignored",
        ),
        ({"pattern": "pool("}, "missing )"),
        ({"pattern": "a" * 201}, "pattern: expected at most 200 characters, not 201"),
        ({"level": "loud"}, "level: unknown 'loud'; there are: debug, info, warn, error, fatal"),
    ],
)
async def test_a_bad_pattern_or_level_is_refused_with_what_is_valid(given: dict[str, str], said: str) -> None:
    home = logged()
    eyes = Recording(home.eyes)
    with pytest.raises(BadArgumentsError) as refused:
        await tools_of(home, eyes).fetch_logs("checkout", **given)  # pyright: ignore[reportArgumentType]
    assert said in str(refused.value)
    assert eyes.asked == []


def joined(number: int, service: str, title: str = "HighErrorRate") -> AlertJoined:
    return AlertJoined(
        replace(alert(f"fp-{number}", service=service), title=title), PLACE, "same deploy (r=7)"
    )


def test_every_stage_reads_the_alerts_that_joined_within_a_cap() -> None:
    home = house()
    case = case_of(home, *(joined(n, "payments", f"alert {n} " + "x" * 4_000) for n in range(20)))
    for brief in (to_diagnose(case, (), str), to_remedy(case, str), to_answer(case, "why?", str)):
        (found,) = [one for one in brief.documents if one.name == "other alerts of this incident"]
        assert "- payments: alert 0 xxx" in found.text
        assert "same deploy (r=7)" in found.text
        assert found.text.endswith("and 14 more")
        assert tokens_of(found.text) <= found.tokens == RELATED_TOKENS
    assert "other alerts of this incident" not in [
        one.name for one in to_diagnose(case_of(home), (), str).documents
    ]


async def test_the_rules_mention_alerts_of_dependencies_and_no_others() -> None:
    home = house()
    (own,) = home.content.fixed_inventory.services
    stranger = replace(own, name=ServiceName("billing"), aliases=())
    above = replace(own, name=ServiceName("shopfront"), aliases=(), depends_on=(own.name,))
    below = replace(own, name=ServiceName("payments"), aliases=())
    own = replace(own, depends_on=(below.name,))
    home.content.fixed_inventory = replace(
        home.content.fixed_inventory, services=(own, stranger, above, below)
    )
    rules = RulesTeam(home.content)
    case = case_of(home, joined(1, "payments", "Slow"), joined(2, "billing"), joined(3, "shopfront", "Down"))
    said = (await rules.diagnose(case)).notes
    assert said == (
        "Also firing: payments, which checkout depends on: Slow; shopfront, which depends on checkout: Down",
    )
    assert (await rules.diagnose(case_of(home, joined(2, "billing")))).notes == ()
