"""What the long-running commands share: settings or their problems, signals, the parent, exit codes."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from bot.domain.errors import GreenlightError
from bot.settings import Problems, Settings, load

WRONG = 2
PARENT_PIPE = "GREENLIGHT_PARENT_PIPE"
"""Set by `up` and `demo` for their children: the end of standard input means that the parent is gone."""


def serve(main: Callable[[Settings], Awaitable[None]], *, slack: bool) -> int:
    """Run until a signal or the parent's end; 2 for a wrong configuration, 1 for what else went wrong."""
    settings = load(slack=slack)
    if isinstance(settings, Problems):
        print(settings.text(), file=sys.stderr)
        return WRONG
    try:
        asyncio.run(_until_told(main(settings)))
    except GreenlightError as error:
        print(f"greenlight: {error.message}", file=sys.stderr)
        return WRONG if type(error).__name__ in {"ContentError", "FatalLinkError", "NotDurableError"} else 1
    return 0


async def _until_told(work: Awaitable[None]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if os.environ.get(PARENT_PIPE):
        loop.add_reader(sys.stdin.fileno(), stop.set)
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return
    working.result()
