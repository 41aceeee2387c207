"""What running processes of this machine were given in their environment; for doctor, on Linux alone."""

from collections.abc import Iterator, Mapping
from pathlib import Path

PROC = Path("/proc")
WORKER = (b"worker", b"--role")
BOT = "bot"
"""The role of the process that holds Slack's tokens; it is no worker, but is found the same way."""


def workers(role: str, home: Path, proc: Path = PROC) -> Iterator[Mapping[str, str]]:
    """The environments of the running workers of this role that serve this home; none where unreadable."""
    for process in proc.glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            raw = (process / "environ").read_bytes()
            directory = (process / "cwd").resolve()
        except OSError:
            continue
        if not _is_worker(words, role):
            continue
        pairs = (pair.decode(errors="replace").partition("=") for pair in raw.split(b"\0"))
        environment = {name: value for name, _, value in pairs if name}
        if Path(environment.get("GREENLIGHT_HOME") or directory).resolve() == home:
            yield environment


def _is_worker(words: list[bytes], role: str) -> bool:
    if role == BOT:
        return any(words[at : at + 3] == [b"-m", b"bot", b"bot"] for at in range(len(words)))
    return any(tuple(words[at : at + 3]) == (*WORKER, role.encode()) for at in range(len(words)))
