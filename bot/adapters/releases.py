"""Releases as directories, and the symbolic link that says which of them runs."""

import re
import secrets
from pathlib import Path

from bot.adapters.config_file import sync_directory
from bot.domain.errors import GreenlightError

VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,63}", re.ASCII)
MAX_RELEASES = 20


class ReleaseError(GreenlightError):
    """The release cannot be switched; nothing was changed."""


def current_version(current: Path) -> str:
    """The version that the link points at; blocks, raises ReleaseError."""
    if not current.is_symlink():
        raise ReleaseError(f"{current.name} is no symbolic link.")
    return _checked(current.readlink().name)


def known_releases(releases: Path) -> tuple[str, ...]:
    """The newest versions that are there, in natural order; blocks, raises ReleaseError."""
    try:
        names = [entry.name for entry in releases.iterdir() if entry.is_dir()]
    except OSError as error:
        raise ReleaseError(f"{releases.name} cannot be read ({error.strerror}).") from error
    return tuple(sorted((name for name in names if VERSION.fullmatch(name)), key=natural))[-MAX_RELEASES:]


def switch(current: Path, releases: Path, version: str) -> str:
    """Point the link at another release in one rename and return the version before.

    Blocks; raises ReleaseError before anything is changed, OSError where that is not known.
    """
    before = current_version(current)
    wanted = releases / _checked(version)
    if wanted.is_symlink() or not wanted.is_dir():
        raise ReleaseError(f"There is no release {version}.")
    fresh = current.with_name(f".{current.name}.{secrets.token_hex(6)}")
    try:
        fresh.symlink_to(_relative(wanted, current.parent))
    except OSError as error:
        raise ReleaseError(f"{current.name} cannot be replaced ({error.strerror}).") from error
    fresh.replace(current)
    sync_directory(current.parent)
    return before


def _checked(version: str) -> str:
    if not VERSION.fullmatch(version):
        raise ReleaseError(f"{version!a:.80} is no version.")
    return version


def _relative(wanted: Path, parent: Path) -> Path:
    return wanted.relative_to(parent) if wanted.is_relative_to(parent) else wanted.absolute()


def natural(version: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key for versions: `9` before `10`, `1.9` before `1.10`."""
    parts = re.findall(r"\d+|\D+", version)
    return tuple((0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts)
