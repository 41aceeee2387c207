"""The files of a roster: read once from one or more folders, the later folder over the earlier one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.journal import digest

SHIPPED = Path(__file__).resolve().parent / "roster"
KINDS = ("team.yaml", "models.yaml", "AGENTS.md", "prompts/*.md", "harness/*.md", "skills/*/SKILL.md")
MAX_BYTES = 131_072


@dataclass(frozen=True, slots=True)
class RosterFile:
    """One file: the name by which mistakes name it, its text, its hash."""

    shown: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class RosterFiles:
    """All files by their path within the roster; `stacks` keeps all layers of each, the last one on top."""

    stacks: Mapping[str, tuple[RosterFile, ...]]
    problems: tuple[str, ...]

    def text(self, path: str) -> str | None:
        """The text of the topmost file of this path."""
        stack = self.stacks.get(path)
        return stack[-1].text if stack else None

    def digests(self) -> Mapping[str, str]:
        """A hash for every path of the roster, over all of its layers."""
        return {
            path: digest(" ".join(file.digest for file in stack).encode())[:16]
            for path, stack in sorted(self.stacks.items())
        }


def read_files(folders: Iterable[Path]) -> RosterFiles:
    """Read the roster's files; a folder that does not exist is a mistake."""
    stacks: dict[str, tuple[RosterFile, ...]] = {}
    problems: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(f"{folder}: expected a folder with a roster")
            continue
        for found in sorted(path for kind in KINDS for path in folder.glob(kind)):
            file = _read(found)
            if isinstance(file, str):
                problems.append(file)
            else:
                name = found.relative_to(folder).as_posix()
                stacks[name] = (*stacks.get(name, ()), file)
    return RosterFiles(stacks, tuple(problems))


def _read(path: Path) -> RosterFile | str:
    try:
        with path.open("rb") as handle:
            body = handle.read(MAX_BYTES + 1)
    except OSError as error:
        return f"{path}: cannot be read: {error.strerror}"
    if len(body) > MAX_BYTES:
        return f"{path}: expected at most {MAX_BYTES} bytes"
    try:
        return RosterFile(str(path), body.decode(), digest(body))
    except UnicodeDecodeError as error:
        return f"{path}: expected UTF-8 text ({error.reason} at byte {error.start})"
