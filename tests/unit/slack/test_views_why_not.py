"""Why another way was not proposed, from the record."""

from bot.domain.ids import At
from bot.domain.incident import Incident
from bot.slack.views.answers import answer
from bot.slack.views.scene import Scene
from tests.fakes.crews import proposed
from tests.fakes.house import house


async def asked(question: str) -> tuple[str, Incident]:
    home = house()
    incident = await proposed(home)
    found = answer(incident, Scene(now=At(0)), question)
    assert found is not None
    return found[0], incident


async def test_why_not_names_the_option_its_rank_and_how_to_have_it() -> None:
    text, _ = await asked("why not roll back?")
    assert '"Roll back" is the team\'s way 2' in text
    assert "The deploy of 42 came first." in text
    assert "The pool is too small" in text
    assert "use 1" in text


async def test_why_not_of_the_plan_itself_says_so() -> None:
    text, _ = await asked("what about a bigger connection pool?")
    assert text.startswith("That is what plan 1 does")


async def test_why_not_of_something_unseen_lists_the_ways() -> None:
    text, _ = await asked("why not wake the mainframe people?")
    assert "not among the ways" in text
    assert "use 1: Roll back" in text


async def test_why_alone_still_tells_the_cause() -> None:
    text, incident = await asked("why?")
    assert incident.diagnosis is not None
    assert incident.diagnosis.cause in text
