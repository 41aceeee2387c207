"""Where a service keeps its files, and how they are written so that a reader never sees half of one."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RELEASE_SOURCES = Path(__file__).resolve().parent / "releases"


@dataclass(frozen=True, slots=True)
class ServiceHome:
    """The directory of one service instance; `name` is also its program name under the supervisor."""

    root: Path
    name: str

    @property
    def releases(self) -> Path:
        """One directory per version."""
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """The symbolic link to the release that the next start runs."""
        return self.root / "current"

    @property
    def config(self) -> Path:
        """The JSON settings that the running service re-reads."""
        return self.root / "config" / f"{self.name}.json"

    @property
    def log(self) -> Path:
        """The JSON lines that the service writes."""
        return self.root / "logs" / f"{self.name}.log"

    @property
    def database(self) -> Path:
        """The SQLite file behind the connection pool."""
        return self.root / "data" / "orders.db"

    def version(self) -> str:
        """The version that `current` points at."""
        return self.current.resolve().name


@dataclass(frozen=True, slots=True)
class Release:
    """One version that can be deployed, as its commit describes it."""

    version: str
    commit: str
    message: str
    who: str


RELEASES = (
    Release("41", "9c1f0de", "Record the amount in cents", "dana"),
    Release("42", "b7e42a1", "Tidy up the path of declined cards", "marco"),
    Release("43", "e05d9c4", "Keep rendered receipts in memory for quick re-sends", "marco"),
)


def release(version: str) -> Release:
    """The release of a version; raises KeyError for an unknown one."""
    return {each.version: each for each in RELEASES}[version]


def prepare(home: ServiceHome, config: Mapping[str, object]) -> None:
    """Lays out a service directory: all releases, `current` at 41, its settings; keeps old data away."""
    shutil.rmtree(home.root, ignore_errors=True)
    for part in (home.releases, home.config.parent, home.log.parent, home.database.parent):
        part.mkdir(parents=True)
    for each in RELEASES:
        target = home.releases / each.version
        target.mkdir()
        shutil.copyfile(RELEASE_SOURCES / f"v{each.version}.py", target / "checkout.py")
    point_current_at(home, "41")
    write_json(home.config, config)


def point_current_at(home: ServiceHome, version: str) -> None:
    """Switches `current` to a release in one atomic rename."""
    target = home.releases / version
    if not target.is_dir():
        raise FileNotFoundError(target)
    fresh = home.root / f".current.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("releases") / version)
    fresh.replace(home.current)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Replaces a JSON file in one atomic rename."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
