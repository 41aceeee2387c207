"""The fence around everything that comes from outside: data to the model, never instructions."""

import re
from dataclasses import dataclass
from math import ceil

BYTES_PER_TOKEN = 4
HEAD_SHARE = 2 / 3

# Control characters except tab and line feed, everything that is drawn as nothing or turns the reading
# direction, tag characters, variation selectors (but the emoji one), private use and lone surrogates.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202f\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)


def visible(text: str) -> str:
    """Text in which each control or invisible character is written out, in braces after `u`."""
    return HIDDEN.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text.replace("\r\n", "\n"))


def tokens_of(text: str) -> int:
    """About how many tokens a text costs: no maker's tokeniser runs here."""
    return ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def cut(text: str, tokens: int) -> str:
    """The beginning and the end of a text within a number of tokens, with a note of what is missing."""
    total = tokens_of(text)
    if total <= tokens:
        return text
    body = text.encode("utf-8", "replace")
    room = max(tokens, 0) * BYTES_PER_TOKEN
    head = int(room * HEAD_SHARE)
    tail = room - head
    end = body[len(body) - tail :].decode("utf-8", "ignore") if tail else ""
    note = f"\n[... about {total - tokens} of {total} tokens cut here ...]\n"
    return body[:head].decode("utf-8", "ignore") + note + end


@dataclass(frozen=True, slots=True)
class Fence:
    """Markers that what stands between them cannot know, so that it cannot end the fence."""

    nonce: str

    def around(self, source: str, text: str, tokens: int) -> str:
        """Outside text of at most so many tokens, between markers that name its source."""
        shown = cut(visible(text).replace(self.nonce, "[marker removed]"), tokens)
        label = re.sub(r"[^\w .:/@#-]", "_", visible(source).replace(self.nonce, ""))[:80]
        return f"<<outside {self.nonce} {label}>>\n{shown}\n<<end {self.nonce}>>"
