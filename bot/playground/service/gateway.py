"""The payment provider: a process of somebody else, outside of the supervisor's reach."""

import argparse
import asyncio
import json
import random
from pathlib import Path
from typing import cast

from aiohttp import web

from bot.playground.processes import live_under_parent

DECLINED_CARD = "4000000000000002"
GOOD_CARD = "4242424242424242"


def build(seed: int) -> web.Application:
    """The provider's application: it takes 5 to 20 ms for a charge and declines one well-known test card."""
    dice = random.Random(seed)

    async def charge(request: web.Request) -> web.Response:
        parsed: object = json.loads(await request.read())
        card = cast("dict[str, object]", parsed).get("card") if isinstance(parsed, dict) else None
        await asyncio.sleep(dice.uniform(0.005, 0.02))
        declined = card == DECLINED_CARD
        return web.json_response({"approved": not declined}, status=402 if declined else 200)

    app = web.Application(client_max_size=16_384)
    app.router.add_post("/charge", charge)
    return app


def main() -> None:
    """Serves until told to stop, or until the playground is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    live_under_parent(args.directory, "gateway")
    web.run_app(
        build(args.seed), host="127.0.0.1", port=args.port, print=None, access_log=None, shutdown_timeout=0.2
    )


if __name__ == "__main__":
    main()
