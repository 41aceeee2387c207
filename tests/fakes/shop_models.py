"""What a good model would say about the demo's leaking deploy, as a script over what it was sent."""

import re
from typing import Any

from agents.messages import Said
from agents.providers.scripted import answers, says

ID = re.compile(r"evidence (ev-[0-9A-Za-z-]+): (\w+)")
EXHAUSTED = re.compile(r"pool exhausted[^\"\\]{0,60}", re.IGNORECASE)
ROLE = re.compile(r"# Your role: ([a-z ]+)")
POOL = 50


def leaking_shop(sent: str) -> Said:
    """The answer of whoever was asked, by the role in its prompt."""
    role = ROLE.search(sent)
    match role[1].strip() if role else "":
        case "log analyst":
            return answers({"summary": "the pool runs dry", "findings": [_claim(sent)]})
        case "diagnostician":
            return answers(_diagnosis(sent))
        case "remediator":
            return answers(_remediation(sent))
        case _:
            seen = _seen(sent)
            return says(
                f"The pool is exhausted; see [{seen.get('logs', '')}]. Ask on call before waking others."
            )


def _seen(sent: str) -> dict[str, str]:
    return {kind: known for known, kind in ID.findall(sent)}


def _claim(sent: str) -> dict[str, Any]:
    quote = EXHAUSTED.search(sent)
    words = quote[0].strip() if quote else "pool exhausted"
    return {
        "statement": "requests find no free connection",
        "evidence": [_seen(sent)["logs"]],
        "quote": words,
    }


def _diagnosis(sent: str) -> dict[str, Any]:
    abnormal = {"statement": "the error rate is out of its range", "evidence": [_seen(sent)["metrics"]]}
    return {
        "verdict": "cause",
        "cause": "checkout's connection pool is exhausted since the deploy of version 42",
        "mode": "connection-pool-exhausted",
        "confidence": "high",
        "claims": [_claim(sent), abnormal],
    }


def _remediation(sent: str) -> dict[str, Any]:
    target = "checkout/process"
    larger = {"action": "increase_pool_size", "target": target, "parameters": {"pool_size": POOL}}
    back = {"action": "rollback_deployment", "target": target, "parameters": {"version": "41"}}
    options = [
        {"title": "Raise the pool", "why": "It buys time.", "steps": [larger]},
        {"title": "Roll back", "why": "Version 42 came shortly before.", "steps": [back]},
    ]
    return {"options": options[1:] if "unchanged" in sent else options}
