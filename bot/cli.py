"""The command line: a closed table of commands, each loaded only when called, so that --help is quick."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import cast

USAGE = 2
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its module, which has `main(argv) -> int`, and one line of help."""

    module: str
    help: str


COMMANDS = {
    "demo": Command("bot.demo.main", "break a small service on this machine, approve the fix, see it heal"),
    "up": Command("bot.commands.up", "run bot, think and act with the Slack tokens of .env"),
    "bot": Command("bot.commands.bot", "run the Slack side alone"),
    "worker": Command("bot.commands.worker", "run one worker: --role think or --role act"),
    "doctor": Command("bot.commands.doctor", "check settings, people, rosters, store, Slack and metrics"),
    "audit": Command("bot.commands.audit", "verify, show and export the record of what was decided and done"),
    "backup": Command("bot.commands.backup", "save the embedded store into one file, check it, restore it"),
    "memory": Command("bot.commands.memory", "show, export and trace what the team was approved to remember"),
    "manifest": Command("bot.commands.manifest", "print the manifest of the Slack app to create"),
    "parse": Command("bot.commands.parse", "show how Slack messages in a file are read as alerts"),
    "capture": Command("bot.commands.capture", "keep real alert messages, redacted, to write rules for them"),
    "runbook": Command(
        "bot.commands.runbook", "write, check and try the pages of the runbooks: new, lint, test"
    ),
    "init": Command("bot.commands.init", "draft services.yaml from a Prometheus server or from Kubernetes"),
    "schema": Command("bot.commands.schema", "print the JSON Schemas of the content files, for editors"),
    "eval": Command(
        "bot.commands.eval", "measure answers, attack strings and redaction over recorded material"
    ),
}
"""The closed table of what may be loaded; a test lists it."""


def run(argv: list[str]) -> int:
    """Run a command and return its exit code; 2 for a wrong call or a wrong configuration."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(_help())
        return 0 if argv else USAGE
    if argv[0] in {"-V", "--version", "version"}:
        print(f"greenlight {_version()}")
        return 0
    command = COMMANDS.get(argv[0])
    if command is None:
        print(f"greenlight: there is no command {argv[0]!r}.\n\n{_help()}", file=sys.stderr)
        return USAGE
    try:
        main = cast("Callable[[list[str]], int]", import_module(command.module).main)
        return main(argv[1:])
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough; the interpreter would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _help() -> str:
    lines = [f"  greenlight {name:<8} {command.help}" for name, command in COMMANDS.items()]
    head = "Greenlight finds the likely cause of an alert, proposes a plan, and runs it only after a yes."
    return "\n".join((head, "", *lines, "", "  greenlight COMMAND --help says more about each."))


def _version() -> str:
    try:
        return version("greenlight-oncall")
    except PackageNotFoundError:
        return "0.1.0 (from the source tree)"
