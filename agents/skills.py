"""Skills: one line of each stands in the prompt, the procedure is loaded when it is needed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agents.errors import UnknownSkillError, choices
from agents.tools import Tool, form_of
from agents.yaml_door import read_yaml

LOAD_SKILL = "load_skill"
MAX_DESCRIPTION = 300
MAX_TOKENS = 3_000
NAME = re.compile(r"[a-z][a-z0-9-]{0,48}", re.ASCII)
FRONT = re.compile(r"---\n(.*?)\n---\n(.*)", re.DOTALL)
KEYS = {"name", "description", "license"}


@dataclass(frozen=True, slots=True)
class Skill:
    """A procedure: its name, when it helps, and its steps in Markdown."""

    name: str
    description: str
    body: str

    @property
    def line(self) -> str:
        """What stands in a prompt."""
        return f"- {self.name}: {self.description}"


def read_skill(text: str, file: str, folder: str) -> Skill | tuple[str, ...]:
    """A SKILL.md with front matter, or what is wrong with it."""
    match = FRONT.fullmatch(text.replace("\r\n", "\n"))
    if match is None:
        return (f"{file}: expected front matter between two lines of ---, then the procedure",)
    head = read_yaml(match[1], file)
    if head.problems:
        return head.problems
    values = head.value if isinstance(head.value, dict) else {}
    problems = [f"{file}: unknown key {key!r}; valid: {choices(KEYS)}" for key in sorted({*values} - KEYS)]
    name, description = values.get("name"), values.get("description")
    if name != folder or not isinstance(name, str) or not NAME.fullmatch(name):
        problems.append(f"{file}: name: expected {folder!r}, the name of its folder, not {name!r}")
    if not isinstance(description, str) or not 0 < len(description) <= MAX_DESCRIPTION:
        problems.append(f"{file}: description: expected one line of at most {MAX_DESCRIPTION} characters")
    if not match[2].strip():
        problems.append(f"{file}: expected a procedure after the front matter")
    if problems:
        return tuple(problems)
    return Skill(str(name), " ".join(str(description).split()), match[2].strip())


@dataclass(frozen=True, slots=True)
class _Shelf:
    skills: Mapping[str, Skill]

    async def load(self, name: str) -> str:
        """Read the procedure of one of your skills."""
        if name not in self.skills:
            raise UnknownSkillError(f"{name[:80]!r}; you have: {choices(self.skills)}")
        return self.skills[name].body


FORM = form_of(_Shelf.load, LOAD_SKILL)


def skill_tool(skills: Mapping[str, Skill]) -> Tool:
    """The tool that loads one of these skills, by name only."""
    return FORM.tool(_Shelf(skills).load, outside=False, tokens=MAX_TOKENS)
