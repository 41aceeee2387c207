"""`make mutation`: small faults put into the gate by mutmut, and how many of them the tests notice.

It runs in a copy of the tree with a Python environment of its own, so neither the lock nor the tree knows
mutmut. Without arguments every mutant is run, module after module, in about twenty minutes of a free core; a
run that was broken off goes on where the same --place is given again. What is left alive is printed with its
difference.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import venv
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = "mutmut==3.8.1"
MODULES = (
    "bot/domain/decision.py",
    "bot/domain/policy.py",
    "bot/flow/approval.py",
    "bot/flow/execution.py",
    "bot/flow/execution_checks.py",
    "bot/domain/claims.py",
    "bot/domain/limits.py",
    "bot/domain/pausing.py",
)
"""In the order in which they are run: first what decides."""
TESTS = (
    "tests/unit/domain/test_click_order.py",
    "tests/unit/domain/test_decision.py",
    "tests/unit/domain/test_limits_claimed.py",
    "tests/unit/domain/test_policy.py",
    "tests/unit/flow/test_approval.py",
    "tests/unit/flow/test_at_the_click.py",
    "tests/unit/flow/test_attempts.py",
    "tests/unit/flow/test_auto_apply.py",
    "tests/unit/flow/test_before_a_step.py",
    "tests/unit/flow/test_control.py",
    "tests/unit/flow/test_execution_says.py",
    "tests/unit/flow/test_freezes.py",
    "tests/unit/flow/test_gate_limits.py",
    "tests/unit/flow/test_last_moment.py",
    "tests/unit/flow/test_live_checks.py",
    "tests/unit/flow/test_moved_targets.py",
    "tests/unit/flow/test_plan_rules.py",
    "tests/unit/flow/test_probes.py",
    "tests/unit/flow/test_refused_clicks.py",
    "tests/unit/flow/test_revisions.py",
    "tests/unit/flow/test_road.py",
    "tests/unit/flow/test_stale_plans.py",
    "tests/integrity/test_attacks.py",
    "tests/integrity/test_cases.py",
)
"""The quickest that cover the gate; whatever only others notice counts as alive here."""
COPIED = ("agents", "runbooks", "tests", "tools", "docs", "README.md", "SAFETY.md", "pyproject.toml")
SEED = 20261122
SAY_EVERY = 10.0
"""Seconds between two lines on how far a module is."""
KILLED = frozenset({1, 3})
LATE = frozenset({-24, 24, 36, 152, 255})
"""Exit codes of a mutant that was still at it when its time was over; mutmut calls it killed too."""
WORDS = {0: "alive", 5: "no test", 33: "no test"}
PATIENCE = {"timeout_multiplier": ("8",), "timeout_constant": ("2",)}
"""A mutant may take eight times as long as its tests, and some: on shared cores, slow is not killed."""


def main() -> int:
    """Prepare, run module by module, print; 0 unless mutmut itself cannot run."""
    given = _given()
    place: Path = given.place or Path(tempfile.mkdtemp(prefix="mutation-"))
    modules = tuple(name for name in MODULES if given.only in name)
    tree = place / "tree"
    tool = _prepared(place)
    if given.again:
        _taken(tree, "tests")
    elif not (tree / "mutants").exists():
        _copied(tree)
    print("making the mutants and timing the tests", flush=True)
    # Any few mutants make mutmut write all of them down; then there is something to choose from.
    _run(tool, tree, ["run", "bot.domain.no_such_module*"])
    chosen = _chosen(tree, modules, given.share)
    for module in modules:
        _through(tool, tree, module, frozenset(chosen), given)
    alive = _table(tree, modules, frozenset(chosen))
    for name in alive:
        print(f"\n{name}")
        print(_output(tool, tree, ["show", name]))
    if given.place is None:
        shutil.rmtree(place, ignore_errors=True)
    return 0


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/mutation.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=1.0, help="how many of each module's mutants, 0 to 1")
    parser.add_argument(
        "--only", default="", help="only modules with this in their path, as in domain/policy"
    )
    parser.add_argument(
        "--place", type=Path, help="the scratch folder; kept, and gone on with where it exists"
    )
    parser.add_argument("--again", action="store_true", help="with the tests of now, only those still alive")
    parser.add_argument("--children", type=int, default=2, help="how many mutants at once")
    given = parser.parse_args()
    if given.again and not (given.place and (given.place / "tree" / "mutants").exists()):
        parser.error("--again needs the --place of an earlier run")
    return given


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


def _copied(tree: Path) -> None:
    tree.mkdir(parents=True, exist_ok=True)
    for name in ("bot", *COPIED):
        _taken(tree, name)
    options = {
        "source_paths": ("bot",),
        "only_mutate": MODULES,
        "also_copy": COPIED,
        "pytest_add_cli_args_test_selection": TESTS,
        "pytest_add_cli_args": ("-p", "no:cacheprovider"),
        **PATIENCE,
    }
    lines = (f"{name}=\n" + "".join(f"    {value}\n" for value in values) for name, values in options.items())
    (tree / "setup.cfg").write_text("[mutmut]\n" + "".join(lines))


def _taken(tree: Path, name: str) -> None:
    """One file or folder of the checkout, as it is now, in the place of what was there."""
    source, here = ROOT / name, tree / name
    if not source.is_dir():
        shutil.copy(source, here)
        return
    shutil.rmtree(here, ignore_errors=True)
    shutil.copytree(source, here, ignore=shutil.ignore_patterns("__pycache__"))


def _through(tool: Path, tree: Path, module: str, chosen: frozenset[str], given: argparse.Namespace) -> None:
    """Run what is chosen of one module and has not been run, or is alive and wanted again."""
    ends = {name: _word(code) for name, code in _codes(tree, module).items() if name in chosen}
    wanted = {"alive", "no test", "not run"} if given.again else {"not run"}
    names = sorted(name for name, word in ends.items() if word in wanted)
    if not names:
        return
    done = threading.Event()
    watch = threading.Thread(target=_watched, args=(tree, module, chosen, done), daemon=True)
    watch.start()
    _run(tool, tree, ["run", "--max-children", str(given.children), *names])
    done.set()
    watch.join()


def _watched(tree: Path, module: str, chosen: frozenset[str], done: threading.Event) -> None:
    """Say every few seconds how far a module is."""
    while not done.wait(SAY_EVERY):
        codes = _codes(tree, module)
        ends = Counter(_word(code) for name, code in codes.items() if name in chosen)
        print(_line(module, len(codes), ends), flush=True)


def _run(tool: Path, tree: Path, words: list[str]) -> None:
    with (tree.parent / "mutmut.log").open("a") as log:
        subprocess.run([tool, *words], cwd=tree, stdout=log, stderr=log, check=False, env=_quiet())


def _output(tool: Path, tree: Path, words: list[str]) -> str:
    done = subprocess.run([tool, *words], cwd=tree, capture_output=True, text=True, check=False, env=_quiet())
    return done.stdout


def _quiet() -> dict[str, str]:
    return {**os.environ, "TERM": "dumb", "NO_COLOR": "1"}


def _codes(tree: Path, module: str) -> dict[str, int | None]:
    """How each mutant ended; mutmut rewrites the file after each, so it may be met half-written."""
    path = tree / "mutants" / f"{module}.meta"
    for _ in range(20):
        with contextlib.suppress(json.JSONDecodeError):
            return dict(json.loads(path.read_text())["exit_code_by_key"])
        time.sleep(0.05)
    raise SystemExit(f"{path} cannot be read")


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
    if code in KILLED:
        return "killed"
    return "timed out" if code in LATE else WORDS.get(code, f"exit {code}")


def _line(module: str, every: int, ends: Counter[str]) -> str:
    run = ends.total() - ends["not run"]
    noticed = ends["killed"] + ends["timed out"]
    share = 100 * noticed / run if run else 0.0
    others = ", ".join(f"{many} {word}" for word, many in sorted(ends.items()) if word != "killed")
    return f"{module}: {run} of {every} mutants, {noticed} killed ({share:.1f} %)" + (
        f", {others}" if others else ""
    )


if __name__ == "__main__":
    sys.exit(main())
