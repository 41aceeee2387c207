"""The adapter against the real server: what each action does, what is refused, what the roles allow."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx2

from bot.adapters.change_reading import ChangeAsk
from bot.adapters.kubernetes_changes import read_rollouts
from bot.adapters.kubernetes_eyes import identity, observed
from bot.adapters.kubernetes_hands import perform
from bot.adapters.kubernetes_logs import read_pod_logs
from bot.adapters.kubernetes_rehearsal import probe, rehearse
from bot.adapters.log_reading import LogAsk
from bot.adapters.tasks import Task
from bot.domain.action import Value
from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source, Target
from bot.ports.world import Window
from tests.e2e_k8s.hop import hopping
from tests.e2e_k8s.rig import Rig, service, until
from tests.e2e_k8s.road import (
    bad_rollout,
    changed_after_the_card,
    elsewhere,
    server_dry_run_on_the_card,
    server_would_do_more,
)
from tests.e2e_k8s.roles import a_refusal_is_a_definite_failure, roles_are_enough_and_no_more

UNDO = "only-rollout-undo"
Case = Callable[[Rig], Awaitable[str]]


async def _done(rig: Rig, task: Task) -> str:
    """Rehearse as think and as act, which must agree; perform; probe before and after; perform again."""
    thinking = replace(task.target, settings=_without_write(task.target))
    alone = await rehearse(replace(task, target=thinking))
    asked = await rehearse(task)
    assert asked.difference, asked
    assert alone == asked, (alone, asked)
    assert (await probe(task))[0] is False
    done = await perform(task)
    assert done.ok, done.detail
    assert "complete" in done.detail, done.detail
    assert (await probe(task))[0] is True
    generation = (await rig.raw(*_place(task)))["metadata"]["generation"]
    if task.action.how != "kubernetes.scale":
        again = await perform(task)
        assert "already" in again.detail, again
        assert (await rig.raw(*_place(task)))["metadata"]["generation"] == generation
    return "; ".join(asked.difference)


def _place(task: Task) -> tuple[str, str]:
    return task.target.setting("name"), f"{task.target.setting('workload').lower()}s"


def _without_write(target: Target) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in target.settings if name != "write_kubeconfig")


def each_action(action: str, value: Value | None, write: str, kind: str = "Deployment") -> Case:
    """One action under the role that is shipped for it alone."""

    async def case(rig: Rig) -> str:
        name = {"Deployment": "checkout", "StatefulSet": "carts"}[kind]
        target = rig.target(name, write, kind)
        wanted = value
        if value == "previous":
            if kind == "Deployment":
                await rig.deployed("v44")
            await rig.settled(name, f"{kind.lower()}s")
            wanted = (await observed(target))["previous_release"]
        return await _done(rig, await rig.task(action, wanted, target))

    return case


async def tag(rig: Rig) -> str:
    """The image of another revision with the settings of now."""
    await rig.deployed("v44")
    await rig.settled()
    return await _done(rig, await rig.task("k8s_set_tag", "v41", rig.target(write="only-set-image")))


async def bounds(rig: Rig) -> str:
    """Scaling beyond the target's own bounds, or to nothing where that is not said."""
    many = await rig.task("k8s_scale", 9, rig.target(max_replicas="4"))
    none = await rig.task("k8s_take_out_of_service", 0)
    for task in (many, none):
        done, foretold = await perform(task), await rehearse(task)
        assert not done.ok
        assert "replicas, not" in done.detail
        assert "replicas, not" in foretold.refused
    return done.detail


async def drift_after_approval(rig: Rig) -> str:
    """Somebody changes the template between the approval and the write."""
    task = await rig.task("k8s_restart")
    await rig.changed({"spec": {"template": {"metadata": {"annotations": {"changed": str(time.time())}}}}})
    return await _drifts(task, "template was")


async def another_object(rig: Rig) -> str:
    """The workload is deleted and made again under its name: the uid tells."""
    task = await rig.task("k8s_restart")
    step = replace(task.step, preconditions=(("uid", "0b5e6f0e-0000-4000-8000-000000000000"),))
    return await _drifts(replace(task, step=step), "uid was")


