"""How loud a log line is: by its level, and by words that tell of failures."""

from bot.adapters.patterns import Patterns

FAILS = 3
"""Loudness from which a line tells of a failure."""

MAX_READ = 600

# 4 ends things, 3 fails, 2 may fail, 1 warns.
LOUD: tuple[tuple[int, str], ...] = (
    (4, r"##\[error\]|^::error|\bfatal\b|\bpanic\b|segmentation fault|sigsegv|core dumped|^traceback"),
    (4, r"uncaught|unhandled|out ?of ?memory|oom.?kill|no space left|assertion ?(error|failed)"),
    (4, r"cannot find module|exit(ed)? code [1-9]|\b(fail(ed|ure)?|error)s?:|\bFAILURES?\b"),
    (4, r"\b[A-Za-z]+(Error|Exception)\b|^E  +\S|^\s*(x|✗|✕|✖|●) "),
    (3, r"\b(error|errors|err!|failed|failure|fails|exception|denied|refused|rejected|unreachable)\b"),
    (3, r"\b(exhausted|expired|timed ?out|timeout|deadlock|crash(ed|ing)?|killed|unavailable)\b"),
    (3, r"\b(not found|abort(ed)?|cannot|could not|unable to|not able to|no such|missing|undefined)\b"),
    (3, r"not accessible|forbidden|\bHTTP/?[ 0-9.]* ?[45]\d\d\b|\b[45]\d\d error|peer down"),
    (3, r"\b(invalid|violat\w+|conflicts?|broken|down)\b"),
    (2, r"\b(unexpected|mismatch|expected|vulnerabilit\w+|refus\w+|unhealthy|not ready)\b"),
    (3, r"\w*NotReady|stopped posting|Unschedulable|FailedScheduling|\b(insufficient|exceed\w*)\b"),
    (1, r"\b(warn(ing)?|deprecated|retry(ing)?|slow|skipp(ed|ing))\b"),
)
# Words of failure in lines that tell of none: options, counts of zero.
QUIET = (
    r"\b(0|no|zero|without) (new )?(errors?|failures?|failed|warnings?|vulnerabilit\w+)\b",
    r"\b(errors?|failed|failures?|unavailable|restarts?)[=:] ?0\b|previous terminated container|if-no-files",
    r"--?(fail|error)[-\w]*|on[-_]error|set -e|^\s*(✓|√|ok \d)",
    r"fail-fast|continue-on-error|retry-|error[-_]level|not affected|\bpassed\b|\.\.\. ok$|^pass(ed)? ",
    # Code that is echoed, tables of coverage, names of tests and packages.
    r"^(echo|if|elif|for|while|export|const|let|return|throw|raise|def|import|from|run:|##\[group\])\b ?",
    r"^##\[group\]|[\\{;]$|\|\s+\d+(\.\d+)? \||==\d+\.\d+|^(built|building|downloaded|downloading) ",
    r"^\d*x? ?skipped \[|\[ *\d+%\]$|^\S+::\S+$|\|\| (echo|true)",
)
# Lines that only repeat that something failed before them.
GENERIC = (
    r"process completed with exit code|command failed with exit code|elifecycle|^npm err! (code|errno)",
    r"make: \*\*\*|see (the )?(log|output|above)|a complete log of this run",
    r"the process '.*' failed with exit code|cleaning up orphan",
    r"^=+ ([a-z ]+|\d+ failed,.*) =+$|^traceback \(most",
    r"build failed (with an exception|in \d)|process exited with code|returned 1 exit status",
    r"post job cleanup\.?$|^(\[command\]|git version|temporarily overriding|##\[endgroup\])",
    r"^failed tasks:|^completed \S+ with errors",
    r"^\* (try|what went wrong):$|^> run with|^> get more help|^shell: ",
    r"above exception was the direct cause|^errors? +files|^(current )?thread 0x",
)

# The step that a build or a job was at.
STEP = r"^##\[group\]Run |^- hook id: |^Step \d+/\d+ :|^Running hook |^(=+> )?\[\d+/\d+\] "
# A change that the log itself tells of.
CHANGED = (
    r"(reload(ing|ed)?|chang(e|ed|ing)|load(ed|ing) new|appl(ied|ying)) [a-z ]*(config|setting)",
    r"config[a-z ]*(change|reload|update)|(environment|config)[a-z_ ]*(mismatch|drift|for (staging|test))",
    r"deploy(ed|ing) (version|release|v?\d)|feature flag|migration (started|applied)",
)
RECOVERED = (
    r"roll(ed)?[ -]?back (was )?(successful|completed)|rollback successful|recovered|back to normal",
    r"restored to (revision|version|normal)|workload resumed|resumed normal",
)

JOB = r"^Complete job name: |^Job name: "

STEP_MARK = "##[group]Run "
"""What stands in a line that names a step, for a quick look at every line."""

_STEP = Patterns([STEP])
_JOB = Patterns([JOB])
_CHANGED = Patterns(CHANGED)
_RECOVERED = Patterns(RECOVERED)
_WORDS = Patterns([pattern for _, pattern in LOUD])
_QUIET = Patterns(QUIET)
_GENERIC = Patterns(GENERIC)


def loudness(message: str, level: str) -> int:
    """From 0 (says nothing of a failure) to 5, by level and by words."""
    words = _by_words(message[:MAX_READ])
    if is_generic(message):
        return min(words, 2)
    match level:
        case "fatal":
            return 5
        case "error":
            return max(4, words)
        case "warn":
            return max(2, min(words, 3))
        case "info" | "debug":
            return min(words, 2)
        case _:
            return words


def is_generic(message: str) -> bool:
    """Whether a line only repeats that something failed before it."""
    return bool(_GENERIC.matching(message[:MAX_READ]))


def is_quiet(message: str) -> bool:
    """Whether words of failure in a line tell of none."""
    return bool(_QUIET.matching(message[:MAX_READ]))


def is_step(message: str) -> bool:
    """Whether a line names the step that a build or a job is at."""
    return bool(_STEP.matching(message[:MAX_READ]))


def is_job(message: str) -> bool:
    """Whether a line names the whole job."""
    return bool(_JOB.matching(message[:MAX_READ]))


def tells_change(message: str) -> bool:
    """Whether a line tells that something was changed."""
    return bool(_CHANGED.matching(message[:MAX_READ]))


def tells_recovery(message: str) -> bool:
    """Whether a line tells that all is well again."""
    return bool(_RECOVERED.matching(message[:MAX_READ]))


def level_of(level: str, loud: int) -> str:
    """The level that a line names, or the one that its words suggest."""
    return level or ("error" if loud >= FAILS else "warn" if loud else "")


def _by_words(message: str) -> int:
    words = max((LOUD[hit][0] for hit in _WORDS.matching(message)), default=0)
    return min(words, 1) if words and _QUIET.matching(message) else words
