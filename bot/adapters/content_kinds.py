"""The kinds of sources and executors that an inventory may name, and the settings that each takes."""

from collections.abc import Mapping
from dataclasses import dataclass

OBSERVED = "observed."
"""Settings with this prefix are the fixed state of a simulated target."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The settings of one kind: those it cannot do without, and those it also knows."""

    needed: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


LOGS: Mapping[str, Kind] = {"file": Kind(frozenset({"path"}))}
CHANGES: Mapping[str, Kind] = {"deploy_log": Kind(frozenset({"path"}))}
METRICS: Mapping[str, Kind] = {"prometheus": Kind(frozenset({"url"}), frozenset({"token"}))}
EXECUTORS: Mapping[str, Kind] = {
    "supervisor": Kind(
        frozenset({"rpc_url", "program"}),
        frozenset({"username", "password", "config_path", "current_path", "releases_path", "deploy_log"}),
    ),
    "simulator": Kind(),
}
REACH: Mapping[str, frozenset[str]] = {
    "supervisor.restart": frozenset({"program"}),
    "config.set": frozenset({"config_path"}),
    "release.switch": frozenset({"current_path", "releases_path"}),
}
"""What the settings of a target must hold so that an executor can do this to it."""


def mistakes(kind: Kind, name: str, settings: Mapping[str, str]) -> list[str]:
    """What is wrong with the settings of a source or a target, each as key and what was expected."""
    missing = [f"{key}: is missing; {name} needs it" for key in sorted(kind.needed - set(settings))]
    given = {key for key in settings if not key.startswith(OBSERVED)}
    unknown = sorted(given - kind.needed - kind.known)
    return missing + [f"{key}: is not a known setting of {name}" for key in unknown]
