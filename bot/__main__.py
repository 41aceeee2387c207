"""`python -m bot` and the command `greenlight`."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until `main` can catch it, a Ctrl-C ends the program as it ends any other: without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from bot.cli import run


def main() -> None:
    """Run the command line and exit with its code."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
