"""The real material that evals measure with, where it is given."""

import gzip
import json
import lzma
import os
from pathlib import Path
from typing import cast

import pytest

Case = dict[str, object]


def folder() -> Path:
    given = os.environ.get("GREENLIGHT_MATERIAL", "")
    if not given:
        pytest.skip("no material: set GREENLIGHT_MATERIAL to the folder that holds cases.jsonl")
    return Path(given)


def cases(root: Path) -> list[Case]:
    with (root / "cases.jsonl").open(encoding="utf-8") as rows:
        return [cast("Case", json.loads(row)) for row in rows]


def text(path: Path) -> str:
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    elif path.suffix == ".xz":
        raw = lzma.decompress(raw)
    return raw.decode(errors="replace")


def parts(case: Case, kind: str) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", case.get(kind) or [])
