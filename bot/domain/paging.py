"""Who is called when nobody answers: page targets, the rules that choose one, the incident commander."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.action import Tier
from bot.domain.ids import MINUTE, At, PersonId, ServiceName

NOBODY = "nobody"
"""The target of a page that the policy has no rule for: it is recorded that nobody was called."""


class PageKind(StrEnum):
    """How a page target is called."""

    WEBHOOK = "webhook"
    PAGERDUTY = "pagerduty"


@dataclass(frozen=True, slots=True)
class PageTarget:
    """Something that wakes people; `secret` refers to its URL or routing key as `env:NAME`."""

    name: str
    kind: PageKind
    secret: str
    url: str = ""
    """Where PagerDuty's Events API is, where not at its usual address."""


@dataclass(frozen=True, slots=True)
class PageRule:
    """Which target is called for which services and tiers; none named means all."""

    target: str
    services: tuple[ServiceName, ...] = ()
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Commander:
    """Who decides when plans are used up: a person, a Slack user group (mentioned) and a page target."""

    person: PersonId | None = None
    group: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """The policy's part on calling people; without rules nobody is called."""

    targets: tuple[PageTarget, ...] = ()
    rules: tuple[PageRule, ...] = ()
    commander: Commander | None = None
    no_cause_after: int = 30 * MINUTE
    """Milliseconds without a root cause after which an incident escalates."""

    def named(self, name: str) -> PageTarget | None:
        """The target of that name."""
        return next((target for target in self.targets if target.name == name), None)

    def target(self, service: ServiceName | None, tier: Tier | None) -> PageTarget | None:
        """The target of the first rule that fits; no tier fits every rule."""
        for rule in self.rules:
            fits = not rule.services or service in rule.services
            if fits and (tier is None or not rule.tiers or tier in rule.tiers):
                return self.named(rule.target)
        return None

    def cause_by(self, opened_at: At) -> At:
        """Until when a cause should be known."""
        return At(opened_at + self.no_cause_after)
