from dataclasses import replace

from bot.adapters.reach import credentials_of, reach_of
from bot.domain.service import Source
from tests.fakes.content import example_inventory


def test_the_credentials_of_the_inventory_are_known_to_the_redactor() -> None:
    known = example_inventory()
    service = known.services[0]
    target = replace(service.targets[0], settings=(("username", "ops"), ("password", "of-the-target")))
    source = Source("prometheus", (("url", "http://h"), ("token", "of-the-source")))
    changed = replace(known, services=(replace(service, targets=(target,), metrics_source=source),))
    assert credentials_of(changed) == ("of-the-target", "of-the-source")


def test_an_empty_or_absent_credential_is_none() -> None:
    known = example_inventory()
    target = replace(known.services[0].targets[0], settings=(("password", ""),))
    services = (
        replace(known.services[0], targets=(target,)),
        replace(known.services[0], metrics_source=None),
    )
    assert credentials_of(replace(known, services=services)) == ()


def test_what_is_not_configured_is_nothing_and_the_password_is_in_no_representation() -> None:
    target = replace(example_inventory().services[0].targets[0], settings=(("password", "of-the-target"),))
    reach = reach_of(target)
    assert (reach.rpc_url, reach.config, reach.deploy_log) == ("", None, None)
    assert "of-the-target" not in repr(reach)
