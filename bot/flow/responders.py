"""Who may steer by hand: an active human of ours whom the policy lists."""

from bot.domain.ids import PersonId
from bot.ports.ports import Ports

NOT_A_RESPONDER = "Only a responder listed in the policy may do that. Nothing was changed."
NO_SUCH_INCIDENT = "There is no such incident. Nothing was changed."


async def is_responder(ports: Ports, person: PersonId) -> bool:
    """Whether the policy knows this person and Slack says that it is an active human of ours."""
    policy = ports.content.policy()
    who = await ports.people.person(person)
    if who is None or who.is_bot or who.guest or who.external or not who.active:
        return False
    return policy.person(person) is not None and who.team in policy.workspaces
