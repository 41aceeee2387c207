"""Causes named, causes invented, plans proposed: a team over recorded incidents."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from bot.commands.eval_bench import drafted, observed, service_of
from bot.commands.eval_material import NOW, Row, asked
from bot.domain.finding import Diagnosis, Verdict, checked
from bot.domain.spending import StageSpent, total
from bot.ports.content import Content
from bot.ports.team import Case, Team

MAX_CAUSE = 300


@dataclass(frozen=True, slots=True)
class Judged:
    """One case as it was answered: the case, the checked diagnosis, the plans, what was used, seconds."""

    case: Row
    diagnosis: Diagnosis
    plans: int
    spent: StageSpent
    seconds: float


async def judged(case: Row, root: Path, team: Team, content: Content) -> Judged:
    """Ask a team about one case, with the checks of production on all that it says."""
    question = asked(case, root, content)
    began = time.perf_counter()
    diagnosis = checked(await team.diagnose(question), question.sightings)
    plans = await _plans(replace(question, diagnosis=diagnosis), team, content)
    spent = total(stage for worked in question.worksheet.worked for stage in worked.stages)
    return Judged(case, diagnosis, plans, spent, time.perf_counter() - began)


async def _plans(case: Case, team: Team, content: Content) -> int:
    """How many plans are drafted: none without a cause, as in production."""
    if case.diagnosis is None or case.diagnosis.verdict is not Verdict.CAUSE:
        return 0
    service = service_of(case.alert.service or "service", content.catalogue())
    seen = observed(content.catalogue(), NOW)
    remediation = await team.remedy(replace(case, service=service, observations=(seen,)))
    return len(drafted(remediation, case.alert, service, content, NOW))


def named(diagnosis: Diagnosis, case: Row) -> bool | None:
    """Whether the cause is named in one short answer; nothing where the case does not say what to name."""
    wanted = cast("list[list[str]]", case["must_mention"] or [])
    if not wanted or case["kind"] != "incident":
        return None
    said = diagnosis.cause
    return (
        diagnosis.verdict is Verdict.CAUSE
        and len(said) <= MAX_CAUSE
        and all(any(re.search(one, said, re.IGNORECASE) for one in group) for group in wanted)
        and not forbidden(diagnosis, case)
    )


def forbidden(diagnosis: Diagnosis, case: Row) -> list[str]:
    """What must not be claimed for this case and is."""
    words = cast("list[str]", case["must_not_claim"] or [])
    said = diagnosis.cause
    return [one for one in words if re.search(rf"\b{re.escape(one)}\b", said, re.IGNORECASE)]


def gated(case: Row) -> bool:
    """Whether the bar of causes named counts this case."""
    return bool(
        case["kind"] == "incident"
        and case["must_mention"]
        and case["cause_visible_in_logs"]
        and case["tier"] != "injected-fault-telemetry"
    )


def case_row(one: Judged) -> Row:
    """The row of one case in the report."""
    diagnosis, spent = one.diagnosis, one.spent
    return {
        "id": one.case["id"],
        "source": one.case["source"],
        "kind": one.case["kind"],
        "verdict": diagnosis.verdict.value,
        "cause": diagnosis.cause,
        "service": diagnosis.service,
        "confidence": diagnosis.confidence.value,
        "cause_named": named(diagnosis, one.case),
        "must_not_claim": forbidden(diagnosis, one.case),
        "plan_proposed": one.plans > 0,
        "claims": len(diagnosis.claims),
        "claims_dropped": diagnosis.dropped,
        "tokens": spent.tokens_in + spent.tokens_out,
        "cost": None if spent.unpriced else float(spent.usd),
        "seconds": round(one.seconds, 4),
    }


def summary(found: Sequence[Judged]) -> Row:
    """The numbers of all cases; `gated` are those that the bar counts."""
    bar = [one for one in found if gated(one.case)]
    right = sum(bool(named(one.diagnosis, one.case)) for one in bar)
    wanted = [one for one in found if named(one.diagnosis, one.case) is not None]
    healthy = [one for one in found if one.case["kind"] == "healthy"]
    return {
        "cases": len(found),
        "gated": len(bar),
        "gated_named": right,
        "gated_share": _share(right, len(bar)),
        "nameable": len(wanted),
        "named": sum(bool(named(one.diagnosis, one.case)) for one in wanted),
        "must_not_claim": sum(bool(forbidden(one.diagnosis, one.case)) for one in found),
        "healthy": len(healthy),
        "healthy_causes": sum(one.diagnosis.verdict is Verdict.CAUSE for one in healthy),
        "healthy_plans": sum(one.plans > 0 for one in healthy),
        "plans": sum(one.plans > 0 for one in found),
        "claims": sum(len(one.diagnosis.claims) for one in found),
        "claims_dropped": sum(one.diagnosis.dropped for one in found),
        "tokens": sum(one.spent.tokens_in + one.spent.tokens_out for one in found),
        "seconds": round(sum(one.seconds for one in found), 2),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
