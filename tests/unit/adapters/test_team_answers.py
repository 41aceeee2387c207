"""A model's answer at the door: parameters stay what they were; what is no integer and no text goes back."""

import json

import pytest
from pydantic import ValidationError

from agents.errors import BadArgumentsError
from bot.adapters.team_answers import RemediationAnswer, remediation_of
from bot.adapters.team_tools import FORMS


def answer(written: str) -> str:
    step = f'{{"action": "increase_pool_size", "target": "p", "parameters": {{"pool_size": {written}}}}}'
    return f'{{"options": [{{"title": "Raise it", "steps": [{step}]}}]}}'


@pytest.mark.parametrize("written", ["true", "false", "3.0", "1e3", "3.5", "NaN", "null", "[3]", "{}"])
def test_no_value_is_turned_into_an_integer(written: str) -> None:
    with pytest.raises(ValidationError):
        RemediationAnswer.model_validate_json(answer(written))
    with pytest.raises(ValidationError):
        RemediationAnswer.model_validate(json.loads(answer(written)))


@pytest.mark.parametrize("value", [3, 0, -3, "3", "", "\u0663", "3.0"])
def test_integers_and_texts_stay_what_they_were(value: int | str) -> None:
    found = remediation_of(RemediationAnswer.model_validate_json(answer(json.dumps(value))), str)
    ((name, kept),) = found.options[0].steps[0].parameters
    assert (name, kept, type(kept)) == ("pool_size", value, type(value))


@pytest.mark.parametrize("value", [True, 3.0, float("nan"), None, [3]])
def test_the_tool_that_records_a_step_is_as_strict(value: object) -> None:
    tool = FORMS["execute_remediation"].tool(unheard, outside=False, kept=False)
    arguments = {"action": "restart", "target": "p", "parameters": {"size": value}}
    with pytest.raises(BadArgumentsError):
        tool.check(arguments)
    assert tool.check(arguments | {"parameters": {"size": 3}})["parameters"] == {"size": 3}


async def unheard(**_: object) -> str:
    raise AssertionError("nothing wrong may get here")
