"""Nobody but the page itself gets in: forged requests do nothing."""

import json
import re
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import expect

from bot.playground.page.server import STATIC
from tests.browser.browsing import visiting
from tests.browser.conftest import Room

SAY = {"as": "U1", "do": "say", "channel": "C1", "text": "forged"}
CAUSE = {"do": "cause", "fault": "leak"}

ATTACK = """<!doctype html><title>begin</title>
<form method=post enctype=text/plain target=frame action="ORIGIN/page/shop?token=TOKEN">
<input name='{"do": "cause", "fault": "leak", "x": "' value='"}'></form>
<iframe name=frame></iframe>
<script>
document.forms[0].submit();
const order = {method: "POST", mode: "no-cors", body: JSON.stringify(SAY)};
const sent = fetch("ORIGIN/control/act?token=TOKEN", order);
const read = new Promise((done) => {
  const source = new EventSource("ORIGIN/page/live?token=TOKEN");
  source.onerror = () => done("closed");
  source.addEventListener("hello", () => done("open"));
});
Promise.allSettled([sent, read]).then((all) => { document.title = "tried " + all[1].value; });
</script>""".replace("SAY", json.dumps(SAY))


def token_of(room: Room) -> str:
    return urlsplit(room.page.url).query.removeprefix("token=")


def wrong(room: Room) -> dict[str, dict[str, str]]:
    """Headers that lack exactly one thing each."""
    good = {"Authorization": f"Bearer {token_of(room)}", "Origin": room.page.origin}
    return {
        "no token": {"Origin": room.page.origin},
        "a wrong token": {**good, "Authorization": "Bearer guess"},
        "another origin": {**good, "Origin": "http://127.0.0.1:1"},
        "the origin of a file": {**good, "Origin": "null"},
        "no origin": {"Authorization": good["Authorization"]},
        "a name that was bound to this machine": {
            **good,
            "Host": "evil.example",
            "Origin": "http://evil.example",
        },
    }


@pytest.mark.parametrize(
    "lack",
    [
        "no token",
        "a wrong token",
        "another origin",
        "the origin of a file",
        "no origin",
        "a name that was bound to this machine",
    ],
)
async def test_a_forged_post_does_nothing(room: Room, lack: str) -> None:
    async with aiohttp.ClientSession(headers=wrong(room)[lack]) as session:
        for path, order in (("/control/act", SAY), ("/page/shop", CAUSE)):
            query = f"?token={token_of(room)}" if lack == "no token" else ""
            async with session.post(f"{room.page.origin}{path}{query}", json=order) as answer:
                assert answer.status == 403
    assert room.workspace.messages("C1") == ()
    assert room.shop.done == []


async def test_the_right_post_does_it(room: Room) -> None:
    headers = {"Authorization": f"Bearer {token_of(room)}", "Origin": room.page.origin}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(f"{room.page.origin}/control/act", json=SAY) as answer:
            assert answer.status == 200
        async with session.post(f"{room.page.origin}/page/shop", json=CAUSE) as answer:
            assert answer.status == 200
    assert [message.text for message in room.workspace.messages("C1")] == ["forged"]
    assert room.shop.done == ["leak"]


@pytest.mark.parametrize("path", ["/", "/page/live", "/page/live?token=guess", "/control/state"])
async def test_nothing_is_read_without_the_token(room: Room, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{room.page.origin}{path}") as answer:
        assert answer.status == 403
        assert token_of(room) not in await answer.text()


async def test_every_answer_forbids_what_the_page_does_not_need(room: Room) -> None:
    async with aiohttp.ClientSession() as session:
        for url in (room.page.url, f"{room.page.origin}/main.js", f"{room.page.origin}/page/live"):
            async with session.get(url) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert policy.startswith(
                    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
                )
                assert "unsafe" not in policy
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Cache-Control"] == "no-store"


def test_no_script_of_the_page_reads_markup_or_runs_text() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|new Function|https?://(?!www\.w3\.org/2000/svg)"
    )
    for script in sorted(STATIC.iterdir()):
        text = script.read_text(encoding="utf-8")
        assert not forbidden.search(text), script.name
        assert len(text.splitlines()) <= 400, script.name


async def test_files_outside_the_page_are_not_served(room: Room) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/..%2fserver.py", "/%2e%2e/server.py", "/server.py", "/page/../server.py"):
            async with session.get(f"{room.page.origin}{path}?token={token_of(room)}") as answer:
                assert answer.status == 404


async def test_another_site_that_knows_the_token_can_still_do_nothing(room: Room) -> None:
    """A page of another origin tries a form, a plain request and an event source, in a real browser."""
    token, origin = token_of(room), room.page.origin
    attack = ATTACK.replace("ORIGIN", origin).replace("TOKEN", token)

    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=attack, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with visiting(f"http://127.0.0.1:{runner.addresses[0][1]}/") as visit:
            await expect(visit.page).to_have_title("tried closed")
    finally:
        await runner.cleanup()
    assert room.workspace.messages("C1") == ()
    assert room.shop.done == []
