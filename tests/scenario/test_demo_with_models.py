"""`greenlight demo` with a key in `.env` of the caller's folder runs on the model team, and says so."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from agents.providers.scripted import says
from tests.fakes.model_servers import serving
from tests.fakes.shop_models import leaking_shop

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GREENLIGHT_MODEL", "GREENLIGHT_TEAM")


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_key_in_env_of_the_folder_makes_the_demo_run_on_models_to_a_verified_end(
    tmp_path: Path,
) -> None:
    async with serving(says("nothing")) as server:
        server.script = leaking_shop
        (tmp_path / ".env").write_text(
            "ANTHROPIC_API_KEY=sk-ant-local-0123456789abcdef\n"
            "OPENAI_API_KEY=sk-local-0123456789abcdef\n"
            f"ANTHROPIC_BASE_URL={server.url}\nOPENAI_BASE_URL={server.url}/v1\n",
            encoding="utf-8",
        )
        variables = {name: value for name, value in os.environ.items() if name not in KEYS}
        variables |= {"GREENLIGHT_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "demo", "--auto"),
            cwd=tmp_path,
            env=variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        assert "Models are set" in said, said[-2000:]
        assert "Found by: models" in said
        assert "The record says: verified" in said, said[-2000:]
        assert process.returncode == 0
        assert {body["model"] for body in server.bodies} == {"gpt-5-mini", "claude-sonnet-4-6"}
