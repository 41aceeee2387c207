"""An answer while it is being written: only whole, checked sentences leave, always from the beginning."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from agents.model import Heard, Piece
from bot.adapters.team_answers import Clean
from bot.ports.team import Hear

ENDS = re.compile(r"\n|[.!?:](?=\s)")
BLOCK_BEGINS, BLOCK_ENDS = "-----BEGIN ", "-----END "
GAP_SECONDS = 0.25
MAX_ALOUD = 6_000
"""What is shown of an answer before it is whole."""
AGAIN = "\n…\n"
"""Stands where a former text turned out not to be the answer."""


@final
@dataclass(slots=True)
class Aloud:
    """Listens to a model and passes on what is complete and clean; `now` counts seconds.

    The whole text so far is cleaned each time, so a secret is seen in its context, and the unfinished end is
    held back, so no part of one leaves before the rest of it is known.
    """

    hear: Hear
    clean: Clean
    now: Callable[[], float]
    former: str = ""
    text: str = ""
    told: str = ""
    told_at: float = float("-inf")

    async def __call__(self, heard: Heard) -> None:
        """A piece of text, or the word that the pieces so far are void."""
        if not isinstance(heard, Piece):
            shown = self._shown()
            self.former, self.text = (shown + AGAIN if shown else ""), ""
            return
        self.text += heard.text
        if ENDS.search(heard.text) is None and ENDS.search(self.text[-len(heard.text) - 1 :]) is None:
            return
        shown = self._shown()
        if shown and shown != self.told and self.now() - self.told_at >= GAP_SECONDS:
            self.told, self.told_at = shown, self.now()
            await self.hear(shown)

    def _shown(self) -> str:
        whole = complete(self.text)
        return (
            (self.former + self.clean(whole))[:MAX_ALOUD].rstrip() if whole.strip() else self.former.rstrip()
        )


def complete(text: str) -> str:
    """The text up to its last sentence or line that has ended; nothing of a key block that has not."""
    ends = [found.end() for found in ENDS.finditer(text)]
    whole = text[: ends[-1]] if ends else ""
    begins = whole.rfind(BLOCK_BEGINS)
    if begins >= 0 and BLOCK_ENDS not in whole[begins:]:
        return whole[:begins]
    return whole
