"""The in-memory twin of the record of all incidents."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.adapters import codec
from bot.domain.alert import Place
from bot.domain.claims import Claim, ClaimKind, Index, fingerprint_key
from bot.domain.errors import ClaimRefusedError, ConflictError, FencedError, UnknownIncidentError
from bot.domain.events import Entry, PlanProposed
from bot.domain.ids import DAY, MINUTE, SECOND, At, Fence, IncidentId, PersonId, PlanId
from bot.ports.records import Appended, Lease, Loaded, Pause, Refusal
from tests.fakes.shelf import Shelf


@dataclass(slots=True)
class MemoryIncidents:
    """The record of all incidents in dictionaries; the counterpart of the append script, line for line."""

    shelf: Shelf
    windows: dict[str, dict[str, At]] = field(
        default_factory=lambda: defaultdict[str, dict[str, At]](dict[str, At])
    )
    rows: dict[str, dict[str, At]] = field(
        default_factory=lambda: defaultdict[str, dict[str, At]](dict[str, At])
    )
    leases: dict[IncidentId, tuple[Fence, At]] = field(default_factory=dict[IncidentId, tuple[Fence, At]])
    fences: dict[IncidentId, Fence] = field(default_factory=dict[IncidentId, Fence])
    threads: dict[tuple[str, str, str], IncidentId] = field(
        default_factory=dict[tuple[str, str, str], IncidentId]
    )
    closed: dict[str, IncidentId] = field(default_factory=dict[str, IncidentId])
    plans: dict[PlanId, IncidentId] = field(default_factory=dict[PlanId, IncidentId])
    attempts: dict[tuple[IncidentId, int], int] = field(default_factory=dict[tuple[IncidentId, int], int])
    repeats: dict[IncidentId, int] = field(default_factory=dict[IncidentId, int])
    refused: list[Refusal] = field(default_factory=list[Refusal])
    paused: dict[str, Pause] = field(default_factory=dict[str, Pause])

    async def append(
        self,
        incident: IncidentId,
        version: int,
        entries: Sequence[Entry],
        claims: Sequence[Claim],
        index: Index,
        fence: Fence | None = None,
    ) -> Appended:
        """Check everything, then write everything."""
        self.shelf.check()
        kept = self.shelf.entries.get(incident, [])
        if entries and kept[version : version + len(entries)] == list(entries):
            return Appended(version + len(entries), self.shelf.heads[incident], self.shelf.durable)
        if fence is not None and self.fences.get(incident, Fence(0)) > fence:
            raise FencedError
        if len(kept) != version:
            raise ConflictError
        held, counted = self._allowed(claims)
        self._keep_rows(claims)
        self._write(incident, entries, index)
        self.shelf.held.clear()
        self.shelf.held.update(held)
        for key, holder in counted:
            self.windows[key].setdefault(holder, self.shelf.clock.now())
        self.shelf.mark(incident)
        return Appended(version + len(entries), self.shelf.heads[incident], self.shelf.durable)

    async def refusing(self, incident: IncidentId, claims: Sequence[Claim]) -> ClaimRefusedError | None:
        """Why these claims would be refused now."""
        del incident
        self.shelf.check()
        try:
            self._allowed(claims)
        except ClaimRefusedError as refused:
            return refused
        return None

    def _allowed(self, claims: Sequence[Claim]) -> tuple[dict[str, str], list[tuple[str, str]]]:
        held = dict(self.shelf.held)
        counted: list[tuple[str, str]] = []
        for claim in claims:
            match claim.kind:
                case ClaimKind.TAKE:
                    if held.setdefault(claim.key, claim.holder) != claim.holder:
                        raise ClaimRefusedError(claim.code, held[claim.key])
                case ClaimKind.RELEASE:
                    if held.get(claim.key) == claim.holder:
                        del held[claim.key]
                case ClaimKind.COUNT | ClaimKind.ROOM:
                    others = self._others(claim, counted)
                    if len(others) >= claim.limit:
                        raise ClaimRefusedError(claim.code, "", claim.title, self._leaves(claim, len(others)))
                    counted.append((claim.key, claim.holder))
                case ClaimKind.UNPAUSED:
                    if claim.key in self.paused:
                        raise ClaimRefusedError(claim.code, "", claim.title)
                case ClaimKind.STEADY:
                    last = max(self.rows[claim.key].values(), default=None)
                    long = len(self.rows[claim.key]) >= claim.limit
                    if long and last is not None and last > self.shelf.clock.now() - claim.window:
                        raise ClaimRefusedError(claim.code, "", claim.title, last + claim.window)
                case ClaimKind.FAIL | ClaimKind.MEND:
                    pass
        asked = {(claim.key, claim.holder) for claim in claims if claim.kind is ClaimKind.ROOM}
        return held, [one for one in counted if one not in asked]

    def _leaves(self, claim: Claim, others: int) -> At | None:
        """When there is room again: as many as are too many have left the window; never in one of years."""
        if claim.window > 365 * DAY:
            return None
        times = sorted(self.windows[claim.key].values())[others - claim.limit :]
        return At(times[0] + claim.window) if times else None

    def _keep_rows(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            if claim.kind is ClaimKind.FAIL:
                self.rows[claim.key].setdefault(claim.holder, self.shelf.clock.now())
            elif claim.kind is ClaimKind.MEND:
                self.rows.pop(claim.key, None)

    def _others(self, claim: Claim, counted: list[tuple[str, str]]) -> set[str]:
        since = self.shelf.clock.now() - claim.window
        inside = {holder for holder, at in self.windows[claim.key].items() if at > since}
        self.windows[claim.key] = {h: at for h, at in self.windows[claim.key].items() if h in inside}
        return (inside | {holder for key, holder in counted if key == claim.key}) - {claim.holder}

    def _write(self, incident: IncidentId, entries: Sequence[Entry], index: Index) -> None:
        kept = self.shelf.entries.setdefault(incident, [])
        if not kept:
            self.threads[index.workspace, index.channel, index.thread] = incident
        head = self.shelf.heads.get(incident, incident)
        for entry in entries:
            # What a real store could not give back whole must not pass here either.
            assert codec.entry_from(codec.entry_bytes(entry)) == entry
            kept.append(entry)
            head = hashlib.sha256(f"{head}{entry!r}".encode()).hexdigest()
            if isinstance(entry.event, PlanProposed):
                self.plans[entry.event.plan] = incident
        for place in codec.more_places(tuple(entries)):
            self.threads[place.workspace, place.channel, place.thread] = incident
        if codec.closes(tuple(entries)):
            self.closed.update(dict.fromkeys(index.fingerprints, incident))
        self.shelf.heads[incident] = head
        self.shelf.index[incident] = index

    async def load(self, incident: IncidentId) -> Loaded:
        """All entries."""
        self.shelf.check()
        if incident not in self.shelf.entries:
            raise UnknownIncidentError
        return Loaded(tuple(self.shelf.entries[incident]), self.shelf.heads[incident])

    async def confirmed(self, incident: IncidentId) -> bool:
        """What appends report, too."""
        self.shelf.check()
        del incident
        return self.shelf.durable

    async def lease(self, incident: IncidentId, seconds: int) -> Lease | None:
        """Take the lease where nobody holds it."""
        self.shelf.check()
        now = self.shelf.clock.now()
        _, until = self.leases.get(incident, (Fence(0), At(0)))
        if until > now:
            return None
        fence = Fence(self.fences.get(incident, 0) + 1)
        self.fences[incident] = fence
        self.leases[incident] = (fence, At(now + seconds * SECOND))
        return Lease(incident, fence)

    async def renew(self, lease: Lease, seconds: int) -> bool:
        """Hold the lease longer."""
        self.shelf.check()
        now = self.shelf.clock.now()
        fence, until = self.leases.get(lease.incident, (Fence(0), At(0)))
        if fence != lease.fence or until <= now:
            return False
        self.leases[lease.incident] = (fence, At(now + seconds * SECOND))
        return True

    async def release(self, lease: Lease) -> None:
        """Give the lease back."""
        self.shelf.check()
        if self.leases.get(lease.incident, (None, 0))[0] == lease.fence:
            del self.leases[lease.incident]

    async def due(self, now: At, limit: int) -> tuple[tuple[IncidentId, int], ...]:
        """Those whose time has come, earliest first."""
        self.shelf.check()
        times = sorted((i.due, name) for name, i in self.shelf.index.items() if i.due is not None)
        return tuple((name, len(self.shelf.entries[name])) for at, name in times if at <= now)[:limit]

    async def opened(self, limit: int = 100) -> tuple[IncidentId, ...]:
        """The open ones, newest first."""
        self.shelf.check()
        found = [(self.shelf.entries[name][0].at, name) for name, i in self.shelf.index.items() if i.open]
        return tuple(name for _, name in sorted(found, reverse=True))[:limit]

    async def by_thread(self, place: Place) -> IncidentId | None:
        """The newest of a thread."""
        self.shelf.check()
        return self.threads.get((place.workspace, place.channel, place.thread))

    async def by_fingerprint(self, fingerprint: str) -> IncidentId | None:
        """The one that holds a fingerprint."""
        self.shelf.check()
        holder = self.shelf.held.get(fingerprint_key(fingerprint))
        return IncidentId(holder) if holder else None

    async def last_closed(self, fingerprint: str) -> IncidentId | None:
        """The one that was closed last."""
        self.shelf.check()
        return self.closed.get(fingerprint)

    async def by_plan(self, plan: PlanId) -> IncidentId | None:
        """The one of a plan."""
        self.shelf.check()
        return self.plans.get(plan)

    async def attempt(self, incident: IncidentId, version: int) -> int:
        """Count an attempt."""
        self.shelf.check()
        self.attempts[incident, version] = self.attempts.get((incident, version), 0) + 1
        return self.attempts[incident, version]

    async def attempt_ended(self, incident: IncidentId, version: int) -> None:
        """Forget the attempts."""
        self.shelf.check()
        self.attempts.pop((incident, version), None)

    async def last_counted(self, key: str) -> At | None:
        """When something was last counted."""
        self.shelf.check()
        return max(self.windows[key].values(), default=None)

    async def count_duplicate(self, incident: IncidentId) -> int:
        """Count a further message of the same alert."""
        self.shelf.check()
        self.repeats[incident] = self.repeats.get(incident, 0) + 1
        return self.repeats[incident]

    async def duplicates(self, incident: IncidentId) -> int:
        """How many further messages came."""
        self.shelf.check()
        return self.repeats.get(incident, 0)

    async def refuse(self, refusal: Refusal) -> None:
        """Record a refusal unless the same one was recorded in the same minute."""
        self.shelf.check()
        if _minute(refusal) not in {_minute(earlier) for earlier in self.refused}:
            self.refused.append(refusal)

    async def refusals(self, limit: int = 100) -> tuple[Refusal, ...]:
        """The newest refusals, newest first."""
        self.shelf.check()
        return tuple(reversed(self.refused))[:limit]

    async def set_pause(self, pause: Pause) -> None:
        """Pause a scope."""
        self.shelf.check()
        self.paused[pause.scope] = pause

    async def lift_pause(self, scope: str, person: PersonId, reason: str, at: At) -> None:
        """Resume a scope."""
        self.shelf.check()
        del person, reason, at
        self.paused.pop(scope, None)

    async def pauses(self) -> tuple[Pause, ...]:
        """The pauses in force."""
        self.shelf.check()
        return tuple(self.paused[scope] for scope in sorted(self.paused))


def _minute(refusal: Refusal) -> tuple[str, str, str, int]:
    return refusal.person, refusal.plan, refusal.code, refusal.at // MINUTE
