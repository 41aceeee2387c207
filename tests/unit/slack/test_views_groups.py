"""What a group of alerts, and an alert that came back, look like in Slack."""

from dataclasses import replace

from bot.domain.alert import AlertStatus, Sighted
from bot.domain.ids import IncidentId
from bot.flow.intake import alert_seen
from bot.slack.views.cards import cards_of
from bot.slack.views.scene import Scene
from tests.fakes.house import PLACE, House, alert, house


async def said(home: House, incident: IncidentId) -> dict[str, str]:
    """Every card's text and blocks, by name."""
    found = await home.incident(incident)
    cards = cards_of(found, Scene(home.clock.now()))
    return {card.name: f"{card.message.text} {card.message.blocks}" for card in cards}


async def ends(home: House, fingerprint: str) -> None:
    """The sender says that this alert is over."""
    over = alert(fingerprint, status=AlertStatus.RESOLVED)
    await alert_seen(home.ports, Sighted(over, PLACE, None))


async def test_the_card_names_the_alerts_that_joined_and_how_many_still_fire() -> None:
    home = house()
    incident = await home.fires()
    for number in range(2, 10):
        await home.fires(replace(alert(f"fp-{number}"), title=f"Symptom {number} <!channel>"))
    await ends(home, "fp-2")
    card = (await said(home, incident))["incident"]
    assert "8 further alerts, 7 firing: Symptom 2 &lt;!channel&gt; (same service)" in card
    assert "Symptom 6" in card
    assert "and 3 more" in card
    assert "Symptom 7" not in card


async def test_a_comeback_is_told_to_the_channel_and_the_first_report_stays() -> None:
    home = house()
    incident = await home.fires()
    await ends(home, "fp-1")
    assert "report" in await said(home, incident)
    await home.fires()
    cards = await said(home, incident)
    assert "Came back:* 1 time after having been closed." in cards["incident"]
    notice = next(text for name, text in cards.items() if name.startswith("notice:"))
    assert "The alert came back: CheckoutHighErrorRate" in notice
    assert "report" not in cards
    await ends(home, "fp-1")
    assert "report:1" in await said(home, incident)
