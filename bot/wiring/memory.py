"""The team's memory: the store's approved text over AGENTS.md of this place, else of the roster."""

from pathlib import Path

from agents.roster_files import SHIPPED
from bot.adapters.memory import Memory
from bot.adapters.redis_client import Link
from bot.settings import Settings

FILE = "AGENTS.md"


def memory_of(settings: Settings, link: Link) -> Memory:
    """The memory of this place."""
    return Memory(link, lambda: text_of(settings))


def text_of(settings: Settings) -> str:
    """The file's text as it is now; nothing where there is no file."""
    places = (settings.runbooks / FILE, settings.rosters / FILE, Path(str(SHIPPED)) / FILE)
    found = next((place for place in places if place.is_file()), None)
    return found.read_text(encoding="utf-8", errors="replace") if found else ""
