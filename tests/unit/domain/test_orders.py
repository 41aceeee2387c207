"""Which words order a plan, and what code makes of them."""

import pytest

from bot.domain.evidence import Observation
from bot.domain.finding import Option
from bot.domain.ids import At
from bot.domain.orders import understood, wished
from tests.fakes.content import EXAMPLE_STATE, PROCESS, example_content

HOUSE = example_content()
SERVICE = HOUSE.inventory().services[0]
SEEN = Observation(PROCESS, At(0), tuple(EXAMPLE_STATE.items()))


@pytest.mark.parametrize(
    "text",
    [
        "use a pool of 80",
        "set pool_size to 80",
        "please roll back",
        "roll the deploy back instead",
        "roll back rather",
        "restart it",
        "Restart the process now!",
        "no, roll back to 41",
        "propose draining the queue",
        "drain the queue instead",
    ],
)
def test_an_order_is_a_wish(text: str) -> None:
    assert wished(text, SERVICE, HOUSE.catalogue())


@pytest.mark.parametrize(
    "text",
    [
        "why not roll back?",
        "should we restart it?",
        "restart helped last time",
        "don't restart",
        "do not roll back",
        "what would a pool of 80 do?",
        "I think the pool is too small",
        "never scale to 4 instead",
        "the rollback failed",
        "status",
        "use 2",
        "",
    ],
)
def test_a_question_a_doubt_or_a_remark_is_none(text: str) -> None:
    assert not wished(text, SERVICE, HOUSE.catalogue())


def steps(text: str) -> tuple[tuple[str, tuple[tuple[str, object], ...]], ...] | str:
    found = understood(text, SERVICE, HOUSE.catalogue(), (SEEN,))
    return tuple((s.action, s.parameters) for s in found.steps) if isinstance(found, Option) else found


def test_actions_numbers_and_versions_are_understood() -> None:
    assert steps("use a pool of 80") == (("increase_pool_size", (("pool_size", 80),)),)
    assert steps("roll back") == (("rollback_deployment", (("version", "41"),)),)
    assert steps("roll back to 43 please") == (("rollback_deployment", (("version", "43"),)),)
    assert steps("restart") == (("restart", ()),)


def test_what_is_not_understood_says_what_is_missing() -> None:
    assert "needs one number for pool_size, from 1 to 200" in steps("change the pool size")
    assert "did not recognise an action" in steps("drain the queue instead")
