"""The widget on the demo page, in a real browser, against a running bot."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.chat import (
    REFERENCE,
    bot_turns,
    choices,
    composer,
    conversation,
    file_an_objection,
    focus_of,
    launcher,
    open_chat,
    panel,
    person_turns,
    say,
    wait_for_the_reply,
)


def test_before_it_is_opened_nothing_is_stored_and_only_the_script_is_fetched(
    browser: Browser, site: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    paths: list[str] = []
    page.on("request", lambda request: paths.append(request.url.removeprefix(site).lstrip("/")))
    page.goto(site, wait_until="networkidle")
    expect(launcher(page)).to_be_visible()
    assert sorted(set(paths) - {"favicon.ico"}) == ["", "page.css", "widget.js"]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert context.cookies() == []
    context.close()


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


def test_buttons_stay_while_something_else_is_asked(page: Page) -> None:
    open_chat(page)
    offered = choices(page).all_inner_texts()
    assert offered
    say(page, "are my private messages used")
    assert choices(page).all_inner_texts()[: len(offered)] == offered


def test_the_link_in_the_article_opens_the_chat_at_the_objection(page: Page) -> None:
    page.get_by_role("link", name="Object in the chat").click()
    expect(person_turns(page).first).to_contain_text("I want to object")
    expect(bot_turns(page).nth(1)).to_be_visible()
    # Otherwise a reload would object a second time.
    assert "#" not in page.url


def test_escape_closes_the_chat_and_gives_the_focus_back(page: Page) -> None:
    open_chat(page)
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(launcher(page)).to_be_visible()
    assert focus_of(page) == "Ask or object"


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


def test_everything_can_be_done_by_keyboard(page: Page) -> None:
    launcher(page).focus()
    page.keyboard.press("Enter")
    expect(bot_turns(page).first).to_be_visible()
    expect(composer(page)).to_be_focused()
    wait_for_the_reply(page)

    # Backwards from the composer: the newest choice.
    page.keyboard.press("Shift+Tab")
    last = conversation(page).get_by_role("button").last
    expect(last).to_be_focused()
    title = last.inner_text()
    before = bot_turns(page).count()
    page.keyboard.press("Enter")
    expect(person_turns(page).last).to_contain_text(title)
    expect(bot_turns(page).nth(before)).to_be_visible()
    wait_for_the_reply(page)

    expect(composer(page)).to_be_focused()
    page.keyboard.type("are my private messages used")
    page.keyboard.press("Enter")
    expect(person_turns(page)).to_have_count(2)
    page.keyboard.press("Escape")
    assert focus_of(page) == "Ask or object"


def test_an_objection_is_filed_from_the_link_to_its_number_by_keyboard_alone(page: Page) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if focus_of(page) == "Object in the chat":
            break
    page.keyboard.press("Enter")
    answers = {
        "What is your full name?": "Ana Silva",
        "What is your e-mail address?": "ana@example.org",
        "Which country do you live in?": "Ireland",
        "Which account do you object for?": "instagram ana.s",
        "in the same Accounts Center": "facebook ana.silva.5",
        "accounts that are not linked": "no others",
        "give a reason?": "My photos are my work.",
    }
    for question, answer in answers.items():
        expect(bot_turns(page).last).to_contain_text(question)
        wait_for_the_reply(page)
        expect(composer(page)).to_be_focused()
        page.keyboard.type(answer)
        page.keyboard.press("Enter")

    summary = bot_turns(page).last
    expect(summary).to_contain_text("Shall I file it?")
    wait_for_the_reply(page)
    for value in ("Ana Silva", "ana@example.org", "Ireland", "ana.s on Instagram", "My photos"):
        expect(summary).to_contain_text(value)
    for _ in range(5):
        page.keyboard.press("Shift+Tab")
        if focus_of(page) == "Yes, file it":
            break
    page.keyboard.press("Enter")
    expect(conversation(page)).to_contain_text(REFERENCE)
    expect(conversation(page)).to_contain_text("Nothing is sent to Meta")
    wait_for_the_reply(page)
    expect(composer(page)).to_be_focused()


def test_the_receipt_is_saved_from_the_chat(page: Page) -> None:
    file_an_objection(page)
    with page.expect_download() as saving:
        conversation(page).get_by_role("button", name="Receipt OBJ-").click()
    assert REFERENCE.match(saving.value.suggested_filename)
    assert saving.value.path().read_bytes().startswith(b"%PDF-")
    page.reload()
    expect(conversation(page).get_by_role("button", name="Receipt OBJ-")).to_be_visible()


def test_a_receipt_that_cannot_be_fetched_is_said_plainly(page: Page) -> None:
    file_an_objection(page)
    page.route("**/chat/receipts/**", lambda route: route.abort())
    conversation(page).get_by_role("button", name="Receipt OBJ-").click()
    expect(panel(page).get_by_role("alert")).not_to_be_empty()


def test_nothing_in_the_closed_panel_can_be_focused(page: Page) -> None:
    open_chat(page)
    page.keyboard.press("Escape")
    names = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        names.add(focus_of(page))
    assert "Ask or object" in names
    assert not names & {"Your message", "Send", "Close the chat", "Delete this conversation"}


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


def test_a_strict_policy_with_trusted_types_has_nothing_to_report(
    browser: Browser, site: str
) -> None:
    context = browser.new_context()
    page = context.new_page()

    def add_policy(route: Route) -> None:
        response = route.fetch()
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "require-trusted-types-for 'script'"
        )
        headers = {**response.headers, "content-security-policy": policy}
        route.fulfill(response=response, headers=headers)

    page.route(f"{site.rstrip('/')}/", add_policy)
    page.add_init_script(
        "window.violations = [];"
        "addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective));"
    )
    page.goto(site)
    open_chat(page)
    say(page, "are my private messages used")
    assert page.evaluate("violations") == []
    context.close()


def test_a_lost_connection_is_said_plainly_and_the_same_message_is_sent_again(page: Page) -> None:
    ids: list[str] = []

    def note_id(request: Request) -> None:
        if request.url.endswith("/chat/messages"):
            ids.append((request.post_data_json or {})["id"])

    page.on("request", note_id)
    open_chat(page)
    ids.clear()
    page.context.set_offline(True)
    composer(page).fill("are my private messages used")
    composer(page).press("Enter")
    expect(panel(page).get_by_role("status")).to_contain_text("no connection")
    expect(panel(page).get_by_role("alert")).to_be_empty()
    expect(person_turns(page).last).to_contain_text("Waiting to be sent")

    page.context.set_offline(False)
    expect(bot_turns(page).last).to_contain_text("private messages")
    expect(panel(page).get_by_role("status")).to_be_empty()
    assert len(ids) >= 2
    assert len(set(ids)) == 1
    expect(person_turns(page)).to_have_count(1)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(429, "wait 7 seconds"), (503, "not ready yet"), (500, "went wrong on our side")],
)
def test_a_refusal_of_the_server_is_said_plainly_and_can_be_tried_again(
    page: Page, status: int, sentence: str
) -> None:
    open_chat(page)
    page.route(
        "**/chat/messages",
        lambda route: route.fulfill(status=status, headers={"Retry-After": "7"}, body="{}"),
    )
    composer(page).fill("are my private messages used")
    composer(page).press("Enter")
    alert = panel(page).get_by_role("alert")
    expect(alert).to_contain_text(sentence)
    page.unroute("**/chat/messages")
    panel(page).get_by_role("button", name="Try again").click()
    expect(bot_turns(page).last).to_contain_text("private messages")


def test_a_session_that_has_ended_is_replaced_once(page: Page) -> None:
    open_chat(page)
    page.evaluate("sessionStorage.setItem('objection-chat.token', 'not-a-token')")
    say(page, "are my private messages used")
    expect(conversation(page)).to_contain_text("This is a new one")
    expect(bot_turns(page).last).to_contain_text("private messages")


def test_the_composer_becomes_the_field_that_is_asked_for_and_keeps_the_draft(page: Page) -> None:
    open_chat(page)
    page.evaluate("location.hash = 'object'")
    expect(person_turns(page)).to_have_count(1)
    composer(page).press_sequentially("Half a dra")
    field = panel(page).locator("input.field[autocomplete='name']")
    expect(field).to_have_value("Half a dra")
    expect(field).to_be_focused()


def test_a_text_that_is_too_long_stays_in_the_composer_and_says_so(page: Page) -> None:
    open_chat(page)
    composer(page).fill("a" * 1001)
    composer(page).press("Enter")
    expect(panel(page).get_by_role("alert")).to_contain_text("1001 characters")
    expect(composer(page)).to_have_value("a" * 1001)
    expect(person_turns(page)).to_have_count(0)


def test_a_reload_keeps_the_field_that_is_asked_for(page: Page) -> None:
    page.get_by_role("link", name="Object in the chat").click()
    field = panel(page).locator("input.field[autocomplete='name']")
    expect(field).to_be_visible()
    wait_for_the_reply(page)
    page.reload()
    expect(field).to_be_visible()


def test_the_conversation_can_be_deleted(page: Page) -> None:
    open_chat(page)
    say(page, "are my private messages used")
    panel(page).get_by_role("button", name="Delete this conversation").click()
    with page.expect_response(lambda response: response.request.method == "DELETE") as deletion:
        panel(page).get_by_role("button", name="Delete", exact=True).click()
    assert deletion.value.status == 204
    expect(panel(page).get_by_role("status")).to_have_text("The conversation is deleted.")
    expect(conversation(page).locator(".turn")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('objection-chat.token')") is None


def test_one_log_one_status_and_one_alert_stand_side_by_side(page: Page) -> None:
    open_chat(page)
    for role in ("log", "status", "alert"):
        assert panel(page).locator(f"[role={role}]").count() == 1
    assert (
        panel(page)
        .locator("[role=log] [role], [role=log] [aria-live]")
        .evaluate_all("(all) => all.filter((e) => e.role !== 'group').length")
        == 0
    )


@pytest.mark.parametrize(("width", "height"), [(320, 568), (640, 400), (1280, 800)])
def test_it_fits_without_sideways_scrolling_and_is_large_enough_to_touch(
    page: Page, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_chat(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert conversation(page).evaluate("(log) => log.scrollWidth <= log.clientWidth")
    box = panel(page).bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height
    size = composer(page).evaluate("(field) => parseFloat(getComputedStyle(field).fontSize)")
    assert size >= 16
    for button in panel(page).get_by_role("button").all():
        target = button.bounding_box()
        assert target is not None
        assert min(target["width"], target["height"]) >= 44
