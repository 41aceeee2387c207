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
    prefixes: tuple[str, ...] = ()
    """What settings with names of the user's choice begin with."""


LOGS: Mapping[str, Kind] = {"file": Kind(frozenset({"path"}))}
CHANGES: Mapping[str, Kind] = {"deploy_log": Kind(frozenset({"path"}))}
METRICS: Mapping[str, Kind] = {"prometheus": Kind(frozenset({"url"}), frozenset({"token"}))}
EXECUTORS: Mapping[str, Kind] = {
    "supervisor": Kind(
        frozenset({"rpc_url", "program"}),
        frozenset({"username", "password", "config_path", "current_path", "releases_path", "deploy_log"}),
    ),
    "systemd": Kind(frozenset({"unit"}), frozenset({"systemctl", "scope"})),
    "command": Kind(
        known=frozenset({"observe_program", "probe_program", "directory"}), prefixes=("procedure.",)
    ),
    "http": Kind(
        frozenset({"url"}),
        frozenset({"runner", "token", "write_token", "ca_file"}),
        prefixes=("procedure.", "look.", "field."),
    ),
    "simulator": Kind(),
}


@dataclass(frozen=True, slots=True)
class How:
    """What an action does: which executors can, and what it needs of itself and of the target."""

    executors: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    """Settings that the action must have."""
    needs: frozenset[str] = frozenset()
    """Settings that a target must have."""
    block: str = ""
    """The block of the action that says how it is done."""


def _on(executor: str, *needs: str, settings: frozenset[str] = frozenset()) -> How:
    return How(frozenset({executor}), settings, frozenset(needs))


HOWS: Mapping[str, How] = {
    "supervisor.restart": _on("supervisor", "program"),
    "config.set": _on("supervisor", "config_path", settings=frozenset({"key"})),
    "release.switch": _on("supervisor", "current_path", "releases_path"),
    "systemd.restart": _on("systemd", "unit"),
    "systemd.start": _on("systemd", "unit"),
    "systemd.stop": _on("systemd", "unit"),
    "http.call": How(frozenset({"http"}), needs=frozenset({"url"}), block="http"),
    "command.run": How(frozenset({"command"}), block="command"),
    "procedure.run": How(frozenset({"http", "command"}), settings=frozenset({"procedure"})),
    "simulate": How(),
}
"""Everything that an action may be; the one place where these words are listed."""

PROCEDURE = "procedure."
"""`procedure.restart` of a target: the job, workflow or program that does what `restart` means there."""


def reachable(how: str, settings: Mapping[str, str], executor: str, target: Mapping[str, str]) -> bool:
    """Whether a target of this executor, with these settings, can have this done to it."""
    if executor == "simulator" or executor not in EXECUTORS:
        return True
    return executor_can(how, executor) and needed(how, settings) <= target.keys()


def executor_can(how: str, executor: str) -> bool:
    """Whether an executor knows how; what is simulated touches nothing, so any target will do."""
    known = HOWS.get(how, How())
    return how == "simulate" or executor in known.executors


def needed(how: str, settings: Mapping[str, str]) -> frozenset[str]:
    """The settings that a target must have for an action with these settings."""
    named = frozenset({PROCEDURE + settings["procedure"]}) if "procedure" in settings else frozenset[str]()
    return HOWS.get(how, How()).needs | named


def mistakes(kind: Kind, name: str, settings: Mapping[str, str]) -> list[str]:
    """What is wrong with the settings of a source or a target, each as key and what was expected."""
    missing = [f"{key}: is missing; {name} needs it" for key in sorted(kind.needed - set(settings))]
    given = {key for key in settings if not key.startswith((OBSERVED, *kind.prefixes))}
    unknown = sorted(given - kind.needed - kind.known)
    return missing + [f"{key}: is not a known setting of {name}" for key in unknown]
