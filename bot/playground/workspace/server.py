"""The HTTP server of the workspace: loopback only."""

from aiohttp import web

from bot.playground.workspace.api import Api
from bot.playground.workspace.call import Hub
from bot.playground.workspace.control import Control
from bot.playground.workspace.hooks import UPLOAD_BYTES, Hooks


def make_application(hub: Hub, control_token: str) -> web.Application:
    api, hooks = Api(hub), Hooks(hub)
    application = web.Application(client_max_size=UPLOAD_BYTES)
    application.router.add_route("*", "/api/{method}", api.handle)
    application.router.add_post("/services/{team}/{bot}/{secret}", hooks.webhook)
    application.router.add_post("/actions/{team}/{key}", hooks.response_url)
    application.router.add_post("/upload/v1/{file}", hooks.upload)
    application.router.add_get("/link/", hooks.link)
    if control_token:
        Control(hub, control_token).add_routes(application)
    return application


async def listen(application: web.Application, port: int) -> tuple[web.AppRunner, int]:
    """Serve on 127.0.0.1; the runner and the port that was taken."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    return runner, int(runner.addresses[0][1])
