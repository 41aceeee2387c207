"""`greenlight schema`: JSON Schemas of the content files, so that an editor completes and checks them."""

import argparse
import sys
from pathlib import Path

from bot.adapters.schemas import DOORS, schema_text, stale, write_all

HEAD = "# yaml-language-server: $schema=schema/services.schema.json"


def main(argv: list[str]) -> int:
    """Print, write or compare schemas; 1 where files are stale."""
    parser = argparse.ArgumentParser(
        prog="greenlight schema",
        description="Print the JSON Schema of a content file. With --into, write all of them into a folder; "
        f"then let the first line of a file name its schema for the editor: {HEAD}",
    )
    parser.add_argument("name", nargs="?", choices=sorted(DOORS), help="the file, without .yaml")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="write all schemas into this folder")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="say which files there are stale")
    given = parser.parse_args(argv)
    if given.into is not None:
        print("\n".join(map(str, write_all(given.into))))
        return 0
    if given.check is not None:
        old = stale(given.check)
        print("\n".join(f"{name} is stale; write it by greenlight schema --into FOLDER" for name in old))
        return 1 if old else 0
    if given.name is None:
        parser.print_help()
        return 2
    sys.stdout.write(schema_text(given.name))
    return 0
