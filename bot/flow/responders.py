"""Who may steer by hand: an active human of ours whom the policy lists."""

from bot.domain.decision import Person
from bot.domain.ids import PersonId
from bot.domain.policy import Policy
from bot.ports.ports import Ports

NOT_A_RESPONDER = (
    "Only a responder listed in the policy may do that. Nothing was changed. "
    "Ask one of those on call (/greenlight oncall), or have your Slack id listed under people in policy.yaml."
)
NO_SUCH_INCIDENT = "There is no such incident. Nothing was changed."


async def is_responder(ports: Ports, person: PersonId) -> bool:
    """Whether the policy knows this person and Slack says that it is an active human of ours."""
    who = await ports.people.person(person)
    return who is not None and _counts(ports.content.policy(), who)


async def may_stop(ports: Ports, person: PersonId) -> bool:
    """Whether this person may stop things: a responder, also while Slack does not say who people are.

    Going on needs to be sure of somebody; stopping needs no more than that the policy lists who asks.
    """
    policy, who = ports.content.policy(), await ports.people.person(person)
    return policy.person(person) is not None if who is None else _counts(policy, who)


def _counts(policy: Policy, who: Person) -> bool:
    if who.is_bot or who.guest or who.external or not who.active:
        return False
    return policy.person(who.id) is not None and who.team in policy.workspaces
