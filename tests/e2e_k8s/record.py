"""`python -m tests.e2e_k8s.record`: ask the real server everything once, and keep what it answered for CI."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bot.adapters.kubernetes_eyes import observed
from tests.e2e_k8s.hop import Hop, hopping, slim
from tests.e2e_k8s.plane import ROOT
from tests.e2e_k8s.rig import Rig, rigged, until
from tests.fakes.kubernetes_scenarios import SCENARIOS, Stand, now_ms

FOLDER = ROOT / "tests" / "data" / "kubernetes"
Prepare = Callable[[Rig, Hop], Awaitable[None]]


async def _crash_loop(rig: Rig, _: Hop) -> None:
    await rig.deployed("v43")
    await until(lambda: observed(rig.target()), lambda one: "waiting" in one and int(one["restarts"]) >= 1)


async def _back(rig: Rig, _: Hop) -> None:
    await rig.deployed("v41")
    await rig.settled()


async def _other_tag(rig: Rig, _: Hop) -> None:
    await rig.deployed("v44")
    await rig.settled()


async def _requests(rig: Rig, _: Hop) -> None:
    wanted = {"containers": [{"name": "app", "resources": {"requests": {"memory": "200Mi"}}}]}
    await rig.changed({"spec": {"template": {"spec": wanted}}})
    await rig.settled()


async def _changed_set(rig: Rig, _: Hop) -> None:
    wanted = {"containers": [{"name": "app", "env": [{"name": "POOL_SIZE", "value": "9"}]}]}
    await rig.changed({"spec": {"template": {"spec": wanted}}}, "carts", "statefulsets")
    await rig.settled("carts", "statefulsets")


async def _meddle(rig: Rig, hop: Hop) -> None:
    async def meddle() -> None:
        changed = {"metadata": {"annotations": {"changed": str(time.time())}}}
        await rig.changed({"spec": {"template": changed}})

    hop.before_write = meddle


async def _meddle_beside(rig: Rig, hop: Hop) -> None:
    async def meddle() -> None:
        await rig.changed({"metadata": {"annotations": {"note": str(time.time())}}})

    hop.before_write = meddle


PREPARE: Mapping[str, Prepare] = {
    "logs": _crash_loop,
    "restart": _back,
    "set-limit-invalid": _requests,
    "set-tag": _other_tag,
    "rollout-undo": _other_tag,
    "rollout-undo-statefulset": _changed_set,
    "changed-in-between": _meddle,
    "status-changed-in-between": _meddle_beside,
}
ACCOUNT: Mapping[str, str] = {"forbidden": "only-scale", "identity": "greenlight-think"}


async def _record(folder: Path) -> None:
    async with rigged(folder) as rig:
        for name, scenario in SCENARIOS.items():
            async with hopping(rig.plane) as hop:
                if name in PREPARE:
                    await PREPARE[name](rig, hop)
                token = folder / f"{ACCOUNT.get(name, 'greenlight-act')}.token"
                if name == "forbidden":
                    # It may look with one credential; to write it has the one for scaling alone.
                    hop.write_token = token.read_text()
                    token = folder / "greenlight-act.token"
                stand = Stand(str(hop.config(folder, name, token)), now_ms(), rig.catalogue, f"{name}:0")
                result = await scenario(stand)
                exchanges = hop.exchanges if name == "changes" else slim(hop.exchanges)
                kept = {"now": stand.now, "result": result, "exchanges": exchanges}
                text = json.dumps(kept, indent=1, sort_keys=True)
                (FOLDER / f"{name}.json").write_text(f"{text}\n")
                print(f"{name}: {len(exchanges)} exchanges: {result!r:.300}")


def main() -> int:
    """Record everything anew."""
    with tempfile.TemporaryDirectory(prefix="gl-k8s-") as folder:
        asyncio.run(_record(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
