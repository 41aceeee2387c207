"""The page with a scripted app: each block, each way to act, drawn and heard."""
# pyright: reportUnknownMemberType=false

from dataclasses import replace

from playwright.async_api import expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.page.values import Mark, MarkKind, now_ms
from tests.browser.browsing import visiting
from tests.browser.conftest import Room


async def test_every_block_is_drawn_as_text_and_nothing_of_it_is_run(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await page.get_by_label("Message #alerts").fill("@scripted show me")
        await page.keyboard.press("Enter")
        thread = page.get_by_label("Thread", exact=True).last
        await expect(thread.get_by_role("heading", name="Everything")).to_be_visible()
        for text in (
            "small print",
            "pool_size: 20 -> 50",
            "Step 2 of 4",
            "Task error",
            "9 %",
            "Heading",
            "Helpful",
        ):
            await expect(thread.get_by_text(text, exact=True).first).to_be_visible()
        for tag, text in (("strong", "Bold"), ("em", "it"), ("s", "no"), ("code", "code")):
            await expect(thread.locator(f".block-section {tag}", has_text=text).first).to_be_visible()
        await expect(thread.locator(".mention", has_text="@ben").first).to_be_visible()
        await expect(thread.locator(".mention.me", has_text="@ann").first).to_be_visible()
        await expect(thread.get_by_text("onerror=document.title").first).to_be_visible()
        await expect(thread.locator("img, script")).to_have_count(0)
        await expect(thread.get_by_role("button", name="Only Ben")).to_have_count(0)
        assert await page.title() == "Greenlight demo"
        assert visit.hosts == {room.page.origin.removeprefix("http://")}
        assert visit.complaints == []


async def test_a_click_asks_first_reaches_the_app_and_the_edit_is_shown(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await page.get_by_role("button", name="Run", exact=True).click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text("It restarts checkout.")).to_be_visible()
        await dialog.get_by_role("button", name="Go back").click()
        await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Run", exact=True).click()
        await dialog.get_by_role("button", name="Run").click()
        await expect(page.get_by_role("heading", name="Done")).to_be_visible()
        await expect(page.get_by_text("(edited)")).to_be_visible()
        await expect(page.get_by_role("button", name="Run", exact=True)).to_have_count(0)
        assert visit.complaints == []


async def card_edited(room: Room) -> None:
    """The app edits its card, which looks as before."""
    card = next(one for one in room.workspace.messages("C1") if one.body.get("blocks"))
    web = AsyncWebClient(token=room.workspace.apps[0].bot_token, base_url=room.workspace.api_url)
    await web.chat_update(channel="C1", ts=card.ts, text="as before", blocks=card.body["blocks"])


async def test_a_click_counts_where_the_message_changes_between_press_and_release(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await page.get_by_role("button", name="Ask", exact=True).hover()
        await page.mouse.down()
        await card_edited(room)
        await room.workspace.as_user("U2").say("C1", "has it changed?")
        await expect(page.get_by_text("has it changed?")).to_be_visible()
        await page.mouse.up()
        await expect(page.get_by_role("dialog", name="Why?")).to_be_visible()
        await expect(page.get_by_text("(edited)")).to_be_visible()
        assert visit.complaints == []


async def test_a_menu_opened_on_a_message_does_not_keep_it_from_being_drawn_again(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await page.get_by_role("button", name="Ask", exact=True).hover()
        await page.mouse.down(button="right")
        await card_edited(room)
        await expect(page.get_by_text("(edited)")).to_be_visible()
        assert visit.complaints == []


async def test_a_modal_shows_its_errors_keeps_what_was_typed_and_is_sent(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await page.get_by_role("button", name="Ask", exact=True).click()
        modal = page.get_by_role("dialog", name="Why?")
        await modal.get_by_role("button", name="Send").click()
        await expect(modal.get_by_text("Please complete this required field.")).to_have_count(2)
        await modal.get_by_label("Reason").fill("stop it now")
        await modal.get_by_label("Noise").check()
        await modal.get_by_role("button", name="Send").click()
        await expect(modal.get_by_text("Say please.")).to_be_visible()
        await modal.get_by_label("Reason").fill("stop it please")
        await modal.get_by_role("button", name="Send").click()
        await expect(modal).to_have_count(0)
        await expect(page.get_by_text("stop it please (noise)")).to_be_visible()
        assert visit.complaints == []


async def test_escape_closes_a_modal_for_the_app_too(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await page.get_by_role("button", name="Ask", exact=True).click()
        await expect(page.get_by_role("dialog", name="Why?")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert room.workspace.views("U1") == ()


async def test_whoever_acts_sees_their_own_whispers_and_what_is_new_to_them(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await page.get_by_role("button", name="Helpful", exact=True).click()
        await expect(page.get_by_text("Only visible to you")).to_be_visible()
        await expect(page.locator(".new-line")).to_have_count(0)
        await page.get_by_role("radio", name="ben").click()
        await expect(page.get_by_role("button", name="Only Ben")).to_be_visible()
        await expect(page.get_by_text("Only visible to you")).to_have_count(0)
        await expect(page.locator(".new-line").first).to_be_visible()
        assert visit.complaints == []


async def test_commands_answer_in_the_channel_and_are_refused_in_a_thread(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await page.get_by_label("Message #alerts").fill("/local hello")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("You said hello")).to_be_visible()
        await page.get_by_label("Reply … mention @scripted to ask it").fill("/local hello")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("not in a thread")).to_be_visible()


async def test_a_second_thread_opens_by_itself_but_not_while_a_reply_is_being_written(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page, ann = visit.page, room.workspace.as_user("U1")
        thread = page.get_by_label("Thread", exact=True).last
        reply = page.get_by_label("Reply … mention @scripted to ask it")
        await ann.say("C1", "@scripted show me (first)")
        await expect(thread.get_by_text("(first)")).to_be_visible()
        await expect(thread.get_by_role("heading", name="Everything")).to_be_visible()
        await ann.say("C1", "@scripted show me (second)")
        await expect(thread.get_by_text("(second)")).to_be_visible()
        await expect(thread.get_by_text("(first)")).to_have_count(0)
        await reply.fill("half a sentence")
        await ann.say("C1", "@scripted show me (third)")
        await expect(page.get_by_label("Thread", exact=True).last.get_by_text("(second)")).to_be_visible()
        await expect(page.get_by_text("1 reply")).to_have_count(3)
        await expect(thread.get_by_text("(third)")).to_have_count(0)
        assert visit.complaints == []


async def test_another_channel_is_read_beside_the_open_thread(room: Room) -> None:
    room.workspace.add_channel("C2", "pager", members=("U1", "U2"))
    async with visiting(room.page.url) as visit:
        page, ann = visit.page, room.workspace.as_user("U1")
        await ann.say("C1", "@scripted show me (first)")
        thread = page.get_by_label("Thread", exact=True).last
        await expect(thread.get_by_role("heading", name="Everything")).to_be_visible()
        await room.workspace.as_user("U2").say("C2", "checkout needs somebody")
        pager = page.get_by_label("Workspace").get_by_role("button", name="pager")
        await expect(pager.locator(".count")).to_have_text("1")
        await pager.click()
        await expect(page.get_by_label("Messages").first).to_contain_text("checkout needs somebody")
        await expect(pager.locator(".count")).to_have_count(0)
        await expect(page.get_by_label("Message #pager")).to_be_visible()
        await expect(thread.get_by_text("(first)")).to_be_visible()
        await page.get_by_label("Reply … mention @scripted to ask it").fill("still in the thread")
        await page.keyboard.press("Enter")
        await expect(thread.get_by_text("still in the thread")).to_be_visible()
        await page.set_viewport_size({"width": 390, "height": 780})
        await page.get_by_role("button", name="#alerts").click()
        await expect(page.get_by_label("Message #alerts")).to_be_visible()
        assert visit.complaints == []


async def test_the_home_tab_says_that_there_is_none_until_the_app_publishes_one(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        await page.get_by_label("Workspace").get_by_role("button", name="scripted").click()
        home = page.get_by_label("App Home")
        await expect(home.get_by_role("heading", name="Home of scripted")).to_be_visible()
        assert visit.complaints == []


async def test_the_charts_show_the_numbers_and_mark_deploy_alert_and_what_the_app_did(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        service = page.get_by_label("The service", exact=True)
        await expect(service.get_by_text("version 41")).to_be_visible()
        await expect(service.get_by_text("2 of 20")).to_be_visible()
        room.shop.now = replace(room.shop.now, at=now_ms(), version="42", errors=0.5, alert="firing")
        await expect(service.get_by_text("50 %").first).to_be_visible()
        await expect(service.get_by_text("alert firing")).to_be_visible()
        room.page.mark(Mark(MarkKind.APPROVAL, "Approved by Ann", now_ms()))
        for text in ("Version 42", "The alert fires", "Approved by Ann"):
            await expect(service.locator(".happenings").get_by_text(text)).to_be_visible()
        await expect(service.locator(".chart.errors .mark")).to_have_count(3)
        await service.get_by_role("button", name="Leak").click()
        await service.get_by_role("button", name="Reset").click()
        await expect(service.locator(".happenings").get_by_text("Reset by hand")).to_be_visible()
        assert room.shop.done == ["leak", "reset"]


async def test_the_guided_path_goes_on_by_itself_and_can_be_closed(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        guide = page.get_by_label("Guided path", exact=True)
        await expect(guide.get_by_text("Something will happen.")).to_be_visible()
        room.page.done("first")
        await expect(guide.get_by_text("Ask it.")).to_be_visible()
        await guide.get_by_role("button", name="Act as Ben").click()
        await expect(page.get_by_role("radio", name="ben")).to_have_attribute("aria-checked", "true")
        await guide.get_by_role("button", name="Fill in the words").click()
        await expect(page.get_by_label("Message #alerts")).to_have_value("@scripted hello")
        await guide.get_by_role("button", name="Close the guided path").click()
        await expect(guide).to_be_hidden()


async def test_a_narrow_window_shows_one_part_at_a_time(room: Room) -> None:
    async with visiting(room.page.url, size=(390, 800)) as visit:
        page = visit.page
        # what is already there when the page opens is not pushed in front of anybody
        await expect(page.locator("#app[aria-busy]")).to_have_count(0)
        await room.workspace.as_user("U1").say("C1", "@scripted show me")
        await expect(page.get_by_role("heading", name="Everything")).to_be_visible()
        assert await page.locator("body").evaluate("node => node.scrollWidth <= window.innerWidth")
        await page.get_by_label("Parts of the page").get_by_role("button", name="Service").click()
        await expect(page.get_by_text("version 41")).to_be_visible()
        await expect(page.get_by_role("heading", name="Everything")).to_be_hidden()


async def test_light_and_dark_follow_the_system_and_the_button(room: Room) -> None:
    async with visiting(room.page.url) as visit:
        page = visit.page
        bar = page.locator(".bar")
        await page.emulate_media(color_scheme="light")
        await expect(bar).to_have_css("background-color", "rgb(255, 255, 255)")
        await page.emulate_media(color_scheme="dark")
        await expect(bar).to_have_css("background-color", "rgb(24, 29, 27)")
        await page.get_by_role("button", name="Light or dark").click()
        await expect(bar).to_have_css("background-color", "rgb(255, 255, 255)")
