"""`greenlight manifest`: what to paste where Slack asks for an app manifest."""

import argparse
import sys

from bot.slack.manifest import manifest


def main(argv: list[str]) -> int:
    """Print the manifest."""
    parser = argparse.ArgumentParser(
        prog="greenlight manifest",
        description="Print the manifest (YAML) of the Slack app. On api.slack.com/apps: Create New App, "
        "From a manifest, paste it; afterwards make an app-level token with connections:write.",
    )
    parser.add_argument("--private", action="store_true", help="also hear alerts in private channels")
    parser.add_argument("--agent", action="store_true", help="also offer the app in Slack's agent view")
    options = parser.parse_args(argv)
    sys.stdout.write(manifest(private=options.private, agent=options.agent))
    return 0
