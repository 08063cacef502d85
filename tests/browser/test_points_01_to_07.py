"""The widget shuts nobody out: size, privacy, security, text, accessibility, keyboard."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bot.settings import ROOT
from tests.browser.chat import (
    REFERENCE,
    STATES,
    bot_turns,
    composer,
    conversation,
    focus_of,
    launcher,
    open_chat,
    panel,
    person_turns,
    reply_with,
    say,
    through_every_state,
    wait_for_the_reply,
)
from tests.browser.conftest import Axe
from tests.outside import MARKUP

WEB = ROOT / "bot" / "web"
POLICIES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
    "require-trusted-types-for 'script'",
)
# Texts that would run something in a client that takes text for HTML or believes every link.
XSS = (
    "<img src=x onerror=hacked=1>",
    "<svg/onload=hacked=1>",
    "<script>hacked=1</script>",
    "<a href=javascript:hacked=1>x</a>",
    "[x](javascript:hacked=1)",
    "![x](https://x.example/x.png onerror=hacked=1)",
    "javascript:hacked=1",
    "**javascript:hacked=1**",
    "JaVaScRiPt://x.example/%0ahacked=1",
    "data:text/html,<script>hacked=1</script>",
    "vbscript:hacked=1",
    'https://x.example/"onmouseover="hacked=1',
    "https://x.example/<img/src=x/onerror=hacked=1>",
    "https://known.example@x.example/",
    "<iframe srcdoc='<script>parent.hacked=1</script>'>",
    "<details open ontoggle=hacked=1>",
    "<style>@import 'https://x.example'</style>",
    "{{constructor.constructor('hacked=1')()}}",
    "\u0000<img src=x onerror=hacked=1>",
    "- <b onclick=hacked=1>x</b>",
    "</div></template><img src=x onerror=hacked=1>",
)
FILING = {
    "What is your full name?": "Ana Silva",
    "What is your e-mail address?": "ana@example.org",
    "Which country do you live in?": "Ireland",
    "Which account do you object for?": "instagram ana.s",
    "in the same Accounts Center": "facebook ana.silva.5",
    "accounts that are not linked": "no others",
    "give a reason?": "My photos are my work.",
}


def test_01_small_and_alone(page: Page, site: str) -> None:
    sizes = {
        path.relative_to(WEB).as_posix(): len(gzip.compress(path.read_bytes(), 9))
        for path in (*WEB.glob("*.js"), *WEB.glob("locales/*.json"))
    }
    launcher_size, panel_size = sizes.pop("widget.js"), sizes.pop("widget-panel.js")
    assert launcher_size <= 3_000
    assert panel_size <= 12_000
    assert max(sizes.values()) <= 2_000
    assert launcher_size + panel_size + max(sizes.values()) <= 16_000
    package = json.loads((ROOT / "widget" / "package.json").read_text("utf-8"))
    assert "dependencies" not in package

    requested: list[tuple[str, str]] = []
    page.on("request", lambda request: requested.append((request.resource_type, request.url)))
    open_chat(page)
    assert requested
    assert [url for _, url in requested if not url.startswith(site)] == []
    assert not {kind for kind, _ in requested} & {"font", "image", "media", "stylesheet"}


def test_02_before_it_is_opened_nothing_is_stored_or_fetched(browser: Browser, site: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    paths: list[str] = []
    page.on("request", lambda request: paths.append(request.url.removeprefix(site).lstrip("/")))
    page.goto(site, wait_until="networkidle")
    expect(launcher(page)).to_be_visible()
    assert sorted(set(paths) - {"favicon.ico"}) == ["", "page.css", "widget.js"]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert context.cookies() == []
    context.close()


@pytest.mark.parametrize("policy", POLICIES)
def test_03_no_violation_of_a_strict_policy(browser: Browser, site: str, policy: str) -> None:
    context = browser.new_context()
    page = context.new_page()

    def add_policy(route: Route) -> None:
        response = route.fetch()
        headers = {**response.headers, "content-security-policy": policy}
        route.fulfill(response=response, headers=headers)

    page.route(site, add_policy)
    page.add_init_script(
        "window.violations = [];"
        "addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective));"
    )
    page.goto(site)
    open_chat(page)
    say(page, "I object. I'm Ana Silva, ana@example.org, Ireland, instagram ana.policy")
    for answer in ("no", "no", "no reason", "yes"):
        say(page, answer)
    with page.expect_download():
        conversation(page).get_by_role("button", name="Receipt OBJ-").click()
    with page.expect_download():
        panel(page).get_by_role("button", name="Save this conversation").click()
    page.reload()
    expect(conversation(page)).to_contain_text(REFERENCE)
    assert page.evaluate("violations") == []
    context.close()


def test_04_hostile_texts_stay_texts(page: Page) -> None:
    button = {"id": "b", "title": XSS[0]}
    change = {"id": 'x" onclick="hacked=1', "title": "x"}
    line = {"title": XSS[1], "value": XSS[2], "change": change}
    download = {"url": "/chat/receipts/x.pdf", "title": XSS[0]}
    reply_with(
        page,
        *({"text": text, "buttons": [{"id": "b", "title": text}]} for text in XSS),
        {"text": "- a", "card": [line], "download": download, "back": button, "problem": True},
        {"text": "x", "download": {"url": "javascript:hacked=1", "title": "evil"}},
        {"text": "x", "download": {"url": "//evil.example/chat/x.pdf", "title": "evil"}},
    )
    launcher(page).click()
    expect(bot_turns(page)).to_have_count(len(XSS) + 3)
    for text in XSS:
        composer(page).fill(text)
        composer(page).press("Enter")
    expect(person_turns(page)).to_have_count(len(XSS))
    wait_for_the_reply(page)
    # There are links, and none that leads elsewhere.
    assert links_where_nothing_runs(page) == {"https:"}
    assert conversation(page).get_by_text("evil", exact=True).count() == 0


def test_04_naughty_strings_stay_texts_from_either_side(page: Page) -> None:
    """What wants to run, of the Big List of Naughty Strings: said by the bot, on its buttons and
    cards, and by the person, whose words come back from the history."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    button = {"id": "b", "title": "x"}
    said = [{"id": f"said.{n}", "topic": None, "asks": None, "text": text,
             "buttons": [{"id": "b", "title": text}], "at": "2024-11-25T09:30:00+00:00",
             "card": [{"field": "reason", "title": text, "value": text, "change": button}]}
            for n, text in enumerate(MARKUP)]
    turns = [turn for n, one in enumerate(said) for turn in (
        {"from": "person", "id": f"said-{n:04}", "text": one["text"], "at": one["at"]},
        {"from": "bot", **one},
    )]
    open_chat(page)
    page.route("**/chat/history", lambda route: route.fulfill(json={"messages": turns}))
    page.reload()
    expect(person_turns(page)).to_have_count(len(MARKUP))
    expect(bot_turns(page)).to_have_count(len(MARKUP))
    shown = person_turns(page).locator(".bubble").all_text_contents()
    assert shown == list(MARKUP)
    assert links_where_nothing_runs(page) == {"http:"}
    assert asked == []


