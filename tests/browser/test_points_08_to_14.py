"""The widget shuts nobody out: announcements, drafts, reloads, bad connections, the form."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.chat import (
    bot_turns,
    choices,
    composer,
    conversation,
    launcher,
    open_chat,
    panel,
    person_turns,
    say,
    wait_for_the_reply,
)

OnRecord = Callable[[str], list[str]]
QUESTION = "are my private messages used"
ANSWER = "private messages"


def send(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def retry(page: Page) -> Any:
    return panel(page).get_by_role("button", name="Try again")


def ids_of(page: Page) -> list[str]:
    """The ids of all messages that are posted from now on."""
    ids: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/chat/messages") and request.method == "POST":
            ids.append((request.post_data_json or {})["id"])

    page.on("request", note)
    return ids


@pytest.fixture
def on_record(page: Page, server_data: Path) -> OnRecord:
    """What the server has on record of this conversation: on_record("user") are the texts of the
    person's turns, on_record("bot") of the bot's messages, however often they were sent."""

    def texts(kind: str) -> list[str]:
        token = page.evaluate("sessionStorage.getItem('objection-chat.token')")
        conversation = jwt.decode(token, options={"verify_signature": False})["sub"]
        query = (
            "SELECT data FROM conversation_event WHERE conversation = ? AND kind = ? "
            "ORDER BY number"
        )
        with sqlite3.connect(server_data / "objections.db") as database:
            rows = database.execute(query, (conversation, kind)).fetchall()
        return [json.loads(data)["text"] for (data,) in rows]

    return texts


def test_08_one_log_one_status_one_alert_and_nothing_old_is_announced(page: Page) -> None:
    # Notes what is put into a log that is live.
    page.add_init_script(
        """
        window.announced = [];
        new MutationObserver((_, self) => {
            const root = document.querySelector("objection-chat")?.shadowRoot;
            if (!root) return;
            self.disconnect();
            new MutationObserver((records) => {
                for (const { target, addedNodes } of records) {
                    const log = target.closest("[role=log]");
                    if (log && log.getAttribute("aria-live") !== "off") {
                        announced.push(...[...addedNodes].map((node) => node.textContent));
                    }
                }
            }).observe(root, { childList: true, subtree: true });
        }).observe(document, { childList: true, subtree: true });
        """
    )
    page.reload()
    open_chat(page)
    say(page, QUESTION)
    assert any(ANSWER in text for text in page.evaluate("announced"))
    for role in ("log", "status", "alert"):
        assert panel(page).locator(f"[role={role}]").count() == 1
    live = "[role=log], [role=status], [role=alert], [aria-live]"
    nested = panel(page).locator(live).locator(live)
    assert nested.count() == 0

    page.reload()
    expect(bot_turns(page).last).to_contain_text(ANSWER)
    expect(conversation(page)).to_have_attribute("aria-live", "polite")
    assert page.evaluate("announced") == []

    # Typing and offline are a status, only a failed send is an alert.
    alert, status = panel(page).get_by_role("alert"), panel(page).get_by_role("status")
    held: list[Route] = []
    page.route("**/chat/messages", lambda route: held.append(route))
    send(page, "when does it start")
    expect(status).to_contain_text("Writing an answer")
    expect(alert).to_be_empty()
    held[0].fulfill(status=500, body="{}")
    expect(alert).to_contain_text("went wrong")
    expect(status).to_be_empty()


def test_09_a_draft_keeps_focus_and_text_and_survives_a_reload(page: Page) -> None:
    open_chat(page)
    held: list[Route] = []
    page.route("**/chat/messages", lambda route: held.append(route))
    send(page, "I want to object")
    composer(page).press_sequentially("Half a draft")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    held[0].continue_()
    # The field became another one under the words.
    field = panel(page).locator("input.field[autocomplete='name']")
    expect(field).to_have_value("Half a draft")
    expect(field).to_be_focused()
    page.keyboard.type("x")
    expect(field).to_have_value("Half a xdraft")
    wait_for_the_reply(page)
    page.reload()
    expect(field).to_have_value("Half a xdraft")
    page.unroute("**/chat/messages")
    field.press("Enter")
    expect(person_turns(page).last).to_contain_text("Half a xdraft")
    wait_for_the_reply(page)
    page.reload()
    expect(composer(page)).to_have_value("")


def test_09_where_the_browser_keeps_nothing_the_chat_works_as_long_as_the_page(page: Page) -> None:
    page.add_init_script(
        """for (const name of ["sessionStorage", "localStorage"]) {
            Object.defineProperty(window, name, { get() { throw new DOMException("no"); } });
        }"""
    )
    page.reload()
    open_chat(page)
    say(page, "I want to object")
    say(page, "Ana Silva")
    expect(bot_turns(page).last).to_contain_text("e-mail")
    panel(page).get_by_role("button", name="Close the chat").click()
    launcher(page).click()
    expect(bot_turns(page).last).to_contain_text("e-mail")
    panel(page).get_by_role("button", name="Delete this conversation").click()
    panel(page).get_by_role("button", name="Delete", exact=True).click()
    expect(person_turns(page)).to_have_count(0)
    say(page, QUESTION)
    expect(bot_turns(page).last).to_contain_text(ANSWER)


def test_10_a_reload_and_another_page_restore_everything(page: Page, site: str) -> None:
    page.route(
        f"{site}other",
        lambda route: route.fulfill(
            content_type="text/html",
            body="<!doctype html><html lang=en><body><script src=/widget.js></script></body>",
        ),
    )
    open_chat(page)
    say(page, "I want to object")
    say(page, "Ana Silva")
    say(page, "ana@example.org")
    said = conversation(page).locator(".bubble").all_text_contents()
    offered = choices(page).all_text_contents()
    assert "Skip" in offered
    for go in (page.reload, lambda: page.goto(f"{site}other"), lambda: page.goto(site)):
        go()
        expect(conversation(page).locator(".bubble")).to_have_text(said)
        expect(choices(page)).to_have_text(offered)
        expect(panel(page)).to_contain_text("Step 3 of 8")
        expect(panel(page).locator(".field")).to_have_attribute("autocomplete", "country-name")
    panel(page).get_by_role("button", name="Close the chat").click()
    page.goto(f"{site}other")
    expect(launcher(page)).to_be_visible()
    expect(panel(page)).to_be_hidden()


def test_11_offline_messages_wait_and_are_sent_once(page: Page, on_record: OnRecord) -> None:
    open_chat(page)
    begun = on_record("user")
    ids = ids_of(page)
    page.context.set_offline(True)
    send(page, QUESTION)
    send(page, "when does it start")
    expect(panel(page).get_by_role("status")).to_contain_text("no connection")
    for turn in person_turns(page).all():
        expect(turn).to_contain_text("Waiting to be sent")
    # By hand, and of no avail yet; then by itself.
    retry(page).click()
    expect(retry(page)).to_be_visible()
    page.context.set_offline(False)
    wait_for_the_reply(page)
    expect(conversation(page)).not_to_contain_text("Waiting to be sent")
    expect(retry(page)).to_be_hidden()
    assert len(ids) > len(set(ids))
    assert len(set(ids)) == 2
    assert on_record("user") == [*begun, QUESTION, "when does it start"]
    expect(person_turns(page)).to_have_count(2)
    page.reload()
    expect(person_turns(page)).to_have_count(2)
    assert person_turns(page).locator(".bubble").all_text_contents() == [
        QUESTION,
        "when does it start",
    ]


def test_11_what_waits_survives_a_reload_and_is_sent_once(page: Page, on_record: OnRecord) -> None:
    open_chat(page)
    begun = on_record("user")
    page.route("**/chat/messages", lambda route: route.abort())
    send(page, QUESTION)
    send(page, "when does it start")
    expect(conversation(page).get_by_text("Waiting to be sent")).to_have_count(2)
    page.reload()
    expect(conversation(page).get_by_text("Waiting to be sent")).to_have_count(2)
    page.unroute("**/chat/messages")
    retry(page).click()
    expect(conversation(page)).not_to_contain_text("Waiting to be sent")
    wait_for_the_reply(page)
    page.reload()
    expect(person_turns(page)).to_have_count(2)
    assert on_record("user") == [*begun, QUESTION, "when does it start"]


def cut_off(route: Route) -> None:
    """The server has it, and of its answer nothing arrives."""
    route.fetch()
    route.abort()


def cut_in_the_middle(route: Route) -> None:
    """The server has it, and of its answer the first message arrives."""
    response = route.fetch()
    first = response.text().partition("\n\n")[0]
    route.fulfill(response=response, body=f"{first}\n\nevent: mess")


@pytest.mark.parametrize("lose", [cut_off, cut_in_the_middle])
@pytest.mark.parametrize("is_reloaded", [False, True], ids=["waited for", "reloaded meanwhile"])
def test_11_an_answer_that_was_lost_on_its_way_is_not_given_twice(
    page: Page, on_record: OnRecord, lose: Callable[[Route], None], is_reloaded: bool
) -> None:
    open_chat(page)
    before, begun, said = bot_turns(page).count(), on_record("user"), on_record("bot")
    ids = ids_of(page)
    page.route("**/chat/messages", lose, times=2)
    # Answered by two messages: what is asked, and an offer.
    send(page, "I want to object")
    expect(person_turns(page).last).to_contain_text("Waiting to be sent")
    if is_reloaded:
        page.reload()
    expect(bot_turns(page).last).to_contain_text("What is your full name?")
    wait_for_the_reply(page)
    shown = bot_turns(page).count()
    page.reload()
    expect(bot_turns(page)).to_have_count(shown)
    expect(person_turns(page)).to_have_count(1)
    # Sent more than once under one id; one turn with one answer, and all of it was shown.
    assert len(ids) >= 2 - is_reloaded and len(set(ids)) <= 1
    assert on_record("user") == [*begun, "I want to object"]
    assert shown - before == len(on_record("bot")) - len(said) == 2


@pytest.mark.parametrize(
    ("status", "headers", "sentence"),
    [
        (500, {}, "went wrong on our side"),
        (503, {}, "not ready yet"),
        (504, {}, "taking too long"),
        (429, {"Retry-After": "70"}, "Please wait 70 seconds"),
        (429, {"Retry-After": "100"}, "Please wait 2 minutes"),
    ],
)
def test_12_each_trouble_has_its_own_sentence(
    page: Page, status: int, headers: dict[str, str], sentence: str
) -> None:
    open_chat(page)
    page.clock.install()
    page.route(
        "**/chat/messages", lambda route: route.fulfill(status=status, headers=headers, body="{}")
    )
    send(page, QUESTION)
    expect(panel(page).get_by_role("alert")).to_contain_text(sentence)
    stop_the_clock(page)
    page.unroute("**/chat/messages")
    retry(page).click()
    expect(bot_turns(page).last).to_contain_text(ANSWER)
    expect(panel(page).get_by_role("alert")).to_be_empty()


def stop_the_clock(page: Page) -> None:
    """From now on nothing is sent again by itself. What was sent on the way there has failed too;
    only the button is left."""
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    expect(retry(page)).to_be_visible()


def test_12_an_answer_that_does_not_come_is_said_too(page: Page) -> None:
    page.clock.install()
    open_chat(page)
    page.route("**/chat/messages", lambda route: None)
    send(page, QUESTION)
    expect(person_turns(page)).to_have_count(1)
    page.clock.fast_forward(61_000)
    expect(panel(page).get_by_role("alert")).to_contain_text("taking too long")
    page.unroute("**/chat/messages")
    retry(page).click()
    expect(bot_turns(page).last).to_contain_text(ANSWER)
    expect(panel(page).get_by_role("alert")).to_be_empty()


def test_12_the_button_sends_at_once_and_does_not_wait(page: Page) -> None:
    open_chat(page)
    page.clock.install()
    page.route("**/chat/messages", lambda route: route.fulfill(status=500, body="{}"))
    send(page, QUESTION)
    expect(retry(page)).to_be_visible()
    stop_the_clock(page)
    page.unroute("**/chat/messages")
    retry(page).click()
    expect(bot_turns(page).last).to_contain_text(ANSWER)


def test_12_a_page_that_may_not_use_the_chat_is_told_so_once(page: Page) -> None:
    open_chat(page)
    ids = ids_of(page)
    page.route("**/chat/messages", lambda route: route.fulfill(status=403, body="{}"))
    send(page, QUESTION)
    alert = panel(page).get_by_role("alert")
    expect(alert).to_have_text("The chat cannot be used from this website.")
    expect(retry(page)).to_be_hidden()
    expect(person_turns(page).last).to_contain_text("Not accepted")
    assert len(ids) == 1


def test_12_no_trouble_is_told_twice_at_once(page: Page) -> None:
    open_chat(page)
    say(page, "I want to object")
    say(page, "Ana Silva")
    say(page, "ana at example")
    wrong = panel(page).locator("#problem").text_content() or "?"
    # Beside the field; heard in the conversation, and seen there once the field is answered.
    assert seen(page).count(wrong) == 1
    expect(conversation(page).locator(".wrong")).to_contain_text(wrong)
    body = {"error": "x", "message": "The server says why."}
    for status, headers, sentence in (
        (500, {}, "went wrong on our side"),
        (429, {"Retry-After": "70"}, "Please wait 70 seconds"),
        (422, {}, "The server says why."),
    ):
        answer = partial(Route.fulfill, status=status, headers=headers, json=body)
        # Before the one that is there, so that nothing gets through in between.
        page.route("**/chat/messages", lambda route, _, answer=answer: answer(route))
        if status == 500:
            send(page, "ana@example.org")
        else:
            retry(page).click()
        told = panel(page).get_by_role("alert")
        expect(told).to_contain_text(sentence)
        assert seen(page).count(told.text_content() or "?") == 1
        assert seen(page).count(wrong) == 1


def seen(page: Page) -> list[str]:
    """The sentences that are seen in the panel, each as often as it stands there."""
    found: list[str] = page.evaluate(
        """() => {
            const { shadowRoot } = document.querySelector("objection-chat");
            const walker = document.createTreeWalker(shadowRoot, NodeFilter.SHOW_TEXT);
            const texts = [];
            while (walker.nextNode()) {
                const parent = walker.currentNode.parentElement;
                if (parent?.checkVisibility() && !parent.closest(".unseen")) {
                    texts.push(walker.currentNode.data);
                }
            }
            return texts;
        }"""
    )
    return found


def test_12_a_refusal_is_said_and_the_words_are_marked(page: Page) -> None:
    open_chat(page)
    page.route(
        "**/chat/messages",
        lambda route: route.fulfill(status=422, json={"error": "x", "message": "Not that."}),
    )
    send(page, QUESTION)
    expect(panel(page).get_by_role("alert")).to_have_text("Not that.")
    expect(person_turns(page).last).to_contain_text("Not accepted")
    expect(retry(page)).to_be_hidden()


def test_13_buttons_stay_until_answered_and_payloads_are_never_shown(page: Page) -> None:
    open_chat(page)
    menu = choices(page).all_inner_texts()
    assert menu
    say(page, QUESTION)
    say(page, "when does it start")
    assert choices(page).all_inner_texts()[: len(menu)] == menu
    choices(page).first.click()
    wait_for_the_reply(page)
    expect(person_turns(page).last.locator(".bubble")).to_have_text(menu[0])
    assert menu[0] not in choices(page).all_inner_texts()

    say(page, "I object. I'm Ana Silva, ana@example.org, Ireland, instagram ana.buttons")
    say(page, "why do you ask that?")
    # The question stands again, and its buttons once.
    assert choices(page).all_inner_texts().count("I am not sure") == 1
    for _ in range(2):
        choices(page).filter(has_text="No others").last.click()
        wait_for_the_reply(page)
    choices(page).filter(has_text="No reason").click()
    expect(conversation(page).locator(".card")).to_be_visible()
    conversation(page).get_by_role("button", name="Change Country").click()
    wait_for_the_reply(page)
    expect(person_turns(page).last.locator(".bubble")).to_have_text("Change my country")
    expect(conversation(page).locator(".change:visible")).to_have_count(0)
    markup = page.evaluate("document.querySelector('objection-chat').shadowRoot.innerHTML")
    page.reload()
    expect(conversation(page).locator(".card")).to_be_visible()
    markup += page.evaluate("document.querySelector('objection-chat').shadowRoot.innerHTML")
    for payload in ("/affirm", "/cancel", "/faq", "/file_objection", "not sure<", ">skip<"):
        assert payload not in markup.replace("I am not sure", "")


def test_14_the_composer_is_the_field_that_is_asked_for(page: Page) -> None:
    open_chat(page)
    field = panel(page).locator(".field")

    def asked_for(name: str) -> dict[str, str | None]:
        wait_for_the_reply(page)
        return {a: field.get_attribute(a) for a in ("type", "inputmode", "autocomplete")} | {
            "tag": field.evaluate("(e) => e.tagName.toLowerCase()")
        }

    say(page, "I want to object")
    assert asked_for("name") == {
        "tag": "input", "type": "text", "inputmode": None, "autocomplete": "name",
    }
    say(page, "Ana Silva")
    mail = {"tag": "input", "type": "email", "inputmode": "email", "autocomplete": "email"}
    assert asked_for("e-mail") == mail

    say(page, "ana at example")
    problem = panel(page).locator("#problem")
    expect(problem).to_contain_text("@")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_attribute("aria-describedby", "problem")
    assert asked_for("e-mail") == mail
    page.reload()
    expect(problem).to_be_visible()

    # It is about the answer before, so it goes as soon as there is another one.
    held: list[Route] = []
    page.route("**/chat/messages", lambda route: held.append(route))
    send(page, "ana@example.org")
    expect(problem).to_be_hidden()
    while not held:  # the test's own time limit ends this
        page.wait_for_timeout(20)
    held[0].continue_()
    page.unroute("**/chat/messages")
    expect(bot_turns(page).last).to_contain_text("country")
    assert field.get_attribute("aria-invalid") is None
    assert asked_for("country")["autocomplete"] == "country-name"
    say(page, "Ireland")
    assert asked_for("account")["autocomplete"] == "username"
    say(page, "instagram ana.field")
    # Lists and reasons have room to grow.
    assert asked_for("accounts")["tag"] == "textarea"


def test_14_a_code_from_a_message_can_be_filled_in_by_the_browser(page: Page) -> None:
    def ask(route: Route) -> None:
        body = (
            'event: message\ndata: {"id":"c.0","text":"What is the code?","topic":null,'
            '"asks":"verification_code","buttons":[{"id":"c.0.0","title":"Send it again"}],'
            '"input":{"type":"text","inputmode":"numeric","autocomplete":"one-time-code"}}\n\n'
            "event: done\ndata: {}\n\n"
        )
        route.fulfill(content_type="text/event-stream", body=body)

    open_chat(page)
    page.route("**/chat/messages", ask)
    send(page, "x")
    field = panel(page).locator("input.field")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(choices(page).last).to_have_text(re.compile("Send it again"))
