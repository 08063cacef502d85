"""What a person sees of the chat and does in it, for the tests of this folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.conftest import signed

# The form of an objection's number: OBJ, four groups of four and a check character.
REFERENCE = re.compile(r"OBJ(?:-[0-9A-Z]{4}){4}-?[0-9A-Z*~$=]?")
# Every state of the chat, in the order of `through_every_state`.
STATES = ("closed", "open", "answer", "typing", "form", "problem", "error", "offline", "summary",
          "receipt", "deleting", "unread", "logged-in")


def launcher(page: Page) -> Locator:
    return page.get_by_role("button", name="Ask or object")


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Your posts and AI")


def conversation(page: Page) -> Locator:
    return panel(page).get_by_role("log")


def bot_turns(page: Page) -> Locator:
    return conversation(page).locator(".turn.bot")


def person_turns(page: Page) -> Locator:
    return conversation(page).locator(".turn.person")


def choices(page: Page) -> Locator:
    """The buttons that the bot has offered and that are still open."""
    return conversation(page).get_by_role("button")


def composer(page: Page) -> Locator:
    return panel(page).get_by_label("Your message")


def open_chat(page: Page) -> None:
    """Opens the panel and waits until the bot has introduced itself in full."""
    launcher(page).click()
    expect(bot_turns(page).first).to_be_visible()
    wait_for_the_reply(page)


def wait_for_the_reply(page: Page) -> None:
    """Waits until what was sent last has been answered to its end."""
    expect(panel(page).locator(".queued")).to_have_count(0)
    expect(page.locator("dialog[data-busy]")).to_have_count(0)


def say(page: Page, text: str) -> None:
    """Types and sends `text` and waits for the first message of its reply."""
    before = bot_turns(page).count()
    composer(page).fill(text)
    composer(page).press("Enter")
    # Not "visible": what was wrong with an answer is seen beside the field instead.
    expect(bot_turns(page).nth(before)).to_be_attached()
    wait_for_the_reply(page)


def focus_of(page: Page) -> str:
    """The accessible name or the tag of the element with the focus, looking into the widget."""
    name: str = page.evaluate(
        """() => {
            let element = document.activeElement;
            while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
            return element.getAttribute("aria-label") ?? element.innerText ?? element.tagName;
        }"""
    )
    return name.strip()


def file_an_objection(page: Page) -> None:
    """Opens the chat and files; the confirmation is the last thing said."""
    open_chat(page)
    say(page, "I object. I'm Ana Silva, ana@example.org, Ireland, instagram ana.receipt")
    for answer in ("no", "no", "no reason", "yes"):
        wait_for_the_reply(page)
        say(page, answer)
    wait_for_the_reply(page)


def settled(page: Page) -> None:
    """Waits until an animation frame has passed, so that the page shows what it has."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")


def reply_with(page: Page, *messages: dict[str, Any]) -> None:
    """From now on the server answers every message with these."""

    def answer(route: Route) -> None:
        sent = (route.request.post_data_json or {})["id"]
        events = [
            {"id": f"{sent}.{n}", "topic": None, "asks": None, "buttons": [], **message}
            for n, message in enumerate(messages)
        ]
        body = "".join(f"event: message\ndata: {json.dumps(event)}\n\n" for event in events)
        route.fulfill(
            content_type="text/event-stream", body=f"{body}event: done\ndata: {{}}\n\n"
        )

    page.route("**/chat/messages", answer)


def through_every_state(page: Page, at: Callable[[str], object]) -> None:
    """Brings the chat into each of `STATES` and calls `at` there; from a page freshly opened.

    Finds its way by the widget's own classes: its words differ by language.
    """
    chat = page.locator("objection-chat")
    field = chat.locator(".field")

    def post(text: str) -> None:
        field.fill(text)
        field.press("Enter")

    def say(text: str) -> None:
        post(text)
        expect(chat.locator(".turn.person").last).to_contain_text(text[:20])
        expect(chat.locator(".queued")).to_have_count(0)
        expect(page.locator("dialog[data-busy]")).to_have_count(0)

    expect(chat.locator(".launcher")).to_be_visible()
    at("closed")
    chat.locator(".launcher").click()
    expect(chat.locator(".turn.bot").nth(1)).to_be_visible()
    expect(page.locator("dialog[data-busy]")).to_have_count(0)
    at("open")
    say("are my private messages used?")
    at("answer")

    held: list[Route] = []
    page.route("**/chat/messages", lambda route: held.append(route))
    post("I want to object")
    expect(chat.locator(".dots")).to_be_visible()
    at("typing")
    held[0].continue_()
    page.unroute("**/chat/messages")
    expect(page.locator("dialog[data-busy]")).to_have_count(0)
    say("Ana Silva")
    at("form")
    say("ana at example")
    expect(chat.locator("#problem")).to_be_visible()
    at("problem")

    page.route("**/chat/messages", lambda route: route.fulfill(status=500, body="{}"))
    post("ana@example.org")
    expect(chat.locator(".alert")).not_to_be_empty()
    at("error")
    page.unroute("**/chat/messages")
    page.context.set_offline(True)
    chat.locator(".retry").click()
    expect(chat.locator(".status")).not_to_be_empty()
    at("offline")
    page.context.set_offline(False)
    expect(chat.locator(".retry")).to_be_hidden()
    expect(page.locator("dialog[data-busy]")).to_have_count(0)

    for answer in ("Ireland", "instagram ana.pictures", "facebook ana.silva.5", "no",
                   "My photos are my work."):
        say(answer)
    expect(chat.locator(".card")).to_be_visible()
    at("summary")
    say("yes")
    expect(chat.locator(".file")).to_be_visible()
    at("receipt")
    chat.locator(".icon").nth(1).click()
    expect(chat.locator(".question")).to_be_visible()
    at("deleting")
    chat.locator(".question button").last.click()

    held.clear()
    page.route("**/chat/messages", lambda route: held.append(route))
    post("when does it start?")
    expect(chat.locator(".turn.person").last).to_contain_text("when does")
    chat.locator(".icon").last.click()
    held[0].continue_()
    page.unroute("**/chat/messages")
    expect(chat.locator(".badge")).to_be_visible()
    at("unread")
    page.evaluate("(who) => document.querySelector('objection-chat').identify(who)", signed())
    chat.locator(".launcher").click()
    expect(chat.locator(".turn.bot").nth(1)).to_be_visible()
    expect(page.locator("dialog[data-busy]")).to_have_count(0)
    say("I want to object")
    expect(chat.locator(".log")).to_contain_text("ana.login")
    at("logged-in")