def links_where_nothing_runs(page: Page) -> set[str]:
    """The schemes of the links in the widget, in which no element runs or loads anything."""
    found = page.evaluate(
        """() => {
            const { shadowRoot } = document.querySelector("objection-chat");
            const all = [...shadowRoot.querySelectorAll("*")];
            const attributes = all.flatMap((e) => [...e.attributes]);
            const leads = ["href", "src", "action", "formaction", "srcdoc"];
            return {
                handlers: attributes.map(({ name }) => name).filter((n) => n.startsWith("on")),
                links: attributes
                    .filter(({ name }) => leads.includes(name))
                    .map(({ value }) => new URL(value, location.href).protocol),
                tags: [...new Set(all.map((e) => e.tagName.toLowerCase()))],
            };
        }"""
    )
    assert found["handlers"] == []
    assert not set(found["tags"]) & {"script", "iframe", "img", "style", "details", "object"}
    assert page.evaluate("window.hacked") is None
    return set(found["links"])


def test_05_every_character_survives(page: Page) -> None:
    pieces = ["_", "__", "<", ">", "[ ]", "](x)", "&amp;", "`", "#", "~", "|", "\\", "*", "- ", " ",
              "john_doe@uni.ac.example", "https://a.example/b_c?d=[e]", "é", "سلام", "🙂", "word",
              "{{x}}", "/object", "<b>", "1.", '"', "'", "$&"]
    dice = random.Random(20241009)
    texts = []
    while len(texts) < 150:
        text = "".join(dice.choices(pieces, k=dice.randint(1, 9))).strip()
        if "**" not in text and not text.startswith("- ") and text:
            texts.append(text)
    reply_with(page, *({"text": text} for text in texts))
    launcher(page).click()
    bubbles = bot_turns(page).locator(".bubble")
    expect(bubbles).to_have_count(len(texts))
    assert bubbles.all_text_contents() == texts
    for text in texts[:10]:
        composer(page).fill(text)
        composer(page).press("Enter")
    assert person_turns(page).locator(".bubble").all_text_contents() == texts[:10]


