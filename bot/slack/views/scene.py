"""What a card is, and all that it needs beside the incident."""

from dataclasses import dataclass, field

from bot.domain.chart import Chart
from bot.domain.ids import At, PersonId
from bot.ports.cards import Progress
from bot.slack.views.blocks import Block
from bot.slack.views.text import NAME, either, esc_fit, mention, short


@dataclass(frozen=True, slots=True)
class Message:
    """A message: the text that notifications and screen readers use, and its blocks."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Growing:
    """A text that is still being written, for whom, as far as it may be shown."""

    person: PersonId
    text: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A text file: its name, its title and what stands in it."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One message of an incident's thread; `state` changes where people must see the change at once."""

    name: str
    message: Message
    broadcast: bool = False
    state: str = ""
    grows: Growing | None = None
    upload: Upload | None = None
    """It is posted once as a file; where Slack takes none, as a message."""
    channel: str = ""
    """Where it goes instead of the incident's thread."""
    tell: tuple[PersonId, ...] = ()
    """Who is told directly where the channel takes no messages any more."""
    picture: Chart | None = None
    """Drawn and uploaded before the card is sent; without it, the blocks stand as they are."""


@dataclass(frozen=True, slots=True)
class GateScene:
    """What policy and catalogue say of the current plan now.

    `editable` are the steps (from 0) with bounded parameters, `page` is the page target's name (empty for
    nobody, nothing where it is not known), `commander` mentions the incident commander, `frozen` says why
    nothing may be changed, `full` the limit for which no approval counts and `full_until` until when,
    `one_of` the role that one approval must still come from, `stale` names files that changed
    since: name, hash then, hash now.
    """

    editable: tuple[int, ...] = ()
    page: str | None = None
    commander: str = ""
    frozen: str = ""
    one_of: str = ""
    full: str = ""
    full_until: At | None = None
    stale: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """The world around an incident when its cards are drawn.

    `approvers` may approve the current plan next, `eligible` one of its risk at all, `oncall` has the
    service now, `names` are the policy's names of people, `head` is the hex head of the audit chain,
    `paused` names a wider pause in force, `roster_note` says why the approvers are not known, `team_note`
    what the team is.
    """

    now: At
    duplicates: int = 0
    progress: Progress | None = None
    approvers: tuple[PersonId, ...] = ()
    eligible: tuple[PersonId, ...] = ()
    oncall: tuple[PersonId, ...] = ()
    names: tuple[tuple[PersonId, str], ...] = ()
    head: str = ""
    paused: str | None = None
    roster_note: str = ""
    team_note: str = ""
    chart: Chart | None = None
    gate: GateScene = field(default_factory=GateScene)

    def name(self, person: PersonId) -> str:
        """A person's name as the policy knows it, else the id."""
        return short(dict(self.names).get(person, person), NAME)

    def named(self, text: str) -> str:
        """A text of the record with people by name instead of by id."""
        for person, name in self.names:
            text = text.replace(person, short(name, NAME)) if person in text else text
        return text

    def people(self, people: tuple[PersonId, ...], most: int) -> str:
        """Several people for mrkdwn, by name where one is known, so that nobody is paged by it."""
        known = dict(self.names)
        return either([esc_fit(known[p], NAME) if p in known else mention(p) for p in people], most)
