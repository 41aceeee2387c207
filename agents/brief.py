"""What an agent is given to work on: words of the house, and fenced documents from outside."""

from dataclasses import dataclass, replace

from pydantic import BaseModel

from agents.fence import Fence, cut, visible

DOCUMENT_TOKENS = 2_500
TASK_TOKENS = 1_000
ANSWER_TOKENS = 1_500


@dataclass(frozen=True, slots=True)
class Document:
    """Something from outside, as an alert or evidence: a name that may be cited, and its text.

    `short` is what later stages read of it, which have the answer of the first one as well.
    """

    name: str
    text: str
    tokens: int = DOCUMENT_TOKENS
    short: str = ""


@dataclass(frozen=True, slots=True)
class Former:
    """What an agent answered before: typed, text, or the reason why there is no answer."""

    agent: str
    answer: BaseModel | str | None
    said: str = ""
    stopped: str | None = None

    def text(self) -> str:
        """The answer as the next agent reads it."""
        if isinstance(self.answer, BaseModel):
            return self.answer.model_dump_json(exclude_defaults=True)
        if self.answer is not None:
            return self.answer
        known = f" Last words: {self.said}" if self.said else ""
        return f"No answer ({self.stopped}).{known}"


@dataclass(frozen=True, slots=True)
class Brief:
    """A task with everything that is known so far; `task` is the house's or a person's own words."""

    documents: tuple[Document, ...] = ()
    former: tuple[Former, ...] = ()
    task: str = ""

    def after(self, *former: Former) -> "Brief":
        """The brief of a later stage: these answers, and the documents in short."""
        if not former:
            return self
        short = tuple(replace(one, text=one.short or one.text) for one in self.documents)
        return replace(self, documents=short, former=(*self.former, *former))

    def render(self, fence: Fence) -> str:
        """The text that starts a run."""
        parts = [fence.around(document.name, document.text, document.tokens) for document in self.documents]
        parts += [
            fence.around(f"answer of {former.agent}", former.text(), ANSWER_TOKENS) for former in self.former
        ]
        if self.task:
            parts.append(visible(cut(self.task, TASK_TOKENS)))
        return "\n\n".join(parts) or "Begin."
