"""What people do around an incident, on the real wire with the real views: own, mute, rate, ask, App Home."""

from typing import Any

from bot.domain.events import Closing
from bot.domain.ids import DAY, IncidentId
from bot.domain.incident import Incident, Phase
from bot.domain.report import report_of
from bot.playground.workspace.actor import Actor
from bot.playground.workspace.model import Message, UserKind, View
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL
from tests.fakes.slack_room import CHANNEL, STRANGER, SlackRoom, attachment, firing, slack_room
from tests.fakes.slack_rules import strings
from tests.scenario.test_slack_room_faces import modal, proposed, shown, with_button


async def opened(room: SlackRoom, body: dict[str, Any] | None = None) -> tuple[Message, Message, IncidentId]:
    """An alert, its card and its incident."""
    alert = await room.alert(body)
    card = await room.until(lambda: with_button(room, alert, "incident_menu"))
    return alert, card, tuple(room.home.store.shelf.entries)[-1]


def at_home(person: Actor) -> View:
    view = person.home()
    assert view is not None
    return view


async def until(room: SlackRoom, name: IncidentId, card: Message, words: str) -> Incident:
    """The incident once its card says so."""
    await room.until(lambda: words in shown(now(room, card)))
    return await room.home.incident(name)


def now(room: SlackRoom, card: Message) -> Message:
    return next(one for one in room.workspace.messages(CHANNEL) if one.ts == card.ts)


async def test_whoever_takes_it_has_it_and_the_report_says_so() -> None:
    async with slack_room(real=True) as room:
        _, card, name = await opened(room)
        assert "nobody yet" in shown(card)
        await room.workspace.as_user(LEAD).click(card, "take_incident")
        incident = await until(room, name, card, "*Has it:* Lee")
        assert incident.owner == LEAD
        assert "take_incident" not in shown(now(room, card))
        assert any(row.text == "Took the incident." for row in report_of(incident).timeline)


async def test_it_is_handed_over_with_a_note_and_given_back() -> None:
    async with slack_room(real=True) as room:
        _, card, name = await opened(room)
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "incident_menu", f"hand_over|{name}")
        await modal(room, ONCALL)
        await olga.submit(values={"owner": LEAD, "note": "it is the pool again"})
        incident = await until(room, name, card, "*Has it:* Lee")
        assert any("it is the pool again" in row.text for row in report_of(incident).timeline)
        await olga.click(card, "incident_menu", f"hand_over|{name}")
        await modal(room, ONCALL)
        await olga.submit(values={})
        assert (await until(room, name, card, "*Has it:* nobody yet")).owner is None


async def test_only_a_responder_can_have_it() -> None:
    async with slack_room(real=True) as room:
        _, card, name = await opened(room)
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "incident_menu", f"hand_over|{name}")
        await modal(room, ONCALL)
        await olga.submit(values={"owner": GUEST})
        await room.until(
            lambda: (
                any("Only a responder" in one.text for one in room.workspace.ephemerals(ONCALL))
                or any("Only a responder" in shown(one) for one in room.workspace.views(ONCALL))
            )
        )
        assert (await room.home.incident(name)).owner is None


async def test_guests_strangers_and_bots_are_refused_in_words_and_change_nothing() -> None:
    async with slack_room(real=True) as room:
        room.workspace.add_user("U0ROBOT", "robot", kind=UserKind.BOT)
        room.workspace.invite(CHANNEL, "U0ROBOT")
        _, card, name = await opened(room)
        before = (await room.home.incident(name)).version
        for person in (GUEST, STRANGER, "U0ROBOT"):
            actor = room.workspace.as_user(person)
            for action, value in (
                ("take_incident", None),
                ("stop_incident", None),
                ("incident_menu", f"mute_1|{name}"),
            ):
                await actor.click(card, action, value)
                assert "Only a responder" in shown(await modal(room, person))
                await actor.close(everything=True)
        assert (await room.home.incident(name)).version == before


async def test_a_muted_alert_is_counted_and_tells_nobody_until_it_is_unmuted() -> None:
    async with slack_room(real=True) as room:
        alert, card, name = await opened(room)
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "incident_menu", f"mute_24|{name}")
        incident = await until(room, name, card, "Muted until")
        assert incident.muted_until == room.home.clock.now() + DAY
        await olga.close(everything=True)
        await olga.click(card, "close_incident")
        await modal(room, ONCALL)
        await olga.submit(values={"closing": "noise"})
        await until(room, name, card, "Closed: noise")
        await room.until(
            lambda: any("Every line comes from the record" in shown(one) for one in room.replies(alert))
        )
        told = len(room.workspace.messages(CHANNEL))
        again = await room.alert()
        await room.handled()
        assert room.incidents() == 1
        assert room.replies(again) == ()
        assert await room.home.store.incidents.duplicates(name) == 1
        assert len(room.workspace.messages(CHANNEL)) == told + 1
        await olga.click(card, "incident_menu", f"unmute|{name}")
        await room.until(lambda: "Muted until" not in shown(now(room, card)))
        room.home.clock.advance(DAY // 1000)
        third = await room.alert()
        await room.until(lambda: room.replies(third) or len(room.replies(alert)) > 2)
        assert (await room.home.incident(name)).muted_until is None


async def test_i_fixed_it_myself_needs_a_note_and_closes() -> None:
    async with slack_room(real=True) as room:
        _, card, name = await opened(room)
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "incident_menu", f"fixed|{name}")
        view = await modal(room, ONCALL)
        assert view.title == "I fixed it myself"
        refused = await olga.submit(values={})
        assert "note" in refused.errors
        await olga.submit(values={"note": "restarted the pool by hand"})
        incident = await until(room, name, card, "fixed by hand")
        assert incident.closed is not None
        assert (incident.closed.closing, incident.closed.person) == (Closing.FIXED_BY_HAND, ONCALL)
        assert "restarted the pool by hand" in shown(now(room, card))


