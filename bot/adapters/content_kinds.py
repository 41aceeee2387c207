"""The kinds of sources and executors that an inventory may name, and the settings that each takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.adapters.pointers import place_mistake

OBSERVED = "observed."
"""Settings with this prefix are the fixed state of a simulated target."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The settings of one kind: those it cannot do without, and those it also knows."""

    needed: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    """What settings with names of the user's choice begin with."""


LOOK = "look."
"""`look.version: /api/app#/status/version` is a field that is observed over HTTP."""

WEB = frozenset({"token", "username", "password", "tenant", "ca_file", "timeout_seconds"})
"""What every source over HTTP takes beside its `url`."""
ANY_LOG = frozenset({"level", "pattern", "max_bytes"})
"""What every log source takes: the quietest level, an RE2 pattern, the cap in bytes."""

KUBERNETES = frozenset({"kubeconfig", "namespace", "name"})
"""What names a workload: a file (or `in-cluster`) with the credential to look with, and where it is."""
ALSO_KUBERNETES = frozenset({"workload", "context", "container"})

LOGS: Mapping[str, Kind] = {
    "file": Kind(frozenset({"path"}), ANY_LOG),
    "journald": Kind(frozenset({"unit"}), ANY_LOG | {"journalctl", "directory"}),
    "loki": Kind(frozenset({"url", "selector"}), ANY_LOG | WEB | {"page"}),
    "elasticsearch": Kind(
        frozenset({"url", "index"}),
        ANY_LOG
        | WEB
        | {"api_key", "query", "time_field", "message_field", "level_field", "tiebreak", "page"},
    ),
    "kubernetes": Kind(KUBERNETES, ALSO_KUBERNETES | ANY_LOG),
}
CHANGES: Mapping[str, Kind] = {
    "deploy_log": Kind(frozenset({"path"})),
    "github_deployments": Kind(frozenset({"repository"}), frozenset({"url", "environment"}) | WEB),
    "github_commits": Kind(frozenset({"repository"}), frozenset({"url", "branch", "path"}) | WEB),
    "argocd": Kind(frozenset({"url", "application"}), WEB),
    "deploy_channel": Kind(frozenset({"channel"}), frozenset({"pattern"})),
    "kubernetes": Kind(KUBERNETES, ALSO_KUBERNETES),
}
METRICS: Mapping[str, Kind] = {
    "memory": Kind(),
    "prometheus": Kind(frozenset({"url"}), WEB),
    "scrape": Kind(frozenset({"url"}), WEB | {"every_seconds"}),
}
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
        frozenset({"runner", "token", "write_token", "ca_file", "identity"}),
        prefixes=("procedure.", LOOK, "name."),
    ),
    "kubernetes": Kind(
        KUBERNETES,
        ALSO_KUBERNETES
        | {"write_kubeconfig", "write_context", "rehearse_kubeconfig", "rehearse_context"}
        | {"env", "min_replicas", "max_replicas"},
    ),
    "memory": Kind(),
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
    "config.set_and_restart": _on("supervisor", "config_path", "program", settings=frozenset({"key"})),
    "release.switch": _on("supervisor", "current_path", "releases_path"),
    "systemd.restart": _on("systemd", "unit"),
    "systemd.start": _on("systemd", "unit"),
    "systemd.stop": _on("systemd", "unit"),
    "http.call": How(frozenset({"http"}), needs=frozenset({"url"}), block="http"),
    "command.run": How(frozenset({"command"}), block="command"),
    "procedure.run": How(frozenset({"http", "command"}), settings=frozenset({"procedure"})),
    "kubernetes.restart": _on("kubernetes"),
    "kubernetes.scale": _on("kubernetes"),
    "kubernetes.rollout_undo": _on("kubernetes"),
    "kubernetes.set_image": _on("kubernetes"),
    "kubernetes.set_env": _on("kubernetes", "env", settings=frozenset({"env"})),
    "kubernetes.set_limit": _on("kubernetes", settings=frozenset({"resource"})),
    "memory.edit": _on("memory"),
    "simulate": How(),
}
"""Everything that an action may be; the one place where these words are listed."""

PROCEDURE = "procedure."
"""`procedure.restart` of a target: the job, workflow or program that does what `restart` means there."""


def reachable(how: str, settings: Mapping[str, str], executor: str, target: Mapping[str, str]) -> bool:
    """Whether a target of this executor, with these settings, can have this done to it."""
    if executor == "simulator" or executor not in EXECUTORS:
        return True
    if how == "procedure.run" and executor == "http" and f"runner.{target.get('runner')}" not in settings:
        return False
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
    if LOOK in kind.prefixes:
        places = {key: value for key, value in settings.items() if key.startswith(LOOK) or key == "identity"}
        wrong = [f"{key}: {what}" for key, value in places.items() if (what := place_mistake(value))]
        missing += wrong
    return missing + [f"{key}: is not a known setting of {name}" for key in unknown]
