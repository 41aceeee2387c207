"""The process of the service: `python -m bot.playground.service.run HOME --name … --port … --gateway URL`."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path

from aiohttp import web

from bot.playground.processes import PARENT, live_under_parent
from bot.playground.service import app
from bot.playground.service.config import read_config
from bot.playground.service.layout import ServiceHome
from bot.playground.service.logs import open_log
from bot.playground.service.memory import limit_memory

WARM_PAUSE_UNDER_LIMIT = 0.08
"""Seconds to open a connection when memory is limited: a restart then shows as refusals."""


def load_release(home: ServiceHome) -> tuple[str, app.Checkout]:
    """Loads the source file that `current` points at, and the version it stands for."""
    where = home.current.resolve()
    spec = importlib.util.spec_from_file_location("released_checkout", where / "checkout.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(where / "checkout.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return where.name, module.checkout


def main() -> None:
    """Serves until told to stop, or until the supervisor is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--pids", type=Path, required=True)
    args = parser.parse_args()
    os.environ.setdefault(PARENT, str(os.getppid()))
    live_under_parent(args.pids, args.name)
    sys.dont_write_bytecode = True
    home = ServiceHome(args.root, args.name)
    version, checkout = load_release(home)
    limit = read_config(home.config).memory_limit_mb
    start = app.Start(
        version=version,
        checkout=checkout,
        config_path=home.config,
        database=home.database,
        gateway_url=args.gateway,
        log=open_log(home.log, args.name, version),
        pause=0.0 if limit is None else WARM_PAUSE_UNDER_LIMIT,
    )
    if limit is not None:
        limit_memory(limit)
    web.run_app(
        app.build(start), host="127.0.0.1", port=args.port, print=None, access_log=None, shutdown_timeout=0.2
    )


if __name__ == "__main__":
    main()
