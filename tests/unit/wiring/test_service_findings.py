"""Doctor asks every source by itself, and says which one does not answer."""

from dataclasses import replace
from pathlib import Path

from bot.adapters.condenser import Condenser
from bot.adapters.eyes import SourceEyes
from bot.adapters.web import http_client
from bot.domain.checkup import Level
from bot.domain.ids import ActionId, TargetId
from bot.domain.service import Source, Target
from bot.wiring.checks import service_findings
from tests.fakes.backends import Asked, response, scripted
from tests.fakes.content import example_content
from tests.fakes.world import START, FakeClock


async def test_each_source_is_asked_and_the_silent_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.log").write_text("fine\n")
    known = example_content().inventory().services[0]

    def script(asked: Asked) -> object:
        return (
            response(b"no", "401 Unauthorized")
            if "loki" in asked.path
            else {"metadata": {}, "status": {"a": 1}}
        )

    async with scripted(script) as server, http_client() as client:
        service = replace(
            known,
            metrics=(),
            targets=(),
            logs=(
                Source("file", (("path", str(tmp_path / "c.log")),)),
                Source("loki", (("url", f"{server.url}/loki"), ("selector", '{app="a"}'))),
            ),
            changes=(
                Source("argocd", (("url", server.url), ("application", "a"))),
                Source("deploy_log", (("path", str(tmp_path / "none.jsonl")),)),
                Source("deploy_channel", (("channel", "C0DEPLOYS"),)),
            ),
        )
        eyes = SourceEyes(FakeClock(), str, client, Condenser)
        found = [one async for one in service_findings(eyes, service, example_content().catalogue(), START)]
    said = {one.what: one.level for one in found[1:]}
    assert said == {
        "logs of file answer": Level.OK,
        "logs of loki: Loki answered 401: it does not accept our credential.": Level.WARN,
        "changes of argocd answer": Level.OK,
        "changes of deploy_log: A log of changes cannot be read (No such file or directory).": Level.WARN,
    }


async def test_an_action_is_named_for_which_its_target_shows_too_little() -> None:
    content = example_content()
    known = content.inventory().services[0]
    action = content.catalogue().actions[0]
    needed = sorted({*action.observes, *action.preconditions})
    enough = tuple((f"observed.{name}", "1") for name in needed)

    async def said(settings: tuple[tuple[str, str], ...]) -> list[str]:
        target = Target(TargetId("checkout/process"), "simulator", settings)
        actions = (action.id, ActionId("not_in_the_catalogue"))
        service = replace(known, metrics=(), logs=(), changes=(), targets=(target,), actions=actions)
        async with http_client() as client:
            eyes = SourceEyes(FakeClock(), str, client, Condenser)
            every = [one async for one in service_findings(eyes, service, content.catalogue(), START)]
        return [one.what for one in every if one.level is Level.WARN and "proposed" in one.what]

    assert await said(enough) == []
    lacking = f"{action.id} cannot be proposed: its target does not show {needed[0]}"
    assert await said(enough[1:]) == [lacking]
