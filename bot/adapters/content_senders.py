"""`senders.yaml`: senders of alerts by rules, without code; optional."""

from typing import Annotated

from pydantic import AfterValidator, Field, Strict

from bot.adapters.content_doors import Door, Flag, Name, Pattern, parsed
from bot.adapters.patterns import finder
from bot.adapters.yaml_door import Document
from bot.ports.senders import PLACES, Pick, SenderRule

MAX_SENDERS = 50
FIELD = "field:"


def _place(text: str) -> str:
    if text in PLACES or (text.startswith(FIELD) and len(text) > len(FIELD)):
        return text
    raise ValueError(f"expected one of {', '.join(sorted(PLACES))} or field:NAME")


Place = Annotated[str, Strict(), Field(max_length=100), AfterValidator(_place)]


class PickDoor(Door):
    """Where to look, and the pattern whose first group is taken."""

    at: Place = Field(alias="in")
    pattern: Pattern


Picks = Annotated[tuple[PickDoor, ...], Field(max_length=20)]


class SenderDoor(Door):
    """One sender."""

    captured: Flag = True
    match: Annotated[tuple[PickDoor, ...], Field(min_length=1, max_length=20)]
    title: Annotated[tuple[PickDoor, ...], Field(min_length=1, max_length=20)]
    resolved: Annotated[tuple[PickDoor, ...], Field(min_length=1, max_length=20)]
    acknowledged: Picks = ()
    severity: Picks = ()
    service: Picks = ()
    identity: Picks = ()
    summary: Picks = ()


class SendersDoor(Door):
    """The whole file; earlier senders are asked first."""

    senders: dict[Name, SenderDoor] = Field(default_factory=dict, max_length=MAX_SENDERS)


def sender_rules(document: Document, problems: list[str]) -> tuple[SenderRule, ...]:
    """The rules in the order of the file; what is wrong is added to the problems."""
    door = parsed(SendersDoor, document, problems)
    if door is None:
        return ()
    return tuple(_rule(name, sender) for name, sender in door.senders.items())


def _rule(name: str, door: SenderDoor) -> SenderRule:
    return SenderRule(
        name=name,
        match=_picks(door.match),
        title=_picks(door.title),
        resolved=_picks(door.resolved),
        acknowledged=_picks(door.acknowledged),
        severity=_picks(door.severity),
        service=_picks(door.service),
        identity=_picks(door.identity),
        summary=_picks(door.summary),
        captured=door.captured,
    )


def _picks(doors: tuple[PickDoor, ...]) -> tuple[Pick, ...]:
    return tuple(Pick(door.at, finder(door.pattern)) for door in doors)
