"""The widget on the demo page, in a real browser, against a running bot."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.chat import (
    bot_turns,
    choices,
    composer,
    conversation,
    file_an_objection,
    focus_of,
    open_chat,
    panel,
    person_turns,
    say,
)


def test_the_bot_introduces_itself_when_the_chat_is_first_opened(page: Page) -> None:
    open_chat(page)
    expect(bot_turns(page).first.locator(".bubble")).not_to_be_empty()
    expect(person_turns(page)).to_have_count(0)


def test_a_question_is_answered_under_the_persons_own_words(page: Page) -> None:
    open_chat(page)
    say(page, "are my private messages used")
    expect(person_turns(page)).to_have_count(1)
    expect(person_turns(page).first).to_contain_text("are my private messages used")
    expect(bot_turns(page).last).to_contain_text("private messages")


def test_a_button_says_its_title_and_is_gone_once_answered(page: Page) -> None:
    open_chat(page)
    choice = choices(page).first
    title = choice.inner_text()
    before = bot_turns(page).count()
    choice.click()
    expect(person_turns(page).first.locator(".bubble")).to_have_text(title)
    expect(bot_turns(page).nth(before)).to_be_visible()
    expect(choices(page).filter(has_text=title)).to_have_count(0)


def test_a_reload_restores_the_conversation_and_the_open_panel(page: Page) -> None:
    open_chat(page)
    say(page, "are my private messages used")
    bubbles = conversation(page).locator(".bubble")
    choices = conversation(page).get_by_role("button")
    said, offered = bubbles.all_text_contents(), choices.all_text_contents()
    page.reload()
    expect(bubbles).to_have_text(said)
    expect(choices).to_have_text(offered)
    assert focus_of(page) not in ("Your message", "Close the chat")


def test_a_receipt_that_cannot_be_fetched_is_said_plainly(page: Page) -> None:
    file_an_objection(page)
    page.route("**/chat/receipts/**", lambda route: route.abort())
    conversation(page).get_by_role("button", name="Receipt OBJ-").click()
    expect(panel(page).get_by_role("alert")).not_to_be_empty()


def test_markup_that_the_person_types_stays_text(page: Page) -> None:
    typed = (
        '<img src=x onerror="window.hacked=1"> **b** [a](javascript:hacked=1) john_doe@uni.example'
    )
    open_chat(page)
    say(page, typed)
    expect(person_turns(page).first.locator(".bubble")).to_have_text(typed)
    page.reload()
    expect(person_turns(page).first.locator(".bubble")).to_have_text(typed)
    assert panel(page).locator("img, script, [onerror]").count() == 0
    assert panel(page).locator(".person a, .person strong").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_session_that_has_ended_is_replaced_once(page: Page) -> None:
    open_chat(page)
    page.evaluate("sessionStorage.setItem('objection-chat.token', 'not-a-token')")
    say(page, "are my private messages used")
    expect(conversation(page)).to_contain_text("This is a new one")
    expect(bot_turns(page).last).to_contain_text("private messages")


def test_a_text_that_is_too_long_stays_in_the_composer_and_says_so(page: Page) -> None:
    open_chat(page)
    composer(page).fill("a" * 1001)
    composer(page).press("Enter")
    expect(panel(page).get_by_role("alert")).to_contain_text("1001 characters")
    expect(composer(page)).to_have_value("a" * 1001)
    expect(person_turns(page)).to_have_count(0)
