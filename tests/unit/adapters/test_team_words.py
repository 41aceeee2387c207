"""What leaves of an answer that is still being written."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from agents.model import Piece, StartedAgain
from bot.adapters.team_words import Aloud, complete

SECRET = "hunter2hunter2"


@dataclass
class Ears:
    heard: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    async def hear(self, text: str) -> None:
        self.heard.append(text)

    def now(self) -> float:
        self.seconds += 1
        return self.seconds


def aloud(ears: Ears) -> Aloud:
    return Aloud(ears.hear, lambda text: text.replace(SECRET, "<secret>"), ears.now)


async def said(text: str, size: int = 3) -> list[str]:
    ears = Ears()
    listener = aloud(ears)
    for start in range(0, len(text), size):
        await listener(Piece(text[start : start + size]))
    return ears.heard


async def test_only_whole_sentences_and_lines_leave() -> None:
    assert await said("The pool is full. It leaks since v4.2. And then") == [
        "The pool is full.",
        "The pool is full. It leaks since v4.2.",
    ]


@given(st.integers(1, 12), st.text("ab .\n", max_size=30))
async def test_a_secret_never_leaves_however_it_is_cut_into_pieces(size: int, before: str) -> None:
    heard = await said(f"{before} password: {SECRET} is set. Done.\n", size)
    assert heard
    assert not any(SECRET[:4] in text for text in heard)


async def test_a_key_block_that_has_not_ended_is_held_back() -> None:
    assert complete("Look.\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n") == "Look.\n"
    whole = "-----BEGIN X-----\nMIIE\n-----END X-----\n"
    assert complete(whole) == whole


async def test_what_turned_out_not_to_be_the_answer_stays_and_the_rest_follows_it() -> None:
    ears = Ears()
    listener = aloud(ears)
    await listener(Piece("Let me look.\n"))
    await listener(StartedAgain())
    await listener(Piece("It is the pool.\n"))
    assert ears.heard == ["Let me look.", "Let me look.\n…\nIt is the pool."]
    assert ears.heard[1].startswith(ears.heard[0])
