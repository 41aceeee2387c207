"""`greenlight runbook`: write a page for a failure mode, check pages, play a log against their signatures."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bot.adapters.content import NO_PAGES, read_catalogue
from bot.adapters.content_lint import Linted, linted
from bot.adapters.content_table import table
from bot.adapters.replay import Replayed, lines_of, replayed
from bot.commands.plainly import plain
from bot.commands.runbook_page import TEMPLATE
from bot.domain.action import Catalogue
from bot.domain.errors import ContentError
from bot.settings import HOME
from bot.wiring.parts import SHIPPED

WRONG, UNREADABLE = 1, 2
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


def main(argv: list[str]) -> int:
    """Exit code 0 where all is well, 1 for problems or no match, 2 where something cannot be read."""
    given = _arguments(argv)
    try:
        match cast("str", given.verb):
            case "new":
                return _new(str(given.name), str(given.title or ""), cast("Path", given.into))
            case "lint":
                return _lint(cast("list[Path]", given.pages), cast("Path", given.into))
            case "test":
                return _test(cast("Path", given.page), cast("Path", given.log))
            case _:
                sys.stdout.write(table(_catalogue(cast("Path", given.into))))
                return 0
    except OSError as error:
        print(f"greenlight runbook: {error.filename}: {error.strerror or error}", file=sys.stderr)
    except ContentError as error:
        print("\n".join(map(plain, error.problems)), file=sys.stderr)
    return UNREADABLE


def _arguments(argv: list[str]) -> argparse.Namespace:
    folder = Path(os.environ.get(HOME) or ".") / "runbooks"
    parser = argparse.ArgumentParser(prog="greenlight runbook", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="new | lint | test | actions")
    new = verbs.add_parser("new", help="write a page to fill in")
    new.add_argument("name", help="what the failure is called, as queue-backlog")
    new.add_argument("--title", help="its title, as people say it")
    lint = verbs.add_parser("lint", help="check pages; all of the home's without a name")
    lint.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="files, or folders with pages")
    test = verbs.add_parser("test", help="play a log against the signatures of a page")
    test.add_argument("page", type=Path, metavar="PAGE", help="a page: a file, or the name of a shipped one")
    test.add_argument("log", type=Path, metavar="LOG", help="a log file")
    actions = verbs.add_parser("actions", help="print the table of all actions with their tiers")
    for each in (new, lint, actions):
        each.add_argument("--into", "--folder", type=Path, default=folder, metavar="FOLDER",
                          help="the folder of the runbooks (default: that of the home)")  # fmt: skip
    return parser.parse_args(argv)


def _new(name: str, title: str, folder: Path) -> int:
    path = folder / f"{name}.md"
    if not NAME.fullmatch(name) or path.name in NO_PAGES:
        print(f"{plain(name)}: expected small letters, digits and dashes, as queue-backlog", file=sys.stderr)
        return WRONG
    said = title or name.replace("-", " ").capitalize()
    if any(letter in said for letter in "\"'\\\r\n#{}[]&*!|>%@`:"):
        print("--title: expected words without quotes, colons and brackets", file=sys.stderr)
        return WRONG
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.replace("TITLE", said))
    except FileExistsError:
        print(f"{path}: exists already, and is left as it is", file=sys.stderr)
        return WRONG
    print(f"{path}\nFill it in, then: greenlight runbook lint {path}")
    return 0


def _lint(given: Sequence[Path], folder: Path) -> int:
    pages = [page for path in given or [folder] for page in _pages(path)]
    if not pages:
        print(f"greenlight runbook: no pages in {folder}", file=sys.stderr)
        return UNREADABLE
    catalogue, broken = None, tuple[str, ...]()
    try:
        catalogue = _catalogue(folder)
    except ContentError as error:
        broken = error.problems
    results = [linted(page, catalogue) for page in pages]
    for problem in (*broken, *(problem for result in results for problem in result.problems)):
        print(plain(problem))
    wrong = sum(bool(result.problems) for result in results)
    print(f"{len(results)} pages, {wrong} with problems")
    return WRONG if wrong or broken else 0


def _pages(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(page for page in path.glob("*.md") if page.name not in NO_PAGES)


def _catalogue(folder: Path) -> Catalogue:
    """What pages may propose; raises ContentError."""
    return read_catalogue((folder.resolve(), SHIPPED))


def _test(page: Path, log: Path) -> int:
    path = page if page.exists() else SHIPPED / f"{page.name.removesuffix('.md')}.md"
    found: Linted = linted(path, None)
    if found.page is None:
        print("\n".join(map(plain, found.problems)), file=sys.stderr)
        return UNREADABLE
    with log.open("rb") as file:
        result = replayed(found.page, lines_of(file))
    _show(result)
    return 0 if result.matched else WRONG


def _show(result: Replayed) -> None:
    for hit in result.hits:
        print(f"{hit.count:>8}  {plain(hit.signature)}")
        for number, line in hit.examples:
            print(f"          line {number}: {plain(line)}")
    out = f", {result.excluded} left out by excludes" if result.excluded else ""
    print(f"{result.matched} of {result.lines} lines match{out}")
