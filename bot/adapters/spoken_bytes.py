"""What was said in a run as bytes and back."""

import json

from bot.adapters.shapes import items, mapping
from bot.domain.ids import IncidentId
from bot.domain.spoken import Speech, Spoken, StageSpoken, Utterance

VERSION = 1


def spoken_bytes(spoken: Spoken) -> bytes:
    """JSON, with a version."""
    stages = [
        [one.stage, one.agent, [[said.kind, said.text] for said in one.words], one.left_out]
        for one in spoken.stages
    ]
    return json.dumps({"v": VERSION, "stages": stages}).encode()


def spoken_from(incident: IncidentId, key: str, body: bytes) -> Spoken | None:
    """Nothing where a newer version wrote it, or it is none of ours."""
    try:
        raw = mapping(json.loads(body))
        if raw.get("v") != VERSION:
            return None
        return Spoken(incident, key, tuple(_stage(one) for one in items(raw.get("stages")) or ()))
    except (ValueError, TypeError):
        return None


def _stage(raw: object) -> StageSpoken:
    stage, agent, words, left_out = items(raw) or []
    said = tuple(_utterance(one) for one in items(words) or ())
    return StageSpoken(str(stage), str(agent), said, int(str(left_out)))


def _utterance(raw: object) -> Utterance:
    kind, text = items(raw) or []
    return Utterance(Speech(str(kind)), str(text))
