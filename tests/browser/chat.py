"""What a person sees of the chat and does in it, for the tests of this folder."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

# The form of an objection's number: OBJ, four groups of four and a check character.
REFERENCE = re.compile(r"OBJ(?:-[0-9A-Z]{4}){4}-?[0-9A-Z*~$=]?")


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
    expect(bot_turns(page).nth(before)).to_be_visible()
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
