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
INSIST_SECONDS = 20.0
"""How long what was begun may take to finish after a signal; `up` ends its parts sooner."""

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
    """Run until told to end, then let it finish what it has begun; told again, or after a while, insist.

    A library may lose a cancellation that falls into its start: without insisting nothing would ever end it.
    """
    stop = asyncio.Event()
    _listen(stop)
    working = asyncio.ensure_future(work)
    told = False
    while not working.done():
        stopping = asyncio.ensure_future(stop.wait())
        patience = INSIST_SECONDS if told else None
        await asyncio.wait({working, stopping}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            told = True
            stop.clear()
            working.cancel()
    with contextlib.suppress(*((asyncio.CancelledError,) if told else ())):
        working.result()


def _listen(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if not os.environ.get(PARENT_PIPE):
        return
    pipe = sys.stdin.fileno()

    def gone() -> None:
        loop.remove_reader(pipe)
        stop.set()

    loop.add_reader(pipe, gone)
