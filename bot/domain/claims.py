"""What must hold across incidents: derived from the events, checked by the store in the same append."""

from dataclasses import dataclass

from bot.domain.claim import Claim, ClaimKind
from bot.domain.due import wake_at
from bot.domain.events import (
    Event,
    IncidentClosed,
    IncidentOpened,
    OutcomeRecorded,
    Probed,
    StepFinished,
    StepNotRun,
    StepStarted,
)
from bot.domain.ids import At
from bot.domain.incident import OWN, Incident, Phase
from bot.domain.limits import limit_claims
from bot.domain.pausing import scopes
from bot.domain.policy import Limits
from bot.domain.teamwork import AlertJoined, Reopened, UndoAsked


def fingerprint_key(fingerprint: str) -> str:
    """The claim that at most one open incident holds."""
    return f"fingerprint:{fingerprint}"


def target_key(target: str) -> str:
    """The claim that at most one running or doubtful step holds."""
    return f"target:{target}"


def claims_of(incident: Incident | None, events: tuple[Event, ...], limits: Limits) -> tuple[Claim, ...]:
    """The claims that these events make, given the incident before them."""
    return tuple(
        claim
        for event in events
        for claim in (*_claims(incident, event), *(limit_claims(incident, event, limits) if incident else ()))
    )


def _claims(incident: Incident | None, event: Event) -> tuple[Claim, ...]:
    match event:
        case IncidentOpened(opened, alert):
            key = fingerprint_key(alert.fingerprint)
            return (Claim(ClaimKind.TAKE, key, opened, code="DUPLICATE"),)
        case Reopened(alert) | AlertJoined(alert) if incident is not None:
            key = fingerprint_key(alert.fingerprint)
            return (Claim(ClaimKind.TAKE, key, incident.id, code="DUPLICATE"),)
        case UndoAsked() if incident is not None and not incident.is_open:
            keys = map(fingerprint_key, incident.fingerprints)
            return tuple(Claim(ClaimKind.TAKE, key, incident.id, code="DUPLICATE") for key in keys)
        case IncidentClosed() if incident is not None:
            keys = map(fingerprint_key, incident.fingerprints)
            return tuple(Claim(ClaimKind.RELEASE, key, incident.id) for key in keys)
        case StepStarted(target=target) if incident is not None:
            locked = Claim(ClaimKind.TAKE, target_key(target), incident.id, code="TARGET_LOCKED")
            return (*_unpaused(incident), locked)
        case StepFinished(_, step) | StepNotRun(_, step) | OutcomeRecorded(_, step) if incident is not None:
            return _released(incident, step)
        case Probed(_, step, applied, _) if incident is not None and applied is not None:
            return _released(incident, step)
        case _:
            return ()


def _unpaused(incident: Incident) -> tuple[Claim, ...]:
    """A pause and the start of a step meet in the store: the second knows of the first (rule 14)."""
    state = incident.current
    places = scopes(state.plan.environment) if state is not None else ()
    return tuple(
        Claim(ClaimKind.UNPAUSED, scope, incident.id, code="PAUSED", title=f"{scope} was paused")
        for scope in places
    )


def _released(incident: Incident, step: int) -> tuple[Claim, ...]:
    state = incident.current
    if state is None or step >= len(state.steps):
        return ()
    target = state.steps[step].step.target
    return (Claim(ClaimKind.RELEASE, target_key(target), incident.id),)


@dataclass(frozen=True, slots=True)
class Index:
    """What the store keeps beside the events so that incidents can be found; can be rebuilt from them."""

    phase: Phase
    due: At | None
    open: bool
    workspace: str
    channel: str
    thread: str
    fingerprints: tuple[str, ...]


def index_of(incident: Incident) -> Index:
    """The index entry of an incident."""
    return Index(
        phase=incident.phase,
        due=wake_at(incident),
        open=incident.is_open,
        workspace=incident.place.workspace,
        channel=incident.place.channel,
        # an incident of our own stands in the thread of another, which goes on being the one that is asked
        thread="" if incident.alert.source == OWN else incident.place.thread,
        fingerprints=incident.fingerprints,
    )
