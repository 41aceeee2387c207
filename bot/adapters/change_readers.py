"""The closed table of what can tell of changes, by the kind that the inventory names."""

from collections.abc import Mapping

from bot.adapters.argocd import read_argocd
from bot.adapters.change_reading import ChangeReader
from bot.adapters.deploy_log import read_deploy_log
from bot.adapters.github import read_commits, read_deployments
from bot.adapters.kubernetes_changes import read_rollouts

CHANGE_READERS: Mapping[str, ChangeReader] = {
    "deploy_log": read_deploy_log,
    "kubernetes": read_rollouts,
    "github_deployments": read_deployments,
    "github_commits": read_commits,
    "argocd": read_argocd,
}
