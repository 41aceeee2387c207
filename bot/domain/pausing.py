"""What a pause covers (rule 14): everything, or one environment."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from bot.domain.ids import EnvironmentId

EVERYTHING = "all"
ENVIRONMENT = "environment:"


class Scoped(Protocol):
    """Something with a scope, as a pause has."""

    @property
    def scope(self) -> str:
        """`all` or `environment:<id>`."""
        ...


P = TypeVar("P", bound=Scoped)


def scopes(*environments: EnvironmentId) -> tuple[str, ...]:
    """The scopes of the pauses that hold in any of these environments."""
    return (EVERYTHING, *(f"{ENVIRONMENT}{name}" for name in environments))


def covers(scope: str, environments: Iterable[EnvironmentId]) -> bool:
    """Whether a pause of this scope holds in any of these environments."""
    return scope in scopes(*environments)


def in_force(pauses: Iterable[P], *environments: EnvironmentId) -> P | None:
    """The first pause that holds in any of these environments; nothing where none does."""
    return next((pause for pause in pauses if covers(pause.scope, environments)), None)
