"""What is sent and what is shown of a change, from actions, values and workloads alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.content import FileContent
from bot.adapters.kubernetes_difference import difference
from bot.adapters.kubernetes_objects import NAME, Where, Workload, checked_name, workload
from bot.adapters.kubernetes_patches import CannotPatchError, Wish, after, patch_for, split_image
from bot.domain.action import Value
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At

ROOT = Path(__file__).resolve().parent.parent.parent.parent
CATALOGUE = FileContent((ROOT / "runbooks",), {}).catalogue()
RAW: dict[str, Any] = json.loads((ROOT / "tests/data/kubernetes/observe-deployment.json").read_text())
OBJECT: dict[str, Any] = RAW["exchanges"][0]["answer"]
WHERE = Where("Deployment", "shop", "checkout")


def found(**spec: object) -> Workload:
    return workload(WHERE, {**OBJECT, "spec": {**OBJECT["spec"], **spec}})


def wish(action: str, value: Value | None, container: str = "") -> Wish:
    known = CATALOGUE.action(action)
    assert known is not None
    return Wish(known, value, container, "key:0", At(1_700_000_000_000), (1, 10))


@pytest.mark.parametrize(
    ("action", "value", "line"),
    [
        ("k8s_restart", None, "kubectl.kubernetes.io/restartedAt: (none) -> (the time then)"),
        ("k8s_scale", 3, "spec.replicas: 2 -> 3"),
        (
            "k8s_set_tag",
            "v40",
            "image: registry.example/shop/checkout:v41 -> registry.example/shop/checkout:v40",
        ),
        ("k8s_increase_pool_size", 9, "env[POOL_SIZE].value: (hidden"),
        ("k8s_raise_memory_limit", 512, "resources.limits.memory: 256Mi -> 512Mi"),
        ("k8s_raise_cpu_limit", 750, "resources.limits.cpu: 500m -> 750m"),
    ],
)
def test_each_action_changes_one_line_and_nothing_else(action: str, value: Value | None, line: str) -> None:
    one = found()
    patch = patch_for(wish(action, value), one)
    lines = difference(one.raw, after(one.raw, patch))
    assert len(lines) == 1
    assert line in lines[0]
    meta = patch.body["metadata"]
    assert isinstance(meta, dict)
    assert (meta["uid"], meta["resourceVersion"]) == (one.uid, one.resource_version)


@pytest.mark.parametrize(
    ("action", "value", "container", "said"),
    [
        ("k8s_scale", 11, "", "1 to 10"),
        ("k8s_scale", True, "", "whole number"),
        ("k8s_scale", "3", "", "whole number"),
        ("k8s_rollback", "5d4f9c7b6d", "", "no release"),
        ("k8s_set_tag", "../evil", "", "not an image"),
        ("k8s_set_tag", "v1@sha256:0", "", "not an image"),
        ("k8s_restart", None, "", ""),
        ("k8s_raise_memory_limit", 512, "other", "no container"),
        ("restart", None, "", "nothing that can be done"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(
    action: str, value: Value | None, container: str, said: str
) -> None:
    if not said:
        assert patch_for(wish(action, value, container), found()).path == WHERE.path
        return
    with pytest.raises(CannotPatchError, match=said):
        patch_for(wish(action, value, container), found())


def test_a_paused_workload_is_scaled_but_not_rolled() -> None:
    paused = found(paused=True)
    assert patch_for(wish("k8s_scale", 3), paused).path.endswith("/scale")
    with pytest.raises(CannotPatchError, match="paused"):
        patch_for(wish("k8s_restart", None), paused)


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("shop", ("shop", "latest")),
        ("registry.example:5000/shop/checkout:v1", ("registry.example:5000/shop/checkout", "v1")),
        ("shop@sha256:0123", None),
        ("shop:v1@sha256:0123", None),
        ("", None),
        ("shop v1", None),
    ],
)
def test_an_image_is_split_at_its_tag_and_one_by_digest_is_left_alone(
    image: str, parts: tuple[str, str] | None
) -> None:
    assert split_image(image) == parts


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "a..b", "A", "a?b", "a%2fb", "-a", "a" * 254, "a\n", "\u0430"]
)
def test_a_name_that_could_lead_elsewhere_never_stands_in_a_path(name: str) -> None:
    with pytest.raises(SourceUnavailableError):
        checked_name(name)


@given(st.text())
def test_only_plain_names_pass(name: str) -> None:
    try:
        assert NAME.fullmatch(checked_name(name))
    except SourceUnavailableError:
        return
    assert name.isascii()
    assert not set(name) & set("/?#%\\ ")


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=300)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(TREES, TREES)
def test_a_difference_is_printable_and_empty_only_between_equals(one: object, other: object) -> None:
    before, later = {"spec": {"a": one}}, {"spec": {"a": other}}
    lines = difference(before, later)
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert difference(before, before) == ()
    assert lines == difference(before, later)
