"""Pictures of the chat in every state, to be looked at: in the folder that PICTURES names, or in
`objection-chat` under the folder for temporary files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

DESK = {"width": 1280, "height": 800}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "has_touch": True,
              "device_scale_factor": 2},
    "narrow": {"viewport": {"width": 320, "height": 568}},
    "right-to-left": {"viewport": DESK},
    "forced-colours": {"viewport": DESK, "forced_colors": "active"},
}
STATES = ("page", "closed", "open", "answer", "typing", "form", "problem", "error", "offline",
          "summary", "receipt", "deleting")


@pytest.mark.parametrize("look", LOOKS)
def test_pictures_of_every_state(browser: Browser, site: str, look: str) -> None:
    folder = Path(os.environ.get("PICTURES") or Path(tempfile.gettempdir()) / "objection-chat")
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(**LOOKS[look])
    page = context.new_page()
    if look == "right-to-left":
        page.route(site, in_arabic)
    page.goto(site)
    taken: dict[str, bytes] = {}

    def picture(state: str, whole: bool = False) -> None:
        path = folder / f"{look}-{state}.png"
        taken[state] = page.screenshot(path=path, full_page=whole)

    walk(page, picture)
    context.close()
    assert tuple(taken) == STATES
    # No two states look the same.
    assert len(set(taken.values())) == len(STATES)


def in_arabic(route: Route) -> None:
    response = route.fetch()
    body = response.text().replace('data-locale="auto"', 'data-locale="ar"')
    route.fulfill(response=response, body=body)


def walk(page: Page, picture: Any) -> None:
    """Through all states, by the widget's own classes: its words differ by language."""
    chat = page.locator("objection-chat")
    field = chat.locator(".field")

    def say(text: str) -> None:
        field.fill(text)
        field.press("Enter")
        expect(chat.locator(".turn.person").last).to_contain_text(text[:20])
        expect(chat.locator(".queued")).to_have_count(0)
        expect(page.locator("dialog[data-busy]")).to_have_count(0)

    picture("page", whole=True)
    picture("closed")
    chat.locator(".launcher").click()
    expect(chat.locator(".turn.bot").nth(1)).to_be_visible()
    expect(page.locator("dialog[data-busy]")).to_have_count(0)
    picture("open")
    say("are my private messages used?")
    picture("answer")

    held: list[Route] = []
    page.route("**/chat/messages", lambda route: held.append(route))
    field.fill("I want to object")
    field.press("Enter")
    expect(chat.locator(".dots")).to_be_visible()
    picture("typing")
    held[0].continue_()
    page.unroute("**/chat/messages")
    expect(page.locator("dialog[data-busy]")).to_have_count(0)
    say("Ana Silva")
    picture("form")
    say("ana at example")
    picture("problem")

    page.route("**/chat/messages", lambda route: route.fulfill(status=500, body="{}"))
    field.fill("ana@example.org")
    field.press("Enter")
    expect(chat.locator(".alert")).not_to_be_empty()
    picture("error")
    page.unroute("**/chat/messages")
    page.context.set_offline(True)
    chat.locator(".retry").click()
    expect(chat.locator(".status")).not_to_be_empty()
    picture("offline")
    page.context.set_offline(False)
    expect(chat.locator(".retry")).to_be_hidden()
    expect(page.locator("dialog[data-busy]")).to_have_count(0)

    for answer in ("Ireland", "instagram ana.pictures", "facebook ana.silva.5", "no",
                   "My photos are my work."):
        say(answer)
    expect(chat.locator(".card")).to_be_visible()
    picture("summary")
    say("yes")
    expect(chat.locator(".file")).to_be_visible()
    picture("receipt")
    chat.locator(".icon").nth(1).click()
    expect(chat.locator(".question")).to_be_visible()
    picture("deleting")