async def _drifts(task: Task, text: str) -> str:
    try:
        done = await perform(task)
    except ExecutorRefusedError as error:
        refused = error
    else:
        raise AssertionError(done)
    assert refused.code == "DRIFT"
    assert text in refused.message, refused.message
    return f"DRIFT: {refused.message}"


async def race(rig: Rig) -> str:
    """Somebody changes the template after the last look and before the write: 409, looked at again, DRIFT."""
    async with hopping(rig.plane) as hop:
        config = hop.config(rig.folder, "race", rig.folder / "greenlight-act.token")
        task = await rig.task("k8s_restart", None, rig.target(write_kubeconfig=str(config)))

        async def meddle() -> None:
            await rig.changed(
                {"spec": {"template": {"metadata": {"annotations": {"changed": str(time.time())}}}}}
            )

        hop.before_write = meddle
        told = await _drifts(task, "template was")
        statuses = [one["status"] for one in hop.exchanges if one["method"] == "PATCH"]
        assert statuses == [409], statuses
        return f"409, then {told}"


async def status_race(rig: Rig) -> str:
    """The object changed in between, but not what is wanted: 409, looked at again, and written once."""
    async with hopping(rig.plane) as hop:
        config = hop.config(rig.folder, "race", rig.folder / "greenlight-act.token")
        task = await rig.task("k8s_restart", None, rig.target(write_kubeconfig=str(config)))

        async def meddle() -> None:
            await rig.changed({"metadata": {"annotations": {"note": str(time.time())}}})

        hop.before_write = meddle
        done = await perform(task)
        assert done.ok, done
        statuses = [one["status"] for one in hop.exchanges if one["method"] == "PATCH"]
        assert statuses == [409, 200], statuses
        return f"PATCH {statuses[0]}, then {statuses[1]}: {done.detail}"


async def in_doubt(rig: Rig) -> str:
    """The write is done but its answer is lost: unknown; the probe finds the mark."""
    async with hopping(rig.plane) as hop:
        config = hop.config(rig.folder, "lost", rig.folder / "greenlight-act.token")
        task = await rig.task("k8s_restart", None, rig.target(write_kubeconfig=str(config)))
        hop.lose_writes = True
        try:
            done = await perform(task)
        except (SourceUnavailableError, TimeoutError) as lost:
            applied, detail = await probe(task)
            assert applied is True, detail
            return f"{type(lost).__name__}, then the probe: {detail}"
        raise AssertionError(done)


async def invalid(rig: Rig) -> str:
    """What the server itself refuses (422): a limit below the request."""
    resources = {"containers": [{"name": "app", "resources": {"requests": {"memory": "200Mi"}}}]}
    await rig.changed({"spec": {"template": {"spec": resources}}})
    await rig.settled()
    task = await rig.task("k8s_raise_memory_limit", 100)
    foretold, done = await rehearse(task), await perform(task)
    assert "422" in foretold.refused, foretold
    assert "422" in done.detail, done
    return foretold.refused


async def secrets_stay_hidden(rig: Rig) -> str:
    """The value of a variable that the inventory does not name is shown by its hash alone."""
    before = await observed(rig.target())
    variable = {"name": "API_TOKEN", "value": "another-secret"}
    await rig.changed({"spec": {"template": {"spec": {"containers": [{"name": "app", "env": [variable]}]}}}})
    await rig.settled()
    foretold = await rehearse(await rig.task("k8s_rollback", before["release"]))
    text = str(foretold)
    assert "hidden" in text
    assert "hunter2" not in text
    assert "another-secret" not in text
    return "; ".join(foretold.difference)


async def cluster_identity(rig: Rig) -> str:
    """The uid of kube-system, which think may read."""
    found = await identity(rig.target())
    known = await rig.plane.call("GET", "/api/v1/namespaces/kube-system")
    assert found == known["metadata"]["uid"]
    return str(found)


def _source(rig: Rig, name: str = "checkout") -> Source:
    return Source("kubernetes", rig.target(name, "").settings)


