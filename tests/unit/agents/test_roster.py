"""The roster: what ships loads, every mistake is named, files change the team."""

import os
from pathlib import Path

import pytest

from agents.errors import ConfigurationError
from agents.limits import turns
from agents.load import Known, load_roster
from agents.roster_files import SHIPPED
from tests.fakes.harness import KNOWN


def overlay(folder: Path, files: dict[str, str]) -> tuple[Path, ...]:
    """The shipped roster with these files over it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return (SHIPPED, folder)


def problems(folders: tuple[Path, ...], environment: dict[str, str] | None = None) -> tuple[str, ...]:
    """What is wrong with a roster."""
    with pytest.raises(ConfigurationError) as caught:
        load_roster(KNOWN, folders, environment)
    return caught.value.problems


def test_the_shipped_roster_loads_with_seven_agents_of_two_makers() -> None:
    roster = load_roster(KNOWN)
    assert tuple(roster.members) == (
        "log_analyst",
        "diagnostician",
        "remediator",
        "ops_manager",
        "runbook_writer",
        "communicator",
        "postmortem_writer",
    )
    assert roster.stages() == ("log_analysis", "diagnosis", "remediation")
    assert {model.split(":")[0] for model in roster.models()} == {"anthropic", "openai"}
    assert roster.unpriced() == ()


def test_each_shipped_agent_has_a_model_of_either_maker_so_that_one_key_suffices() -> None:
    for member in load_roster(KNOWN).members.values():
        assert {model.split(":")[0] for model in member.models} == {"anthropic", "openai"}, member.name


def test_it_loads_the_same_from_any_working_folder(tmp_path: Path) -> None:
    here = load_roster(KNOWN)
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert load_roster(KNOWN) == here
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "agents: {remediator: {tools: [shell]}}",
            "agent remediator: tools: unknown tool 'shell'; valid: exec",
        ),
        ("agents: {remediator: {tools: fetch_log}}", "did you mean fetch_logs? Valid:"),
        (
            "agents: {remediator: {skills: [x]}}",
            "agent remediator: skills: unknown skill 'x'; valid: communic",
        ),
        (
            "agents: {remediator: {inline_skills: [y]}}",
            "inline_skills: unknown inline_skill 'y'; valid: comm",
        ),
        ("agents: {remediator: {model: gpt}}", "agent remediator: model: expected provider:model, not 'gpt'"),
        (
            "agents: {remediator: {model: 'mistral:x'}}",
            "unknown provider 'mistral'; valid: anthropic, openai",
        ),
        (
            "agents: {remediator: {model: 'openai:gpt-5-mni'}}",
            "did you mean openai:gpt-5-mini? Valid: openai:",
        ),
        (
            "agents: {remediator: {tool: [a]}}",
            "agents.remediator.tool: unknown key; did you mean tools? Valid:",
        ),
        ("agents: {remediator: {answer: poem}}", "answer: unknown answer 'poem'; valid: diagnosis, findings"),
        ("agents: {remediator: {stage: nap}}", "stage: unknown stage 'nap'; valid: diagnosis, log_analysis"),
        ("agents: {remediator: {limits: 'hours(3)'}}", "agents.remediator.limits: expected limits such as"),
        ("agents: {remediator: {effort: huge}}", "agents.remediator.effort: Input should be 'low', 'medium'"),
        ("agents: {remediator: {system_prompt: x}}", "expected either system_prompt or system_prompt_file"),
        (
            "agents: {remediator: {system_prompt_file: prompts/x.md}}",
            "unknown system_prompt_file 'prompts/x.md'",
        ),
        ("agents: {Bad Name: {description: d, model: 'scripted:x', system_prompt: p}}", "expected a name of"),
        ("agents: {new: {model: 'scripted:x', system_prompt: p}}", "agents.new.description: Field required"),
        ("manager: nobody", "manager: unknown agent 'nobody'; valid: communicator, diagnostician"),
        ("orchestra: x", "orchestra: unknown key; did you mean orchestration? Valid: agents"),
        ("orchestration: anarchy", "orchestration: Input should be 'pipeline' or 'manager'"),
        ("budgets: {incident: usd(0)}", "budgets.incident: expected limits such as"),
        ("a: &x 1\nb: *x", "anchors and aliases are not allowed"),
        ("a: !!python/name:os.system x", "tags are not allowed"),
        ("manager: a\nmanager: b", "duplicate key 'manager'"),
        ("a: [", "not readable as YAML"),
    ],
)
def test_a_mistake_in_team_yaml_is_named_with_file_line_agent_key_and_choices(
    tmp_path: Path, text: str, said: str
) -> None:
    found = problems(overlay(tmp_path, {"team.yaml": text}))
    assert any(said in problem for problem in found), found
    assert any(problem.startswith(str(tmp_path / "team.yaml") + ":") for problem in found), found


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"skills/nap/SKILL.md": "just text"}, "expected front matter"),
        ({"skills/nap/SKILL.md": "---\nname: rest\ndescription: d\n---\nx"}, "name: expected 'nap'"),
        ({"skills/nap/SKILL.md": "---\nname: nap\n---\nx"}, "description: expected one line"),
        ({"skills/nap/SKILL.md": "---\nname: nap\ndescription: d\n---\n"}, "expected a procedure"),
        ({"skills/nap/SKILL.md": "---\nname: nap\ndescription: d\nrun: x\n---\nx"}, "unknown key 'run'"),
        ({"models.yaml": "models: {a: {input: cheap, output: '1'}}"}, "models.a.input: String should match"),
        (
            {"models.yaml": "models: {a: {input: '1', output: '1', cached: '1'}}"},
            "unknown key; did you mean cache_read? Valid",
        ),
        ({"models.yaml": "checked: soon"}, "checked: Input should be a valid date"),
        ({"AGENTS.md": "x" * 200_000}, "expected at most 131072 bytes"),
    ],
)
def test_mistakes_in_other_files_are_named_too(tmp_path: Path, files: dict[str, str], said: str) -> None:
    (name,) = files
    found = problems(overlay(tmp_path, files))
    assert any(said in problem and str(tmp_path / name) in problem for problem in found), found


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = "agents: {remediator: {tools: [a], skills: [b], model: 'c:d'}}"
    assert len(problems(overlay(tmp_path, {"team.yaml": text}))) == 3


def test_a_folder_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    assert problems((SHIPPED, tmp_path / "gone")) == (
        f"{tmp_path / 'gone'}: expected a folder with a roster",
    )


def test_one_line_swaps_a_model_and_keeps_all_else(tmp_path: Path) -> None:
    folders = overlay(tmp_path, {"team.yaml": "agents: {remediator: {model: 'openai:gpt-4o-mini'}}"})
    before, after = load_roster(KNOWN).members, load_roster(KNOWN, folders).members
    assert after["remediator"].models == ("openai:gpt-4o-mini",)
    assert after["remediator"].tools == before["remediator"].tools
    assert after["diagnostician"] == before["diagnostician"]


def test_the_environment_overrides_the_model_of_all_or_of_one() -> None:
    everyone = {"AGENTS_MODEL": "openai:my-own-model", "AGENTS_MODEL_REMEDIATOR": "anthropic:claude-opus-4-6"}
    roster = load_roster(KNOWN, environment=everyone)
    assert roster.members["remediator"].models == ("anthropic:claude-opus-4-6",)
    assert roster.members["communicator"].models == ("openai:my-own-model",)
    assert roster.unpriced() == ("openai:my-own-model",)
    wrong = problems((SHIPPED,), {"AGENTS_MODEL_REMEDIATR": "openai:x", "AGENTS_MODEL": "nope"})
    assert (
        "environment: AGENTS_MODEL_REMEDIATR: unknown agent 'remediatr'; did you mean remediator?" in wrong[0]
    )
    assert "environment: agent log_analyst: expected provider:model, not 'nope'" in wrong[1]


def test_a_new_skill_folder_a_memory_line_and_a_removed_agent_need_no_code(tmp_path: Path) -> None:
    skill = "---\nname: caching\ndescription: How caches fail.\n---\nLook at hit rates."
    team = "agents: {remediator: {skills: [caching], limits: turns(2)}, communicator: }"
    files = {"skills/caching/SKILL.md": skill, "AGENTS.md": "Payments needs 3 pods.", "team.yaml": team}
    roster = load_roster(KNOWN, overlay(tmp_path, files))
    member = roster.members["remediator"]
    prompt = roster.system(member, roster.memory)
    assert "- caching: How caches fail." in prompt
    assert "Look at hit rates." not in prompt
    assert "Payments needs 3 pods." in prompt
    assert member.limits == turns(2)
    assert "communicator" not in roster.members


def test_the_hashes_of_all_files_are_kept_and_change_with_them(tmp_path: Path) -> None:
    folders = overlay(tmp_path, {"AGENTS.md": "one"})
    before = load_roster(KNOWN, folders).digests
    overlay(tmp_path, {"AGENTS.md": "two"})
    after = load_roster(KNOWN, folders).digests
    assert {name for name in after if after[name] != before[name]} == {"AGENTS.md"}
    assert len(before) == len([path for path in SHIPPED.rglob("*") if path.is_file()])


def test_an_own_server_may_serve_models_that_no_list_knows(tmp_path: Path) -> None:
    known = Known(KNOWN.tools, KNOWN.answers, KNOWN.stages, KNOWN.providers, frozenset({"openai"}))
    folders = overlay(tmp_path, {"team.yaml": "agents: {remediator: {model: 'openai:llama-4'}}"})
    assert load_roster(known, folders).members["remediator"].models == ("openai:llama-4",)


def test_no_tool_may_take_a_name_of_the_harness() -> None:
    known = Known(KNOWN.tools | {"task"}, KNOWN.answers, KNOWN.stages, KNOWN.providers)
    with pytest.raises(ConfigurationError, match="the tool task is reserved"):
        load_roster(known)


def test_nothing_that_ships_lies_unused() -> None:
    team = (SHIPPED / "team.yaml").read_text(encoding="utf-8")
    members = load_roster(KNOWN).members.values()
    used = {name for member in members for name in (*member.skills, *member.inline_skills)}
    assert {path.parent.name for path in SHIPPED.glob("skills/*/SKILL.md")} == used
    assert all(f"prompts/{path.name}" in team for path in SHIPPED.glob("prompts/*.md"))


def test_a_day_of_comparing_prices_may_be_written_over_the_shipped_file(tmp_path: Path) -> None:
    assert load_roster(KNOWN, (SHIPPED,)).prices.checked is None
    files = overlay(tmp_path, {"models.yaml": "checked: 2026-11-02"})
    prices = load_roster(KNOWN, files).prices
    assert str(prices.checked) == "2026-11-02"
    assert prices.known["openai:gpt-5-mini"] is not None