async def test_a_duplicate_names_the_incident_that_it_is_one_of() -> None:
    async with slack_room(real=True) as room:
        _, _, first = await opened(room)
        title = "[FIRING:1] DiskFull (inventory critical)"
        other = {**attachment("FIRING:1", "DiskFull", "danger"), "title": title, "fallback": title}
        body = {"username": "Alertmanager", "attachments": [other]}
        _, card, second = await opened(room, body)
        assert first != second
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "close_incident")
        await modal(room, ONCALL)
        refused = await olga.submit(values={"closing": "duplicate"})
        assert "duplicate_of" in refused.errors
        await olga.submit(values={"closing": "duplicate", "duplicate_of": first})
        incident = await until(room, second, card, f"duplicate of {first}")
        assert incident.closed is not None
        assert incident.closed.of == first


async def test_a_word_on_the_diagnosis_is_kept_and_stands_in_the_report() -> None:
    async with slack_room(real=True) as room:
        alert, _ = await proposed(room)
        (name,) = room.home.store.shelf.entries
        card = with_button(room, alert, "incident_menu")
        assert card is not None
        await room.workspace.as_user(LEAD).click(card, "feedback", f"helpful|diagnosis|{name}")
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "feedback", f"wrong|diagnosis|{name}")
        await modal(room, ONCALL)
        await olga.submit(values={"note": "it was the deploy"})
        await room.until(
            lambda: "2 responders rated this: 1 helpful, 1 not helpful." in shown(now(room, card))
        )
        incident = await room.home.incident(name)
        assert {(one.person, one.helpful, one.note) for one in incident.feedback} == {
            (LEAD, True, ""),
            (ONCALL, False, "it was the deploy"),
        }
        assert any("it was the deploy" in row.text for row in report_of(incident).timeline)
        assert any("1 not helpful" in line for line in report_of(incident).ratings)


async def test_a_word_on_an_answer_is_kept_and_stands_in_the_report() -> None:
    async with slack_room(real=True) as room:
        alert, _ = await proposed(room)
        (name,) = room.home.store.shelf.entries
        olga = room.workspace.as_user(ONCALL)
        question = await olga.say(CHANNEL, "@greenlight why?", alert.ts)
        said = await room.until(
            lambda: next((one for one in room.replies(alert) if "this answer" in shown(one)), None)
        )
        await olga.click(said, "feedback", f"wrong|{question.ts}|{name}")
        await modal(room, ONCALL)
        await olga.submit(values={"note": "no word of the deploy"})
        await room.until(
            lambda: "1 responder rated this: 0 helpful, 1 not helpful." in shown(now(room, said))
        )
        incident = await room.home.incident(name)
        assert [(one.subject, one.note) for one in incident.feedback] == [
            (question.ts, "no word of the deploy")
        ]
        assert any(line.startswith("Answers: 0 helpful") for line in report_of(incident).ratings)


async def test_an_alert_of_low_severity_waits_until_somebody_asks() -> None:
    async with slack_room(real=True) as room:
        body = firing()
        body["attachments"][0]["text"] = "*Labels:*\n • severity: info\n • service: checkout"
        body["attachments"][0]["fields"] = [{"title": "severity", "value": "info"}]
        body["attachments"][0]["title"] = "[FIRING:1] CheckoutHighErrorRate (checkout)"
        _, card, name = await opened(room, body)
        assert (await room.home.incident(name)).waits
        await room.home.work()
        assert room.home.team.cases == []
        assert "Not investigated" in card.text
        await room.workspace.as_user(COLLEAGUE).click(card, "investigate")
        await room.until(lambda: "investigate" not in shown(now(room, card)))
        await room.home.work()
        assert room.home.team.cases != []


