"""What is left out of prompts, because it costs tokens and tells a model nothing."""

from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, Field

from agents.memory import written
from agents.roster_files import SHIPPED
from agents.tools import plain_schema

TEMPLATE = (SHIPPED / "AGENTS.md").read_text(encoding="utf-8")


def test_the_template_says_nothing_until_somebody_writes_into_it() -> None:
    assert written(TEMPLATE) == ""


def test_what_somebody_wrote_stays_with_its_heading() -> None:
    filled = TEMPLATE.replace(
        "## Normal values\n", "## Normal values\n- checkout uses 6 of 20 connections.\n"
    )
    assert written(filled) == (
        "# What every agent should know about this place\n"
        "## Normal values\n"
        "- checkout uses 6 of 20 connections."
    )


@pytest.mark.parametrize(
    "line", ["- [Runbook](https://wiki/pool) for the pool", "- [x] done", "plain words", "- [a] and [b]"]
)
def test_a_line_in_which_brackets_say_something_stays(line: str) -> None:
    assert written(f"# Here\n{line}") == f"# Here\n{line}"


class Kind(StrEnum):
    """A description that no model needs."""

    ONE = "one"


class Inner(BaseModel):
    """Another one."""

    title: str = Field(description="what it is called")
    kind: Kind = Kind.ONE


class Outer(BaseModel):
    """What is answered."""

    properties: list[Inner] = []
    note: str = ""
    most: int = 3


def test_a_schema_keeps_names_types_descriptions_of_fields_and_telling_defaults() -> None:
    schema: dict[str, Any] = plain_schema(Outer)
    assert schema == {
        "type": "object",
        "description": "What is answered.",
        "properties": {
            "properties": {"type": "array", "items": {"$ref": "#/$defs/Inner"}},
            "note": {"type": "string"},
            "most": {"type": "integer", "default": 3},
        },
        "$defs": {
            "Kind": {"type": "string", "enum": ["one"]},
            "Inner": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "what it is called"},
                    "kind": {"$ref": "#/$defs/Kind", "default": "one"},
                },
                "required": ["title"],
            },
        },
    }
