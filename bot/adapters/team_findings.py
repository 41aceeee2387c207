"""What the log analyst found, kept for the stage that proposes steps: it reads findings, not a summary."""

from pydantic import TypeAdapter

from agents.brief import Former
from agents.journal import Journal
from bot.domain.evidence import Sighting
from bot.domain.finding import Claim, Diagnosis, holds

KEY = "findings"
MOST = 6
CLAIMS: TypeAdapter[tuple[Claim, ...]] = TypeAdapter(tuple[Claim, ...])


async def keep_findings(journal: Journal, found: tuple[Claim, ...], sightings: tuple[Sighting, ...]) -> None:
    """Keep the findings that hold; the first ones of an incident stay."""
    by_id = {sighting.evidence.id: sighting for sighting in sightings}
    kept = tuple(claim for claim in found if holds(claim, by_id))[:MOST]
    if kept:
        await journal.keep(KEY, CLAIMS.dump_json(kept))


async def findings_beside(journal: Journal, diagnosis: Diagnosis | None) -> tuple[Former, ...]:
    """The kept findings that the diagnosis does not repeat, as the next stage reads them."""
    kept = await journal.find(KEY)
    said = {claim.quote for claim in diagnosis.claims if claim.quote} if diagnosis else set[str]()
    new = [one for one in CLAIMS.validate_json(kept) if one.quote not in said] if kept else []
    return (Former("log analyst, checked by code", "\n".join(map(claim_text, new))),) if new else ()


def claim_text(claim: Claim) -> str:
    """A claim on one line, with its quote and the evidence that it cites."""
    quote = f' "{claim.quote}"' if claim.quote else ""
    return f"- {claim.statement}{quote} [{', '.join(claim.evidence)}]"
