"""A copy of the demo's content to break."""

import os
import shutil
from pathlib import Path

import pytest

from bot.adapters.content import FileContent
from bot.domain.errors import ContentError

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "runbooks"
DEMO = ROOT / "bot" / "playground" / "content"
NAMES = ("LOG", "DEPLOYS", "METRICS_URL", "SUPERVISOR_URL", "CONFIG", "CURRENT", "RELEASES")
ENVIRON = {
    **{f"GREENLIGHT_DEMO_{name}": f"/somewhere/{name.lower()}" for name in NAMES},
    "GREENLIGHT_DEMO_METRICS_URL": "http://127.0.0.1:9090",
}


@pytest.fixture
def demo_folder(tmp_path: Path) -> Path:
    """A copy of the demo's content with the shipped catalogue and pages."""
    for source in (SHIPPED, DEMO):
        for path in source.iterdir():
            if path.suffix in {".yaml", ".md"}:
                shutil.copyfile(path, tmp_path / path.name)
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    stamp = path.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(stamp, stamp))


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ContentError) as caught:
        FileContent((folder,), ENVIRON)
    return caught.value.problems
