"""One table with a row for each promise, what was measured, and what came out wrong."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A promise, how much was tried, what was counted, and everything that came out wrong."""

    promise: str
    tried: str
    counted: str
    wrong: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned columns, then what was wrong and what is not built yet."""
    head = ("promise", "tried", "counted", "")
    body = [(r.promise, r.tried, r.counted, "WRONG" if r.wrong else "ok") for r in rows]
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in (head, *body)
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for row in rows:
        lines += [f"WRONG {row.promise}: {one}" for one in row.wrong[:20]]
        lines += [f"note  {row.promise}: {one}" for one in row.notes]
    return "\n".join(line.rstrip() for line in lines)
