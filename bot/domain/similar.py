"""Names that are easily taken for one another (rule 7)."""

from collections.abc import Iterable

MOST_SHOWN = 3


def similar_names(name: str, others: Iterable[str]) -> tuple[str, ...]:
    """The other names that are one edit away (or differ in case alone), sorted, a few at most."""
    found = sorted({other for other in others if other != name and one_edit_apart(name, other)})
    return tuple(found[:MOST_SHOWN])


def one_edit_apart(one: str, other: str) -> bool:
    """Whether a single character added, dropped, changed or swapped with its neighbour makes them equal."""
    one, other = sorted((one.casefold(), other.casefold()), key=len)
    if one == other:
        return True
    if len(other) - len(one) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = one[start + 1 : start + 2] + one[start] + one[start + 2 :]
    return one[start + 1 :] == other[start + 1 :] or swapped == other[start:]
