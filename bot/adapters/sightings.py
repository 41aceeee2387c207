"""How a look becomes evidence: redacted when it is made, hashed over what was kept, failed looks included."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change, Evidence, EvidenceKind, Fact, LogPattern, Sighting
from bot.domain.ids import EvidenceId
from bot.ports.world import Clock, Window

MAX_SUMMARY = 200
MAX_TEXT = 60_000

Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at."""

    kind: EvidenceKind
    source: str
    query: str
    window: Window


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: the text that quotes are checked against, one line, and the facts."""

    text: str
    summary: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Sightings:
    """Makes sightings; nothing leaves the eyes but through here."""

    clock: Clock
    redact: Redact

    def made(self, look: Look, seen: Seen, *, failed: bool = False) -> Sighting:
        """The sighting of what was seen."""
        text = self.redact(seen.text)
        if len(text) > MAX_TEXT:
            text = f"{text[:MAX_TEXT]}\n({len(text) - MAX_TEXT} more characters were cut)"
        evidence = Evidence(
            id=EvidenceId(self.clock.new_id("ev")),
            kind=look.kind,
            source=look.source,
            query=self.redact(look.query),
            start=look.window.start,
            end=look.window.end,
            sha256=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
            summary=_cut(" ".join(self.redact(seen.summary).split())),
            failed=failed,
        )
        return Sighting(evidence, text, tuple(self._clean(fact) for fact in seen.facts))

    def failed(self, look: Look, error: SourceUnavailableError) -> Sighting:
        """The sighting of a look that did not succeed, with the reason as its text."""
        return self.made(look, Seen(error.message, error.message), failed=True)

    def clean_change(self, change: Change) -> Change:
        """A change without secrets."""
        return replace(
            change,
            who=self.redact(change.who),
            what=self.redact(change.what),
            before=self.redact(change.before),
            after=self.redact(change.after),
            note=self.redact(change.note),
        )

    def _clean(self, fact: Fact) -> Fact:
        if isinstance(fact, LogPattern):
            return replace(fact, template=self.redact(fact.template), example=self.redact(fact.example))
        return self.clean_change(fact) if isinstance(fact, Change) else fact


def _cut(summary: str) -> str:
    """At most so long, cut between two statements or words, and said to be cut."""
    if len(summary) <= MAX_SUMMARY:
        return summary
    head = summary[: MAX_SUMMARY - 2]
    end = max(head.rfind("; "), head.rfind(" ") if "; " not in head else -1)
    return f"{head[:end] if end > 0 else head} …"
