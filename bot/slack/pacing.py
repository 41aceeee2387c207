"""How often Slack is spoken to: edits of a message apart, all within a budget, rate limits honoured."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

EDIT_GAP_SECONDS = 1.5
"""Between two edits of one message that only show progress."""
EDITS_A_MINUTE = 48
"""A little less than Tier 3 of Slack's rate limits (50), for the whole app in one workspace."""
CALM_EDITS_A_MINUTE = 35
"""What mere progress may use of it; the rest is kept for what people wait for."""
MINUTE_SECONDS = 60.0
POSTS_AT_ONCE = 9
CALM_POSTS_AT_ONCE = 6
"""What charts and reports may use of it; the rest is kept for what people wait for."""
POST_WINDOW_SECONDS = 10.0
"""Slack takes one message a second and channel, short bursts beyond it: nine in any ten seconds."""
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
KEPT = 2000


@dataclass(slots=True)
class Pacer:
    """Says how long to wait; `now` counts seconds and never runs backwards."""

    now: Callable[[], float]
    _edits: deque[float] = field(default_factory=deque[float])
    _under_way: int = 0
    _posts: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])
    _posting: dict[str, int] = field(default_factory=dict[str, int])
    _last: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    _held: dict[str, float] = field(default_factory=dict[str, float])
    _failures: dict[str, int] = field(default_factory=dict[str, int])

    def before_edit(self, message: str, state: str) -> float:
        """Seconds until this message may be edited, 0 takes the place at once; a new state need not wait."""
        now = self.now()
        while self._edits and now - self._edits[0] >= MINUTE_SECONDS:
            self._edits.popleft()
        at, shown = self._last.get(message, (0.0, state))
        urgent = shown != state
        budget = EDITS_A_MINUTE if urgent else CALM_EDITS_A_MINUTE
        excess = len(self._edits) + self._under_way - budget
        wait = 0.0 if excess < 0 else self._until_free(excess, now)
        wait = wait if urgent or message not in self._last else max(wait, at + EDIT_GAP_SECONDS - now)
        if wait <= 0.0:
            # counted before the call: of those that are on their way at once, each takes its place
            self._under_way += 1
        return max(wait, 0.0)

    def _until_free(self, excess: int, now: float) -> float:
        if excess >= len(self._edits):
            return EDIT_GAP_SECONDS
        return MINUTE_SECONDS - (now - self._edits[excess])

    def edit_ended(self) -> None:
        """An edit that was let through is over; Slack may have counted it as late as this."""
        self._under_way -= 1
        self._edits.append(self.now())

    def before_post(self, channel: str, *, urgent: bool = True) -> float:
        """Seconds until a message may be posted in this channel; 0 takes the place at once."""
        now = self.now()
        posts = self._posts.setdefault(channel, deque[float]())
        while posts and now - posts[0] >= POST_WINDOW_SECONDS:
            posts.popleft()
        on_the_way = self._posting.get(channel, 0)
        excess = len(posts) + on_the_way - (POSTS_AT_ONCE if urgent else CALM_POSTS_AT_ONCE)
        if excess >= 0:
            return POST_WINDOW_SECONDS - (now - posts[excess]) if excess < len(posts) else 1.0
        self._posting[channel] = on_the_way + 1
        return 0.0

    def post_ended(self, channel: str) -> None:
        """A post that was let through is over; Slack may have counted it as late as this."""
        self._posting[channel] = self._posting.get(channel, 1) - 1
        self._posts.setdefault(channel, deque[float]()).append(self.now())

    def sent(self, message: str, state: str) -> None:
        """Note that a message shows this state now."""
        if message not in self._last and len(self._last) >= KEPT:
            self._last.pop(next(iter(self._last)))
        self._last[message] = (self.now(), state)
        self._failures.pop(message, None)

    def hold(self, key: str, seconds: float) -> None:
        """Slack asked to wait before anything of this key is sent."""
        self._held[key] = self.now() + seconds

    def held(self, key: str) -> float:
        """Seconds for which this key is still held."""
        left = self._held.get(key, 0.0) - self.now()
        if left <= 0:
            self._held.pop(key, None)
            return 0.0
        return left

    def failed(self, message: str) -> float:
        """Hold this message after one more failure; the seconds."""
        count = self._failures.get(message, 0)
        self._failures[message] = count + 1
        seconds = BACK_OFF_SECONDS[min(count, len(BACK_OFF_SECONDS) - 1)]
        self.hold(message, seconds)
        return seconds
