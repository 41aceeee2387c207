"""Programs that a test needs and a machine may lack: skipped in plain words, or failed where all must run."""

import os
import shutil
from pathlib import Path

import pytest


def need(binary: str) -> Path:
    """The program of that name on PATH; where it is missing, the test is skipped or fails."""
    found = shutil.which(binary)
    if found is not None:
        return Path(found)
    reason = f"{binary} is not installed on this machine"
    if os.environ.get("GREENLIGHT_TEST_ALL") == "1":
        pytest.fail(f"{reason}, and GREENLIGHT_TEST_ALL=1 asks for every test")
    pytest.skip(reason)
