"""An agent proposes an edit of AGENTS.md: an incident of our own with one step, approved like any other.

Nothing here puts a text in force: that is the executor's, after an approval, by the digest of this very plan.
"""

import hashlib
from collections.abc import AsyncGenerator

from bot.domain.alert import Alert, AlertStatus
from bot.domain.apply import apply
from bot.domain.errors import ClaimRefusedError, PlanRefusedError, SourceUnavailableError
from bot.domain.events import Closing, Diagnosed, Entry, Escalated, Event, IncidentClosed, IncidentOpened
from bot.domain.finding import Confidence, Diagnosis, Option, ProposedStep, Verdict
from bot.domain.ids import ActionId, Fingerprint, IncidentId, PersonId, ServiceName, TargetId
from bot.domain.incident import OWN, Incident, Phase
from bot.flow.checked_plan import checked_plan
from bot.flow.conductor import Work, append, load
from bot.flow.drafts import Drafted, desk_of, observed, proposal
from bot.ports.ports import Ports
from bot.ports.team import MemoryWish

SERVICE = ServiceName("greenlight")
TARGET = TargetId("greenlight/memory")
ACTION = ActionId("edit_memory")
NOT_SET_UP = (
    "An edit of AGENTS.md was proposed, but services.yaml has no service greenlight with a target memory, "
    "so there is nobody who could approve it. Nothing was changed."
)
PROPOSED = "I proposed an edit of AGENTS.md: its card with the difference waits for an approval."
AGAIN = "This edit of AGENTS.md is proposed already."
ANOTHER = "Another edit of AGENTS.md that was proposed in this incident still waits for an approval."
ONCE = "An edit of AGENTS.md was decided in this incident before; another one needs a person who asks for it."


async def propose_edit(
    ports: Ports,
    asked_in: Incident,
    wish: MemoryWish,
    asker: PersonId | None = None,
    *,
    asked: bool = True,
) -> str:
    """Open an incident for one edit; the sentence for the person who talked with the agent.

    The asker, who may have put the agent up to it, is the plan's originator. Of one incident, at most one
    edit is open. Where nobody talked with the agent (`asked` is false), one is decided there, once.
    """
    if ports.content.inventory().owner_of(TARGET) is None:
        return NOT_SET_UP
    before = await _before(ports, asked_in, wish, asked=asked)
    if before is not None:
        return before
    try:
        incident, events = await _opening(ports, asked_in, wish, (asker,) if asker else ())
        await append(ports, None, incident, events)
    except ClaimRefusedError:
        return AGAIN
    except (PlanRefusedError, SourceUnavailableError) as refused:
        return f"The edit of AGENTS.md cannot be proposed: {refused.message}"
    return PROPOSED


async def _before(ports: Ports, asked_in: Incident, wish: MemoryWish, *, asked: bool) -> str | None:
    """Why an edit is not proposed now; the claim on the fingerprint holds where two come at once."""
    mine = _fingerprint(asked_in)
    waiting = await ports.incidents.by_fingerprint(mine)
    if waiting is not None:
        same = _text_of(await load(ports, waiting)) == _said(wish.after)
        return AGAIN if same else ANOTHER
    if not asked and await ports.incidents.last_closed(mine) is not None:
        return ONCE
    for name in await ports.incidents.opened():
        if name != asked_in.id and _text_of(await load(ports, name)) == _said(wish.after):
            return AGAIN
    return None


async def _opening(
    ports: Ports, asked_in: Incident, wish: MemoryWish, originators: tuple[PersonId, ...]
) -> tuple[IncidentId, tuple[Event, ...]]:
    service = ports.content.inventory().owner_of(TARGET)
    assert service is not None
    after = await ports.memory.keep(wish.after)
    seen = await observed(ports, service)
    name = IncidentId(ports.clock.new_id("inc"))
    alert = _alert(ports, asked_in, wish)
    opened = IncidentOpened(name, alert, asked_in.place, service.name)
    diagnosed = Diagnosed(_reason(asked_in, wish))
    begun = apply(
        apply(None, Entry(1, alert.started_at, None, opened)), Entry(2, alert.started_at, None, diagnosed)
    )
    step = ProposedStep(ACTION, TARGET, (("memory", after),))
    plan = await checked_plan(ports, begun, (step,), desk_of(ports, seen, originators))
    option = Option("Edit AGENTS.md", (step,), wish.reason)
    return name, (opened, diagnosed, proposal((Drafted(option, plan),)))


def _fingerprint(asked_in: Incident) -> Fingerprint:
    """Unique while open, so that one incident has one open edit."""
    return Fingerprint(f"memory:{hashlib.sha256(asked_in.id.encode()).hexdigest()[:32]}")


def _said(after: str) -> str:
    return hashlib.sha256(after.encode()).hexdigest()[:32]


def _text_of(incident: Incident) -> str | None:
    """Which text an edit proposes; nothing where the incident is none."""
    return incident.alert.named_labels().get("text") if incident.alert.source == OWN else None


def _alert(ports: Ports, asked_in: Incident, wish: MemoryWish) -> Alert:
    return Alert(
        source=OWN,
        status=AlertStatus.FIRING,
        severity=None,
        service=SERVICE,
        title=f"AGENTS.md: an edit proposed in {asked_in.id}",
        labels=(("incident", asked_in.id), ("text", _said(wish.after))),
        fingerprint=_fingerprint(asked_in),
        started_at=ports.clock.now(),
    )


def _reason(asked_in: Incident, wish: MemoryWish) -> Diagnosis:
    return Diagnosis(
        verdict=Verdict.CAUSE,
        cause=f"An agent proposes to remember something from {asked_in.id}: {wish.reason[:400]}",
        mode=None,
        confidence=Confidence.LOW,
        claims=(),
        team="an agent's proposal, unverified",
    )


async def settling(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """A rejected edit is over; one that did not land is a person's. No team is asked for another."""
    del work
    if incident.phase is Phase.REJECTED:
        yield IncidentClosed(Closing.NOISE, None, "The edit was rejected; AGENTS.md stays as it is.")
    else:
        yield Escalated("The edit of AGENTS.md ran, but the text in force is not the approved one.")
