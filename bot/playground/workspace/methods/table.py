"""The one table of all Web API methods."""

from typing import Final

from bot.playground.workspace.call import Method
from bot.playground.workspace.methods import chat, conversations, files, people, streams, views

METHODS: Final[dict[str, Method]] = {
    **people.METHODS,
    **chat.METHODS,
    **streams.METHODS,
    **conversations.METHODS,
    **views.METHODS,
    **files.METHODS,
}
