"""`greenlight worker`: one worker process."""

import argparse

from bot.commands.serving import serve
from bot.ports.records import WorkerRole
from bot.settings import Settings
from bot.wiring.workers import serve_worker


def main(argv: list[str]) -> int:
    """Run until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="greenlight worker",
        description="Run one worker: think looks, finds causes and plans; act runs approved plans.",
    )
    parser.add_argument("--role", required=True, choices=[role.value for role in WorkerRole])
    role = WorkerRole(parser.parse_args(argv).role)

    async def work(settings: Settings) -> None:
        await serve_worker(settings, role)

    return serve(work, slack=False)
