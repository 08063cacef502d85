"""The widget shuts nobody out: small screens, languages, themes, tokens, files, the page's part."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bot.settings import ROOT
from tests.browser.chat import (
    STATES,
    bot_turns,
    composer,
    conversation,
    file_an_objection,
    focus_of,
    launcher,
    open_chat,
    panel,
    person_turns,
    reply_with,
    say,
    settled,
    through_every_state,
    wait_for_the_reply,
)

TOKEN = "sessionStorage.getItem('objection-chat.token')"
HOSTILE = """
* { display: none !important; color: red !important; font: 40px/3 cursive !important;
    margin: 9px !important; background: yellow !important; letter-spacing: 9px !important;
    text-transform: uppercase !important; direction: rtl !important; opacity: 0.3 !important;
    transform: rotate(9deg) !important; --accent: red !important; --surface: red !important;
    pointer-events: none !important; visibility: hidden !important; all: unset !important }
html { font-size: 10px !important }
button, textarea, dialog, p { width: 1px !important; position: static !important }
objection-chat { position: static !important; z-index: -1 !important; inset: 0 !important }
"""

GUIDE = (ROOT / "docs" / "embedding.md").read_text("utf-8")
Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Opens the demo page as somebody else, or with its HTML changed by `(old, new)` pairs."""
    contexts = []

    def visited(*changes: tuple[str, str], **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()

        def change(route: Route) -> None:
            response = route.fetch()
            html = response.text()
            for old, new in changes:
                assert old in html
                html = html.replace(old, new)
            route.fulfill(response=response, body=html)

        page.route(site, change)
        page.goto(site)
        return page

    yield visited
    for context in contexts:
        context.close()


# What cannot be touched well, or leads out of the screen sideways, or is written too small.
AWKWARD = """() => {
    const { shadowRoot } = document.querySelector("objection-chat");
    const all = [...shadowRoot.querySelectorAll("*")].filter(
        (e) => e.checkVisibility() && !e.closest(".unseen")
    );
    const said = (e) => e.getAttribute("aria-label") ?? e.id + " " + e.textContent;
    const active = all.filter((e) => e.matches(
        "button, input, textarea, select, summary, [tabindex], [role=button], a:not(p a, li a)"
    ));
    const small = active.filter((e) => {
        const { width, height } = e.getBoundingClientRect();
        return Math.min(width, height) < 44;
    });
    const out = all.filter((e) => {
        const { left, right, width } = e.getBoundingClientRect();
        return width > 1 && (left < -0.5 || right > innerWidth + 0.5);
    });
    const zoomed = active.filter(
        (e) => e.matches("input, textarea") && parseFloat(getComputedStyle(e).fontSize) < 16
    );
    const wide = [document.documentElement, ...all].filter(
        (e) => getComputedStyle(e).display !== "inline" && e.matches("html, .log, dialog")
            && e.scrollWidth > e.clientWidth
    );
    const parts = [...shadowRoot.querySelectorAll("[part]")].map((e) => e.getAttribute("part"));
    return { active: active.length, parts, awkward: [
        ...small.map((e) => ["small", said(e)]), ...out.map((e) => ["out", said(e)]),
        ...zoomed.map((e) => ["zooms", said(e)]), ...wide.map((e) => ["scrolls", e.className]),
    ] };
}"""
SCREENS: dict[str, dict[str, Any]] = {
    "320": {"viewport": {"width": 320, "height": 568}},
    # What 1280 by 800 has at 200 %.
    "zoomed": {"viewport": {"width": 640, "height": 400}},
    "phone": {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "has_touch": True},
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "right to left": {"viewport": {"width": 320, "height": 568}},
}


@pytest.mark.parametrize("screen", SCREENS)
def test_15_it_fits_every_screen_and_can_be_touched_in_every_state(
    visit: Visit, screen: str
) -> None:
    arabic = (('data-locale="auto"', 'data-locale="ar"'),) if screen == "right to left" else ()
    page = visit(*arabic, **SCREENS[screen])
    counts: dict[str, int] = {}
    parts: set[str] = set()

    def look(state: str) -> None:
        found = page.evaluate(AWKWARD)
        assert found["awkward"] == [], state
        counts[state] = found["active"]
        parts.update(found["parts"])
        if state not in ("closed", "unread"):
            fits(page)

    through_every_state(page, look)
    assert tuple(counts) == STATES
    # It has looked: at the one button of the closed chat, and at each line's own in the summary.
    assert counts["closed"] == counts["unread"] == 1
    assert counts["summary"] >= counts["form"] + 7
    # Those that the guide names, and no others.
    named = re.search(r"`objection-chat::part\(launcher\)`[^.]*", GUIDE)
    assert named is not None
    assert parts == {"launcher", *re.findall(r"`([a-z-]+)`", named[0])}


def fits(page: Page) -> None:
    """The panel is on the screen, and on a small one it takes all of it."""
    screen = page.viewport_size
    box = page.locator("objection-chat dialog").bounding_box()
    assert box is not None and screen is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= screen["width"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= screen["height"]
    if screen["width"] <= 480:
        assert (box["width"], box["height"]) == (screen["width"], screen["height"])


def test_15_a_word_without_end_and_letters_twice_as_large_fit_too(visit: Visit) -> None:
    large = ("</head>", "<style>html { font-size: 200% }</style></head>")
    word = f"https://{'longword' * 30}.example/{'x' * 300}"
    reply = {"text": f"{word} **{word}**\n- {word}", "buttons": [{"id": "b", "title": word}],
             "card": [{"title": word, "value": word, "change": {"id": "c", "title": word}}],
             "download": {"url": "/chat/receipts/x.pdf", "title": word}}
    problem = {"text": word, "problem": True, "buttons": [{"id": "p", "title": word}]}
    for changes, width in (((), 320), ((large,), 320), ((large,), 1280)):
        page = visit(*changes, viewport={"width": width, "height": 800}, bypass_csp=True)
        open_chat(page)
        reply_with(page, reply, problem, {"text": "?", "asks": "email", "input": {"type": "email"}})
        say(page, word)
        expect(panel(page).locator("#problem")).to_be_visible()
        found = page.evaluate(AWKWARD)
        assert found["active"] > 5
        assert found["awkward"] == [], (width, changes)
        fits(page)


# What a phone does when its keyboard comes up: only the visual viewport gets smaller.
KEYBOARD = """(values) => {
    for (const [name, value] of Object.entries(values)) {
        Object.defineProperty(visualViewport, name, { get: () => value, configurable: true });
    }
    visualViewport.dispatchEvent(new Event("resize"));
}"""


@pytest.mark.parametrize(
    ("screen", "height", "top"),
    [((375, 667), 320, 40), ((320, 568), 260, 0), ((667, 375), 170, 12)],
)
def test_15_the_composer_stays_above_the_keyboard(
    visit: Visit, screen: tuple[int, int], height: int, top: int
) -> None:
    size = {"width": screen[0], "height": screen[1]}
    page = visit(viewport=size, is_mobile=True, has_touch=True)
    open_chat(page)
    say(page, "are my private messages used?")
    composer(page).focus()
    last = conversation(page).locator(".turn").last
    before = panel(page).bounding_box()
    page.evaluate(KEYBOARD, {"height": height, "offsetTop": top})
    settled(page)
    box = panel(page).bounding_box()
    assert box is not None
    assert (box["y"], box["height"]) == (top, height)
    for element in (composer(page), panel(page).get_by_role("button", name="Send")):
        seen = element.bounding_box()
        assert seen is not None
        assert top < seen["y"]
        assert seen["y"] + seen["height"] <= top + height
    # What was said last is still in sight above it, where there is room for a line.
    if height > 200:
        end, field = last.bounding_box(), composer(page).bounding_box()
        assert end is not None and field is not None
        assert top < end["y"] + end["height"] <= field["y"]

    # The keyboard goes: all of the screen again. So it stays when somebody looks closer.
    page.evaluate(KEYBOARD, {"height": screen[1], "offsetTop": 0})
    settled(page)
    assert panel(page).bounding_box() == before
    page.evaluate(KEYBOARD, {"height": height, "offsetTop": top, "scale": 2})
    settled(page)
    assert panel(page).bounding_box() == before


@pytest.mark.parametrize(
    ("language", "opens", "says"),
    [
        ("de-AT", "Fragen oder widersprechen", "Nachricht schreiben"),
        ("es", "Preguntar u oponerse", "Escribe un mensaje"),
        ("fr", "Question ou opposition", "Écrire un message"),
        ("pt", "Perguntar ou opor-se", "Escreva uma mensagem"),
        ("ja", "Ask or object", "Write a message"),
    ],
)
def test_16_it_speaks_the_language_of_the_page(
    visit: Visit, language: str, opens: str, says: str
) -> None:
    page = visit(('lang="en"', f'lang="{language}"'), locale="en-GB")
    page.get_by_role("button", name=opens).click()
    field = page.locator("objection-chat .field")
    expect(field).to_have_attribute("placeholder", says)
    # The bot's own words are English, and are marked so.
    expect(page.locator("objection-chat .bubble").first).to_have_attribute("lang", "en")


def test_16_a_language_that_cannot_be_loaded_leaves_the_chat_in_english(visit: Visit) -> None:
    page = visit(('data-locale="auto"', 'data-locale="fr"'))
    page.route("**/locales/*", lambda route: route.abort())
    page.get_by_role("button", name="Question ou opposition").click()
    expect(composer(page)).to_have_attribute("placeholder", "Write a message")


def test_16_right_to_left_mirrors_the_widget_and_not_what_is_said(visit: Visit) -> None:
    page = visit(('data-locale="auto"', 'data-locale="ar"'))
    button = page.locator("objection-chat .launcher")
    corner = button.bounding_box()
    assert corner is not None
    assert corner["x"] < 100
    button.click()
    bubbles = page.locator("objection-chat .bubble")
    expect(bubbles.nth(1)).to_be_visible()
    for bubble in bubbles.all():
        expect(bubble).to_have_attribute("dir", "auto")
    assert bubbles.first.evaluate("(e) => getComputedStyle(e).direction") == "ltr"
    field = page.locator("objection-chat .field")
    assert field.evaluate("(e) => getComputedStyle(e.closest('dialog')).direction") == "rtl"
    field.fill("مرحبا بكم")
    field.press("Enter")
    said = page.locator("objection-chat .person .bubble")
    assert said.evaluate("(e) => getComputedStyle(e).direction") == "rtl"


def test_16_times_are_told_as_people_write_them(visit: Visit) -> None:
    german = visit(('lang="en"', 'lang="de"'), timezone_id="Europe/Berlin")
    german.get_by_role("button", name="Fragen oder widersprechen").click()
    time = german.locator("objection-chat time").first
    expect(time).to_have_text(re.compile(r"^\d\d:\d\d$"))
    at = time.get_attribute("datetime") or ""
    assert datetime.fromisoformat(at.replace("Z", "+00:00"))
    english = visit(('lang="en"', 'lang="en-US"'), timezone_id="America/New_York")
    open_chat(english)
    expect(conversation(english).locator("time").first).to_have_text(re.compile(r"[AP]M$"))


def test_17_light_and_dark_follow_the_person_and_the_page_may_fix_one(visit: Visit) -> None:
    surface = "(e) => getComputedStyle(e).backgroundColor"
    seen = {}
    for theme in ("auto", "light", "dark"):
        for scheme in ("light", "dark"):
            page = visit(
                ('data-locale="auto"', f'data-theme="{theme}"'), color_scheme=scheme
            )
            open_chat(page)
            seen[theme, scheme] = panel(page).evaluate(surface)
    light, dark = seen["auto", "light"], seen["auto", "dark"]
    assert light != dark
    assert seen["light", "dark"] == light
    assert seen["dark", "light"] == dark
    page.emulate_media(color_scheme="light")
    assert panel(page).evaluate(surface) == dark


def test_17_hostile_styles_of_the_page_change_nothing(visit: Visit) -> None:
    every_style = """() => {
        const { shadowRoot } = document.querySelector("objection-chat");
        return [...shadowRoot.querySelectorAll("*")].map((element) => {
            const style = getComputedStyle(element);
            const named = [...style].filter((name) => !name.startsWith("--"));
            return [element.tagName, named.map((name) => [name, style.getPropertyValue(name)])];
        });
    }"""
    styles = []
    for changes in ((), (("</head>", f"<style>{HOSTILE}</style></head>"),)):
        page = visit(*changes, reduced_motion="reduce", bypass_csp=True)
        page.locator("objection-chat .launcher").hover()
        closed = page.evaluate(every_style)
        page.locator("objection-chat .launcher").click()
        expect(page.locator("objection-chat .turn.bot").first).to_be_visible()
        wait_for_the_reply(page)
        styles.append((closed, page.evaluate(every_style)))
    (closed, opened), hostile = styles
    assert len(opened) > 30
    assert closed == hostile[0]
    assert opened == hostile[1]


def test_17_the_page_may_colour_it_by_custom_properties_and_parts(visit: Visit) -> None:
    own = (
        "<style>objection-chat { --objection-chat-accent: rgb(90, 0, 120); "
        "--objection-chat-round: 3px } objection-chat::part(send) { border-radius: 50% }</style>"
    )
    page = visit(("</head>", f"{own}</head>"), bypass_csp=True)
    background = "(e) => getComputedStyle(e).backgroundColor"
    assert launcher(page).evaluate(background) == "rgb(90, 0, 120)"
    open_chat(page)
    radius = "(e) => getComputedStyle(e).borderRadius"
    assert panel(page).evaluate(radius) == "3px"
    assert panel(page).locator(".send").evaluate(radius) == "50%"


def test_17_nothing_moves_for_those_who_want_less_motion(visit: Visit) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page = visit(reduced_motion=motion)
        open_chat(page)
        page.route("**/chat/messages", lambda route: None)
        composer(page).fill("x")
        composer(page).press("Enter")
        dot = panel(page).locator(".dots i").first
        expect(dot).to_be_visible()
        name = dot.evaluate("(e) => getComputedStyle(e).animationName")
        assert (name != "none") is moves


def test_17_in_forced_colours_every_control_has_an_edge(visit: Visit) -> None:
    page = visit(forced_colors="active")
    open_chat(page)
    say(page, "I want to object")
    edge = "(e) => [getComputedStyle(e).borderTopStyle, getComputedStyle(e).borderTopColor]"
    for control in (*panel(page).get_by_role("button").all(), composer(page)):
        style, colour = control.evaluate(edge)
        assert style == "solid"
        assert colour != "rgba(0, 0, 0, 0)"


def test_18_a_token_opens_its_own_conversation_only(page: Page, site: str) -> None:
    open_chat(page)
    say(page, "are my private messages used")
    token = page.evaluate(TOKEN)
    other = page.request.post(f"{site}chat/session", data={}).json()["session"]
    head, body, signature = token.split(".")
    sub = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps(sub).encode()).decode().rstrip("=")

    def history(token: str, **headers: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", **headers}
        answer = page.request.get(f"{site}chat/history", headers=headers)
        return answer.status, answer.json().get("messages")

    status, own = history(token)
    assert (status, len(own) > 2) == (200, True)
    # Somebody else's session sees its own conversation, which is empty.
    assert history(other) == (200, [])
    other_body = other.split(".")[1]
    for bad in (
        "", "x", f"{head}.{other_body}.{signature}", f"{head}.{forged}x.{signature}",
        f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.", f"{head}.{body}",
    ):
        assert history(bad) == (401, None)
    assert history(token, Origin="https://evil.example") == (403, None)


def test_19_the_conversation_can_be_kept_as_a_text(page: Page) -> None:
    open_chat(page)
    say(page, "are my private messages used, john_doe@uni.ac.example?")
    with page.expect_download() as saving:
        panel(page).get_by_role("button", name="Save this conversation").click()
    assert re.fullmatch(r"chat-\d{4}-\d\d-\d\d\.txt", saving.value.suggested_filename)
    text = saving.value.path().read_text("utf-8")
    assert "are my private messages used, john_doe@uni.ac.example?" in text
    for bubble in bot_turns(page).locator(".bubble").all_text_contents():
        assert bubble.split("\n")[0][:40] in text
    assert re.search(r"^You, .*\d", text, re.MULTILINE)
    assert re.search(r"^Assistant, .*\d", text, re.MULTILINE)


def test_19_the_receipt_can_be_kept(page: Page) -> None:
    file_an_objection(page)
    with page.expect_download() as saving:
        conversation(page).get_by_role("button", name="Receipt OBJ-").click()
    assert saving.value.suggested_filename.startswith("OBJ-")
    assert saving.value.path().read_bytes().startswith(b"%PDF-")
    page.reload()
    expect(conversation(page).get_by_role("button", name="Receipt OBJ-")).to_be_visible()


def test_19_a_deleted_conversation_is_gone_from_the_store(
    page: Page, site: str, server_data: Path
) -> None:
    open_chat(page)
    say(page, "are my private messages used")
    token = page.evaluate(TOKEN)
    body = token.split(".")[1]
    conversation_id = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sub"]

    def stored() -> int:
        with sqlite3.connect(server_data / "objections.db") as database:
            query = "SELECT count(*) FROM conversation_event WHERE conversation = ?"
            (count,) = database.execute(query, (conversation_id,)).fetchone()
        return int(count)

    assert stored() > 0
    # A draft and a token would tell the next person at this computer.
    composer(page).fill("half a word")
    panel(page).get_by_role("button", name="Delete this conversation").click()
    panel(page).get_by_role("button", name="Delete", exact=True).click()
    expect(panel(page).get_by_role("status")).to_have_text("The conversation is deleted.")
    expect(person_turns(page)).to_have_count(0)
    assert stored() == 0
    kept = page.evaluate("Object.keys(sessionStorage)")
    assert kept == ["objection-chat.open"]


def test_20_the_page_can_open_close_and_send_and_hears_of_it(page: Page) -> None:
    page.evaluate(
        """() => {
            window.heard = [];
            for (const name of ["open", "close", "message", "unread"]) {
                addEventListener(`objection-chat-${name}`, (event) => {
                    heard.push([name, event.detail]);
                });
            }
        }"""
    )
    chat = "document.querySelector('objection-chat')"
    page.evaluate(f"{chat}.open()")
    expect(panel(page)).to_be_visible()
    expect(page.locator("objection-chat .launcher")).to_be_hidden()
    expect(bot_turns(page).first).to_be_visible()
    wait_for_the_reply(page)
    page.evaluate(f"{chat}.send('  are my private messages used ')")
    expect(person_turns(page).last.locator(".bubble")).to_have_text("are my private messages used")
    expect(bot_turns(page).last).to_contain_text("private messages")
    wait_for_the_reply(page)
    page.evaluate(f"{chat}.close()")
    expect(panel(page)).to_be_hidden()
    expect(launcher(page)).to_be_visible()
    heard = page.evaluate("heard")
    assert heard[0] == ["open", None]
    assert heard[-1] == ["close", None]
    told = [detail for name, detail in heard if name == "message"]
    # Which message, and what it is about; never the words.
    assert all(set(detail) == {"id", "topic", "asks"} for detail in told)
    assert "faq/data_excluded" in [detail["topic"] for detail in told]


def test_20_what_comes_while_it_is_closed_is_counted(page: Page) -> None:
    open_chat(page)
    held: list[Route] = []
    page.route("**/chat/messages", lambda route: held.append(route))
    composer(page).fill("are my private messages used")
    composer(page).press("Enter")
    expect(person_turns(page)).to_have_count(1)
    panel(page).get_by_role("button", name="Close the chat").click()
    held[0].continue_()
    badge = page.locator("objection-chat .badge")
    expect(badge).to_have_text("1")
    expect(page.get_by_role("button", name="Ask or object. New messages: 1")).to_be_visible()
    launcher(page).click()
    expect(bot_turns(page).last).to_contain_text("private messages")
    page.keyboard.press("Escape")
    expect(badge).to_be_hidden()
    expect(page.get_by_role("button", name="Ask or object", exact=True)).to_be_visible()


def test_20_the_link_opens_it_at_the_objection_once(page: Page) -> None:
    page.evaluate("location.hash = 'object'")
    expect(person_turns(page).first).to_contain_text("I want to object")
    wait_for_the_reply(page)
    assert "#" not in page.url
    page.reload()
    expect(person_turns(page)).to_have_count(1)


def test_20_it_opens_by_itself_only_where_asked_and_not_once_dismissed(visit: Visit) -> None:
    asked = ('data-locale="auto"', 'data-open-after="0.2"')
    quiet = visit()
    by_itself = visit(asked)
    expect(panel(by_itself)).to_be_visible()
    expect(bot_turns(by_itself).first).to_be_visible()
    # It takes the focus from nobody, and nobody who did not ask for it sees it.
    assert focus_of(by_itself) not in ("Your message", "Close the chat")
    expect(panel(quiet)).to_be_hidden()
    panel(by_itself).get_by_role("button", name="Close the chat").click()
    paths: list[str] = []
    by_itself.on("request", lambda request: paths.append(request.url))
    by_itself.reload()
    expect(launcher(by_itself)).to_be_visible()
    by_itself.wait_for_timeout(600)
    expect(panel(by_itself)).to_be_hidden()
    assert paths
    assert not [path for path in paths if "widget-panel" in path]

    small = visit(asked, viewport={"width": 375, "height": 667})
    small.wait_for_timeout(600)
    expect(panel(small)).to_be_hidden()
