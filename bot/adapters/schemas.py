"""JSON Schemas of the content files for editors, made from the very models that read them."""

import json
from collections.abc import Mapping
from pathlib import Path

from bot.adapters.content_actions import ActionsDoor
from bot.adapters.content_alerts import AlertsDoor
from bot.adapters.content_doors import Door
from bot.adapters.content_how import RunnerDoor
from bot.adapters.content_oncall import OncallDoor
from bot.adapters.content_policy import PolicyDoor
from bot.adapters.content_senders import SendersDoor
from bot.adapters.content_services import ServicesDoor

DRAFT = "https://json-schema.org/draft/2020-12/schema"
DOORS: Mapping[str, type[Door]] = {
    "services": ServicesDoor,
    "actions": ActionsDoor,
    "policy": PolicyDoor,
    "oncall": OncallDoor,
    "alerts": AlertsDoor,
    "senders": SendersDoor,
    "runner": RunnerDoor,
}
"""Every content file that has a schema, by its name without `.yaml`."""


def file_of(name: str) -> str:
    """The name of the schema's file, beside the content in the folder `schema`."""
    return f"{name}.schema.json"


def schema_text(name: str) -> str:
    """The schema of one content file as it stands on disk; raises KeyError for an unknown file."""
    schema = DOORS[name].model_json_schema()
    schema = {"$schema": DRAFT, **schema, "title": f"{name}.yaml of Greenlight"}
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def stale(folder: Path) -> tuple[str, ...]:
    """The files of a folder that are missing or say something else than the models do; blocks."""
    return tuple(
        file_of(name)
        for name in DOORS
        if not (folder / file_of(name)).is_file()
        or (folder / file_of(name)).read_text(encoding="utf-8") != schema_text(name)
    )


def write_all(folder: Path) -> tuple[Path, ...]:
    """Write every schema into a folder; blocks, raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = tuple(folder / file_of(name) for name in DOORS)
    for name, path in zip(DOORS, written, strict=True):
        path.write_text(schema_text(name), encoding="utf-8")
    return written
