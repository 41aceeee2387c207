"""Drafts: made from the record, edited by people, sent only as somebody approved them."""

from dataclasses import replace

import pytest

from bot.domain.events import Asked
from bot.domain.incident import Draft, Incident
from bot.domain.papers import NUMBER, record_of, vouched
from bot.domain.teamwork import DraftKind
from bot.flow.followup import asked
from bot.flow.followup_drafts import (
    CHANGED,
    NO_CHANNEL,
    SENT_ALREADY,
    ask_draft,
    draft_wanted,
    edit_draft,
    send_draft,
    version_of,
)
from bot.flow.responders import NOT_A_RESPONDER
from bot.flow.table import table
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL
from tests.fakes.crews import proposed
from tests.fakes.house import PLACE, House, house

TS = "1790000050.000100"
CHANNEL = "C0STATUS"


async def with_draft(text: str = "draft a stakeholder update") -> tuple[House, Incident, Draft]:
    home = house()
    policy = replace(home.content.fixed_policy, communications=CHANNEL)
    home.content.fixed_policy = policy
    before = await proposed(home)
    await asked(home.ports, table, lambda _, __: ("known", ()), Asked(COLLEAGUE, TS, text), PLACE)
    await home.work()
    after = await home.incident(before.id)
    (draft,) = after.drafts
    assert after.current == before.current
    return home, after, draft


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("postmortem", DraftKind.POSTMORTEM),
        ("please draft a post-mortem", DraftKind.POSTMORTEM),
        ("write a stakeholder update", DraftKind.STAKEHOLDERS),
        ("customer message", DraftKind.STAKEHOLDERS),
        ("draft an escalation note", DraftKind.ESCALATION),
        ("when is the postmortem?", None),
        ("customers complain about payments", None),
        ("status", None),
    ],
)
def test_which_words_want_a_draft(text: str, kind: DraftKind | None) -> None:
    assert draft_wanted(text) is kind


async def test_every_number_of_a_postmortem_stands_in_the_record() -> None:
    home, incident, draft = await with_draft("postmortem")
    assert draft.kind is DraftKind.POSTMORTEM
    assert "Timeline (copied from the record)" in draft.text
    numbers = set(NUMBER.findall(draft.text))
    assert numbers <= set(NUMBER.findall(record_of(incident, home.ports.clock.now())))


def test_lines_of_a_model_with_numbers_of_its_own_are_left_out() -> None:
    kept, dropped = vouched("1. It began at 12:00.\nIt cost 5000 orders.\nNobody noticed.", "began 12:00")
    assert (kept, dropped) == ("1. It began at 12:00.\nNobody noticed.", 1)


async def test_a_draft_goes_out_as_it_was_read_and_the_record_says_who_approved_it() -> None:
    home, incident, draft = await with_draft()
    assert (
        await send_draft(home.ports, incident.id, draft.id, version_of(draft.text), GUEST) == NOT_A_RESPONDER
    )
    assert await edit_draft(home.ports, incident.id, draft.id, "All is well soon.", LEAD) is None
    assert await send_draft(home.ports, incident.id, draft.id, version_of(draft.text), ONCALL) == CHANGED
    new = version_of("All is well soon.")
    assert await send_draft(home.ports, incident.id, draft.id, new, ONCALL) is None
    (sent,) = (await home.incident(incident.id)).drafts
    assert sent.sent == (CHANNEL, "", ONCALL)
    assert sent.edited_by == (LEAD,)
    assert await send_draft(home.ports, incident.id, draft.id, new, LEAD) == SENT_ALREADY
    assert await edit_draft(home.ports, incident.id, draft.id, "Other words.", LEAD) == SENT_ALREADY


async def test_without_a_channel_in_the_policy_nothing_is_sent() -> None:
    home, incident, draft = await with_draft()
    home.content.fixed_policy = replace(home.content.fixed_policy, communications="")
    said = await send_draft(home.ports, incident.id, draft.id, version_of(draft.text), ONCALL)
    assert said == NO_CHANNEL


async def test_a_button_asks_for_a_draft_also_after_the_end() -> None:
    home, incident, _ = await with_draft()
    assert await ask_draft(home.ports, table, incident.id, DraftKind.POSTMORTEM, ONCALL) is None
    await home.work()
    assert [one.kind for one in (await home.incident(incident.id)).drafts] == [
        DraftKind.STAKEHOLDERS,
        DraftKind.POSTMORTEM,
    ]
