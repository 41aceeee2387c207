"""Which lines of a log are worth a reader's budget, and how they are shown."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.adapters.log_shapes import Shaped, shaped
from bot.adapters.log_words import FAILS, STEP_MARK, is_generic, is_job, loudness
from bot.domain.ids import SECOND, At

MAX_SHOWN = 320
LOUDEST = 6
JUST_BEFORE = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """One shape of line: where it stood first and last (0 to 1 in the log), how often, and how loud it is."""

    number: int
    last: int
    count: int
    told: Shaped
    last_told: Shaped
    loud: int
    late: float


@dataclass(frozen=True, slots=True)
class _Offer:
    number: int
    text: str
    worth: float


def louder_before_the_end(candidates: Sequence[Candidate]) -> list[Candidate]:
    """What fails just before the line that only reports the failure is why; it counts as louder."""
    ends = [each.last for each in candidates if each.count == 1 and is_generic(each.told.message)]
    return [
        replace(each, loud=min(each.loud + 1, LOUDEST))
        if each.loud >= FAILS and any(0 < end - each.last <= JUST_BEFORE for end in ends)
        else each
        for each in candidates
    ]


def digest(
    candidates: Sequence[Candidate],
    near: Iterable[tuple[int, str]],
    tail: Sequence[tuple[int, str]],
    lines: int,
    budget: int,
) -> str:
    """The lines worth most for their length, in the order of the log, with gaps marked."""
    head = f"{lines} lines, {len(candidates)} shapes\n"
    longest = min(MAX_SHOWN, max(120, budget // 8))
    loud_at = sorted(each.number for each in candidates if each.loud >= FAILS)
    offers = [_Offer(each.number, _line(each, longest), _worth(each)) for each in candidates]
    said = {each.told.message for each in candidates}
    offers += _beside(near, said, lambda number, line: _near(number, line, loud_at), longest)
    known = {offer.number for offer in offers}
    end = [(number, line) for number, line in tail if number not in known]
    offers += _beside(end, said, lambda number, _: 2.0 - (lines - number) / max(len(tail), 1), longest)
    picked = _picked([offer for offer in offers if offer.text], budget - len(head))
    return head + "\n".join(offer.text for offer in picked)


def _beside(
    numbered: Iterable[tuple[int, str]], said: set[str], worth: Callable[[int, str], float], longest: int
) -> Iterator[_Offer]:
    """Lines as they stand, where no shape says the same words already."""
    for number, line in numbered:
        message = shaped(line).message
        if message not in said:
            yield _Offer(number, message[:longest], worth(number, line))


def _picked(offers: list[_Offer], budget: int) -> list[_Offer]:
    picked: list[_Offer] = []
    said = set[str]()
    left = budget
    for offer in sorted(offers, key=lambda each: (-each.worth, -each.number)):
        cost = len(offer.text) + 1
        if cost > left or offer.text in said:
            continue
        picked.append(offer)
        said.add(offer.text)
        left -= cost
        if left < 24:  # noqa: PLR2004 - no line is shorter
            break
    return sorted(picked, key=lambda each: each.number)


def _worth(each: Candidate) -> float:
    if is_job(each.told.message):
        return 6.0
    rare = 1.0 if each.count == 1 else 0.6 if each.count < 10 else 0.3  # noqa: PLR2004 - a handful
    return each.loud * 2 + rare + each.late


def _near(number: int, line: str, loud_at: Sequence[int]) -> float:
    if STEP_MARK in line:
        return 7.0
    distance = min((abs(number - at) for at in loud_at), default=99)
    return 4.5 - 0.5 * distance + 0.5 * loudness(line[:300], "")


def _line(each: Candidate, longest: int) -> str:
    said = each.told.message[:longest]
    if each.count == 1:
        return said
    return f"{each.count}x{_times(each)} {said}"


def _times(each: Candidate) -> str:
    first, last = each.told.at, each.last_told.at
    if first is None or last is None or each.loud < FAILS:
        return ""
    return f" {_clock(first)}-{_clock(last)}"


def _clock(at: At) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%H:%M:%S")