async def test_the_shortcut_makes_an_alert_of_any_message() -> None:
    async with slack_room(real=True) as room:
        olga = room.workspace.as_user(ONCALL)
        said = await olga.say(CHANNEL, "checkout looks slow since lunch, customers <!channel> complain")
        assert (await olga.shortcut(said, "gl_investigate")).acked
        card = await room.until(lambda: with_button(room, said, "incident_menu"))
        (name,) = room.home.store.shelf.entries
        incident = await room.home.incident(name)
        assert incident.alert.title.startswith("checkout looks slow since lunch")
        assert incident.service == "checkout"
        assert "<!" not in card.text
        assert not [text for kind, text in strings(card.blocks) if kind == "mrkdwn" and "<!channel" in text]
        await olga.close(everything=True)
        await olga.shortcut(said, "gl_investigate")
        await modal(room, ONCALL)
        assert room.incidents() == 1
        stranger = room.workspace.as_user(GUEST)
        other = await olga.say(CHANNEL, "another thing")
        await stranger.shortcut(other, "gl_investigate")
        assert "Only a responder" in shown(await modal(room, GUEST))
        assert room.incidents() == 1


async def test_stop_ends_a_running_investigation_and_anybody_may_start_another() -> None:
    async with slack_room(real=True) as room:
        alert, card, name = await opened(room)
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "stop_incident")
        incident = await until(room, name, card, "Cause not found")
        assert incident.phase is Phase.INCONCLUSIVE
        assert f"Stopped by {ONCALL}" in incident.nothing
        await olga.close(everything=True)
        await olga.click(card, "investigate")
        await room.home.work()
        await room.until(lambda: with_button(room, alert, "decide_approve"))


async def test_the_timeline_and_its_cost_open_as_a_modal() -> None:
    async with slack_room(real=True) as room:
        alert, _ = await proposed(room)
        (name,) = room.home.store.shelf.entries
        card = with_button(room, alert, "incident_menu")
        assert card is not None
        await room.workspace.as_user(ONCALL).click(card, "incident_menu", f"history|{name}")
        said = shown(await modal(room, ONCALL))
        assert "Plan 1 proposed" in said
        assert "No model was asked." in said


async def test_the_home_shows_what_waits_for_whom_and_why_not() -> None:
    async with slack_room(real=True) as room:
        await proposed(room)
        olga, carl = room.workspace.as_user(ONCALL), room.workspace.as_user(COLLEAGUE)
        await olga.open_home()
        mine = await room.until(olga.home)
        assert "Waiting for your approval: 1" in shown(mine)
        await carl.open_home()
        theirs = await room.until(carl.home)
        assert "Waiting for your approval: 0" in shown(theirs)
        assert "You cannot approve it: You are not among those" in shown(theirs)
        assert "Who can: Olga" in shown(theirs)


async def test_the_home_links_to_threads_and_follows_the_incidents_while_somebody_looks() -> None:
    async with slack_room(real=True) as room:
        alert, _ = await proposed(room)
        carl = room.workspace.as_user(COLLEAGUE)
        await carl.open_home()
        home = await room.until(carl.home)
        where = f"https://example.slack.com/archives/{CHANNEL}/p{alert.ts.replace('.', '')}|Open the thread>"
        assert where.replace("example", room.workspace._state.team.domain) in shown(home)
        assert "nobody has it yet" in shown(home)
        card = with_button(room, alert, "take_incident")
        assert card is not None
        await room.workspace.as_user(LEAD).click(card, "take_incident")
        await room.until(lambda: f"<@{LEAD}> has it" in shown(at_home(carl)))


async def test_changes_are_paused_and_resumed_from_the_home() -> None:
    async with slack_room(real=True) as room:
        lee = room.workspace.as_user(LEAD)
        await lee.open_home()
        home = await room.until(lee.home)
        await lee.click(home, "home_pause")
        await room.until(lambda: "home_resume" in shown(at_home(lee)))
        assert [one.scope for one in await room.home.store.incidents.pauses()] == ["all"]
        await lee.click(at_home(lee), "home_resume")
        await modal(room, LEAD)
        await lee.submit(values={"note": "all is well"})
        await room.until(lambda: "home_pause" in shown(at_home(lee)))
        assert await room.home.store.incidents.pauses() == ()


async def test_the_command_tells_of_one_incident_and_who_is_on_call() -> None:
    async with slack_room(real=True) as room:
        _, card, name = await opened(room)
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "take_incident")
        await until(room, name, card, "*Has it:* Olga")

        def whispers(start: str) -> bool:
            return any(one.text.startswith(start) for one in room.workspace.ephemerals(ONCALL))

        await olga.command("/greenlight", f"incident {name}", channel=CHANNEL)
        await room.until(lambda: whispers("*Investigating: CheckoutHighErrorRate*"))
        await olga.command("/greenlight", "incident nobody-knows", channel=CHANNEL)
        await room.until(lambda: whispers("I have no incident"))
        await olga.command("/greenlight", "incident <!channel>", channel=CHANNEL)
        await room.until(lambda: whispers("Please name an incident"))
        await olga.command("/greenlight", "oncall", channel=CHANNEL)
        await room.until(lambda: whispers("*On call now*\n• checkout: Olga"))
