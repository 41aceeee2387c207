"""The supervisor's process: supervisord itself, ended together with its parent."""

import os
import runpy
import signal
import sys
import time
from pathlib import Path

from bot.playground.processes import PARENT, live_under_parent

GRACE_SECONDS = 5.0


def orderly_end() -> None:
    """Tells this supervisord to stop its programs and gives it a few seconds for that."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)


def main() -> None:
    """Runs supervisord with the given configuration: `python -m … DIRECTORY CONFIGURATION`."""
    directory, configuration = Path(sys.argv[1]), sys.argv[2]
    live_under_parent(directory, "supervisord", on_orphaned=orderly_end)
    # The programs under supervisord are its children, not those of the playground.
    os.environ[PARENT] = str(os.getpid())
    sys.argv = ["supervisord", "-n", "-c", configuration]
    runpy.run_module("supervisor.supervisord", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
