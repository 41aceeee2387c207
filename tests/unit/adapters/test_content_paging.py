"""Page targets and approval by policy in `policy.yaml`: what loads, and every mistake named."""

from pathlib import Path

import pytest

from bot.adapters.content import FileContent
from bot.domain.action import Tier
from bot.domain.auto_apply import AutoApply
from bot.domain.errors import ContentError
from bot.domain.ids import MINUTE, ActionId, EnvironmentId, PersonId, ServiceName
from bot.domain.paging import PageKind
from tests.fakes.folders import DEMO, ENVIRON, SHIPPED

PAGES = """
pages:
  targets:
    shop: {kind: pagerduty, routing_key: env:SHOP_KEY, events_url: https://events.eu.pagerduty.com}
    hook: {kind: webhook, url: env:HOOK}
  rules:
    - {target: shop, services: [checkout], tiers: [medium, high]}
    - {target: hook}
  commander: {person: U0LEAD, page: shop}
  no_cause_minutes: 20
auto_apply: {environments: [staging], actions: [restart]}
"""


def content(tmp_path: Path, more: str) -> FileContent:
    text = (DEMO / "policy.yaml").read_text(encoding="utf-8")
    kept = text.split("\nauto_apply:")[0].split("\npages:")[0]
    (tmp_path / "policy.yaml").write_text(kept + more, encoding="utf-8")
    return FileContent((tmp_path, DEMO, SHIPPED), ENVIRON)


def test_targets_rules_commander_and_auto_apply_load(tmp_path: Path) -> None:
    policy = content(tmp_path, PAGES).policy()
    paging = policy.paging
    shop = paging.target(ServiceName("checkout"), Tier.HIGH)
    assert shop is not None
    assert (shop.name, shop.kind, shop.secret) == ("shop", PageKind.PAGERDUTY, "env:SHOP_KEY")
    low, other = paging.target(ServiceName("checkout"), Tier.LOW), paging.target(None, Tier.HIGH)
    assert [one.name for one in (low, other) if one] == ["hook", "hook"]
    assert paging.commander is not None
    assert (paging.commander.person, paging.no_cause_after) == (PersonId("U0LEAD"), 20 * MINUTE)
    assert policy.auto_apply == AutoApply((EnvironmentId("staging"),), (ActionId("restart"),))


def test_without_these_parts_nobody_is_called_and_nothing_approves_itself(tmp_path: Path) -> None:
    policy = content(tmp_path, "\n").policy()
    assert policy.auto_apply is None
    assert policy.paging.target(ServiceName("checkout"), Tier.HIGH) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("url: env:HOOK", "url: https://hooks.example/secret", "targets.hook.url"),
        ("{kind: webhook, url: env:HOOK}", "{kind: webhook}", "a webhook needs url"),
        ("{target: hook}", "{target: nobody-such}", "expected page targets (hook, shop), not nobody-such"),
        ("services: [checkout]", "services: [chekout]", "chekout is not a service of services.yaml"),
        ("environments: [staging]", "environments: [production]", "production is production"),
        ("environments: [staging]", "environments: [stagin]", "stagin is not an environment"),
        ("actions: [restart]", "actions: [reboot]", "reboot is not an action"),
        ("environments: [staging], actions: [restart]", "actions: [restart]", "environments: is missing"),
        ("no_cause_minutes: 20", "no_cause_minutes: 0", "no_cause_minutes"),
        ("commander: {person: U0LEAD, page: shop}", "commander: {}", "expected a person, a group or a page"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PAGES
    with pytest.raises(ContentError) as raised:
        content(tmp_path, PAGES.replace(old, new))
    assert any(said in problem for problem in raised.value.problems), raised.value.problems