async def logs_of_now_and_before(rig: Rig) -> str:
    """A crash loop: the lines of the running containers and of those that ended."""
    await rig.deployed("v43")
    await until(
        lambda: observed(rig.target()), lambda fields: "CrashLoopBackOff" in fields.get("waiting", "")
    )
    fields = await until(
        lambda: observed(rig.target()), lambda one: "waiting" in one and int(one["restarts"]) >= 1
    )
    assert fields["rollout"] == "progressing", fields
    window = Window(At(int(time.time() - 600) * 1000), At(int(time.time() + 5) * 1000))
    async with httpx2.AsyncClient(trust_env=False) as client:
        lines = [
            line
            async for batch in read_pod_logs(_source(rig), LogAsk(window), client)
            for line in batch.lines
        ]
    assert any("KeyError: 'PAYMENT_URL'" in line for line in lines), lines[-5:]
    assert any("checkout v4" in line and "is open" in line for line in lines), lines[:5]
    return f"{len(lines)} lines; waiting {fields['waiting']}, last end {fields.get('last_end', '')}"


async def changes_of_the_workload(rig: Rig) -> str:
    """Who rolled out what, from which image to which, and the events."""
    window = Window(At(0), At(int(time.time() + 60) * 1000))
    async with httpx2.AsyncClient(trust_env=False) as client:
        source = _source(rig)
        found = await read_rollouts(ChangeAsk(source, service(rig.target()), window), client)
    rollouts = [one for one in found.changes if one.service == "checkout"]
    assert rollouts[-1].after == "checkout:v43"
    assert rollouts[-1].who == "kubectl-set"
    assert any(one.what == "ScalingReplicaSet" for one in found.changes)
    last = rollouts[-1]
    return (
        f"{last.what} {last.before} -> {last.after} by {last.who} ({last.note}); {len(found.changes)} in all"
    )


async def back_from_the_crash_loop(rig: Rig) -> str:
    """Rollout undo of a release that never became ready."""
    fields = await observed(rig.target())
    return await _done(rig, await rig.task("k8s_rollback", fields["previous_release"]))


CASES: tuple[tuple[str, Case], ...] = (
    ("the cluster tells who it is", cluster_identity),
    ("restart (Deployment, its own role)", each_action("k8s_restart", None, "only-restart")),
    ("scale (Deployment, its own role)", each_action("k8s_scale", 3, "only-scale")),
    ("set env (Deployment, its own role)", each_action("k8s_increase_pool_size", 8, "only-set-env")),
    ("set memory limit (its own role)", each_action("k8s_raise_memory_limit", 512, "only-set-limit")),
    ("set CPU limit (its own role)", each_action("k8s_raise_cpu_limit", 750, "only-set-limit")),
    ("rollout undo (Deployment, its own role)", each_action("k8s_rollback", "previous", UNDO)),
    ("set image tag (its own role)", tag),
    ("restart (StatefulSet)", each_action("k8s_restart", None, "only-restart", "StatefulSet")),
    ("set env (StatefulSet)", each_action("k8s_increase_pool_size", 9, "only-set-env", "StatefulSet")),
    (
        "rollout undo (StatefulSet)",
        each_action("k8s_rollback", "previous", UNDO, "StatefulSet"),
    ),
    ("scale (StatefulSet)", each_action("k8s_scale", 3, "only-scale", "StatefulSet")),
    ("scaling stays within the target's bounds", bounds),
    ("a template changed after the approval", drift_after_approval),
    ("another object under the same name", another_object),
    ("a template changed between the look and the write", race),
    ("only the status or a note changed in between", status_race),
    ("the answer to the write is lost", in_doubt),
    ("the server refuses an invalid change", invalid),
    ("secrets in variables stay hidden", secrets_stay_hidden),
    ("logs of a crash loop, previous container included", logs_of_now_and_before),
    ("changes: rollouts and events", changes_of_the_workload),
    ("rollout undo of a release that never started", back_from_the_crash_loop),
    ("the shipped roles", roles_are_enough_and_no_more),
    ("a role that does not suffice", a_refusal_is_a_definite_failure),
    ("the road: bad rollout -> alert -> plan -> approve -> rollout undo -> healthy", bad_rollout),
    ("the road: changed between card and click", changed_after_the_card),
    ("the road: the server would do more than the card says", server_would_do_more),
    ("the road: the server's own dry run on the card", server_dry_run_on_the_card),
    ("the road: another cluster than the inventory says", elsewhere),
)
