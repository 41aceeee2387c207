"""Real processes with a team of models behind a local server that speaks both makers' wires."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from agents.messages import Said
from agents.providers.scripted import says
from bot.domain.events import Closing
from bot.domain.incident import Phase
from tests.chaos.home import COLLEAGUE, ONCALL
from tests.chaos.stage import Stage, said, staged
from tests.fakes.model_servers import Fault, ModelServer, serving
from tests.fakes.shop_models import leaking_shop

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANTHROPIC, OPENAI = "sk-ant-local-0123456789abcdef", "sk-local-0123456789abcdef"


@dataclass(slots=True)
class Scene:
    stage: Stage
    server: ModelServer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Scene]:
    async with serving(says("nothing")) as server:
        server.script = leaking_shop
        models = {
            "ANTHROPIC_API_KEY": ANTHROPIC,
            "ANTHROPIC_BASE_URL": server.url,
            "OPENAI_API_KEY": OPENAI,
            "OPENAI_BASE_URL": f"{server.url}/v1",
        }
        async with staged(tmp_path_factory.mktemp("home"), variables=models) as stage:
            yield Scene(stage, server)


async def test_from_the_alert_to_the_report_on_two_makers_models(scene: Scene) -> None:
    stage = scene.stage
    stage.breaks()
    alert = await stage.fires()
    await stage.button(alert, "decide_approve")
    found = await stage.reaches(alert, Phase.PROPOSED)
    assert found.diagnosis is not None
    assert found.current is not None
    assert found.diagnosis.team == "models openai:gpt-5-mini, anthropic:claude-sonnet-4-6"
    assert {body["model"] for body in scene.server.bodies} == {"gpt-5-mini", "claude-sonnet-4-6"}
    assert len(scene.server.bodies) == 3
    asked = await stage.asks(alert, "should we wake the database team?", COLLEAGUE)
    waiting = await stage.until(alert, lambda incident: not incident.unanswered)
    # Its card is there before, while the answer is being written.
    await stage.settled(alert)
    assert "Ask on call" in said(await stage.card(alert, f"answer:{asked.ts}"))
    assert (waiting.phase, waiting.current and waiting.current.digest) == (
        Phase.PROPOSED,
        found.current.digest,
    )
    await stage.clicks(alert, ONCALL, "decide_approve")
    done = await stage.reaches(alert, Phase.CLOSED)
    await stage.settled(alert)
    assert done.closed is not None
    assert done.closed.closing is Closing.VERIFIED
    assert "What models used" in said(stage.cards(alert)["report"])
    assert "4 calls" in said(stage.cards(alert)["incident"])
    assert await stage.store.incidents.verify(done.id) == ()


async def test_where_no_model_answers_the_rules_do_and_the_card_says_so(scene: Scene) -> None:
    def down(_: str) -> Said | Fault:
        return Fault.UNAUTHORIZED

    stage = scene.stage
    scene.server.script = down
    stage.breaks()
    alert = await stage.fires()
    await stage.button(alert, "decide_approve")
    found = await stage.reaches(alert, Phase.PROPOSED)
    assert found.diagnosis is not None
    assert found.diagnosis.team == "rules"
    await stage.settled(alert)
    card = said(stage.cards(alert)["incident"])
    assert "rules, no model" in card
    assert "no model answered" in card
    assert "anthropic:claude-sonnet-4-6" in card


async def test_no_key_reaches_a_log_or_a_message(scene: Scene) -> None:
    written = [scene.stage.crew.log(name) for name in ("bot", "think", "act")]
    alerts = scene.stage.workspace.messages("C0ALERTS")
    posted = [said(card) for alert in alerts for card in scene.stage.workspace.thread("C0ALERTS", alert.ts)]
    assert len(posted) > len(alerts)
    for key in (ANTHROPIC, OPENAI):
        assert not any(key in text for text in (*written, *posted))
