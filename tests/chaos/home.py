"""A home for Greenlight whose service is the small target of this suite."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import yaml

from tests.chaos.target import Target

CHANNEL = "C0ALERTS"
WORKSPACE = "T0LOCAL"
ONCALL, SECOND, LEAD, COLLEAGUE = "U0ONCALL", "U0SECOND", "U0LEAD", "U0COLLEAGUE"
PEOPLE = {ONCALL: "olivia", SECOND: "otto", LEAD: "lena", COLLEAGUE: "carl"}
MANY = 1_000_000
QUOTE = "connection pool exhausted: timeout waiting for connection"


ACTIONS = ("restart", "increase_pool_size")


def lay_out(
    home: Path, target: Target, programs: Iterable[str] = (), actions: Iterable[str] = ACTIONS
) -> None:
    """Inventory and policy; each of `programs` becomes a service of its own with three targets."""
    runbooks = home / "runbooks"
    runbooks.mkdir(parents=True, mode=0o700)
    (home / "logs").mkdir()
    (home / "pids").mkdir()
    (home / "deploys.jsonl").write_text("")
    write_log(home)
    services = {"checkout": _checkout(home, target, list(actions))} | {
        name: _program(name, target) for name in programs
    }
    environments = {"production": {"production": True}}
    inventory = {"environments": environments, "services": services}
    (runbooks / "services.yaml").write_text(yaml.safe_dump(inventory, sort_keys=False))
    (runbooks / "policy.yaml").write_text(yaml.safe_dump(policy(), sort_keys=False))
    # this suite counts incidents: each alert has one of its own, and none stands in line
    alone = {"grouping": {"window_minutes": 0, "reopen_minutes": 0}, "investigations": {"at_once": 50}}
    (runbooks / "alerts.yaml").write_text(yaml.safe_dump(alone, sort_keys=False))


def write_log(home: Path, *more: str) -> None:
    """The service's log as it looks just now: pool time-outs of the last seconds, and these messages."""
    now = time.time()
    times = [QUOTE] * 40 + list(more)
    lines = [
        json.dumps({"ts": round(now - len(times) / 10 + n / 10, 3), "level": "error", "msg": message})
        for n, message in enumerate(times)
    ]
    fresh = home / "checkout.log.new"
    fresh.write_text("\n".join(lines) + "\n")
    fresh.replace(home / "checkout.log")


def _owned(title: str) -> dict[str, object]:
    return {
        "title": title,
        "environment": "production",
        "criticality": "normal",
        "oncall": "checkout-oncall",
        "lead": "shop-lead",
        "senior": "shop-lead",
        "symptom": "error_rate",
    }


def _checkout(home: Path, target: Target, actions: list[str]) -> dict[str, object]:
    normal = {"high": 0.02}
    process = {
        "executor": "supervisor",
        "rpc_url": f"{target.url}/RPC2",
        "program": "checkout",
        "config_path": str(target.config),
    }
    return {
        **_owned("Checkout"),
        "pace": {"settle_seconds": 0, "every_seconds": 1, "samples": 2, "needed": 2},
        "logs": [{"kind": "file", "path": str(home / "checkout.log")}],
        "changes": [{"kind": "deploy_log", "path": str(home / "deploys.jsonl")}],
        "metrics_source": {"kind": "prometheus", "url": target.url},
        "metrics": {
            "error_rate": {"query": "error_rate", "unit": "ratio", "normal": normal},
            "pool_in_use": {"query": "pool_in_use", "unit": "connections", "normal": {"high": 15}},
            "pool_size": {"query": "pool_size", "unit": "connections"},
        },
        "targets": {"process": process},
        "actions": actions,
    }


def _program(name: str, target: Target) -> dict[str, object]:
    places = {
        f"p{number}": {
            "executor": "supervisor",
            "rpc_url": f"{target.url}/RPC2",
            "program": f"{name}-p{number}",
        }
        for number in range(3)
    }
    return {
        **_owned(name),
        "pace": {"settle_seconds": 0, "every_seconds": 1, "samples": 1, "needed": 1},
        "metrics_source": {"kind": "prometheus", "url": target.url},
        "metrics": {"error_rate": {"query": "calm", "unit": "ratio", "normal": {"high": 0.02}}},
        "targets": places,
        "actions": ["restart"],
    }


def policy() -> dict[str, object]:
    """The people of this suite and their roles, with limits that no run meets."""
    low = {"approvals": 1, "roles": ["oncall"], "originator_may_approve": True, "window_minutes": 30}
    medium = {"approvals": 1, "roles": ["oncall", "lead"], "window_minutes": 30}
    high = {"approvals": 2, "roles": ["oncall", "lead", "senior"], "one_of": "senior", "window_minutes": 30}
    return {
        "workspaces": [WORKSPACE],
        "shared_channels_allowed": False,
        "people": {person: {"name": name} for person, name in PEOPLE.items()},
        "rosters": {
            "checkout-oncall": {"kind": "list", "members": [ONCALL, SECOND]},
            "shop-lead": {"kind": "list", "members": [LEAD]},
        },
        "tiers": {"low": low, "medium": medium, "high": high},
        "tripwires": [{"pattern": "fail.?over", "title": "fails over"}],
        "limits": {
            "per_target": MANY,
            "per_workspace": MANY,
            "executions_per_incident": MANY,
            "failures_in_a_row": MANY,
        },
    }
