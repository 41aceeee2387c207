"""`greenlight bot`: the Slack side alone."""

import argparse

from bot.commands.serving import serve
from bot.wiring.slack_side import serve_slack


def main(argv: list[str]) -> int:
    """Run until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="greenlight bot", description="Run the Slack side: alerts in, cards out, clicks judged."
    )
    parser.parse_args(argv)
    return serve(serve_slack, slack=True)
