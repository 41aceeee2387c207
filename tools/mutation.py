"""`make mutation`: small faults put into the gate by mutmut, and how many of them the tests notice.

It runs in a copy of the tree with a Python environment of its own, so neither the lock nor the tree knows
mutmut. ARGS="--share 0.3" takes three in ten mutants of each module, chosen by a seed; what was chosen and
what is left alive is printed, the survivors with their differences.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = "mutmut==3.8.1"
MODULES = (
    "bot/domain/policy.py",
    "bot/domain/decision.py",
    "bot/domain/limits.py",
    "bot/domain/claims.py",
    "bot/domain/pausing.py",
    "bot/flow/approval.py",
    "bot/flow/execution.py",
    "bot/flow/execution_checks.py",
)
TESTS = (
    "tests/unit/domain/test_decision.py",
    "tests/unit/domain/test_limits_claimed.py",
    "tests/unit/flow/test_approval.py",
    "tests/unit/flow/test_attempts.py",
    "tests/unit/flow/test_auto_apply.py",
    "tests/unit/flow/test_control.py",
    "tests/unit/flow/test_execution_says.py",
    "tests/unit/flow/test_freezes.py",
    "tests/unit/flow/test_gate_limits.py",
    "tests/unit/flow/test_live_checks.py",
    "tests/unit/flow/test_probes.py",
    "tests/unit/flow/test_refused_clicks.py",
    "tests/unit/flow/test_revisions.py",
    "tests/unit/flow/test_road.py",
    "tests/integrity/test_attacks.py",
    "tests/integrity/test_cases.py",
)
"""The quickest that cover the gate; whatever only others notice counts as alive here."""
COPIED = ("bot", "agents", "runbooks", "tests", "tools", "docs", "README.md", "SAFETY.md", "pyproject.toml")
SEED = 20261122
KILLED = frozenset({1, 3, -24, 24, 36, 152, 255})
"""Exit codes of a mutant that failed a test or ran out of time; 0 is alive, 33 and 5 have no test at all."""
WORDS = {0: "alive", 5: "no test", 33: "no test"}


def main() -> int:
    """Prepare, run, print; 0 unless mutmut itself cannot run."""
    parser = argparse.ArgumentParser(prog="tools/mutation.py", description="Mutation testing of the gate.")
    parser.add_argument("--share", type=float, default=1.0, help="how many of each module's mutants, 0 to 1")
    parser.add_argument("--only", default="", help="only modules with this in their path")
    parser.add_argument("--place", type=Path, help="the scratch folder; kept where it is given")
    parser.add_argument("--children", type=int, default=2, help="how many mutants at once")
    given = parser.parse_args()
    place: Path = given.place or Path(tempfile.mkdtemp(prefix="mutation-"))
    modules = tuple(name for name in MODULES if given.only in name)
    tool = _prepared(place)
    _copied(place / "tree", modules)
    # Any few mutants make mutmut write all of them down; then there is something to choose from.
    _run(tool, place / "tree", ["run", "bot.domain.no_such_module*"])
    chosen = _chosen(place / "tree", modules, given.share)
    _run(tool, place / "tree", ["run", "--max-children", str(given.children), *chosen])
    alive = _table(place / "tree", modules, frozenset(chosen))
    for name in alive:
        print(f"\n{name}")
        print(_output(tool, place / "tree", ["show", name]))
    if given.place is None:
        shutil.rmtree(place, ignore_errors=True)
    return 0


def _prepared(place: Path) -> Path:
    """An environment with mutmut that sees the packages of ours; the path of its command."""
    home = place / "env"
    tool = home / "bin" / "mutmut"
    if not tool.exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", TOOL], check=True)
        (site,) = home.glob("lib/python*/site-packages")
        (site / "house.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return tool


def _copied(tree: Path, modules: tuple[str, ...]) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)
    options = {
        "source_paths": ("bot",),
        "only_mutate": modules,
        "also_copy": COPIED,
        "pytest_add_cli_args_test_selection": TESTS,
        "pytest_add_cli_args": ("-p", "no:cacheprovider"),
    }
    lines = (f"{name}=\n" + "".join(f"    {value}\n" for value in values) for name, values in options.items())
    (tree / "setup.cfg").write_text("[mutmut]\n" + "".join(lines))


def _run(tool: Path, tree: Path, words: list[str]) -> None:
    with (tree.parent / "mutmut.log").open("a") as log:
        subprocess.run([tool, *words], cwd=tree, stdout=log, stderr=log, check=False, env=_quiet())


def _output(tool: Path, tree: Path, words: list[str]) -> str:
    done = subprocess.run([tool, *words], cwd=tree, capture_output=True, text=True, check=False, env=_quiet())
    return done.stdout


def _quiet() -> dict[str, str]:
    return {**os.environ, "TERM": "dumb", "NO_COLOR": "1"}


def _codes(tree: Path, module: str) -> dict[str, int | None]:
    meta = json.loads((tree / "mutants" / f"{module}.meta").read_text())
    return dict(meta["exit_code_by_key"])


def _chosen(tree: Path, modules: tuple[str, ...], share: float) -> list[str]:
    """A seeded choice of each module's mutants, at least ten of each, or all of a smaller one."""
    dice = random.Random(SEED)  # noqa: S311 - the same choice every time
    chosen: list[str] = []
    for module in modules:
        names = sorted(_codes(tree, module))
        chosen += sorted(dice.sample(names, min(len(names), max(10, round(len(names) * share)))))
    return chosen


def _table(tree: Path, modules: tuple[str, ...], chosen: frozenset[str]) -> list[str]:
    """Print one line a module; the names of the mutants that are alive."""
    alive: list[str] = []
    total = Counter[str]()
    for module in modules:
        every = _codes(tree, module)
        codes = {name: code for name, code in every.items() if name in chosen}
        ends = Counter(_word(code) for code in codes.values())
        alive += sorted(name for name, code in codes.items() if _word(code) in set(WORDS.values()))
        print(_line(module, len(every), ends))
        total.update(ends)
    print(_line("all", sum(len(_codes(tree, module)) for module in modules), total))
    return alive


def _word(code: int | None) -> str:
    if code is None:
        return "not run"
    return WORDS.get(code, "killed" if code in KILLED else f"exit {code}")


def _line(module: str, every: int, ends: Counter[str]) -> str:
    run = ends.total() - ends["not run"]
    share = 100 * ends["killed"] / run if run else 0.0
    others = ", ".join(f"{many} {word}" for word, many in sorted(ends.items()) if word != "killed")
    return f"{module}: {run} of {every} mutants, {ends['killed']} killed ({share:.1f} %)" + (
        f", {others}" if others else ""
    )


if __name__ == "__main__":
    sys.exit(main())
