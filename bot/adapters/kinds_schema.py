"""How sources and targets look in a JSON Schema: one alternative for each kind of the closed tables."""

import re
from collections.abc import Mapping

from bot.adapters.content_kinds import OBSERVED, Kind

VALUE: Mapping[str, object] = {"type": ["string", "integer"], "maxLength": 500}


def settings_schema(key: str, known: Mapping[str, Kind]) -> dict[str, object]:
    """The schema of a mapping whose `key` names one of these kinds and whose other keys are its settings."""
    return {
        "type": "object",
        "required": [key],
        "properties": {key: {"enum": sorted(known)}},
        "oneOf": [_kind(key, name, kind) for name, kind in sorted(known.items())],
    }


def _kind(key: str, name: str, kind: Kind) -> dict[str, object]:
    settings = dict.fromkeys(sorted(kind.needed | kind.known), VALUE)
    begins = "|".join(re.escape(prefix) for prefix in (OBSERVED, *kind.prefixes))
    return {
        "properties": {key: {"const": name}, **settings},
        "patternProperties": {f"^({begins})": VALUE},
        "required": [key, *sorted(kind.needed)],
        "additionalProperties": False,
    }