MODES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "small": {"viewport": {"width": 320, "height": 568}},
    "forced": {"forced_colors": "active"},
}


@pytest.mark.parametrize("mode", MODES)
def test_06_axe_finds_nothing(browser: Browser, site: str, axe: Axe, mode: str) -> None:
    context = browser.new_context(bypass_csp=True, **MODES[mode])
    page = context.new_page()
    page.goto(site)
    seen: list[str] = []

    def look(state: str) -> None:
        assert axe(page) == [], state
        seen.append(state)

    through_every_state(page, look)
    assert tuple(seen) == STATES
    context.close()


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Presses `key` until what is called `name` has the focus."""
    for _ in range(40):
        page.keyboard.press(key)
        if focus_of(page) == name:
            return
    pytest.fail(f"{name!r} cannot be reached")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (320, 568)])
def test_07_whole_flow_by_keyboard(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    tab_to(page, "Object in the chat")
    page.keyboard.press("Enter")
    for question, answer in FILING.items():
        expect(bot_turns(page).last).to_contain_text(question)
        wait_for_the_reply(page)
        expect(composer(page)).to_be_focused()
        page.keyboard.type(answer)
        page.keyboard.press("Enter")

    summary = bot_turns(page).last
    expect(summary).to_contain_text("Shall I file it?")
    wait_for_the_reply(page)
    for value in ("Ana Silva", "ana@example.org", "Ireland", "ana.s on Instagram", "My photos"):
        expect(summary.locator("dd").filter(has_text=value)).to_be_visible()
    # One line is changed, one question back and forth again, and then it is filed.
    change = summary.get_by_role("button", name="Change E-mail")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if change.evaluate("(e) => e.getRootNode().activeElement === e"):
            break
    page.keyboard.press("Enter")
    expect(bot_turns(page).last).to_contain_text("What is your e-mail address?")
    wait_for_the_reply(page)
    page.keyboard.type("ana@example.com")
    page.keyboard.press("Enter")
    expect(bot_turns(page).last).to_contain_text("ana@example.com")
    wait_for_the_reply(page)
    tab_to(page, "Back", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(bot_turns(page).last).to_contain_text("give a reason?")
    wait_for_the_reply(page)
    composer(page).focus()
    page.keyboard.type("They are mine.")
    page.keyboard.press("Enter")
    expect(bot_turns(page).last).to_contain_text("They are mine.")
    wait_for_the_reply(page)
    tab_to(page, "Yes, file it", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(conversation(page)).to_contain_text(REFERENCE)
    wait_for_the_reply(page)
    expect(composer(page)).to_be_focused()
    with page.expect_download():
        for _ in range(10):
            page.keyboard.press("Shift+Tab")
            if focus_of(page).startswith("Receipt OBJ-"):
                break
        page.keyboard.press("Enter")

    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    assert focus_of(page) == "Object in the chat"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(focus_of(page))
    assert "Ask or object" in reached
    assert not reached & {"Your message", "Send", "Close the chat", "Delete this conversation"}
    launcher(page).focus()
    page.keyboard.press("Enter")
    expect(composer(page)).to_be_focused()
    page.keyboard.press("Escape")
    assert focus_of(page) == "Ask or object"
