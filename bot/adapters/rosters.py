"""Who holds a role now, from the source that the policy names."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.decision import RosterAnswer
from bot.domain.errors import GreenlightError
from bot.domain.ids import SECOND, At, PersonId, RosterName
from bot.domain.policy import Policy, Role, RosterSpec
from bot.domain.schedule import Schedule, holder
from bot.ports.content import Content
from bot.ports.world import Clock

TIMEOUT_SECONDS = 2.0
KEPT_FOR = 20 * SECOND
"""Rule 9 lets an answer be 30 s old; the rest of that is left for the click that is judged by it."""
KEPT_KINDS = frozenset({"usergroup", "pagerduty"})
"""What is asked over the network, and must not be asked at every click of a crowd."""
SCHEDULE_KINDS = frozenset({"schedule", "pagerduty"})
SHOWN_STRANGERS = 10
NEEDS = {"usergroup": "SLACK_BOT_TOKEN", "pagerduty": "GREENLIGHT_PAGERDUTY_TOKEN"}

Reader = Callable[[RosterSpec], Awaitable[tuple[str, ...]]]
"""Reads the ids of one roster's members, by Slack or by schedule; raises GreenlightError or OSError."""


async def listed(spec: RosterSpec) -> tuple[str, ...]:
    """The members that the policy itself lists."""
    return spec.members


def scheduled(schedules: Callable[[], tuple[Schedule, ...]], clock: Clock) -> Reader:
    """Reads rosters from the schedules of `oncall.yaml`."""

    async def read(spec: RosterSpec) -> tuple[str, ...]:
        schedule = next((one for one in schedules() if one.name == spec.source), None)
        if schedule is None:
            raise GreenlightError(f"oncall.yaml has no schedule {spec.source!r}")
        found = holder(schedule, clock.now())
        if found is None:
            raise GreenlightError(f"nobody is on call by {spec.source!r} yet: its first turn has not begun")
        return (found,)

    return read


@dataclass(slots=True)
class Kept:
    """The last good answer of a source, and the turn of whoever asks for a newer one."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ids: tuple[str, ...] = ()
    at: At | None = None


class PolicyRosters:
    """Answers from the policy's lists, and from a further reader for each other kind that is configured."""

    def __init__(
        self,
        content: Content,
        clock: Clock,
        readers: Mapping[str, Reader] | None = None,
        seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._content = content
        self._clock = clock
        self._readers: Mapping[str, Reader] = {"list": listed, **(readers or {})}
        self._seconds = seconds
        self._kept: dict[tuple[str, str], Kept] = {}

    async def read(self, name: RosterName, role: Role) -> RosterAnswer:
        """The members now; whatever goes wrong is in the answer, which then names nobody."""
        policy, now = self._content.policy(), self._clock.now()
        spec = policy.roster(name)
        if spec is None:
            return RosterAnswer(role, name, "unknown", (), now, f"policy.yaml has no roster {name!r}")
        failed = RosterAnswer(role, name, spec.kind, (), now)
        try:
            async with asyncio.timeout(self._seconds):
                ids, at = await self._ids(spec)
        except TimeoutError:
            return _with(failed, f"no answer within {self._seconds:g} s")
        except (GreenlightError, OSError) as error:
            return _with(failed, str(error)[:200] or type(error).__name__)
        known = tuple((one, _person(policy, spec.kind, one)) for one in ids)
        return _answer(RosterAnswer(role, name, spec.kind, (), at), known)

    async def _ids(self, spec: RosterSpec) -> tuple[tuple[str, ...], At]:
        reader = self._readers.get(spec.kind)
        if reader is None:
            needs = NEEDS.get(spec.kind, "a reader")
            raise GreenlightError(f"a roster of kind {spec.kind} needs {needs}, which is not set here")
        if spec.kind not in KEPT_KINDS:
            return await reader(spec), self._clock.now()
        kept = self._kept.setdefault((spec.kind, spec.source), Kept())
        async with kept.turn:
            if kept.at is not None and 0 <= self._clock.now() - kept.at < KEPT_FOR:
                return kept.ids, kept.at
            asked_at = self._clock.now()
            kept.ids, kept.at = await reader(spec), asked_at
            return kept.ids, asked_at


def _person(policy: Policy, kind: str, name: str) -> PersonId | None:
    """Whom an id means: PagerDuty's are schedule ids, Slack's are its own; our schedules may use either."""
    called = policy.scheduled(name) if kind in SCHEDULE_KINDS else None
    if called is None and kind != "pagerduty":
        called = policy.person(PersonId(name))
    return called.id if called else None


def _answer(blank: RosterAnswer, known: tuple[tuple[str, PersonId | None], ...]) -> RosterAnswer:
    """Those whom the policy knows; the others count for nothing and are named in the source."""
    members = tuple(dict.fromkeys(person for _, person in known if person is not None))
    strangers = [one for one, person in known if person is None]
    if not strangers:
        return RosterAnswer(blank.role, blank.roster, blank.source, members, blank.at)
    note = f"not mapped in policy.yaml people: {', '.join(strangers[:SHOWN_STRANGERS])}"
    if not members:
        return _with(blank, f"nobody of it is known; {note}")
    return RosterAnswer(blank.role, blank.roster, f"{blank.source}; {note}", members, blank.at)


def _with(blank: RosterAnswer, error: str) -> RosterAnswer:
    return RosterAnswer(blank.role, blank.roster, blank.source, (), blank.at, error)
