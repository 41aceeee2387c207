"""A real memory limit, and what happens at it."""

import logging
import os
import resource
import sys
from pathlib import Path
from typing import NoReturn

from bot.playground.service.logs import fields

OUT_OF_MEMORY = 137
"""The exit status of a process that the kernel killed for its memory."""


def limit_memory(mib: int) -> None:
    """Limits this process's memory to about `mib` MiB resident, by RLIMIT_AS.

    RLIMIT_AS counts address space; what is reserved but not resident at this moment is added to the limit.
    Some systems (macOS) do not enforce it.
    """
    reserved = 0
    statm = Path("/proc/self/statm")
    if statm.exists():
        total, resident = statm.read_text(encoding="ascii").split()[:2]
        reserved = (int(total) - int(resident)) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (mib * 1_048_576 + reserved, hard))


PROBE_BYTES = 1_048_576


def memory_is_left() -> bool:
    """Whether a small allocation still succeeds."""
    try:
        bytearray(PROBE_BYTES)
    except MemoryError:
        return False
    return True


def die_of_memory(log: logging.Logger, mib: int | None) -> NoReturn:
    """Lifts the soft limit for the last words, and ends the process as the kernel would."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    log.critical("out of memory: limit %sMi reached, process killed", mib, extra=fields(limit_mb=mib))
    for handler in log.handlers:
        handler.flush()
    sys.stderr.flush()
    os._exit(OUT_OF_MEMORY)
