"""Somebody whom the page knows: what it says need not be asked, and stays theirs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.chat import (
    bot_turns,
    composer,
    conversation,
    launcher,
    open_chat,
    panel,
    person_turns,
    say,
    wait_for_the_reply,
)
from tests.conftest import signed

CHAT = "document.querySelector('objection-chat')"
BEA = {"name": "Bea Costa", "email": "bea@example.org", "account": "facebook bea.costa"}


@pytest.fixture
def arrive(page: Page, site: str) -> Any:
    """Comes to the page as somebody: arrive(their signed identity), or as nobody: arrive()."""
    written = {"identity": ""}

    def write(route: Route) -> None:
        response = route.fetch()
        script = f'data-identity="{written["identity"]}" data-locale="auto"'
        html = response.text().replace('data-locale="auto"', script)
        route.fulfill(response=response, body=html)

    page.route(site, write)

    def arrived(identity: str = "") -> None:
        written["identity"] = identity
        page.goto(site)
        expect(page.locator("objection-chat")).to_be_attached()

    return arrived


def identify(page: Page, identity: str) -> None:
    page.evaluate(f"(identity) => {CHAT}.identify(identity)", identity)


def kept(page: Page) -> dict[str, str]:
    """What the tab keeps."""
    found: dict[str, str] = page.evaluate("({ ...sessionStorage, ...localStorage })")
    return found


def test_what_the_page_says_is_shown_and_not_asked_for(page: Page, arrive: Any) -> None:
    arrive(signed())
    open_chat(page)
    say(page, "I want to object")
    for value in ("Ana Silva", "ana@example.org", "ana.login on Instagram"):
        expect(conversation(page)).to_contain_text(value)
    expect(panel(page)).to_contain_text("Step 1 of 5")
    expect(panel(page).locator(".field")).to_have_attribute("autocomplete", "country-name")
    for answer in ("Ireland", "no", "no", "no reason"):
        say(page, answer)
    expect(panel(page)).to_contain_text("Step 5 of 5")
    for line in ("Name", "E-mail", "Account"):
        expect(conversation(page).get_by_role("button", name=f"Change {line}")).to_be_visible()


def test_nothing_of_it_is_in_an_address_or_stays_in_the_page(page: Page, arrive: Any) -> None:
    identity = signed()
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    arrive(identity)
    # Not before the chat is opened, as everything else.
    expect(launcher(page)).to_be_visible()
    assert kept(page) == {}
    assert [one for one in requests if "/chat/" in one.url] == []
    assert page.locator("[data-identity]").count() == 0
    open_chat(page)
    say(page, "I want to object")
    payload = identity.split(".")[1]
    for request in requests:
        assert payload not in request.url and "Ana" not in request.url
    (begun,) = [one for one in requests if one.url.endswith("/chat/session")]
    assert begun.post_data_json == {"identity": identity}
    # The tab keeps a sealed token and a fingerprint, and nothing that tells who it is.
    everything = json.dumps(kept(page))
    assert set(kept(page)) == {"objection-chat.token", "objection-chat.who", "objection-chat.open"}
    for told in (payload, "Ana", "ana@", "ana.login"):
        assert told not in everything
    assert payload not in page.content()


def test_the_next_person_at_the_browser_finds_nothing_of_the_one_before(
    page: Page, arrive: Any
) -> None:
    arrive(signed())
    open_chat(page)
    say(page, "I want to object")
    composer(page).fill("half a secret")
    token = kept(page)["objection-chat.token"]

    arrive(signed(**BEA))
    expect(bot_turns(page).first).to_be_visible()
    wait_for_the_reply(page)
    expect(panel(page)).not_to_contain_text("Ana")
    expect(person_turns(page)).to_have_count(0)
    expect(composer(page)).to_have_value("")
    assert kept(page)["objection-chat.token"] != token
    say(page, "I want to object")
    expect(conversation(page)).to_contain_text("Bea Costa")

    # Logged out, and logged in again: each time a conversation of its own.
    for identity in ("", signed()):
        arrive(identity)
        expect(bot_turns(page).first).to_be_visible()
        wait_for_the_reply(page)
        expect(person_turns(page)).to_have_count(0)
        expect(panel(page)).not_to_contain_text("Bea")


def test_what_waits_to_be_sent_is_not_sent_for_the_next_person(page: Page, arrive: Any) -> None:
    arrive(signed())
    open_chat(page)
    page.route("**/chat/messages", lambda route: route.abort())
    composer(page).fill("what Ana has to say")
    composer(page).press("Enter")
    expect(conversation(page)).to_contain_text("Waiting to be sent")
    page.unroute("**/chat/messages")
    sent: list[Any] = []
    page.on("request", lambda one: sent.append(one.post_data) if "messages" in one.url else None)
    arrive(signed(**BEA))
    expect(bot_turns(page).first).to_be_visible()
    wait_for_the_reply(page)
    expect(person_turns(page)).to_have_count(0)
    assert [one for one in sent if "what Ana has to say" in one] == []


def test_the_same_person_goes_on_after_the_page_has_signed_anew(page: Page, arrive: Any) -> None:
    arrive(signed())
    open_chat(page)
    say(page, "I want to object")
    token = kept(page)["objection-chat.token"]
    arrive(signed(exp=int(time.time()) + 1800, iat=int(time.time()), jti="another"))
    expect(panel(page)).to_contain_text("Step 1 of 5")
    assert kept(page)["objection-chat.token"] == token


def test_a_page_without_reloads_says_who_has_logged_in_and_out(page: Page) -> None:
    # Before the chat has been opened there is nothing to keep.
    identify(page, signed())
    assert kept(page) == {}
    open_chat(page)
    say(page, "I want to object")
    expect(conversation(page)).to_contain_text("Ana Silva")

    held: list[Route] = []
    page.route("**/chat/messages", lambda route: held.append(route))
    composer(page).fill("are my private messages used?")
    composer(page).press("Enter")
    expect(panel(page).get_by_role("status")).to_contain_text("Writing")
    composer(page).fill("half a secret")
    page.unroute("**/chat/messages")
    identify(page, signed(**BEA))
    # The answer that was under way comes to nobody.
    expect(conversation(page)).to_contain_text("This is a new one")
    wait_for_the_reply(page)
    expect(person_turns(page)).to_have_count(0)
    expect(composer(page)).to_have_value("")
    expect(panel(page)).not_to_contain_text("Ana")
    expect(panel(page).locator(".steps")).to_be_hidden()
    say(page, "I want to object")
    expect(conversation(page)).to_contain_text("Bea Costa")
    # Signed anew, she is still the same.
    identify(page, signed(**BEA, iat=int(time.time())))
    say(page, "Ireland")
    expect(conversation(page)).to_contain_text("Bea Costa")

    panel(page).get_by_role("button", name="Close the chat").click()
    identify(page, "")
    expect(page.locator("objection-chat .log")).to_be_attached()
    expect(page.locator("objection-chat .log")).not_to_contain_text("Bea")
    launcher(page).click()
    wait_for_the_reply(page)
    say(page, "I want to object")
    expect(bot_turns(page).last).to_contain_text("What is your full name?")


@pytest.mark.parametrize("last", ["Bea", "nobody"])
def test_of_several_who_log_in_and_out_at_once_the_last_counts(page: Page, last: str) -> None:
    open_chat(page)
    everybody = [signed(), "", signed(**BEA), signed(), signed(**BEA) if last == "Bea" else ""]
    page.evaluate(
        f"(all) => Promise.all(all.map((identity) => {CHAT}.identify(identity)))", everybody
    )
    wait_for_the_reply(page)
    say(page, "I want to object")
    asked = "Which country" if last == "Bea" else "What is your full name?"
    expect(bot_turns(page).last).to_contain_text(asked)
    expect(panel(page)).not_to_contain_text("Ana")
    # Nor does the next conversation of the tab begin as somebody else.
    page.reload()
    expect(panel(page)).not_to_contain_text("Ana")


@pytest.mark.parametrize("identity", ["expired", "nonsense"])
def test_a_login_that_is_not_believed_shuts_nobody_out(
    page: Page, arrive: Any, identity: str
) -> None:
    arrive(signed(exp=int(time.time()) - 1) if identity == "expired" else identity)
    open_chat(page)
    expect(conversation(page)).to_contain_text("Your login could not be taken over")
    expect(panel(page).get_by_role("alert")).to_be_empty()
    say(page, "I want to object")
    expect(bot_turns(page).last).to_contain_text("What is your full name?")
    # Nor is it said again at each page.
    arrive(signed(exp=int(time.time()) - 1) if identity == "expired" else identity)
    expect(bot_turns(page).last).to_contain_text("What is your full name?")
    expect(conversation(page)).not_to_contain_text("Your login")


def test_a_deleted_conversation_is_begun_anew_for_the_same_person(page: Page, arrive: Any) -> None:
    arrive(signed())
    open_chat(page)
    say(page, "I want to object")
    panel(page).get_by_role("button", name="Delete this conversation").click()
    panel(page).get_by_role("button", name="Delete", exact=True).click()
    expect(panel(page).get_by_role("status")).to_have_text("The conversation is deleted.")
    assert "objection-chat.token" not in kept(page)
    expect(panel(page)).not_to_contain_text("Ana")
    composer(page).fill("I want to object")
    composer(page).press("Enter")
    expect(conversation(page)).to_contain_text("Ana Silva")
